"""The report on the contents of a collection."""

from tagonaut.reports.explore.album import MOST_CARDS, Album
from tagonaut.reports.explore.duplicates import (
    MOST_LISTED,
    duplicate_figures,
    find_duplicates,
    shown_groups,
    shown_pairs,
)
from tagonaut.reports.explore.facts import PictureFacts
from tagonaut.reports.explore.figures import Contents, collection_figures
from tagonaut.reports.explore.labels import MOST_SETS
from tagonaut.reports.explore.page import write_page
from tagonaut.reports.explore.tables import write_csv, write_tables

__all__ = [
    "MOST_CARDS",
    "MOST_LISTED",
    "MOST_SETS",
    "Album",
    "Contents",
    "PictureFacts",
    "collection_figures",
    "duplicate_figures",
    "find_duplicates",
    "shown_groups",
    "shown_pairs",
    "write_csv",
    "write_page",
    "write_tables",
]
