"""Counts what a walk over a folder of photos passes over, by reason and suffix."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath

from tagonaut.data.text import one_line, printable

EXCLUDED = "excluded photos"
EXCLUDED_FOLDERS = "excluded folders"
NOT_CHOSEN = "photos that --only does not choose"
LINKS = "symbolic links to photos"
LINKED_FOLDERS = "symbolic links to folders"
NO_PREVIEW = "pictures without an embedded preview that can be read"
NOT_READ = "pictures of formats that are not read"
VIDEOS = "videos"
OTHERS = "other files"

NO_SUFFIX = "no suffix"
"""Stands for the suffix of a name that has none."""

# So that a folder of odd names takes no memory.
_MOST_KINDS, _LONGEST, _SHOWN = 200, 24, 8
_REST = "…"

_VIDEO_SUFFIXES = (
    ".3g2 .3gp .asf .avi .braw .crm .dv .f4v .flv .insv .lrv .m2t .m2ts .m4v .mkv .mov .mp4 .mpeg"
    " .mpg .mts .mxf .ogv .r3d .ts .vob .webm .wmv"
)
_NOT_READ_SUFFIXES = (
    ".afphoto .ai .ani .avifs .bpg .cdr .cin .clip .cpt .cur .dcm .dds .dicom .djvu .dpx .emf .eps"
    " .exr .fit .fits .flif .fpx .hdp .hdr .heics .heifs .icns .ico .indd .j2c .jbig .jls .jng .jxr"
    " .kra .mng .ora .pam .pbm .pcd .pct .pcx .pfm .pgm .pic .pict .pnm .ppm .procreate .ps .qoi"
    " .ras .rgb .sgi .svg .svgz .tga .wdp .wmf .xbm .xcf .xpm"
)
_VIDEOS, _NOT_READ = frozenset(_VIDEO_SUFFIXES.split()), frozenset(_NOT_READ_SUFFIXES.split())
# Parts of a photo, which belong to it and are no file of their own to a person.
_BESIDE = frozenset({".xmp"})
# Previews beside videos begin as JPEGs do.
_KNOWN = _VIDEOS | _NOT_READ | _BESIDE | {".thm"}


@dataclass
class PassedOver:
    """``counts`` of entries by reason, and within it by suffix, or by the name of a folder."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, reason: str, kind: str, count: int = 1) -> None:
        """Count entries of one kind; kinds beyond some hundred are counted as one."""
        kinds = self.counts.setdefault(reason, Counter())
        kind = one_line(printable(kind))
        if kind not in kinds and (len(kinds) >= _MOST_KINDS or len(kind) > _LONGEST):
            kind = _REST
        kinds[kind] += count

    def add_file(self, reason: str, name: str) -> None:
        """Count a file by its suffix."""
        self.add(reason, suffix_of(name) or NO_SUFFIX)

    def add_other(self, name: str) -> None:
        """Count a file that is no photo: as a video, a picture that is not read, or another."""
        suffix = suffix_of(name)
        if suffix in _BESIDE:
            return
        reason = VIDEOS if suffix in _VIDEOS else NOT_READ if suffix in _NOT_READ else OTHERS
        self.add_file(reason, name)

    def update(self, counts: dict[str, dict[str, int]]) -> None:
        """Add the counts of another walk."""
        for reason, kinds in counts.items():
            for kind, count in kinds.items():
                self.add(reason, kind, count)

    def any_of(self, *reasons: str) -> bool:
        """Whether anything was passed over for one of these reasons."""
        return any(reason in self.counts for reason in reasons)

    def lines(self) -> list[str]:
        """A line for each reason, with the most frequent suffixes."""
        return [
            f"passed over: {kinds.total():,} {reason} ({_listed(kinds)})"
            for reason, kinds in self.counts.items()
        ]


def suffix_of(name: str) -> str:
    """The suffix of a file's name in lower case; empty if it has none."""
    return PurePath(os.path.basename(name)).suffix.lower()  # noqa: PTH119


def says_nothing(name: str) -> bool:
    """Whether a name tells nothing of what is in the file: no suffix, or an unknown one."""
    suffix = suffix_of(name)
    return not suffix or suffix not in _KNOWN


def _listed(kinds: Counter[str]) -> str:
    most = [f"{kind} {count:,}" for kind, count in kinds.most_common(_SHOWN)]
    return ", ".join(most) + (f", {_REST}" if len(kinds) > _SHOWN else "")
