"""The child of ``fuzz``: reads the files whose names it gets, and says what each of them took."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tagonaut.data.readers.read import look
from tagonaut.data.splitting.groups import capture_time
from tagonaut.errors import TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import ask, read_keywords
from tagonaut.metadata.planning import plan
from tagonaut.metadata.sidecars import read_sidecar, write_sidecar
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.unchanged import pixels_digest
from tagonaut.metadata.writing import write_copy
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
            before = memory("VmRSS")
            Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
            faults = []
            for work in works(tool, path):
                try:
                    work()
                except TagonautError:
                    pass
                except BaseException as error:
                    faults.append(repr(error)[:300])
            path.with_name("copy").unlink(missing_ok=True)
            print(json.dumps([memory("VmHWM") - before, " ".join(faults)]), flush=True)


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


def memory(name: str) -> int:
    """A number of this process's status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    raise RuntimeError(f"this system does not say {name}")


if __name__ == "__main__":
    main()
