"""``python -m tagonaut``."""

from tagonaut.cli import main

main()
