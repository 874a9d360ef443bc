"""The run folder: its files, writing it whole, reading it, averaging several."""
