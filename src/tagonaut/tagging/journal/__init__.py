"""The journal of an archive: what was written into which photo."""
