"""Whether a photo's IPTC is the same in two files but for the keywords that we write."""

from tagonaut.errors import CheckError
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.iptc import parse


def check_iptc(before: Keywords, after: Keywords, written: bytes | None) -> None:
    """Raise ``CheckError`` unless each block is the one that it shall be.

    That is ``written`` for the main block, all data sets in their order, or the one ``before`` if
    nothing was written to it; padding does not count. All other blocks have to be the same.
    """
    main = before.blocks.main if written is None else written
    same = parse(main or b"").sets == parse(after.blocks.main or b"").sets
    if not same or before.blocks.further != after.blocks.further:
        raise CheckError(
            "writing would have changed more than keywords in its IPTC: left alone, write a sidecar"
            " instead (--sidecar)"
        )
