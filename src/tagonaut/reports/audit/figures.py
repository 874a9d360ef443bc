"""The figures of an audit, for ``audit.json`` and the top of the page."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates
from tagonaut.data.splitting import SPLITS
from tagonaut.reports.audit.contents import AuditContents
from tagonaut.reports.duplicates import MOST_LISTED, duplicate_figures
from tagonaut.reports.summary import counted, named

_SPLIT = "split"


def audit_figures(contents: AuditContents) -> dict[str, Any]:
    """Counts of cells, by label too, of duplicates that disagree, and of those across splits."""
    dataset, quality, flagged = contents.dataset, contents.quality, contents.quality.flagged
    given = dataset.targets == 1
    figures: dict[str, Any] = {
        "summary": {
            "pictures": len(contents.compared),
            "judged": len(dataset),
            "labels": len(dataset.labels),
            "cells": int((quality.ranks > 0).sum()),
            "unknown_cells": int((~dataset.known).sum()),
            "flagged": int(flagged.sum()),
            "wrong": int((flagged & given).sum()),
            "missing": int((flagged & ~given).sum()),
            "flagged_pictures": int(flagged.any(axis=1).sum()),
        },
        "labels": [
            {
                "label": name,
                "pictures": int((given & dataset.known)[:, k].sum()),
                "known": int(dataset.known[:, k].sum()),
                "wrong": int((flagged & given)[:, k].sum()),
                "missing": int((flagged & ~given)[:, k].sum()),
                "roc_auc": _number(quality.area[k]),
                "judged": bool(quality.judged[k]),
            }
            for k, name in enumerate(dataset.labels.names)
        ],
        "duplicates": duplicate_figures(contents.compared, contents.duplicates),
        "splits": split_leaks(contents.compared, contents.duplicates),
    }
    figures["findings"] = [{"text": text, "where": where} for text, where in findings(figures)]
    return figures


def split_leaks(dataset: Dataset, duplicates: Duplicates) -> dict[str, Any] | None:
    """Duplicates whose pictures are in different splits; None where the data names no split.

    ``exact`` and ``near``: the number of links between identical and between similar pictures;
    ``between``: their number for each pair of splits; ``listed``: the first, each with its rows,
    ids and splits.
    """
    if _SPLIT not in dataset.columns.columns:
        return None
    splits = ["" if cell is None else str(cell).strip() for cell in dataset.columns[_SPLIT]]
    links = duplicates.links().tolist()
    copies = len(duplicates.copies())
    apart = [
        (at < copies, one, other)
        for at, (one, other) in enumerate(links)
        if splits[one] and splits[other] and splits[one] != splits[other]
    ]
    between: dict[str, int] = {}
    for _, one, other in apart:
        both = " and ".join(sorted((splits[one], splits[other]), key=_place))
        between[both] = between.get(both, 0) + 1
    return {
        "exact": sum(identical for identical, _, _ in apart),
        "near": sum(not identical for identical, _, _ in apart),
        "between": between,
        "listed": [
            {
                "identical": identical,
                "rows": [one, other],
                "ids": [dataset.ids[one], dataset.ids[other]],
                "splits": [splits[one], splits[other]],
            }
            for identical, one, other in apart[:MOST_LISTED]
        ],
    }


def _place(split: str) -> tuple[int, str]:
    """A sort key: splits in the order in which they are used."""
    return (SPLITS.index(split) if split in SPLITS else len(SPLITS), split)


def findings(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Sentences, each with the part of the page that has the details."""
    summary = figures["summary"]
    if summary["flagged"]:
        yield (
            f"{summary['flagged']:,} of {summary['cells']:,} cells"
            f" {'is' if summary['flagged'] == 1 else 'are'} probably wrong, in"
            f" {counted(summary['flagged_pictures'], 'picture')}:"
            f" {counted(summary['wrong'], 'wrong tag')},"
            f" {counted(summary['missing'], 'missing tag')}",
            "cells",
        )
    else:
        yield f"none of {summary['cells']:,} cells stands out as wrong", "cells"
    doubted = sorted(figures["labels"], key=lambda row: -row["wrong"] - row["missing"])
    if most := [row for row in doubted if row["wrong"] + row["missing"]][:3]:
        listed = ", ".join(f"{row['label']} ({row['wrong'] + row['missing']:,})" for row in most)
        yield f"most of them: {listed}", "labels"
    kinds = figures["duplicates"]
    for kind, words, noun in (("exact", "identical", "group"), ("near", "similar", "pair")):
        if count := kinds[kind]["disagree"]:
            yield f"in {counted(count, noun)} of {words} pictures the labels differ", "twice"
    if (leaks := figures["splits"]) and leaks["exact"] + leaks["near"]:
        counts = ", ".join(f"{both}: {count:,}" for both, count in leaks["between"].items())
        total = leaks["exact"] + leaks["near"]
        yield f"{counted(total, 'pair')} of duplicates in different splits ({counts})", "splits"
    if names := [row["label"] for row in figures["labels"] if not row["judged"]]:
        yield (
            f"not evaluated, because the scores do not separate these labels: {named(names)}",
            "labels",
        )


def _number(value: np.floating[Any]) -> float | None:
    """JSON knows no NaN."""
    return None if np.isnan(value) else float(value)
