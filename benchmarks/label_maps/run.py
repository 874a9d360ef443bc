"""Sheets of label maps for a person to count on: does the maximum lie on the object?

    .venv/bin/python benchmarks/label_maps/run.py RUN [--out sheets] [--collection DIR]

RUN: a run trained on the aerial collection (UC Merced, Yang & Newsam 2010; labels: Chaudhuri et
al. 2018). Of its test pictures, ten each that have airplanes, ships, tanks or courts, chosen by the
seed and by nothing that the run says of them. Each is shown twice, as it is and with the label's
map laid over it, the map's maximum marked by a cross in both. A sheet a label, and a table of where
the crosses are, to write the verdicts into: the collection has no boxes, so it takes a person.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import tagonaut
from tagonaut.explaining import find_maps, peaks
from tagonaut.models.compute import device
from tagonaut.pixels.decode import decode
from tagonaut.reports.explain.overlays import fitted, mark, overlay
from tagonaut.runs.folder import RunFolder
from tagonaut.tagger import Tagger

SHARED = Path(__file__).parents[3] / "shared"
LABELS, EACH = ("airplane", "ship", "tanks", "court"), 10
SIDE, CAPTION, COLUMNS = 300, 22, 5


def shown(path: Path, tagger: Tagger, label: int) -> tuple[Image.Image, float, float, float]:
    """Picture and overlay, one above the other; the label's score; x and y of the maximum."""
    pixels = tagger.prepare(path)
    score = float(tagger.score_pixels([pixels])[0, label])
    tensor = tagger.preprocessing.tensor(np.stack([pixels])).to(device())
    found = find_maps(tagger.network, tensor, [label])
    if found is None:
        sys.exit("this network has no maps")
    ((x, y),) = peaks(found.values[0])
    picture = fitted(decode(path), SIDE)
    both = [mark(picture, (x, y)), overlay(picture, found.values[0, 0], (x, y))]
    cell = Image.new("RGB", (SIDE, 2 * SIDE + 4), "white")
    for place, part in enumerate(both):
        cell.paste(Image.fromarray(part), (0, place * (SIDE + 4)))
    return cell, score, float(x), float(y)


def main() -> None:
    """Choose, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, default=Path("label-map-sheets"))
    parser.add_argument("--collection", type=Path, default=SHARED / "data" / "aerial")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if not chosen.collection.is_dir():
        sys.exit(f"{chosen.collection}: the collection is not there (--collection)")
    tagger = Tagger.load(chosen.run)
    table = RunFolder(chosen.run).table(tagger)
    dataset = tagonaut.read(chosen.collection / "labels.csv", chosen.collection / "images")
    paths = dict(zip(dataset.ids, dataset.paths, strict=True))
    chosen.out.mkdir(parents=True, exist_ok=True)
    font = ImageFont.load_default(15)
    rows = []
    for label in LABELS:
        column = tagger.labels.index(label)
        test = table.rows("test")
        having = test[table.targets[test, column] == 1]
        some = np.random.default_rng(chosen.seed).permutation(having)[:EACH]
        height = 2 * SIDE + 4 + CAPTION + 12
        sheet = Image.new(
            "RGB", (COLUMNS * (SIDE + 10), -(-len(some) // COLUMNS) * height), "white"
        )
        draw = ImageDraw.Draw(sheet)
        for number, row in enumerate(some):
            name = table.ids[row]
            cell, score, x, y = shown(paths[name], tagger, column)
            top, left = number // COLUMNS * height, number % COLUMNS * (SIDE + 10)
            sheet.paste(cell, (left, top + CAPTION))
            told = f"{number + 1}  {name}  {label} {100 * score:.0f} %"
            draw.text((left + 2, top + 2), told, fill="black", font=font)
            rows.append([label, number + 1, name, f"{score:.4f}", f"{x:.3f}", f"{y:.3f}", ""])
        file = chosen.out / f"{label}.jpg"
        sheet.save(file, quality=88)
        print(f"{file}: {len(some)} of {len(having)} test pictures with {label}")
    with (chosen.out / "peaks.csv").open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerows([["label", "number", "picture", "score", "x", "y", "on_object"], *rows])
    print(f"{chosen.out / 'peaks.csv'}: write 1 or 0 into on_object, and count")


if __name__ == "__main__":
    main()
