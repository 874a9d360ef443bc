"""The files of a photo folder: which ones there are, and which may be replaced."""

from tagonaut.tagging.files.checks import check_one_name, check_own_file, others_may_write
from tagonaut.tagging.files.left_behind import left_behind
from tagonaut.tagging.files.nested_archives import (
    archive_around,
    check_apart,
    check_not_inside,
    check_part,
)
from tagonaut.tagging.files.parts import Found, Parts, find_parts, read_paths
from tagonaut.tagging.files.raw import SUFFIXES as RAW_SUFFIXES
from tagonaut.tagging.files.raw import NoPreviewError, is_camera_raw, is_raw, preview
from tagonaut.tagging.files.walk import Selected, count_photos, is_selected, walk_photos

__all__ = [
    "RAW_SUFFIXES",
    "Found",
    "NoPreviewError",
    "Parts",
    "Selected",
    "archive_around",
    "check_apart",
    "check_not_inside",
    "check_one_name",
    "check_own_file",
    "check_part",
    "count_photos",
    "find_parts",
    "is_camera_raw",
    "is_raw",
    "is_selected",
    "left_behind",
    "others_may_write",
    "preview",
    "read_paths",
    "walk_photos",
]
