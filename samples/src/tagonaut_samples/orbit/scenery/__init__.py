"""The things that an astronaut sees: Earth, sky, station."""
