"""A drawn film with two characters, the fox and the owl: frames, and who is in them."""

from tagonaut_samples.cartoon.settings import Cartoon

__all__ = ["Cartoon"]
