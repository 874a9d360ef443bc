"""The one family of errors that is meant for the person at the keyboard."""

from collections.abc import Sequence

_LONGEST_FAULT = 500


class TagonautError(Exception):
    """An error for a person: what was wrong, where, and what to do, without a traceback.

    ``is_over_limit``: a limit of ours ended the reading, which says nothing about the file.
    """

    is_over_limit = False


class Interrupted(TagonautError):
    """Work that ctrl-C stopped; the message says what is kept. The exit status is 130."""


class DataError(TagonautError):
    """Labelled data that cannot be used as it is; ``faults`` holds one line each."""

    def __init__(self, summary: str, faults: Sequence[str] = (), *, shown: int = 20) -> None:
        self.faults = tuple(faults)
        # A name in a foreign file may have a million letters.
        lines = [summary, *(f"  {_shortened(fault)}" for fault in self.faults[:shown])]
        if len(self.faults) > shown:
            lines.append(f"  … and {len(self.faults) - shown:,} more")
        super().__init__("\n".join(lines))


def _shortened(fault: str) -> str:
    return fault if len(fault) <= _LONGEST_FAULT else f"{fault[:_LONGEST_FAULT]} …"


class PictureError(TagonautError):
    """One picture that cannot be read or written; the rest of the work goes on."""


class MetadataError(PictureError):
    """One picture whose metadata cannot be read or written."""


class UnwritableError(MetadataError):
    """A file into which these keywords cannot be written, now or later, unless it changes.

    ``content`` is the SHA-256 of the file as it was worked on, if that is known.
    """

    content: str | None = None


class NoKeywordsError(UnwritableError):
    """A file that takes no keywords, whichever they are: its content alone decides."""


class CheckError(UnwritableError):
    """A file, or its new copy, that failed a check: damaged, or changed in more than keywords."""


class UnsureError(UnwritableError):
    """A file that cannot be written, for a reason that may be its disk's or ExifTool's."""


def nearest(name: str, choices: Sequence[str]) -> str:
    """``name`` quoted, with the nearest valid choice where one is near, for an error message."""
    import difflib

    found = difflib.get_close_matches(name, choices, n=1, cutoff=0.6)
    return f"{name!r} (did you mean {found[0]!r}?)" if found else repr(name)
