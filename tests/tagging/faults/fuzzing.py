"""Valid pictures of every format, damaged where their headers and metadata are."""

import random
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Blocks = list[bytes]

KEYWORDS = ("-IPTC:Keywords=old", "-IPTC:Keywords=Café", "-XMP-dc:Subject=old")
MORE = ("-XMP-lr:HierarchicalSubject=a|b", "-EXIF:XPKeywords=old;older", "-IPTCDigest=new")
EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def originals(folder: Path) -> list[Path]:
    """One valid picture a file, of every format and some variants."""
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    exif.get_ifd(0x8769)[0x927C] = b"maker's note" * 9
    text = PngInfo()
    text.add_text("Comment", "a text")
    text.add_itxt("Title", "Ein Bild", "de", "Titel", zip=True)
    made = {
        "plain.jpg": {},
        "exif.jpg": {"exif": exif, "icc_profile": b"profile" * 99, "comment": b"a comment"},
        "progressive.jpg": {"progressive": True, "exif": exif},
        "plain.tif": {},
        "lzw.tif": {"compression": "tiff_lzw"},
        "pages.tif": {"save_all": True, "append_images": [picture.rotate(90)]},
        "plain.png": {"pnginfo": text, "exif": exif},
        "palette.png": {},
        "plain.webp": {"exif": exif},
        "lossless.webp": {"lossless": True},
        "plain.gif": {"save_all": True, "append_images": [picture.rotate(90)]},
    }
    for name, how in made.items():
        image = picture.quantize(16) if name == "palette.png" else picture
        image.save(folder / name, **how)
    paths = [folder / name for name in made]
    command = ["exiftool", "-config", "", "-q", "-m", "-overwrite_original", *KEYWORDS, *MORE]
    subprocess.run([*command, *map(str, paths)], check=False, capture_output=True)
    big_endian = folder / "big.tif"
    big_endian.write_bytes(_tiff_of_big_endian())
    return [*paths, big_endian]


def damaged(folder: Path, sources: list[Path], count: int, seed: int) -> list[Path]:
    """``count`` files, each a source with one to three mutations; the same for the same seed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(count):
        dice = random.Random(f"{seed} {number}")
        source = sources[number % len(sources)]
        content = source.read_bytes()
        for _ in range(dice.randint(1, 3)):
            content = dice.choice(MUTATIONS)(content, dice)
        made.append(folder / f"{number:04}{source.suffix}")
        made[-1].write_bytes(content)
    return made


def _flip(content: bytes, dice: random.Random) -> bytes:
    """Some bytes of the first 600 are others."""
    left = bytearray(content)
    for _ in range(dice.randint(1, 8)):
        if left:
            left[dice.randrange(min(len(left), 600))] = dice.randrange(256)
    return bytes(left)


def _extreme(content: bytes, dice: random.Random) -> bytes:
    """A number somewhere in the first 600 bytes is an extreme one."""
    width, order = dice.choice("BHI"), dice.choice("<>")
    value = dice.choice(EXTREMES) & (1 << 8 * struct.calcsize(width)) - 1
    place = dice.randrange(max(1, min(len(content), 600)))
    number = struct.pack(order + width, value)
    return content[:place] + number + content[place + len(number) :]


def _cut(content: bytes, dice: random.Random) -> bytes:
    """The file ends anywhere."""
    return content[: dice.randrange(len(content) + 1)]


def _insert(content: bytes, dice: random.Random) -> bytes:
    """Bytes that do not belong there, few or many."""
    place = dice.randrange(min(len(content), 600) + 1)
    return content[:place] + dice.randbytes(dice.choice([1, 2, 7, 300, 70_000])) + content[place:]


def _in_blocks(content: bytes, dice: random.Random) -> bytes:
    """A block of metadata is missing, there twice, elsewhere, of a wrong length, or noise."""
    blocks = _split(content)
    if len(blocks) < 3:
        return _flip(content, dice)
    place = dice.randrange(1, len(blocks) - 1)
    kind = dice.choice(["missing", "twice", "elsewhere", "length", "noise", "many times"])
    if kind == "missing":
        del blocks[place]
    elif kind in {"twice", "many times"}:
        blocks[place:place] = [blocks[place]] * (1 if kind == "twice" else 300)
    elif kind == "elsewhere":
        blocks.insert(dice.randrange(1, len(blocks) - 1), blocks.pop(place))
    elif kind == "length":
        block = bytearray(blocks[place])
        start = 2 if content.startswith(b"\xff\xd8") else 4 if content.startswith(b"RIFF") else 0
        for k in range(start, min(len(block), start + dice.choice([2, 4]))):
            block[k] = dice.choice([0, 0xFF, dice.randrange(256)])
        blocks[place] = bytes(block)
    else:
        block = bytearray(blocks[place])
        for _ in range(dice.randint(1, 30)):
            # Behind the name and the length: what is in the block.
            block[dice.randrange(min(8, len(block) - 1), len(block))] = dice.randrange(256)
        blocks[place] = bytes(block)
    return b"".join(map(_with_checksum, blocks) if dice.random() < 0.7 else blocks)


def _split(content: bytes) -> Blocks:
    """Segments of a JPEG, chunks of a PNG or WebP, entries of a TIFF's first directory."""
    if content.startswith(b"\xff\xd8"):
        return _segments(content)
    if content.startswith(b"\x89PNG"):
        return _chunks(content, 8, ">I", 12, name_first=False)
    if content.startswith(b"RIFF"):
        return _chunks(content, 12, "<I", 8, name_first=True)
    if content[:4] in {b"II*\0", b"MM\0*"}:
        return _entries(content)
    return [content]


