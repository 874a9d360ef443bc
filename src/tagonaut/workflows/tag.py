"""A folder of photos is tagged by a run, or gets back what it was."""

from pathlib import Path

from tagonaut.interrupts import stoppable
from tagonaut.tagger import Tagger
from tagonaut.tagging.pipeline import tag_folder
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.undo import untag_folder

GOES_ON = "Finishing the photos under way; the same command goes on from there"


def tag(
    run: Path,
    photos: Path,
    *,
    to: Path | None,
    dry_run: bool = False,
    journal: Path | None = None,
    scores_csv: Path | None = None,
) -> Summary:
    """Tag copies below ``to``, or the photos themselves where it is None.

    Ctrl-C ends it between photos. Otherwise as ``tag_folder``.
    """
    tagger = Tagger.load(run)
    with stoppable(GOES_ON) as stop:
        return tag_folder(
            tagger,
            photos,
            to=to,
            in_place=to is None,
            dry_run=dry_run,
            journal=journal,
            scores_csv=scores_csv,
            stop=stop,
        )


def untag(photos: Path, *, dry_run: bool = False, journal: Path | None = None) -> Summary:
    """Take back what was written to the photos below a folder. Ctrl-C ends it between photos."""
    with stoppable(GOES_ON) as stop:
        return untag_folder(photos, dry_run=dry_run, journal=journal, stop=stop)
