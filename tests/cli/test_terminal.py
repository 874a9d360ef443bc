"""What stands on the terminal: our own lines alone, whatever it can show and libraries print."""

import io
import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tagonaut.cli.output import echo, print_json, print_table
from tagonaut.cli.terminal import show_everything

PROGRAM = (sys.executable, "-m", "tagonaut")


def odd_pictures(folder):
    """Pictures on which Pillow warns, and libtiff writes to standard error by itself."""
    folder.mkdir()
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    image.save(folder / "fine é.png")
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", compression="tiff_lzw")
    data = bytearray(buffer.getvalue())
    data[200:400] = bytes(range(200))
    (folder / "codes.tif").write_bytes(data)
    data = bytearray(buffer.getvalue())
    (start,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[start : start + 2])
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        if data[entry : entry + 2] == struct.pack("<H", 284):
            data[entry + 2 : entry + 4] = struct.pack("<H", 99)
    (folder / "tags.tif").write_bytes(data)
    exif = Image.Exif()
    exif[0x010E] = "x" * 20
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    data = bytearray(buffer.getvalue())
    entry = data.index(b"Exif\0\0") + 16
    data[entry + 6 : entry + 8] = b"\xff\xff"
    (folder / "exif.jpg").write_bytes(data)
    return folder


def test_no_line_of_a_library_and_no_traceback(tmp_path):
    folder = odd_pictures(tmp_path / "pictures")
    ended = subprocess.run(
        [*PROGRAM, "explore", folder, "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "MPLCONFIGDIR": str(tmp_path)},
    )
    told = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "codes.tif: cannot be decoded" in told and "tags.tif: cannot be decoded" in told
    for foreign in ("Traceback", "Warning", "TIFF", "not yet in table", "site-packages"):
        assert foreign not in told
    assert told.isascii()


def test_a_terminal_that_shows_ascii_alone(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    show_everything()
    print_json({"name": "é—…\U0001f600"})
    echo("é—…\U0001f600 ─ a")
    print_table("Tägs", ["tag", "photos"], [["é", "1"]])
    sys.stdout.flush()
    document, _, lines = written.getvalue().partition(b"}\n")
    assert json.loads(document + b"}") == {"name": "é—…\U0001f600"}
    assert lines.startswith(b"\\xe9-...\\U0001f600 - a\n")
    assert b"T\\xe4gs" in lines and b"---" in lines


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_is_no_error_to_see(unbuffered):
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(
        [*PROGRAM, "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) in {1, 2}


def test_a_full_disk_behind_standard_output_is_one_line():
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ended = subprocess.run(
            [*PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr == b"tagonaut: the system: No space left on device\n"
