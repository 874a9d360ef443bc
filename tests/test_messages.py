"""Every line that can be said about a photo stands in ``docs/messages.md``."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import tagonaut

SOURCES = Path(tagonaut.__file__).parent
PAGE = Path(__file__).parents[1] / "docs" / "messages.md"
ROOMS = ("pixels", "metadata", "files", "tagging", "data/ignoring.py")
# ``kind``: where one of two classes is chosen.
ERRORS = {
    "PictureError",
    "MetadataError",
    "UnwritableError",
    "NoPreviewError",
    "ReadBackError",
    "NoKeywordsError",
    "CheckError",
    "UnsureError",
    "kind",
}

# Caught where they are raised, so that another way is taken.
NEVER_SAID = {
    "its XMP is not one packet",
    "the XMP does not fit into one segment",
    "the delta to the earlier file is damaged (…)",
    "what was rebuilt is not the original",
}


def messages() -> Iterator[str]:
    """The messages of errors about photos, with ``…`` for what is put in."""
    for room in ROOMS:
        path = SOURCES / room
        for file in [path] if path.is_file() else path.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS:
                    yield from texts(node.args[0])


def texts(node: ast.expr) -> list[str]:
    """What an expression can be, as far as it stands in the source."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(p.value if isinstance(p, ast.Constant) else "…" for p in parts)]
        case ast.BinOp(left=left, right=right):
            return [a + b for a in texts(left) for b in texts(right)]
        case ast.IfExp(body=body, orelse=other):
            return texts(body) + texts(other)
    return ["…"]


def test_every_message_about_a_photo_is_explained():
    said = {text for text in messages() if text.strip("… :")}
    assert len(said) > 80
    explained = {*re.findall(r"\*((?:[^*\n]|\*\*)+)\*", PAGE.read_text())}
    assert sorted(said - explained - NEVER_SAID) == []
    # Nothing is explained that nobody says any more.
    assert sorted(explained - said - {"cannot be read or written (…)"}) == []
    assert said >= NEVER_SAID