def _segments(content: bytes) -> Blocks:
    blocks, place = [content[:2]], 2
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] != 0xDA:
        size = 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        blocks.append(content[place : place + size])
        place += size
    return [*blocks, content[place:]]


def _chunks(content: bytes, start: int, form: str, more: int, *, name_first: bool) -> Blocks:
    blocks, place = [content[:start]], start
    while place + 8 <= len(content):
        (size,) = struct.unpack_from(form, content, place + (4 if name_first else 0))
        size += more + (size % 2 if name_first else 0)
        blocks.append(content[place : place + size])
        place += size
    return [*blocks, content[place:]]


def _entries(content: bytes) -> Blocks:
    if len(content) < 8:
        return [content]
    order = "<" if content.startswith(b"II") else ">"
    (place,) = struct.unpack_from(order + "I", content, 4)
    if place + 2 > len(content):
        return [content]
    (count,) = struct.unpack_from(order + "H", content, place)
    end = min(len(content), place + 2 + 12 * count)
    entries = [content[k : k + 12] for k in range(place + 2, end, 12)]
    return [content[: place + 2], *entries, content[end:]]


def _with_checksum(block: bytes) -> bytes:
    """A PNG chunk whose checksum is right again; anything else as it is."""
    if len(block) >= 12 and block[4:8].isalpha() and len(block) == 12 + int.from_bytes(block[:4]):
        return block[:-4] + struct.pack(">I", zlib.crc32(block[4:-4]))
    return block


def _circle(content: bytes, dice: random.Random) -> bytes:
    """The directory of a TIFF, or of EXIF, leads back to itself."""
    place = content.find(b"Exif\0\0") + 6 if b"Exif\0\0" in content else 0
    order = {b"II": "<", b"MM": ">"}.get(content[place : place + 2])
    if order is None or len(content) < place + 16:
        return _extreme(content, dice)
    (first,) = struct.unpack_from(order + "I", content, place + 4)
    if place + first + 2 > len(content):
        return _flip(content, dice)
    (count,) = struct.unpack_from(order + "H", content, place + first)
    following = place + first + 2 + 12 * count
    circle = struct.pack(order + "I", first)
    return content[:following] + circle + content[following + 4 :]


def _other_head(content: bytes, dice: random.Random) -> bytes:
    """The first bytes are those of another format."""
    heads = (b"\xff\xd8\xff\xe0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"\x89PNG\r\n\x1a\n")
    head = dice.choice([*heads, b"RIFF\0\0\0\0WEBP", b"GIF89a", b"BM", b"\0\0\0\x18ftypheic"])
    return head + content[len(head) :]


def _entities(content: bytes, dice: random.Random) -> bytes:
    """XMP that defines entities out of one another, or reads a file."""
    start = content.find(b"<x:xmpmeta")
    if start < 0:
        return _in_blocks(content, dice)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    file = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    put = dice.choice([bomb, file])
    return content[:start] + put + content[start + len(put) :]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flip, _extreme, _extreme, _cut, _insert, _in_blocks, _in_blocks, _in_blocks),
    *(_circle, _other_head, _entities),
)


def _tiff_of_big_endian() -> bytes:
    """4 × 4 greys, as another writer would put them: its directory behind its pixels."""
    entries = (
        *((256, 3, 1, 4 << 16), (257, 3, 1, 4 << 16), (258, 3, 1, 8 << 16), (259, 3, 1, 1 << 16)),
        *((262, 3, 1, 1 << 16), (273, 4, 1, 8), (277, 3, 1, 1 << 16), (278, 3, 1, 4 << 16)),
        (279, 4, 1, 16),
    )
    directory = struct.pack(">H", len(entries)) + b"".join(
        struct.pack(">HHII", *entry) for entry in entries
    )
    return b"MM\0*" + struct.pack(">I", 24) + bytes(range(16)) + directory + bytes(4)
