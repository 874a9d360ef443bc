"""A folder of photos is tagged by a run, or gets back what it was."""

from collections.abc import Sequence
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.interrupts import stoppable
from tagonaut.tagger import Tagger, is_run
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.files.nested_archives import archive_around, is_archive
from tagonaut.tagging.files.walk import walk
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder

# What a file of SQLite begins with.
_SQLITE = b"SQLite format 3\0"

GOES_ON = "Finishing the photos under way; the same command goes on from there"


def tag(
    run: Path,
    photos: Path,
    *,
    to: Path | None = None,
    sidecar: bool = False,
    labels: Sequence[str] | None = None,
    min_score: float | None = None,
    top: int | None = None,
    mapping: Path | None = None,
    prefix: str = "",
    keep_time: bool = False,
    break_links: bool = False,
    write_scores: bool = False,
    dry_run: bool = False,
    journal: Path | None = None,
    scores: Path | None = None,
) -> Summary:
    """Tag copies below ``to``, or sidecars, or the photos themselves where neither is asked for.

    ``mapping`` is a file as ``read_map`` takes it, ``labels`` to ``prefix`` are a ``Choice``.
    Nothing is written into a run folder. Ctrl-C ends it between photos. Otherwise as
    ``tag_folder``.
    """
    for folder in (to or photos, scores and scores.absolute().parent):
        if folder is not None and is_run(folder):
            raise TagonautError(
                f"{folder} is a run folder, and stays as it is: tagged photos and their scores go"
                " to another"
            )
    _check_journal(journal)
    choice = Choice.of(labels, min_score, top, mapping, prefix)
    tagger = Tagger.load(run)
    _check_photos(photos, to)
    with stoppable(GOES_ON) as stop:
        return tag_folder(
            tagger,
            photos,
            to=to,
            in_place=to is None and not sidecar,
            sidecar=sidecar,
            choice=choice,
            keep_time=keep_time,
            break_links=break_links,
            write_scores=write_scores,
            dry_run=dry_run,
            journal=journal,
            scores=scores,
            stop=stop,
        )


def _check_photos(photos: Path, to: Path | None) -> None:
    """Raise ``TagonautError`` for a folder without a photo, as that of a share that is away."""
    reported: list[Path] = []
    if photos.is_dir():
        names = walk(
            photos,
            leave_out=to,
            enter=lambda _: None,
            report=lambda name, _: reported.append(name),
        )
        if next(names, None) is None and not reported:
            raise TagonautError(f"{photos} holds no photos: nothing done (is its disk there?)")


def untag(
    photos: Path,
    *,
    runs: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    since: float | None = None,
    until: float | None = None,
    keep_time: bool = False,
    break_links: bool = False,
    dry_run: bool = False,
    journal: Path | None = None,
) -> Summary:
    """Take back what was written to the photos below a folder. Ctrl-C ends it between photos.

    Otherwise as ``untag_folder``.
    """
    if not photos.is_dir():
        raise TagonautError(
            f"{photos} is not a folder: name the one that was tagged"
            if photos.exists()
            else f"{photos}: there is no such folder"
        )
    around = None if is_archive(photos) or journal else archive_around(photos)
    if around is not None:
        raise TagonautError(
            f"{photos} is part of {around}, which was tagged as a whole: untag that"
        )
    _check_journal(journal)
    with stoppable(GOES_ON) as stop:
        return untag_folder(
            photos,
            runs=runs,
            labels=labels,
            since=since,
            until=until,
            keep_time=keep_time,
            break_links=break_links,
            dry_run=dry_run,
            journal=journal,
            stop=stop,
        )


def _check_journal(path: Path | None) -> None:
    """Raise ``TagonautError`` for what lies there and is no SQLite file: no lock is put beside it.

    An empty file is one to SQLite.
    """
    if path is None or not path.exists():
        return
    if not path.is_file():
        raise TagonautError(f"--journal {path} is not a file")
    try:
        with path.open("rb") as file:
            head = file.read(len(_SQLITE))
    except OSError as error:
        raise TagonautError(f"--journal {path}: cannot be read ({error.strerror})") from None
    if head not in {b"", _SQLITE}:
        raise TagonautError(f"--journal {path} is no journal of Tagonaut's")
