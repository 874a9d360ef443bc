"""Explores drawn chips, ten thousand and a hundred thousand: rate and peak memory.

    .venv/bin/python benchmarks/explore/run.py [--pictures 10000,100000] [--size 128]

Beside each, in the same run, what a notebook would do: one loop that opens every picture with
Pillow, converts it, and takes its mean colour with NumPy; and decoding alone, on all cores, which
is the limit.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NOTEBOOK = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
means = {p.stem: np.asarray(Image.open(p).convert("RGB")).mean(axis=(0, 1))
         for p in sorted(Path(sys.argv[1]).iterdir())}
"""
DECODE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from PIL import Image
paths = sorted(Path(sys.argv[1]).iterdir())
with ThreadPoolExecutor() as pool:
    for _ in pool.map(lambda path: Image.open(path).convert("RGB").size, paths):
        pass
"""


def measured(command: list[object]) -> tuple[float, float]:
    """Seconds, and the peak of resident memory in MB."""
    start = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command}: ended with status {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", default="10000,100000")
    parser.add_argument("--size", type=int, default=128)
    arguments = parser.parse_args()
    print("| drawn chips | way | seconds | chips/s | peak memory, MB |")
    print("|---:|---|---:|---:|---:|")
    for count in map(int, arguments.pictures.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            tagonaut = [sys.executable, "-m", "tagonaut"]
            data = Path(folder, "chips")
            draw = [*tagonaut, "draw", data, "--pictures", count, "--size", arguments.size]
            pictures = data / "train-jpg"
            explore = [*tagonaut, "explore", data / "labels.csv", "--out", Path(folder, "report")]
            ways = {
                "`tagonaut draw`": draw,
                "decoding alone, all cores": [sys.executable, "-c", DECODE, pictures],
                "a notebook's loop: mean colours only": [sys.executable, "-c", NOTEBOOK, pictures],
                "`tagonaut explore`": explore,
            }
            for way, command in ways.items():
                seconds, memory = measured(command)
                rate = count / seconds
                print(f"| {count:,} | {way} | {seconds:.0f} | {rate:,.0f} | {memory:,.0f} |")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
