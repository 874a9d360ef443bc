"""A delta between two versions of a file: all that is needed to rebuild the old from the new.

Programs that edit metadata move the rest of a file in large blocks. The delta lists the blocks of
the old file by their places in the new one, and holds the bytes that are nowhere in it. These are
compressed with the help of those that stand in their place in the new file.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import PictureError

MOST_BYTES = 1 << 20
# Before compression.
_MOST_SCRIPT = 4 << 20
# zlib looks back 32 KiB: behind a dictionary of 24, bytes that moved by up to 8 are found.
_DICTIONARY = 24 << 10
# A block is found by these bytes of it, which begin at a multiple of a step in the new file.
_MARK, _STEP, _MOST_MARKS = 32, 16, 1 << 16
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
_AT_ONCE = 1 << 17
_FIRST, _MOST_AHEAD = 1 << 12, 1 << 18

# The place and length of the dictionary in the new file.
_HEAD = struct.Struct("<QI")
_SIZE = struct.Struct("<Q")
# The place and length of a block of the new file, and the number of the bytes that follow here.
_BLOCK = struct.Struct("<QQI")


class _Block(NamedTuple):
    """Bytes that both files have, at ``place`` in the new one and ``at`` in the old one."""

    place: int
    at: int
    length: int


def delta(new: Path, old: Path) -> bytes | None:
    """The delta from the file ``new`` to the file ``old``; None if it is over ``MOST_BYTES``.

    Raises ``OSError``.
    """
    with new.open("rb") as one, old.open("rb") as other:
        size = os.fstat(other.fileno()).st_size
        blocks = _blocks(one.fileno(), other.fileno())
        script = _script(blocks, other.fileno(), size)
        if script is None:
            return None
        near = _HEAD.pack(*_between(blocks, one.fileno()))
        packer = zlib.compressobj(zdict=_dictionary(one.fileno(), near))
        packed = near + packer.compress(script) + packer.flush()
    return packed if len(packed) <= MOST_BYTES else None


def rebuild(new: Path, packed: bytes, target: Path) -> None:
    """Write the old file to the new path ``target``, from the file ``new`` and the delta.

    Raises ``PictureError`` for a delta that does not fit, or whose file would be larger than the
    new one and all that a delta can hold, and ``OSError`` if a file cannot be read or written.
    """
    with new.open("rb") as source, target.open("xb") as file:
        try:
            script = _unpacked(source.fileno(), packed)
            (size,) = _SIZE.unpack_from(script)
            if size > os.fstat(source.fileno()).st_size + _MOST_SCRIPT:
                raise ValueError("it makes more than a file and a delta hold")
            at = _SIZE.size
            while at < len(script):
                place, length, more = _BLOCK.unpack_from(script, at)
                at += _BLOCK.size
                if length + more > size - file.tell():
                    raise ValueError("it is longer than it says")
                while length:
                    piece = os.pread(source.fileno(), min(length, _AT_ONCE), place)
                    if not piece:
                        raise ValueError("it has a block behind the end of the file")
                    file.write(piece)
                    place, length = place + len(piece), length - len(piece)
                file.write(script[at : at + more])
                at += more
            if file.tell() != size:
                raise ValueError("it is shorter than it says")
        except (ValueError, OverflowError, struct.error, zlib.error) as error:
            raise PictureError(f"the delta to the earlier file is damaged ({error})") from None


def _unpacked(new: int, packed: bytes) -> bytes:
    reader = zlib.decompressobj(zdict=_dictionary(new, packed))
    script = reader.decompress(packed[_HEAD.size :], _MOST_SCRIPT)
    if not reader.eof:
        raise ValueError("it does not end")
    return script


def _between(blocks: Sequence[_Block], new: int) -> tuple[int, int]:
    """The place and length of what the new file has behind the first block, up to the last."""
    start = blocks[0].length
    end = blocks[-1].place if len(blocks) > 1 else os.fstat(new).st_size
    return start, max(0, min(end - start, _DICTIONARY))


def _dictionary(new: int, packed: bytes) -> bytes:
    place, length = _HEAD.unpack_from(packed)
    return os.pread(new, min(length, _DICTIONARY), place)


def _script(blocks: Sequence[_Block], old: int, size: int) -> bytes | None:
    """The blocks, each with the bytes of the old file behind it, before compression."""
    lacking = size - sum(block.length for block in blocks)
    if lacking + len(blocks) * _BLOCK.size + _SIZE.size > _MOST_SCRIPT:
        return None
    parts = [_SIZE.pack(size)]
    ends = [*(block.at for block in blocks[1:]), size]
    for block, end in zip(blocks, ends, strict=True):
        done = block.at + block.length
        parts.append(_BLOCK.pack(block.place, block.length, end - done))
        parts.append(os.pread(old, end - done, done))
    return b"".join(parts)


def _blocks(new: int, old: int) -> list[_Block]:
    """The blocks that both files have, in the order of the old one."""
    size, old_size = (os.fstat(handle).st_size for handle in (new, old))
    shorter = min(size, old_size)
    start = _same(new, 0, old, 0, shorter)
    end = _same_before(new, size, old, old_size, shorter - start)
    found = [_Block(0, 0, start)]
    if start + end < old_size and size - end - start > _DICTIONARY:
        found += _moved(new, size - end, old, old_size - end, start)
    return [*found, _Block(size - end, old_size - end, end)] if end else found


def _moved(new: int, new_end: int, old: int, end: int, start: int) -> Iterator[_Block]:
    """The blocks of the old file from ``start`` to ``end`` that the new one has behind ``start``.

    The search ends where the delta would be too large.
    """
    marks = _Marks(new, start, new_end)
    at = done = start
    shift = lacking = 0
    ahead = _FIRST
    while at < end and lacking + at - done <= _MOST_SCRIPT:
        piece = os.pread(old, min(ahead + _MARK, end - at), at)
        if len(piece) < _MARK:
            return
        ahead = min(2 * ahead, _MOST_AHEAD)
        hits = marks.hits(piece)
        number = 0
        while number < len(hits):
            here = at + int(hits[number])
            place = marks.nearest(piece[here - at :], here + shift)
            before = _same_before(new, place, old, here, min(here - done, place - start))
            length = before + _same(new, place, old, here, min(end - here, new_end - place))
            following = here + 1
            if length >= _MARK:
                block = _Block(place - before, here - before, length)
                yield block
                lacking += block.at - done
                done = following = block.at + length
                shift, ahead = block.place - block.at, _FIRST
            number = int(np.searchsorted(hits, following - at))
        at = max(done, at + len(piece) - _MARK + 1)


class _Marks:
    """Some bytes at every step in a part of a file, and their places."""

    def __init__(self, handle: int, start: int, end: int) -> None:
        step = max(_STEP, (end - start) // _MOST_MARKS)
        at_once = max(1, _AT_ONCE // step) * step
        found = [np.zeros(0, np.uint64)]
        for at in range(start, end, at_once):
            piece = os.pread(handle, min(at_once + _MARK - 1, end - at), at)
            found.append(_fingerprints(piece, step))
        prints = np.concatenate(found)
        order = np.argsort(prints, kind="stable")
        self._prints, self._places = prints[order], start + step * order

    def hits(self, piece: bytes) -> NDArray[np.int64]:
        """The places in a piece, ascending, where there are bytes that have a mark."""
        wanted = _fingerprints(piece, 1)
        if not len(self._prints):
            return np.zeros(0, np.int64)
        near = np.searchsorted(self._prints, wanted).clip(max=len(self._prints) - 1)
        return np.flatnonzero(self._prints[near] == wanted)

    def nearest(self, piece: bytes, expected: int) -> int:
        """Of the places of the mark that a piece begins with, the one nearest to ``expected``."""
        wanted = _fingerprints(piece[:_MARK], 1)[0]
        first, last = (np.searchsorted(self._prints, wanted, side) for side in ("left", "right"))
        places = self._places[first:last]
        return int(places[np.abs(places - expected).argmin()])


def _fingerprints(piece: bytes, step: int) -> NDArray[np.uint64]:
    """A hash of the bytes that make a mark, at every multiple of ``step`` where they are whole."""
    count = max(0, (len(piece) - _MARK) // step + 1)
    found = np.zeros(count, np.uint64)
    for number, factor in enumerate(_FACTORS):
        words = np.ndarray((count,), "<u8", piece, 8 * number, (step,)) if count else found
        found += words * np.uint64(factor)
    return found


def _same(one: int, at: int, other: int, there: int, most: int) -> int:
    """How many bytes from two places on are the same in two files."""
    done, ahead = 0, _FIRST
    while done < most:
        wanted = min(ahead, most - done)
        mine, theirs = os.pread(one, wanted, at + done), os.pread(other, wanted, there + done)
        if mine != theirs or not mine:
            return done + _first_difference(mine, theirs)
        done += len(mine)
        ahead = min(4 * ahead, _AT_ONCE)
    return done


def _same_before(one: int, at: int, other: int, there: int, most: int) -> int:
    """How many bytes before two places are the same in two files."""
    done, ahead = 0, _FIRST
    while done < most:
        wanted = min(ahead, most - done)
        mine = os.pread(one, wanted, at - done - wanted)
        theirs = os.pread(other, wanted, there - done - wanted)
        if mine != theirs or len(mine) < wanted:
            return done + _first_difference(mine[::-1], theirs[::-1])
        done += wanted
        ahead = min(4 * ahead, _AT_ONCE)
    return done


def _first_difference(one: bytes, other: bytes) -> int:
    length = min(len(one), len(other))
    pieces = (np.frombuffer(piece, np.uint8, length) for piece in (one, other))
    unlike = np.flatnonzero(np.not_equal(*pieces))
    return int(unlike[0]) if len(unlike) else length
