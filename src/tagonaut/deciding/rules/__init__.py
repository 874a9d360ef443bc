"""Decision rules: from scores to tags."""
