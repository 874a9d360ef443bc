"""Explains a run: one page with maps of where it saw labels, and its filters as pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tagonaut.data.text import printable
from tagonaut.errors import Interrupted, PictureError, TagonautError
from tagonaut.explaining import (
    Method,
    agree,
    choose_layers,
    find_maps,
    layer_filters,
    occlude,
    peaks,
    strong,
)
from tagonaut.files.out_file import file_written_whole, out_file
from tagonaut.learning.starting_network import starting_network
from tagonaut.models.compute import device
from tagonaut.models.ensemble import Ensemble
from tagonaut.models.export import ExportedNetwork, StoredExport
from tagonaut.models.network import Network
from tagonaut.pixels.decode import decode
from tagonaut.progress import track
from tagonaut.reports.explain import ExplainedPicture, SeenLabel, write_page
from tagonaut.runs.folder import RunFolder
from tagonaut.tagger import Tagger

NEXT_BEST, MOST_TAGS = 2, 10
"""Labels that are shown by default: the tags, at most ``MOST_TAGS``, and the next best scores."""
# Maps are compared with occlusion only where hiding some place lowers the score by as much.
LEAST_COST = 0.01


@dataclass(frozen=True)
class Explained:
    """The page, its figures, and one line for each picture that could not be read."""

    page: Path
    figures: dict[str, Any]
    unreadable: list[str]


def explain(
    run: str | Path,
    pictures: Sequence[str | Path],
    *,
    labels: Sequence[str] | None = None,
    filters: Sequence[str] | None = None,
    weights: str | Path | None = None,
    out: str | Path | None = None,
) -> Explained:
    """Show where a run saw its labels in these picture files, and what its filters respond to.

    ``labels``: default each picture's tags and the next best. ``filters``: layers of the backbone,
    default some convolutions spread over the depth; an empty list for none. ``weights``: the file
    that training started from, for the filters before it. ``out``: the page, default the first free
    ``explain-RUN.html``. Of a run of several networks the first is shown, with its own scores.
    Pictures that cannot be read are left out and listed. Raises ``TagonautError`` where none can
    be read, and for a forest, which has no maps.
    """
    run = Path(run)
    tagger, network, notes = _loaded(run)
    recipe, preprocessing = RunFolder(run).recipe(), tagger.preprocessing
    if labels is not None and not labels:
        raise TagonautError("no label is named: --labels takes names with commas between them")
    chosen = None if labels is None else [tagger.labels.index(label) for label in labels]
    layers = choose_layers(network, preprocessing, filters)
    start, reason = None, ""
    if layers:
        start, reason = starting_network(network, preprocessing, recipe, weights)
    name = printable(run.resolve().name)
    try:
        with out_file(Path(out) if out else None, f"explain-{name}", ".html") as page:
            files = list(map(Path, pictures))
            shown, method, unreadable = _pictures(tagger, network, files, chosen)
            sheets = layer_filters(network, start, preprocessing, layers)
            keys = ("name", "summary", "backbone", "seed")
            about = {
                "name": name,
                "recipe": {key: getattr(recipe, key) for key in keys},
                "head": recipe.head.kind,
                "size": preprocessing.size,
                "method": method,
                "places": _places(shown),
                **_agreement(shown),
                "before_note": reason,
                "notes": [*notes, *unreadable],
            }
            with file_written_whole(page) as file:
                write_page(file, about, shown, sheets, preprocessing.channels)
    except KeyboardInterrupt:
        raise Interrupted("stopped: nothing was written") from None
    figures = {
        "page": str(page),
        "run": str(run),
        "method": method,
        **_agreement(shown),
        "pictures": [_figures(picture) for picture in shown],
        "filters": [sheet.layer for sheet in sheets],
        "unreadable": unreadable,
    }
    return Explained(page, figures, unreadable)


def _loaded(run: Path) -> tuple[Tagger, Network, list[str]]:
    """A run's tagger, its network, and notes; raises ``TagonautError`` for one without maps."""
    tagger = Tagger.load(run)
    network, notes = tagger.network, []
    if isinstance(network, ExportedNetwork):
        raise TagonautError(
            f"{run}: an export has no network to look into: explain the run that it was made "
            f"from, {StoredExport.read(run).run}"
        )
    if isinstance(network, Ensemble):
        notes = [f"this run averages {len(network.models)} models; only the first is shown here"]
        network = network.models[0]
        tagger = replace(tagger, network=network)
    if not isinstance(network, Network):
        raise TagonautError(
            f"{run}: a forest on mean colours ignores where things are in a picture: it has no maps"
        )
    return tagger, network, notes


