"""All figures of an exploration as one document, that of ``explore.json``."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates
from tagonaut.data.statistics import Cooccurrence, DistinctSets
from tagonaut.data.text import printable
from tagonaut.reports.duplicates import duplicate_figures
from tagonaut.reports.explore.album import Album
from tagonaut.reports.explore.facts import PictureFacts, doubtful_pictures, picture_figures
from tagonaut.reports.explore.findings import findings
from tagonaut.reports.explore.labels import (
    common_labels,
    group_figures,
    implication_figures,
    label_figures,
    rules,
    set_figures,
    summary_figures,
)

MOST_LISTED, SET_EXAMPLES = 20, 3


@dataclass(frozen=True)
class Contents:
    """The contents of a collection: figures of its labels, facts of its pictures, and samples."""

    dataset: Dataset
    cooccurrence: Cooccurrence
    sets: DistinctSets
    facts: PictureFacts
    album: Album
    duplicates: Duplicates


def collection_figures(contents: Contents) -> dict[str, Any]:
    """All figures as plain values; ``findings`` are the ones that deserve a look."""
    dataset, found, facts = contents.dataset, contents.cooccurrence, contents.facts
    figures = {
        "summary": summary_figures(dataset, contents.sets),
        "labels": label_figures(dataset, facts, found),
        "label_sets": set_figures(dataset, contents.sets, _examples(contents)),
        "groups": group_figures(dataset),
        "implications": implication_figures(dataset, found),
        "common_labels": common_labels(dataset, found),
        "pictures": picture_figures(facts),
        "duplicates": duplicate_figures(dataset, contents.duplicates),
        "problems": {
            **doubtful_pictures(dataset, facts),
            **_without_partner(dataset, facts),
            **_constants(dataset, found),
        },
        "rules": rules(),
    }
    return {"findings": findings(figures), **figures}


def _examples(contents: Contents) -> list[list[int]]:
    """The rows that show each listed label set; the first one if no sample was kept."""
    of = contents.sets.of
    return [
        [row for row, _ in reservoir.items()]
        or np.flatnonzero(of == number)[:SET_EXAMPLES].tolist()
        for number, reservoir in enumerate(contents.album.of_set)
    ]


def _without_partner(dataset: Dataset, facts: PictureFacts) -> dict[str, Any]:
    missing = np.flatnonzero(~facts.there).tolist()
    return {
        "without_picture": {
            "count": len(missing),
            "first": [dataset.ids[row] for row in missing[:MOST_LISTED]],
        },
        "without_row": {
            "count": len(dataset.others),
            "first": [printable(str(path)) for path in dataset.others[:MOST_LISTED]],
        },
    }


def _constants(dataset: Dataset, found: Cooccurrence) -> dict[str, list[str]]:
    names, counts, known = dataset.labels.names, found.counts, found.known
    return {
        "labels_of_none": [names[k] for k in np.flatnonzero(counts == 0)],
        "labels_of_all": [names[k] for k in np.flatnonzero((counts == known) & (known > 0))],
        "constant_columns": [column.name for column in dataset.columns if column.n_unique() == 1],
    }
