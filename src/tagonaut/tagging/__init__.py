"""A folder of photos gets its tags: pipeline, journal, undo."""
