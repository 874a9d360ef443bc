"""Every reader on thousands of mutated files, each with a limit of time and of memory.

    .venv/bin/python -m benchmarks.hostile.fuzz [--mutations 5000] [--seed 0] [--minutes 60]

prints the rate and the time left now and then; 5,000 take some ten minutes on a quiet core.

Pictures of every format, sidecars and tables are mutated, the same for the same seed. A child
process reads one after the other as the commands do: pixels, header, bands, times, keywords, a
written copy; the memory of its decoder counts. Exit status 1, with a line each and the file kept,
for one that raises anything but an error meant for people, takes longer than 20 s, or takes more
than 1 GiB.
"""

import argparse
import io
import json
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import tifffile
from PIL import Image

from tests.metadata import packets
from tests.tagging.faults.fuzzing import damaged, originals

SECONDS, MEMORY_BYTES = 20.0, 1 << 30
SHOW_SECONDS = 20.0


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutations", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60, help="stop after so many")
    parser.add_argument("--keep", type=Path, default=Path("fuzzed"), help="where faults are kept")
    options = parser.parse_args()
    begun = shown = time.monotonic()
    end = begun + 60 * options.minutes
    done, faults, slowest, largest = 0, 0, (0.0, ""), (0, "")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        place = Path(folder)
        mutated = damaged(place / "mutated", sources(place), options.mutations, options.seed)
        for path, seconds, used, fault in read(mutated):
            done += 1
            slowest, largest = max(slowest, (seconds, path.name)), max(largest, (used, path.name))
            if fault or seconds > SECONDS or used > MEMORY_BYTES:
                faults += 1
                options.keep.mkdir(exist_ok=True)
                shutil.copy(path, options.keep)
                print(f"WRONG: {path.name}: {seconds:.1f} s, {used >> 20} MiB {fault}", flush=True)
            now = time.monotonic()
            if now > shown + SHOW_SECONDS:
                shown = now
                print(progress(done, options.mutations, now - begun), flush=True)
            if now > end:
                break
    print(
        f"{done:,} of {options.mutations:,} mutations, seed {options.seed}: {faults} faults; the"
        f" slowest {slowest[0]:.1f} s ({slowest[1]}), the largest {largest[0] >> 20} MiB"
        f" ({largest[1]})"
    )
    return bool(faults)


def progress(done: int, count: int, seconds: float) -> str:
    """How fast the files are read, and the time for those that are left."""
    rate = done / seconds
    left = (count - done) / rate / 60
    return f"{done:,} of {count:,} mutations: {rate:.1f} a second, {left:.0f} minutes left"


def sources(place: Path) -> list[Path]:
    """A valid file of every format that is read."""
    made = originals(place / "originals")
    dice = np.random.default_rng(0)
    picture = Image.fromarray(dice.integers(0, 255, (48, 64, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112], exif[0x0132] = 6, "2020:01:01 00:00:00"
    for name, how in {
        "x.avif": {"exif": exif},
        "x.bmp": {},
        "cmyk.jpg": {},
        "grey.png": {},
        "alpha.webp": {},
    }.items():
        mode = {"cmyk.jpg": "CMYK", "grey.png": "I;16", "alpha.webp": "RGBA"}.get(name, "RGB")
        wide = np.asarray(picture.convert("L")).astype(np.uint16) * 257
        image = Image.fromarray(wide) if mode == "I;16" else picture.convert(mode)
        image.save(place / name, **how)
        made.append(place / name)
    try:
        import pillow_heif
    except ImportError:
        print("HEIC is not mutated: pillow-heif is not installed")
    else:
        pillow_heif.register_heif_opener()
        picture.save(place / "x.heic", exif=exif)
        made.append(place / "x.heic")
    bands = dice.integers(0, 9_000, (48, 64, 4)).astype(np.uint16)
    for name, packed in {"bands.tif": None, "zlib.tif": "zlib", "lzw4.tif": "lzw"}.items():
        tifffile.imwrite(place / name, bands, photometric="rgb", compression=packed)
        made.append(place / name)
    for name, text in packets.ALL.items():
        made.append(place / f"{name}.xmp")
        made[-1].write_text(text)
    return made + tables(place)


def tables(place: Path) -> list[Path]:
    """One of each format, of 30 pictures."""
    frame = pl.DataFrame(
        {
            "image": [f"{n}.jpg" for n in range(30)],
            "tags": [["red", "blue"][: n % 3] for n in range(30)],
        }
    )
    frame.write_parquet(place / "x.parquet")
    frame.write_ndjson(place / "x.jsonl")
    (place / "x.csv").write_text(
        frame.with_columns(pl.col("tags").list.join(" ")).write_csv(separator=",")
    )
    coco = {
        "images": [{"id": n, "file_name": f"{n}.jpg"} for n in range(30)],
        "categories": [{"id": 1, "name": "red"}, {"id": 2, "name": "blue"}],
        "annotations": [{"image_id": n, "category_id": 1 + n % 2} for n in range(30)],
    }
    (place / "x.json").write_text(json.dumps(coco))
    return [place / f"x.{suffix}" for suffix in ("parquet", "jsonl", "csv", "json")]


def read(paths: list[Path]) -> Iterator[tuple[Path, float, int, str]]:
    """Each file with the seconds and bytes that it took, and its fault, if any."""
    child: subprocess.Popen[bytes] | None = None
    for path in paths:
        if child is None:
            child = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "benchmarks.hostile.fuzzed"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            answer(child, "", 120)  # it has imported everything
        begun = time.monotonic()
        line = answer(child, f"{path}\n", 2 * SECONDS)
        seconds = time.monotonic() - begun
        if line is None:
            child.kill()
            child.wait()
            child = None
            yield path, seconds, 0, "was not done, or ended the process"
            continue
        used, fault = json.loads(line)
        yield path, seconds, used, fault
    if child is not None:
        child.communicate()


def answer(child: "subprocess.Popen[bytes]", question: str, seconds: float) -> bytes | None:
    """The child's next line; None if it ends or takes longer."""
    assert child.stdin and isinstance(child.stdout, io.BufferedReader)
    try:
        child.stdin.write(question.encode())
        child.stdin.flush()
    except BrokenPipeError:
        return None
    ready, _, _ = select.select([child.stdout], [], [], seconds)
    return (child.stdout.readline() or None) if ready else None


if __name__ == "__main__":
    sys.exit(main())
