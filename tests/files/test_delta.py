"""Deltas between two versions of a file."""

import random
import struct
import time
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tagonaut.errors import PictureError
from tagonaut.files.delta import MOST_BYTES, delta, rebuild


def round_trip(folder, new: bytes, old: bytes) -> int | None:
    """The size of the delta, after it gave back the old file; None if there is none."""
    (folder / "new").write_bytes(new)
    (folder / "old").write_bytes(old)
    packed = delta(folder / "new", folder / "old")
    if packed is None:
        return None
    (folder / "back").unlink(missing_ok=True)
    rebuild(folder / "new", packed, folder / "back")
    assert (folder / "back").read_bytes() == old
    return len(packed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


edits = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.integers(0, 300), st.binary(max_size=300)), max_size=6
)


@given(st.integers(0, 200_000), st.sampled_from([1, 2, 256]), edits, st.booleans())
@example(0, 1, [(0, 0, b"x")], False)
@example(100_000, 1, [(50, 20, b"")], True)
def test_any_file_comes_back(folder, size, alphabet, edited, turned):
    old = bytes(random.Random(size).choices(range(alphabet), k=size))
    new = bytearray(old)
    for place, gone, more in edited:
        at = place % (len(new) + 1)
        new[at : at + gone] = more
    if turned:
        new = new[len(new) // 3 :] + new[: len(new) // 3]
    found = round_trip(folder, bytes(new), old)
    assert found is not None
    # In a small file only what moved by a few kilobytes is found.
    moved = size if turned and size < 30_000 else 0
    assert found < 2000 + 400 * len(edited) + moved


def test_blocks_that_moved_cost_nothing(folder):
    chance = random.Random(0)
    old = chance.randbytes(3_000_000)
    moved = b"RIFF" + chance.randbytes(40) + old[2_000_000:] + old[:1_500_000] + old[1_700_000:]
    assert round_trip(folder, moved, old) < 210_000
    assert round_trip(folder, b"RIFF" + old[4:] + b"XMP" * 99, old) < 100


def test_what_would_be_too_large_is_not_kept(folder):
    chance = random.Random(0)
    start = time.thread_time()
    assert round_trip(folder, chance.randbytes(9_000_000), chance.randbytes(9_000_000)) is None
    assert time.thread_time() - start < 10
    assert round_trip(folder, b"", chance.randbytes(MOST_BYTES + 1)) is None
    assert round_trip(folder, b"", bytes(1 << 30)[: (8 << 20)]) is None


DAMAGED = [
    b"",
    bytes(12),
    bytes(12) + zlib.compress(b""),
    bytes(12) + zlib.compress(struct.pack("<Q", 5)),
    bytes(12) + zlib.compress(struct.pack("<QQQI", 5, 0, 6, 0)),
    bytes(12) + zlib.compress(struct.pack("<QQQI", 2**63, 0, 2**62, 0)),
    bytes(12) + zlib.compress(struct.pack("<QQQI", 5, 2**64 - 1, 5, 0)),
    bytes(12) + zlib.compress(struct.pack("<QQQI", 5, 0, 0, 5)),
    bytes(12) + zlib.compress(bytes(100 << 20)),
    bytes(12) + zlib.compress(struct.pack("<QQQI", 5, 0, 5, 0))[:-1],
    # The whole file again and again.
    bytes(12) + zlib.compress(struct.pack("<Q", 2**40) + struct.pack("<QQI", 0, 10, 0) * 1000),
]


@pytest.mark.parametrize("packed", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_delta_is_told(tmp_path, packed):
    (tmp_path / "new").write_bytes(b"0123456789")
    with pytest.raises(PictureError, match="damaged"):
        rebuild(tmp_path / "new", packed, tmp_path / "old")
    assert (tmp_path / "old").stat().st_size <= 10
