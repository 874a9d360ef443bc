"""Decoder processes: they end at the limits, with us, and cost no picture but their own."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tagonaut.errors import PictureError, TagonautError
from tagonaut.pixels.capture_time import capture_time
from tagonaut.pixels.decode import band_names, decode, decode_bands
from tagonaut.pixels.decoder import arrays, pool, readers, start
from tagonaut.pixels.decoder.messages import unpack_answer
from tagonaut.pixels.inspect import inspect_picture

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="child processes are found by /proc"
)


def decoders(parent=None):
    """The ids of the decoder processes of a process."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            state, ppid = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == (parent or os.getpid()) and b"decoder.child" in command and state != "Z":
            found.add(int(folder.name))
    return found


def gone(process, seconds=20.0):
    """Whether a process ends in time."""
    end = time.monotonic() + seconds
    while True:
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.05)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.jpg"
    Image.new("RGB", (32, 24), "red").save(path)
    return path


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A progressive JPEG that is not refused, and takes more than two seconds."""
    made = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (1000, 1000, 3), dtype=np.uint8)
    Image.fromarray(noise).save(made, "JPEG", progressive=True, quality=30)
    data = made.getvalue()
    last, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    path = tmp_path_factory.mktemp("slow") / "slow.jpg"
    path.write_bytes(data[:end] + data[last:end] * 600 + data[end:])
    yield path
    path.unlink()


@pytest.fixture
def alone(monkeypatch, small):
    """The one decoder of this process, with a limit of a second."""
    pool._POOL.close()
    monkeypatch.setenv("TAGONAUT_MAX_SECONDS", "1")
    decode(small)
    (process,) = decoders()
    return process


def test_an_ordinary_picture_that_takes_too_long_costs_its_decoder_and_no_other(alone, small, slow):
    with pytest.raises(PictureError, match=r"time .* over the limit of 1 seconds .*MAX_SECONDS"):
        decode(slow)
    assert gone(alone, 0)
    assert decode(small).shape == (24, 32, 3)


@pytest.mark.parametrize(
    "read",
    [decode, lambda p: decode_bands(p, (8, 8), ("a",)), band_names, inspect_picture, capture_time],
    ids=["decode", "bands", "names", "inspect", "time"],
)
def test_whatever_hangs_is_ended(alone, small, read):
    os.kill(alone, signal.SIGSTOP)
    begun = time.monotonic()
    if read is capture_time:  # then the photo has no time
        assert read(small) is None
    else:
        with pytest.raises(PictureError, match=r"over the limit of 1 seconds"):
            read(small)
    assert 0.9 < time.monotonic() - begun < 10
    assert gone(alone, 0)
    assert decode(small).shape == (24, 32, 3)


def test_a_decoder_that_dies_costs_one_picture(alone, small):
    os.kill(alone, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (alone, signal.SIGKILL)).start()
    with pytest.raises(PictureError, match=r"ended without a picture; .* TAGONAUT_MAX_MEMORY"):
        decode(small)
    assert decode(small).shape == (24, 32, 3)


def test_a_decoder_that_dies_between_pictures_costs_none(alone, small):
    os.kill(alone, signal.SIGKILL)
    assert gone(alone)
    assert decode(small).shape == (24, 32, 3)


def test_threads_have_one_each_and_later_threads_have_the_same(small):
    pool._POOL.close()
    together = threading.Barrier(3)
    seen = []

    def work():
        together.wait()
        for _ in range(20):
            decode(small)

    for _ in range(2):
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen.append(decoders())
    assert 1 <= len(seen[0]) <= len(seen[1]) <= 3
    assert seen[0] <= seen[1]


def test_the_system_bounds_the_memory():
    code = """
