"""Who plays in the film."""
