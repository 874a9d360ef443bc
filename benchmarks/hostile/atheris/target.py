"""One parser under atheris: the child of ``run``, which ends it.

    python -m benchmarks.hostile.atheris.target NAME FAULTS [libFuzzer's options] CORPUS

Each fault of its own kind is kept in FAULTS and said in a line; the fuzzer then goes on.
"""

import resource
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tagonaut"]):
    from benchmarks.hostile.atheris.parsers import PARSERS
    from tagonaut.errors import TagonautError
    from tagonaut.limits import MEMORY, SECONDS

FAULT = "FAULT: "


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    name, faults, *options = sys.argv[1:]
    parser = PARSERS[name]
    seen: set[str] = set()
    largest = _peak()

    def keep(kind: str, data: bytes) -> None:
        if kind not in seen:
            seen.add(kind)
            path = Path(faults) / sha256(data).hexdigest()[:16]
            path.write_bytes(data)
            print(f"{FAULT}{path.name}: {kind}", flush=True)

    def one(data: bytes) -> None:
        nonlocal largest
        begun = time.monotonic()
        try:
            parser.parse(data)
        except (TagonautError, *parser.allowed):
            pass
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            keep(f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}", data)
        if (seconds := time.monotonic() - begun) > SECONDS.value:
            keep(f"it took {seconds:.0f} s", data)
        if (peak := _peak()) > largest + MEMORY.value:
            keep(f"it took {(peak - largest) >> 20} MiB", data)
        largest = max(largest, peak)

    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


if __name__ == "__main__":
    main()
