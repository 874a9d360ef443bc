"""All scores of a run as a table, one row a photo, one column a label."""

import csv
import os
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.replacing import take_place, temporary


def write_scores(journal: Journal, run: str, path: Path) -> None:
    r"""Write every photo that ``run`` has scored, sorted by path, with 6 decimals.

    The header is ``picture`` and the labels. Bytes of a name that are no UTF-8 stand as ``\xff``.
    Raises ``TagonautError`` if the file cannot be written; the one of before is there then.
    """
    try:
        with temporary(path.parent) as new:
            with new.open("w", newline="", encoding="utf-8") as file:
                table = csv.writer(file)
                table.writerow(["picture", *journal.labels(run)])
                for name, scores in journal.scores(run):
                    picture = name.decode("utf-8", "backslashreplace")
                    table.writerow([picture, *(f"{score:.6f}" for score in scores)])
                file.flush()
                os.fsync(file.fileno())
            take_place(new, path)
    except OSError as error:
        raise TagonautError(f"{path}: the scores cannot be written ({error.strerror})") from error
