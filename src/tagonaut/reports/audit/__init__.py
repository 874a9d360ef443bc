"""The report on labels that look wrong: a page, a table to correct labels with, and figures."""

from tagonaut.reports.audit.contents import AuditContents
from tagonaut.reports.audit.figures import audit_figures
from tagonaut.reports.audit.page import write_page
from tagonaut.reports.audit.tables import write_tables

__all__ = ["AuditContents", "audit_figures", "write_page", "write_tables"]
