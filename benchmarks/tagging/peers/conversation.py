"""What a way of scoring and the benchmark say to each other over standard input and output.

The way says ``loaded`` once its model is there. For each job (a line of JSON: ``paths``, and the
``folder`` that holds them and nothing else) it says ``ready`` when what is not to be timed is done,
waits for a line, works, and says ``done``. This file needs nothing but Python: every environment
imports it.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

Work = Callable[[], object]
Prepare = Callable[[list[str], Path], Work]


def serve(load: Callable[[], Prepare]) -> None:
    """Load, then do jobs until there are no more."""
    # Toolkits print as they please: what is ours to say keeps a way of its own.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(word: str) -> None:
        told.write(f"{word}\n")
        told.flush()

    prepare = load()
    say("loaded")
    while line := sys.stdin.readline():
        job = json.loads(line)
        work = prepare(job["paths"], Path(job["folder"]))
        say("ready")
        sys.stdin.readline()
        work()
        say("done")


def batches(paths: list[str], size: int) -> list[list[str]]:
    """The paths, so many at a time."""
    return [paths[at : at + size] for at in range(0, len(paths), size)]
