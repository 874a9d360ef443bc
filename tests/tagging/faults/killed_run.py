"""Tag or untag a folder, as a process that a test can kill.

``python killed_run.py MODE PHOTOS [STEP N [SIGNAL]]``: with a step it sends itself a signal, by
default SIGKILL, right after the N-th.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from tagonaut.tagging.journal import Journal
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.photo import tag_photo as writing
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.scorer import ByColour


def kill_after(step: str, count: int, with_signal: str = "SIGKILL") -> None:
    owner, _, name = step.rpartition(".")
    place = Journal if owner == "Journal" else writing
    done = getattr(place, name)
    left = iter(range(count - 1, -1, -1))

    def last(*values: Any, **named: Any) -> Any:
        result = done(*values, **named)
        if next(left, 1) == 0:
            os.kill(os.getpid(), signal.Signals[with_signal])
        return result

    setattr(place, name, last)


mode, folder, *step = sys.argv[1:]
if step:
    kill_after(step[0], int(step[1]), *step[2:])
# "at work" tells the test that everything is loaded: kills before that would test nothing.
print("at work", flush=True)  # noqa: T201
if mode == "in place":
    summary = tag_folder(ByColour(), Path(folder), TagOptions(in_place=True))
elif mode == "to":
    summary = tag_folder(ByColour(), Path(folder), TagOptions(to=Path(folder).with_name("out")))
elif mode == "sidecar":
    summary = tag_folder(ByColour(), Path(folder), TagOptions(sidecar=True))
else:
    summary = untag_folder(Path(folder))
sys.exit(1 if summary.failed else 0)
