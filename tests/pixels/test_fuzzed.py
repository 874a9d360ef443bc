"""Inputs that `benchmarks.hostile.atheris` found, each made by code."""

import struct

import pytest

from tagonaut.pixels.structure import check_exif, check_structure


@pytest.mark.parametrize("first", [8, 16])
def test_a_directory_of_more_tags_than_numbers_count(tmp_path, first):
    """BigTIFF counts tags in eight bytes: their end is beyond what addresses can say."""
    block = b"MM\0+" + struct.pack(">HHQ", 8, 0, first) + b"\xff" * 30
    check_exif(block)
    path = tmp_path / "x.tif"
    path.write_bytes(block)
    assert check_structure(path).frames is None