def _pictures(
    tagger: Tagger, network: Network, paths: Sequence[Path], chosen: list[int] | None
) -> tuple[list[ExplainedPicture], Method | None, list[str]]:
    shown: list[ExplainedPicture] = []
    unreadable: list[str] = []
    method: Method | None = None
    for path in track(paths, "explaining"):
        try:
            pixels, seen_by_people = tagger.prepare(path), decode(path)
        except PictureError as error:
            unreadable.append(f"{printable(str(path))}: {error}")
            continue
        scores = tagger.score_pixels([pixels])
        tags = tagger.decide(scores)[0]
        labels = chosen if chosen is not None else _default_labels(scores[0], tags)
        tensor = tagger.preprocessing.tensor(np.stack([pixels])).to(device())
        maps = find_maps(network, tensor, labels)
        method = maps.method if maps is not None else None
        thresholds = tagger.rule.thresholds or [np.inf] * len(tags)
        rows = [
            {
                "label": label,
                "score": float(score),
                "threshold": float(threshold) if np.isfinite(threshold) else None,
                "tag": bool(tag),
            }
            for label, score, threshold, tag in zip(
                tagger.labels.names, scores[0], thresholds, tags, strict=True
            )
        ]
        seen = _seen(
            tagger,
            network,
            tensor[0],
            None if maps is None else maps.values[0],
            [rows[k] for k in labels],
            labels,
        )
        shown.append(ExplainedPicture(printable(str(path)), seen_by_people, rows, seen))
    if not shown:
        raise TagonautError("\n  ".join(["no picture can be read", *unreadable]))
    return shown, method, unreadable


def _default_labels(scores: np.ndarray, tags: np.ndarray) -> list[int]:
    order = np.argsort(-scores, kind="stable")
    others = order[~tags[order]][:NEXT_BEST]
    return [*order[tags[order]][:MOST_TAGS].tolist(), *others.tolist()]


def _seen(
    tagger: Tagger,
    network: Network,
    picture: torch.Tensor,
    maps: np.ndarray | None,
    rows: Sequence[dict[str, Any]],
    labels: Sequence[int],
) -> list[SeenLabel]:
    hidden = occlude(network, picture, labels)
    places = strong(hidden.values)
    areas = places.mean(axis=(1, 2))
    columns = list(labels)
    left = np.zeros((1, len(tagger.labels)), dtype=np.float32)
    left[0, columns] = hidden.lowest
    lowest = tagger.rule.calibrate(left)[0, columns]
    found = []
    for at, row in enumerate(rows):
        peak, agrees = None, None
        # If hiding makes no difference, no place matters most.
        matters = row["score"] - float(lowest[at]) >= LEAST_COST
        if maps is not None and np.ptp(maps[at]) > 0:
            ((x, y),) = peaks(maps[at : at + 1])
            peak = float(x), float(y)
            if areas[at] and matters:
                agrees = bool(agree(maps[at : at + 1], places[at : at + 1])[0])
        found.append(
            SeenLabel(
                **row,
                values=None if maps is None else maps[at],
                hidden=hidden.values[at],
                lowest=float(lowest[at]),
                peak=peak,
                agrees=agrees,
                area=float(areas[at]),
            )
        )
    return found


def _places(shown: Sequence[ExplainedPicture]) -> str:
    values = next((label.values for picture in shown for label in picture.seen), None)
    return "" if values is None else f"{values.shape[0]} × {values.shape[1]}"


def _agreement(shown: Sequence[ExplainedPicture]) -> dict[str, Any]:
    """The number of maps that peak where hiding lowers the score most, and the share by chance."""
    asked = [label for picture in shown for label in picture.seen if label.agrees is not None]
    return {
        "compared": len(asked),
        "agreeing": sum(bool(label.agrees) for label in asked),
        "by_chance": float(np.mean([label.area for label in asked])) if asked else None,
    }


def _figures(picture: ExplainedPicture) -> dict[str, Any]:
    return {
        "picture": picture.path,
        "tags": [row["label"] for row in picture.scores if row["tag"]],
        "scores": {row["label"]: row["score"] for row in picture.scores},
        "labels": [
            {
                "label": label.label,
                "peak": label.peak,
                "lowest_when_hidden": label.lowest,
                "agrees": label.agrees,
                "area": label.area,
            }
            for label in picture.seen
        ],
    }
