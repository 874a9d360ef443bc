"""Tables of any make: read, and their rows matched with pictures."""
