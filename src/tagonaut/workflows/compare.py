"""Compares runs side by side: as one page, and as tables with the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagonaut.errors import TagonautError, nearest
from tagonaut.files.folder_kind import FolderKind, json_with
from tagonaut.files.out_folder import out_folder
from tagonaut.files.written_whole import write_whole
from tagonaut.progress import track
from tagonaut.reports.compare import MAJORITY, comparison, write_page, write_tables
from tagonaut.runs.compared import read_stored_run

PAGE = "compare.html"
COMPARISON = FolderKind(
    "comparison", "compare.json", json_with("notes", "reference", "labels", "runs"), own=()
)


@dataclass(frozen=True)
class Compared:
    """The folder of the page and the tables, and the figures (those of ``compare.json``)."""

    folder: Path
    figures: dict[str, Any]


def compare(
    runs: Sequence[str | Path], *, out: str | Path | None = None, reference: str | None = None
) -> Compared:
    """Compare runs side by side in a folder of its own; their networks are not loaded.

    ``out``: that folder; default the first free ``compare``. An earlier comparison there is
    replaced, any other folder that is not empty is an error. ``reference``: the run (its folder or
    its name) whose F1 is subtracted from each run's, or ``majority`` for the majority baseline's;
    default the first run of several. Raises ``TagonautError``.
    """
    if not runs:
        raise TagonautError("no runs are given to compare")
    with out_folder(Path(out) if out else None, "compare", COMPARISON) as place:
        paths = list({Path(run).absolute(): Path(run) for run in runs}.values())
        names = run_names(paths)
        base = _reference(reference, paths, names)
        named = track(zip(paths, names, strict=True), "reading", total=len(paths))
        figures = comparison([read_stored_run(path, name) for path, name in named], base)

        def write(folder: Path) -> None:
            write_page(folder / PAGE, figures)
            write_tables(folder, figures)

        write_whole(place, write)
    return Compared(place.path, figures)


def run_names(paths: Sequence[Path]) -> list[str]:
    """The folders' names, with as many parent folders as are needed to distinguish them."""
    parts = [path.absolute().parts for path in paths]
    longest = max(map(len, parts))
    for depth in range(1, longest):
        names = ["/".join(found[-depth:]) for found in parts]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]


def _reference(wanted: str | None, paths: Sequence[Path], names: Sequence[str]) -> str:
    if wanted is None:
        return names[0] if len(names) > 1 else MAJORITY
    if wanted == MAJORITY:
        return MAJORITY
    for path, name in zip(paths, names, strict=True):
        if wanted == name or Path(wanted).absolute() == path.absolute():
            return name
    raise TagonautError(
        f"there is no run {nearest(wanted, [*names, MAJORITY])} among those compared"
        f" ({', '.join(names)}; or {MAJORITY})"
    )
