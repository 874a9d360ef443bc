"""Where the film plays: rooms, landscapes and what stands in them."""
