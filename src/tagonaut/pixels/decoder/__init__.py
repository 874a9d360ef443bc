"""Decoder processes, which read foreign pictures, and which are ended at the limits.

A decoder can hang or take all memory on a picture that looks like any other, and nothing ends a
thread. Processes of our own, each for one picture after the other, can be ended; and they decode
while our threads hold Python's lock.
"""

from tagonaut.pixels.decoder.pool import ask, start

__all__ = ["ask", "start"]
