"""The report of a search: its trials as one page."""

from tagonaut.reports.tune.page import plain, write_page

__all__ = ["plain", "write_page"]
