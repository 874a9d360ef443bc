"""The page of an explanation."""

from tagonaut.reports.explain.page import ExplainedPicture, SeenLabel, write_page

__all__ = ["ExplainedPicture", "SeenLabel", "write_page"]
