"""The report of several runs side by side: their figures, a page and tables."""

from tagonaut.reports.compare.compared_run import ComparedRun, RunSplit
from tagonaut.reports.compare.figures import MAJORITY, comparison
from tagonaut.reports.compare.page import write_page
from tagonaut.reports.compare.tables import write_tables

__all__ = ["MAJORITY", "ComparedRun", "RunSplit", "comparison", "write_page", "write_tables"]
