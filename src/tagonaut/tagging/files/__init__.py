"""The files of a photo folder: which ones there are, and which may be replaced."""

from tagonaut.tagging.files.checks import check_one_name, check_own_file, others_may_write
from tagonaut.tagging.files.left_behind import left_behind
from tagonaut.tagging.files.nested_archives import (
    archive_around,
    check_apart,
    check_not_inside,
    check_part,
    is_archive,
)
from tagonaut.tagging.files.raw import SUFFIXES as RAW_SUFFIXES
from tagonaut.tagging.files.raw import is_raw, preview
from tagonaut.tagging.files.walk import count_photos, walk_photos

__all__ = [
    "RAW_SUFFIXES",
    "archive_around",
    "check_apart",
    "check_not_inside",
    "check_one_name",
    "check_own_file",
    "check_part",
    "count_photos",
    "is_archive",
    "is_raw",
    "left_behind",
    "others_may_write",
    "preview",
    "walk_photos",
]
