"""The numbers of an exploration as files: ``explore.json`` and CSV tables beside it."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates
from tagonaut.data.statistics import Cooccurrence, DistinctSets
from tagonaut.reports.explore.facts import PictureFacts
from tagonaut.reports.explore.figures import Contents


def write_tables(folder: Path, figures: dict[str, Any], contents: Contents) -> None:
    """Write ``explore.json`` and ``pictures.csv``; with labels, their three tables too."""
    dataset, names = contents.dataset, contents.dataset.labels.names
    text = json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "explore.json").write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    pictures = picture_rows(dataset, contents.facts, contents.duplicates)
    write_csv(folder / "pictures.csv", PICTURE_COLUMNS, pictures)
    if names:
        pairs = cooccurrence_rows(names, contents.cooccurrence)
        write_csv(folder / "labels.csv", LABEL_COLUMNS, label_rows(figures))
        write_csv(folder / "cooccurrence.csv", COOCCURRENCE_COLUMNS, pairs)
        write_csv(
            folder / "label_sets.csv", LABEL_SET_COLUMNS, label_set_rows(names, contents.sets)
        )


PICTURE_COLUMNS = (
    *("id", "file", "width", "height", "format", "mode", "orientation", "frames", "bytes"),
    *("mean_red", "mean_green", "mean_blue", "reduced", "stretched"),
    *("same_content_as", "near_duplicates", "sha256", "problem"),
)


def picture_rows(
    dataset: Dataset, facts: PictureFacts, duplicates: Duplicates
) -> Iterator[tuple[Any, ...]]:
    """One row of ``PICTURE_COLUMNS`` per picture; pictures that are not in the table come last."""
    first = {row: group[0] for group in duplicates.exact for row in group[1:]}
    kinds = facts.kinds
    for row, (name, path) in enumerate(zip(dataset.ids, dataset.paths, strict=True)):
        if not facts.measured[row]:
            problem = facts.failures.get(row, "no picture")
            yield (name, path, *[""] * (len(PICTURE_COLUMNS) - 3), problem)
            continue
        cluster = duplicates.clusters[row]
        yield (
            name,
            path,
            facts["width"][row],
            facts["height"][row],
            *kinds[facts["kind"][row]],
            facts["orientation"][row],
            facts["frames"][row],
            facts["bytes"][row],
            *(f"{value:.6f}" for value in facts["mean"][row]),
            int(facts["reduced"][row]),
            int(facts["stretched"][row]),
            dataset.ids[first[row]] if row in first else "",
            "" if cluster < 0 else cluster,
            facts["content"][row].tobytes().hex(),
            "",
        )
    for path in dataset.others:
        yield (path.name, path, *[""] * (len(PICTURE_COLUMNS) - 3), "not in the table")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table; bytes of a file name that are no text become escapes."""
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


LABEL_COLUMNS = (
    *("label", "pictures", "share", "known", "mentions", "rare", "scarce"),
    *("measured", "mean_red", "mean_green", "mean_blue"),
)


def label_rows(figures: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """One row of ``LABEL_COLUMNS`` per label."""
    for label in figures["labels"]:
        colour = label["mean_rgb"] or ("", "", "")
        yield (
            label["label"],
            label["pictures"],
            _share(label["share"]),
            label["known"],
            label["mentions"],
            int(label["rare"]),
            int(label["scarce"]),
            label["measured"],
            *(f"{value:.6f}" if value != "" else "" for value in colour),
        )


COOCCURRENCE_COLUMNS = ("label", "other", "both", "of", "share")


def cooccurrence_rows(names: Sequence[str], found: Cooccurrence) -> Iterator[tuple[Any, ...]]:
    """One row per pair: pictures with both, pictures with the first that know the second, share."""
    shares = found.conditional
    for i, label in enumerate(names):
        for j, other in enumerate(names):
            value = None if found.asked[i, j] == 0 else float(shares[i, j])
            yield (label, other, found.together[i, j], found.asked[i, j], _share(value))


LABEL_SET_COLUMNS = ("pictures", "share", "size", "labels")


def label_set_rows(names: Sequence[str], found: DistinctSets) -> Iterator[tuple[Any, ...]]:
    """One row per distinct label set, its labels joined by ``;``."""
    total = int(found.counts.sum())
    for members, count in zip(found.sets, found.counts.tolist(), strict=True):
        tags = [name for name, has in zip(names, members, strict=True) if has]
        yield (count, _share(count / total), len(tags), ";".join(tags))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
