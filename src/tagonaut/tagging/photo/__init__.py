"""One photo: what it is, what is known of it, and how it gets and loses tags."""

from tagonaut.tagging.photo.beside import write_beside
from tagonaut.tagging.photo.copies import find_copies
from tagonaut.tagging.photo.first_look import Layout, Target, inspect
from tagonaut.tagging.photo.keyword_plan import Photo, Writing
from tagonaut.tagging.photo.sidecar_photo import photo_of_sidecar
from tagonaut.tagging.photo.tag_photo import write_tags
from tagonaut.tagging.photo.untag_photo import remove_tags

__all__ = [
    "Layout",
    "Photo",
    "Target",
    "Writing",
    "find_copies",
    "inspect",
    "photo_of_sidecar",
    "remove_tags",
    "write_beside",
    "write_tags",
]