import json, socket, sys, threading
from tagonaut.pixels.decoder import child
from tagonaut.pixels.decoder.messages import pack
ours, theirs = socket.socketpair()
child.READERS["hungry"] = lambda path: bytearray(2 << 30)
question = pack(["hungry", "2f", []])
socket.send_fds(ours, [question], [1])
ours.shutdown(socket.SHUT_WR)
import os
os.dup2(theirs.fileno(), 0)
child.main()
print(ours.recv(4096))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "TAGONAUT_MAX_MEMORY": str(64 << 20)},
    )
    assert "the memory for decoding it is over the limit of 67,108,864 bytes" in done.stdout
    assert "true]" in done.stdout, "such a decoder answers no more"


def script(code, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", f"import os, sys, signal\nfrom pathlib import Path\n{code}"]
        + [str(argument) for argument in arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


BUSY = """
import threading, time
from tagonaut.pixels.decode import decode
from tagonaut.pixels.decoder import pool
small, slow = map(Path, sys.argv[1:])
decode(small)
threading.Thread(target=decode, args=[slow], daemon=True).start()
while pool._POOL._free:
    time.sleep(0.01)
decode(small)
print("busy", flush=True)
"""


def test_a_process_that_is_killed_leaves_no_decoder(small, slow):
    process = script(f"{BUSY}\ntime.sleep(60)", small, slow)
    assert process.stdout.readline() == "busy\n"
    left = decoders(process.pid)
    assert len(left) == 2
    for one in left:  # should one of them never come back, the system ends it
        limits = Path(f"/proc/{one}/limits").read_text()
        assert 20 < int(re.search(r"Max cpu time +(\d+)", limits)[1]) < 30
    process.kill()
    process.communicate()
    assert all(gone(one, 60) for one in left)


def test_a_process_that_ends_leaves_no_decoder(small, slow):
    process = script(BUSY, small, slow)
    assert process.stdout.readline() == "busy\n"
    left = decoders(process.pid)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert all(gone(one, 2) for one in left)


def test_ctrl_c_is_for_the_process_that_asks(small, slow):
    code = """
from tagonaut.pixels.decode import decode
small, slow = map(Path, sys.argv[1:])
signal.signal(signal.SIGINT, signal.default_int_handler)
decode(small)
try:
    print("busy", flush=True)
    decode(slow)
except KeyboardInterrupt:
    print(decode(small).shape)
"""
    process = script(code, small, slow, start_new_session=True)
    assert process.stdout.readline() == "busy\n"
    time.sleep(0.3)
    before = decoders(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (out, err) == ("(24, 32, 3)\n", "")
    assert all(map(gone, before))


def test_a_process_that_was_forked_has_its_own(small):
    code = """
from tagonaut.pixels.decode import decode
small = Path(sys.argv[1])
decode(small)
child = os.fork()
print(decode(small).shape, flush=True)
if child:
    os.waitpid(child, 0)
    print(decode(small).shape, flush=True)
"""
    out, err = script(code, small).communicate(timeout=30)
    assert (out, err) == ("(24, 32, 3)\n" * 3, "")


def test_a_decoder_inherits_no_files_and_imports_nothing_large(small, tmp_path):
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        start()
        decode(small)
        for process in decoders():
            targets = [str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir()]
            assert not any(str(tmp_path) in target for target in targets)
    code = "import sys, tagonaut.pixels.decoder.child; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    large = {"torch", "timm", "lightning", "polars", "scipy", "sklearn", "pydantic", "matplotlib"}
    assert large.isdisjoint(done.stdout.split())


def test_where_no_process_can_be_started_one_line_says_so(small, monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no module named numpy >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("TAGONAUT_MAX_SECONDS", "19")  # none that is there has this limit
    for executable, reason in ((tmp_path / "none", "No such file"), (broken, "no module named")):
        monkeypatch.setattr(sys, "executable", str(executable))
        with pytest.raises(TagonautError, match=f"no process can be started .*{reason}") as told:
            decode(small)
        assert not isinstance(told.value, PictureError)
        assert "\n" not in str(told.value)


def test_an_open_file_is_read_whatever_its_name_leads_to(small, tmp_path):
    with small.open("rb") as file:
        small.rename(tmp_path / "moved.jpg")
        (tmp_path / "moved.jpg").unlink()
        assert decode(Path(f"/proc/self/fd/{file.fileno()}")).shape == (24, 32, 3)
    tifffile.imwrite(
        tmp_path / "x.tif",
        np.zeros((9, 8, 5), np.uint16),
        photometric="minisblack",
        planarconfig="contig",
    )
    with (tmp_path / "x.tif").open("rb") as file:
        (tmp_path / "x.tif").unlink()
        assert len(band_names(Path(f"/proc/self/fd/{file.fileno()}"))) == 5


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b"[null, 1, null]",
        b"[7, null, null, false]",
        b"[null, null, [1, 2, 3], false]",
        b'[null, null, [1, 2, 3, "object"], false]',
        b'[null, null, [1, -2, 3, "uint8"], false]',
        b'[null, null, [1, true, 3, "uint8"], false]',
        b'[null, null, [100000, 100000, 3, "uint8"], false]',
        b"[" * 30_000,
    ],
)
def test_an_answer_is_not_trusted(answer):
    with pytest.raises(ValueError):
        unpack_answer(answer, 1 << 20)


def save_all(folder):
    """A picture of every format and mode that is read."""
    dice = np.random.default_rng(0)
    picture = Image.fromarray(dice.integers(0, 255, (48, 64, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker\0 "
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    for name, how in {
        "a.jpg": {"exif": exif},
        "a.png": {"exif": exif},
        "a.webp": {"exif": exif},
        "a.avif": {"exif": exif},
        "a.tif": {"compression": "tiff_lzw"},
        "a.gif": {"save_all": True, "append_images": [picture.rotate(90)]},
        "a.bmp": {},
    }.items():
        picture.save(folder / name, **how)
    picture.convert("CMYK").save(folder / "cmyk.jpg")
    picture.convert("RGBA").save(folder / "alpha.webp")
    picture.quantize(16).save(folder / "palette.png", transparency=3)
    wide = dice.integers(0, 9_000, (48, 64, 5)).astype(np.uint16)
    Image.fromarray(wide[..., 0]).save(folder / "deep.png")
    tifffile.imwrite(
        folder / "bands.tif",
        wide,
        photometric="minisblack",
        planarconfig="contig",
        compression="zlib",
    )
    try:
        import pillow_heif
    except ImportError:
        pass
    else:
        pillow_heif.register_heif_opener()
        picture.save(folder / "a.heic", exif=exif)
    (folder / "odd\udcff.jpg").write_bytes((folder / "a.jpg").read_bytes())


@pytest.mark.filterwarnings("ignore")
def test_a_decoder_gives_what_is_read_in_this_process(tmp_path):
    save_all(tmp_path)
    paths = sorted(tmp_path.iterdir())
    assert len(paths) >= 13
    for path in paths:
        for size in (None, (20, 30)):
            here, there = arrays.picture(path, size), decode(path, size)
            assert np.array_equal(here, there) and here.dtype == there.dtype, path
        assert band_names(path) == arrays.band_names(path)
        header = inspect_picture(path).header
        if path.name != "bands.tif":  # Pillow does not open it
            assert (header.width, header.height, header.format) == readers.header(path)[:3]
        assert header.frames == (2 if path.suffix == ".gif" else 1)
    names = tuple("abcde")
    here = arrays.bands(tmp_path / "bands.tif", (9, 8), names)
    there = decode_bands(tmp_path / "bands.tif", (9, 8), names)
    assert np.array_equal(here, there) and there.shape == (8, 9, 5) and there.dtype == np.uint16
    taken = capture_time(tmp_path / "a.jpg")
    assert taken is not None and taken.camera == ("Maker", "", "") and taken.seconds == 1577836800
