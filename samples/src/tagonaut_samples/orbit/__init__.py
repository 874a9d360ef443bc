"""Photos of the Earth as from a space station, with keywords in their own metadata."""
