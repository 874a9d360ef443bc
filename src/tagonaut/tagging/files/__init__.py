"""The files of a photo folder: which ones there are, and which may be touched."""
