"""A changed copy of a photo: ExifTool writes it, and what it wrote is read back and compared."""

from pathlib import Path
from reprlib import repr as shortened

from tagonaut.errors import MetadataError
from tagonaut.metadata.exif import check_exif
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import UTF8, Keywords
from tagonaut.metadata.hierarchies import Words
from tagonaut.metadata.keywords import read_keywords, to_windows, told
from tagonaut.metadata.planning import NEW_DIGEST, Change, lacking
from tagonaut.metadata.unchanged import check_pixels


def write_copy(
    tool: ExifTool, source: Path, target: Path, before: Keywords, change: Change
) -> Keywords:
    """Write ``source`` with its fields changed to a new file ``target``; its fields, read back.

    ``before`` are the fields of ``source``. Raises ``MetadataError`` where ExifTool cannot write
    the file, where the fields read back are not those of ``change``, and where anything but
    metadata differs; a ``target`` may be left then that is not to be used. The name of ``target``
    has no suffix, which ExifTool would go by.
    """
    with tool.names([source, target.parent]) as (name, folder):
        arguments = _arguments(before, change)
        _, errors = tool.execute([*arguments, "-o", f"{folder}/{target.name}", name])
    if not target.exists():
        reason = told(errors).replace(f"{folder}/", "") or "ExifTool does not say why"
        raise MetadataError(f"its metadata cannot be written ({reason})")
    after = read_keywords(tool, target)
    check_fields(change, after)
    same = change.xp == before.xp
    check_pixels(source, target, exif=same)
    if not same:
        check_exif(tool, source, target)
    return after


def _arguments(before: Keywords, change: Change) -> list[str]:
    latin = before.encoding == "latin" and before.charset != UTF8
    arguments = ["-E", "-charset", "iptc=Latin" if latin else "iptc=UTF8"]
    arguments += _list("IPTC:Keywords", before.iptc, change.iptc)
    arguments += _list("XMP-dc:Subject", before.subject, change.subject)
    for tag, was, shall in (
        ("XMP-lr:HierarchicalSubject", before.hierarchical, change.hierarchical),
        ("XMP-digiKam:TagsList", before.tags_list, change.tags_list),
        ("XMP-microsoft:LastKeywordXMP", before.last_keywords, change.last_keywords),
        ("XMP-tagonaut:Scores", before.scores, change.scores),
    ):
        arguments += _list(tag, _absent(was), _absent(shall))
    if change.xp != before.xp:
        arguments.append(f"-IFD0:XPKeywords={to_windows(change.xp or ())}")
    for tag, old, new in (
        ("IPTC:CodedCharacterSet", before.charset, change.charset),
        ("IPTC:EnvelopeRecordVersion", before.envelope, change.envelope),
        ("IPTC:ApplicationRecordVersion", before.version, change.version),
        ("Photoshop:IPTCDigest", before.digest, change.digest),
    ):
        if new != old:
            arguments.append(f"-{tag}={_escaped(new or '')}")
    return arguments


def _list(tag: str, old: Words | None, new: Words | None) -> list[str]:
    """The arguments that make one list of another, leaving alone as much of it as can be."""
    if new == old:
        return []
    if new is None:
        return [f"-{tag}="]
    if new == ():
        return [f"-{tag}^="]
    # Into a list that is there but empty, ExifTool would add behind its one empty word.
    old = old or ()
    if old and new[: len(old)] == old:
        return [f"-{tag}+={_escaped(word)}" for word in new[len(old) :]]
    gone = lacking(new, old)
    # ExifTool takes away a word wherever it stands.
    if not lacking(old, new) and not set(gone) & set(new) and "" not in gone:
        return [f"-{tag}-={_escaped(word)}" for word in dict.fromkeys(gone)]
    return [f"-{tag}={_escaped(word)}" for word in new]


def _absent(words: Words) -> Words | None:
    """``None`` for a list that is not there, as for the lists of IPTC and Dublin Core."""
    return () if words == ("",) else words or None


def _escaped(value: str) -> str:
    # Spaces too: ExifTool drops one behind an equals sign.
    return "".join(
        character if character.isalnum() or character > "\x7f" else f"&#{ord(character)};"
        for character in value
    )


def check_fields(change: Change, after: Keywords) -> None:
    """Raise ``MetadataError`` unless the fields read back are those of the change."""
    digest = after.true_digest if change.digest == NEW_DIGEST else change.digest
    for name, wanted, found in (
        ("IPTC Keywords", change.iptc, after.iptc),
        ("XMP dc:subject", change.subject, after.subject),
        ("XMP lr:hierarchicalSubject", change.hierarchical, after.hierarchical),
        ("XMP digiKam:TagsList", change.tags_list, after.tags_list),
        ("EXIF XPKeywords", change.xp, after.xp),
        ("XMP MicrosoftPhoto:LastKeywordXMP", change.last_keywords, after.last_keywords),
        ("XMP tagonaut:scores", change.scores, after.scores),
        ("IPTC CodedCharacterSet", change.charset, after.charset),
        ("IPTCDigest", digest, after.digest),
    ):
        if found != wanted:
            raise MetadataError(
                f"{name} did not read back as written"
                f" ({shortened(found)} instead of {shortened(wanted)})"
            )
