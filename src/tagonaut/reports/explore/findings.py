"""The findings that deserve a look before anything is trained."""

from collections.abc import Iterator, Mapping
from typing import Any

from tagonaut.reports.explore.facts import EXTREME_RATIO, SMALL_SIDE
from tagonaut.reports.summary import counted, named


def findings(figures: Mapping[str, Any]) -> list[dict[str, str]]:
    """Sentences, the gravest first, each with the section of the page that shows details."""
    parts = (_files, _twice, _labels, _rules, _odd)
    return [{"text": text, "where": where} for part in parts for text, where in part(figures)]


def _files(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    summary, pictures, problems = figures["summary"], figures["pictures"], figures["problems"]
    rows, there = summary["pictures"], pictures["there"]
    if unreadable := problems["unreadable"]:
        yield f"{counted(len(unreadable), 'picture')} cannot be read", "problems"
    if not there:
        yield (
            (
                "no picture was found: this report covers the labels only (--images says "
                "where the pictures are)"
            ),
            "problems",
        )
    elif rows > there:
        yield f"no picture for {rows - there:,} of {rows:,} rows", "problems"
    if others := problems["without_row"]["count"]:
        verb = "is" if others == 1 else "are"
        yield f"{counted(others, 'picture')} {verb} not in the table", "problems"


def _twice(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    exact, near = figures["duplicates"]["exact"], figures["duplicates"]["near"]
    if exact["groups"]:
        groups = counted(exact["groups"], "group")
        sentence = f"{exact['pictures']:,} files are byte-identical, in {groups}"
        yield sentence + _disagreeing(figures, exact["disagree"], "group"), "twice"
    if near["pairs"]:
        sentence = f"{counted(near['pairs'], 'pair')} of pictures that look nearly the same"
        yield sentence + _disagreeing(figures, near["disagree"], "pair"), "twice"


def _disagreeing(figures: Mapping[str, Any], count: int, what: str) -> str:
    if not figures["labels"]:
        return ""
    return f"; in {counted(count, what)} the labels differ" if count else "; their labels agree"


def _labels(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    labels = figures["labels"]
    for count, words in (("none", "no picture has"), ("all", "every picture has")):
        if names := figures["problems"][f"labels_of_{count}"]:
            yield f"{words}: {named(names)}", "labels"
    never = set(figures["problems"]["labels_of_none"])
    rare = [row["label"] for row in labels if row["rare"] and row["label"] not in never]
    scarce = [row["label"] for row in labels if row["scarce"] and row["label"] not in never]
    if scarce:
        limit = figures["rules"]["scarce_below_pictures"]
        yield (
            f"{len(scarce):,} of {len(labels):,} labels have fewer than {limit} pictures, too few "
            f"to learn from and to evaluate on: {named(scarce)}",
            "labels",
        )
    known = set(scarce)
    if others := [name for name in rare if name not in known]:
        more = " more" if scarce else ""
        verb = "is" if len(others) == 1 else "are"
        yield f"{counted(len(others), 'label')}{more} {verb} rare: {named(others)}", "labels"
    summary = figures["summary"]
    if labels and summary["labelled"] < summary["pictures"]:
        unknown = summary["pictures"] - summary["labelled"]
        yield f"no label is known for {unknown:,} of {summary['pictures']:,} pictures", "labels"
    elif summary["unknown_cells"]:
        share = summary["unknown_cells"] / summary["cells"]
        yield f"{summary['unknown_cells']:,} cells ({100 * share:.1f} %) are unknown", "labels"


def _rules(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for group in figures["groups"]:
        names = ", ".join(group["labels"])
        ids = [row["id"] for row in group["first_broken"]]
        broken = f"{counted(group['broken'], 'picture')}: {named(ids, group['broken'])}"
        if group["declared"] and group["broken"]:
            yield f"some pictures do not have exactly one of {names}: {broken}", "rules"
        elif not group["declared"]:
            but = f", but for {broken}" if group["broken"] else ""
            yield f"each picture has exactly one of {names}{but}", "rules"


def _odd(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    problems = figures["problems"]
    for key, words in (
        ("one_colour", "of one colour"),
        ("small", f"less than {SMALL_SIDE} pixels wide or high"),
        ("extreme_shape", f"more than {EXTREME_RATIO:g} times as long as wide"),
    ):
        if rows := problems[key]:
            verb = "is" if len(rows) == 1 else "are"
            yield f"{counted(len(rows), 'picture')} {verb} {words}", "problems"
    if names := problems["constant_columns"]:
        yield f"columns with one value throughout: {named(names)}", "problems"
