"""The report of what a network sees."""
