"""What other programs see in photos: every tag, the pixels of every frame, signatures."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

try:
    import c2pa
except ImportError:
    c2pa = None

_TOGETHER = 50
_SECONDS = 120
_LONG = 200
_EXIFTOOL = ("exiftool", "-config", "", "-q", "-q", "-charset", "filename=utf8", "-api", "Filter=")
_DUMP = ("-json", "-a", "-u", "-n", "-b", "-ee", "-G1:4")
_IMAGEMAGICK = shutil.which("identify")
_EXIV2 = shutil.which("exiv2")

READERS = (
    "ExifTool",
    "ImageMagick" if _IMAGEMAGICK else "Pillow (ImageMagick is not installed)",
    *(("Exiv2",) if _EXIV2 else ()),
    *(("the Content Credentials library",) if c2pa else ()),
)

# Of the file and not of the picture, or derived from other tags.
_OF_FILE = re.compile(
    r"^(System|Composite|ExifTool:ExifToolVersion|SourceFile)|:(FileSize|FileName|Directory)$"
)
_COPY = re.compile(r":Copy\d+:")
_PLACES = re.compile(
    r"(Offset|Offsets|OffsetV2|Start|SubIFDs|StartOffset|ThumbnailTIFF|MPImageStart|DataOffset|JPEGInterchangeFormat)\d*$"
)


@dataclass
class Looks:
    """One photo, as the readers see it.

    ``tags`` by group and name, values longer than some hundred characters as a hash; ``warnings``
    of ExifTool's validation; ``pixels``, empty if no decoder reads it; ``exiv2`` lines by key;
    ``signature``: the state of the Content Credentials, empty if there are none.
    """

    tags: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    pixels: str = ""
    exiv2: dict[str, list[str]] = field(default_factory=dict)
    signature: str = ""


def look_at(photos: Sequence[Path], say: Callable[[str], None]) -> dict[Path, Looks]:
    """Look at each photo with every reader."""
    found = {path: Looks() for path in photos}
    with ThreadPoolExecutor() as pool:
        groups = [photos[at : at + _TOGETHER] for at in range(0, len(photos), _TOGETHER)]
        for number, answers in enumerate(pool.map(_by_exiftool, groups)):
            for path, (tags, warnings) in answers.items():
                found[path].tags, found[path].warnings = tags, warnings
            if number % 10 == 9:
                say(f"  ExifTool has read {(number + 1) * _TOGETHER:,} of {len(photos):,}")
        for path, pixels, exiv2, signature in pool.map(_by_others, photos):
            one = found[path]
            one.pixels, one.exiv2, one.signature = pixels, exiv2, signature
    return found


def is_place(key: str) -> bool:
    """Whether a tag says where in the file something lies."""
    return _PLACES.search(key) is not None


def _by_others(path: Path) -> tuple[Path, str, dict[str, list[str]], str]:
    return path, _pixels(path), _exiv2(path), _signature(path)


def _by_exiftool(paths: Sequence[Path]) -> dict[Path, tuple[dict[str, Any], list[str]]]:
    documents = _answers(paths, _DUMP)
    checked = _answers(paths, ("-json", "-a", "-validate", "-Warning", "-Error"))
    return {
        path: (
            _shortened(documents.get(path, {"ExifTool:NoAnswer": True})),
            _listed(checked.get(path, {}).get("Warning")),
        )
        for path in paths
    }


def _answers(paths: Sequence[Path], arguments: Sequence[str]) -> dict[Path, dict[str, Any]]:
    """ExifTool's answers; of photos one by one where it gives up on all together."""
    with tempfile.NamedTemporaryFile("w", suffix=".args") as names:
        names.write("".join(f"{path}\n" for path in paths))
        names.flush()
        try:
            done = subprocess.run(
                [*_EXIFTOOL, *arguments, "-@", names.name],
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
            documents = json.loads(done.stdout.decode(errors="replace") or "[]", strict=False)
        except (subprocess.TimeoutExpired, json.JSONDecodeError):
            documents = None
    if documents is None:
        if len(paths) == 1:
            return {}
        return {
            path: answer for one in paths for path, answer in _answers([one], arguments).items()
        }
    return {Path(document["SourceFile"]): document for document in documents}


def _shortened(document: dict[str, Any]) -> dict[str, Any]:
    """The tags, those that a group has several times as one list, in no order."""
    found: dict[str, Any] = {}
    copies: dict[str, list[Any]] = {}
    for key, value in document.items():
        if _OF_FILE.search(key):
            continue
        text = json.dumps(value)
        whole = len(text) <= _LONG or isinstance(value, list) or key.endswith("Categories")
        short = value if whole else _hash(text.encode())
        name = _COPY.sub(":", key)
        if name != key or name in found:
            copies.setdefault(name, [found.pop(name)] if name in found else []).append(short)
        else:
            found[name] = short
    for name, values in copies.items():
        if name in found:
            values.append(found.pop(name))
        found[name] = values[0] if len(values) == 1 else sorted(values, key=json.dumps)
    return found


def _listed(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [str(value)]


def _pixels(path: Path) -> str:
    if _IMAGEMAGICK is None:
        return _by_pillow(path)
    command = [_IMAGEMAGICK, "-quiet", "-format", "%w %h %# ", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return ""
    return _hash(done.stdout) if done.returncode == 0 and done.stdout else ""


def _by_pillow(path: Path) -> str:
    from PIL import Image, ImageSequence

    digest = sha256()
    try:
        with Image.open(path) as image:
            for frame in ImageSequence.Iterator(image):
                digest.update(repr((frame.size, frame.mode)).encode() + frame.tobytes())
    except Exception:  # a damaged picture may raise anything
        return ""
    return digest.hexdigest()


def _exiv2(path: Path) -> dict[str, list[str]]:
    if _EXIV2 is None:
        return {}
    try:
        done = subprocess.run(
            [_EXIV2, "-q", "-b", "-u", "-PEIXkv", str(path)],
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return {}
    found: dict[str, list[str]] = {}
    for line in done.stdout.decode(errors="replace").splitlines():
        key, _, value = line.partition(" ")
        value = value.strip()
        found.setdefault(key, []).append(value if len(value) <= _LONG else _hash(value.encode()))
    return found


def _signature(path: Path) -> str:
    if c2pa is None:
        return ""
    try:
        with c2pa.Reader(str(path)) as reader:
            return str(reader.get_validation_state() or "unknown")
    except Exception:  # most have no Content Credentials, and the library raises for those
        return ""


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()[:24]
