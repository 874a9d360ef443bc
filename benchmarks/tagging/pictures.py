"""The pictures: real photos, and drawn chips, copied until there are enough."""

import os
import shutil
import sys
from pathlib import Path

from tagonaut.drawing.chips.collection import draw_chips

CHIP = 256


def originals(folder: Path) -> list[Path]:
    """The photos of a folder."""
    return sorted(folder.glob("*.jpg"))


def chips(kept: Path, wanted: int) -> list[Path]:
    """So many drawn chips, the same ones each time; drawn once."""
    folder = kept / f"chips-{CHIP}-{wanted}"
    if not folder.exists():
        print(f"drawing {wanted:,} chips into {folder}", file=sys.stderr, flush=True)
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        draw_chips(unfinished, wanted, size=CHIP, labelled=False)
        unfinished.rename(folder)
    return sorted(folder.glob("*.jpg"))


def copies(pictures: list[Path], wanted: int, folder: Path) -> list[Path]:
    """Copies under other names, one after the other and again from the first; on the disk."""
    folder.mkdir(parents=True)
    made = []
    for number in range(wanted):
        source = pictures[number % len(pictures)]
        made.append(folder / f"{number:05d}-{source.name}")
        shutil.copyfile(source, made[-1])
    # What is still to be written would cost whoever writes next.
    os.sync()
    return made
