"""The exit statuses of the program."""

DONE = 0
"""Everything was done."""

LEFT_OUT = 1
"""Something was left out, and a line says what."""

NOTHING_DONE = 2
"""Nothing was done, and a line says why."""

INTERRUPTED = 130
"""Ctrl-C stopped the command; a line says what is kept."""
