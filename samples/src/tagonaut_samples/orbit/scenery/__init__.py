"""What an astronaut sees: Earth, sky, station."""
