"""From a picture file to an array and a tensor."""
