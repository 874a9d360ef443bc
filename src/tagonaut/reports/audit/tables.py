"""``audit.csv``, where a person accepts corrections, and ``audit.json``."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagonaut.data.corrections import ACCEPT, GIVEN, LABEL, PICTURE, SUGGESTED
from tagonaut.reports.audit.contents import AuditContents, Cell, suggestions

COLUMNS = (
    *(PICTURE, LABEL, GIVEN, SUGGESTED),
    *("score", "quality", "rank", "flagged", "kind", "together", ACCEPT),
)


def write_tables(
    table: Path, document: Path, figures: Mapping[str, Any], contents: AuditContents
) -> None:
    """Write the doubtful cells by rank, with the two of a swap in turn, and the figures."""
    with table.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            correction_row(cell) for some in suggestions(contents) for cell in some.cells
        )
    text = json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False)
    document.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def correction_row(cell: Cell) -> list[str]:
    """The row under ``COLUMNS``, not accepted."""
    return [
        cell.picture,
        cell.label,
        str(cell.given),
        str(cell.suggested),
        f"{cell.score:.4f}",
        f"{cell.quality:.4f}",
        str(cell.rank),
        "yes" if cell.flagged else "",
        cell.kind,
        str(cell.together or ""),
        "",
    ]
