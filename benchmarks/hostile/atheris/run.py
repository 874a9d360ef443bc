"""Every parser of our own under atheris, guided by the lines that an input reaches.

    python -m venv --system-site-packages fuzzing && fuzzing/bin/pip install atheris
    fuzzing/bin/python -m benchmarks.hostile.atheris.run [--seconds 600] [--only NAME]

Prints a row for each parser: executions, places in the code reached by the seeds and after that,
and faults: an exception that is not meant for people, more than 20 s, or more than 1 GiB. Inputs
that fault are kept in ``--keep``. Exit status 1 if there are any. Seeds are made anew, and the
corpus goes with the run. Atheris is in no extra of the package: it has wheels for Linux alone.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.hostile.atheris.parsers import PARSERS, write_seeds
from tagonaut.limits import MEMORY, SECONDS

# What the interpreter and its libraries take beside an input.
BASE_MIB = 1024
LONGEST_INPUT = 1 << 16
_COVERAGE = re.compile(r"^#\d+\s+(\w+)\s+cov: (\d+)", re.MULTILINE)
_EXECUTIONS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_FAULT = re.compile(r"^FAULT: (.*)$", re.MULTILINE)
_ENDED = re.compile(r"^==\d+== ?(?:ERROR: )?(libFuzzer: .*)$", re.MULTILINE)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=600, help="for each parser")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=sorted(PARSERS))
    parser.add_argument("--keep", type=Path, default=Path("fuzzed"), help="where faults are kept")
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    print("| parser | executions | reached by seeds | reached | faults |\n|---|--:|--:|--:|---|")
    faulty = 0
    for name in options.only or PARSERS:
        executions, seeded, reached, faults = fuzz(name, options)
        faulty += bool(faults)
        shown = "; ".join(faults) or "none"
        print(f"| {name} | {executions:,} | {seeded:,} | {reached:,} | {shown} |", flush=True)
    return bool(faulty)


def fuzz(name: str, options: argparse.Namespace) -> tuple[int, int, int, list[str]]:
    """Executions, places reached by the seeds and at the end, and a line for each fault."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as corpus:
        write_seeds(PARSERS[name], Path(corpus))
        done = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-m", "benchmarks.hostile.atheris.target"),
                *(name, str(options.keep)),
                f"-max_total_time={options.seconds}",
                f"-seed={options.seed}",
                f"-timeout={2 * SECONDS.value}",
                f"-rss_limit_mb={BASE_MIB + (MEMORY.value >> 20)}",
                f"-max_len={LONGEST_INPUT}",
                f"-artifact_prefix={options.keep}/",
                "-print_final_stats=1",
                corpus,
            ],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    said = done.stdout + done.stderr
    places = {mark: int(count) for mark, count in _COVERAGE.findall(said)}
    executions = _EXECUTIONS.search(said)
    faults = [*_FAULT.findall(said), *_ENDED.findall(said)]
    if executions is None or (done.returncode and not faults):
        faults.append(f"it ended with status {done.returncode}: {said.strip()[-300:]!r}")
    count = int(executions.group(1)) if executions else 0
    return count, places.get("INITED", 0), max(places.values(), default=0), faults


if __name__ == "__main__":
    sys.exit(main())
