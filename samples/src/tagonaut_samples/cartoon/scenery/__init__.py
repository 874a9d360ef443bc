"""The stages of the film: rooms, landscapes and the things in them."""
