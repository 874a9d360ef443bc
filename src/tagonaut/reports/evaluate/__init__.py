"""The report of an evaluation: figures, intervals and subgroups from arrays, and its files."""

from tagonaut.reports.evaluate.evaluated import (
    Decision,
    Evaluated,
    Pictures,
    Selection,
    Subject,
    Tagged,
)
from tagonaut.reports.evaluate.measure import measure
from tagonaut.reports.evaluate.predictions import notes_on_table, read_predictions, tag_by_table
from tagonaut.reports.evaluate.report import report
from tagonaut.reports.evaluate.run_tags import tag_by_rule

__all__ = [
    "Decision",
    "Evaluated",
    "Pictures",
    "Selection",
    "Subject",
    "Tagged",
    "measure",
    "notes_on_table",
    "read_predictions",
    "report",
    "tag_by_rule",
    "tag_by_table",
]
