"""Keywords in picture files."""
