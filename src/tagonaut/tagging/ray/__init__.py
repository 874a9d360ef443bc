"""An archive is tagged by many machines, in partitions, on any file system that fsspec knows."""
