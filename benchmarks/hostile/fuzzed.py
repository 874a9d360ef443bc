"""The child of ``fuzz``: reads the files whose names it gets, and says what each of them took."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tagonaut.data.readers.read import look
from tagonaut.errors import TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import ask, read_keywords
from tagonaut.metadata.planning import plan
from tagonaut.metadata.sidecars import read_sidecar, write_sidecar
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.unchanged import pixels_digest
from tagonaut.metadata.writing import write_copy
from tagonaut.pixels.capture_time import capture_time
from tagonaut.pixels.decode import band_names, decode, decode_bands
from tagonaut.pixels.inspect import inspect_picture

TABLES = frozenset({".csv", ".json", ".jsonl", ".parquet"})
TAGS = [Tag("Night", ("Night",))]
BANDS = ("blue", "green", "red", "infrared")


def main() -> None:
    """Answer each line of standard input with one line."""
    with ExifTool() as tool:
        tool.execute(["-ver"])
        print(flush=True)
        for line in sys.stdin:
            path = Path(line.rstrip("\n"))
            there = [Path("/proc/self"), *decoders()]
            before = memory(there, "VmRSS")
            for process in there:
                (process / "clear_refs").write_text("5")  # the peak counts from here
            faults = []
            for work in works(tool, path):
                try:
                    work()
                except TagonautError:
                    pass
                except BaseException as error:
                    faults.append(repr(error)[:300])
            path.with_name("copy").unlink(missing_ok=True)
            used = memory([Path("/proc/self"), *decoders()], "VmHWM") - before
            print(json.dumps([used, " ".join(faults)]), flush=True)


def works(tool: ExifTool, path: Path) -> Iterator[Callable[[], object]]:
    """Everything that a command would do with a file of that name."""
    copy = path.with_name("copy")
    if path.suffix in TABLES:
        yield lambda: look(path)
        return
    if path.suffix == ".xmp":

        def write() -> None:
            before = read_sidecar(tool, path)
            write_sidecar(tool, path, copy, before, plan(before, TAGS, "XMP"))

        yield write
        return

    def tag() -> None:
        before = read_keywords(tool, path)
        write_copy(tool, path, copy, before, plan(before, TAGS, recognise(path)))

    yield lambda: decode(path, (64, 64))
    yield lambda: decode(path)
    yield lambda: decode_bands(path, (64, 64), BANDS)
    yield lambda: band_names(path)
    yield lambda: inspect_picture(path)
    yield lambda: capture_time(path)
    yield lambda: ask(tool, path)
    yield lambda: pixels_digest(path)
    yield tag


def decoders() -> list[Path]:
    """The folders in ``/proc`` of this process's decoders."""
    children = " ".join(file.read_text() for file in Path("/proc/self/task").glob("*/children"))
    return [
        folder
        for folder in map(Path("/proc").joinpath, children.split())
        if b"tagonaut.pixels.decoder" in (folder / "cmdline").read_bytes()
    ]


def memory(processes: list[Path], name: str) -> int:
    """The sum of a number of processes' status, in bytes."""
    lines = "\n".join((process / "status").read_text() for process in processes).splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
