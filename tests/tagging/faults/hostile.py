"""A folder of photos that nobody would wish for."""

import os
import socket
import stat
import struct
import zlib
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from tests.tagging.faults.fuzzing import damaged, originals
from tests.tagging.scorer import colour

NAMES = (
    *(b"-overwrite_original\n.jpg", b"-o.jpg", b"--help.jpg", b"-.jpg", b"@args.jpg"),
    *(b"a'b.jpg", b'a"b.jpg', b"a`id`.jpg", b"$(touch pwned).jpg", b"; touch pwned;.jpg"),
    *(b"%s%n.jpg", b"%f_%d.jpg", b"a\\b.jpg", b"a\tb.jpg", b"a\rb.jpg", b"\n\n.jpg", b" .jpg"),
    *(b"\x1b[31mred\x1b]0;title\x07.jpg", b"caf\xe9.jpg", b"\xff\xfe.jpg", b"\xed\xa0\x80.jpg"),
    *("\u202egpj.exe.jpg".encode(), "e\u0301.jpg".encode(), "\u00e9.jpg".encode(), b"#x.jpg"),
    *(b"*.jpg", b"[a].jpg", b"{a,b}.jpg", b"=cmd|'x'!A1.jpg", b"<script>alert(1)</script .jpg"),
    *(b"a,b;c.jpg", b"UPPER.JPG", b"x" * 251 + b".jpg", b"..jpg.jpg", b"...jpg", b"~.jpg"),
)


def make_hostile(photos: Path, outside: Path, mutations: int, seed: int) -> None:
    """Everything below ``photos``; ``outside`` are things that links in it lead to."""
    sources = originals(photos.with_name("originals"))
    damaged(photos / "fuzzed", sources, mutations, seed)
    for name in NAMES:
        colour(photos / "names" / os.fsdecode(name), "red")
    colour(photos / os.fsdecode(b"-o\n\xff") / "a.jpg", "green")
    _contents(photos / "contents")
    _places(photos / "places", colour(outside / "theirs.jpg", "blue"))
    _deep(photos / "deep")


def state_of(folder: Path) -> dict[str, tuple[int, object]]:
    """Mode and content of everything below a folder, however deep; of large files size and time."""
    found: dict[str, tuple[int, object]] = {}
    for place, folders, files, handle in os.fwalk(folder):
        for name in folders + files:
            mode = os.stat(name, dir_fd=handle, follow_symlinks=False)
            told: object = None
            if stat.S_ISLNK(mode.st_mode):
                told = os.readlink(name, dir_fd=handle)
            elif stat.S_ISREG(mode.st_mode) and mode.st_size > 1 << 20:
                told = mode.st_size, mode.st_mtime_ns
            elif stat.S_ISREG(mode.st_mode):
                with open(os.open(name, os.O_RDONLY, dir_fd=handle), "rb") as file:  # noqa: PTH123
                    told = sha256(file.read()).hexdigest()
            found[os.path.relpath(os.path.join(place, name), folder)] = mode.st_mode, told  # noqa: PTH118
    return found


def _contents(folder: Path) -> None:
    whole = colour(folder / "whole.jpg", "red", size=200).read_bytes()
    for form in ("jpg", "tif", "png", "webp", "gif", "bmp", "heic", "avif"):
        (folder / f"empty.{form}").touch()
        (folder / f"text.{form}").write_text("dear diary")
        (folder / f"zeros.{form}").write_bytes(bytes(5000))
        (folder / f"wrong suffix.{form}").write_bytes(whole)
    for size in (1, 2, 3, 4, 20, len(whole) // 2, len(whole) - 1):
        (folder / f"cut at {size}.jpg").write_bytes(whole[:size])
    (folder / "trailing.jpg").write_bytes(whole + b"PK\3\4" * 5000)
    (folder / "huge.png").write_bytes(_huge_png(60_000, 60_000))
    (folder / "wide.png").write_bytes(_huge_png(2**31 - 1, 1))
    (folder / "bomb.png").write_bytes(_huge_png(6_000, 6_000, full=True))
    for name, marker in (("huge.jpg", b"\xff\xc0"), ("huge progressive.jpg", b"\xff\xc2")):
        header = marker + struct.pack(">HBHHB", 17, 8, 65_500, 65_500, 3) + bytes(9)
        start = whole.index(b"\xff\xc0")
        (folder / name).write_bytes(whole[:start] + header + whole[start + 19 :])
    (folder / "huge.gif").write_bytes(b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(9))
    tiff = struct.pack("<2sHIH", b"II", 42, 8, 5) + b"".join(
        struct.pack("<HHII", tag, 4, 1, value)
        for tag, value in ((256, 2**31), (257, 2**31), (259, 1), (273, 8), (279, 2**32 - 1))
    )
    (folder / "huge.tif").write_bytes(tiff + bytes(4))
    with (folder / "sparse.jpg").open("wb") as file:
        file.write(whole)
        file.truncate(1 << 23)


def _places(folder: Path, outside: Path) -> None:
    colour(folder / "whole.jpg", "red")
    (folder / "folder.jpg").mkdir()
    colour(folder / "folder.jpg" / "inside.jpg", "red")
    (folder / "circle").symlink_to(folder)
    (folder / "circle.jpg").symlink_to(folder)
    (folder / "itself.jpg").symlink_to("itself.jpg")
    (folder / "nowhere.jpg").symlink_to("nowhere")
    (folder / "outside.jpg").symlink_to(outside)
    (folder / "above").symlink_to("../..")
    (folder / "slash").symlink_to("/")
    (folder / "password.jpg").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening, suppress(OSError):
        listening.bind(str(folder / "socket.jpg"))
    (folder / "zero.jpg").symlink_to("/dev/zero")
    # As a run that was killed would have left them, but not by it.
    (folder / ".tagonaut-0123456789abcdef").symlink_to(outside)
    (folder / ".tagonaut-0123456789abcde0").mkdir()
    (folder / ".tagonaut-0123456789abcde1_exiftool_tmp").symlink_to(outside.parent)


def _deep(folder: Path) -> None:
    """Two hundred folders in one another, and a path that is longer than a system call takes."""
    colour(folder.joinpath(*["d"] * 200) / "deep.jpg", "red")
    here = os.open(folder, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("x" * 200, dir_fd=here)
        below = os.open("x" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("deep.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def _huge_png(width: int, height: int, *, full: bool = False) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 1 if full else 8, 0 if full else 2, 0, 0, 0)
    rows = bytes((width + 7) // 8 + 1) * height if full else bytes(100)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
