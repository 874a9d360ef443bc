"""Tagging by a Ray cluster, in partitions, on any file system that fsspec knows.

The modules need the packages of ``tagonaut[ray]``.
"""

from tagonaut.tagging.ray.engine import check_photos, check_stores, tag_distributed
from tagonaut.tagging.ray.job import Job, check_options, run_of
from tagonaut.tagging.ray.ledger import runs_in
from tagonaut.tagging.ray.shipped import Shipped
from tagonaut.tagging.ray.store import Store

__all__ = [
    "Job",
    "Shipped",
    "Store",
    "check_options",
    "check_photos",
    "check_stores",
    "run_of",
    "runs_in",
    "tag_distributed",
]
