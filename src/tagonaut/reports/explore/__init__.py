"""The report on the contents of a collection."""

from tagonaut.reports.explore.album import MOST_CARDS, Album
from tagonaut.reports.explore.facts import PictureFacts, find_duplicates
from tagonaut.reports.explore.figures import Contents, collection_figures
from tagonaut.reports.explore.labels import MOST_SETS
from tagonaut.reports.explore.page import write_page
from tagonaut.reports.explore.tables import write_tables

__all__ = [
    "MOST_CARDS",
    "MOST_SETS",
    "Album",
    "Contents",
    "PictureFacts",
    "collection_figures",
    "find_duplicates",
    "write_page",
    "write_tables",
]
