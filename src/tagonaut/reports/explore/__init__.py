"""The report of what is in a collection."""
