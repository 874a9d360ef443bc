"""Patterns of gitignore, compared with git itself, and ignore files of other people."""

import os
import shutil
import subprocess
import time

import pytest

from tagonaut.data.ignoring import (
    IGNORE_FILE,
    MOST_BYTES,
    Patterns,
    Rules,
    read_ignore_file,
)
from tagonaut.errors import PictureError, TagonautError

PATHS = [
    "a.jpg", "b.png", "sub/a.jpg", "sub/deep/a.jpg", "raw/a.jpg", "sub/raw/b.png", "2019-05/x.jpg",
    "aXbXc.jpg", "aXb.jpg", "a*b", "sub/üx.jpg", "with space.jpg", "[x].jpg", "x.jpg", "#x", "!x",
    "a/b/c/d", "a/d", "a/b/x/c", "line\nend.jpg",
]  # fmt: skip
PATTERNS = [
    "*.jpg", "/a.jpg", "raw/", "raw", "/raw", "sub/**", "**/raw", "a/**/d", "a/**", "*", "!a.jpg",
    "a*b*c.jpg", "*a*b*", "?.jpg", "[a-c].*", "[!a].jpg", "\\#x", "\\!x", "a\\*b", "sub/*.jpg",
    "2019-*/*", "ü*", "with space.jpg", "\\[x\\].jpg", "sub/*/a.jpg", "line*end*", "a/*/c", "# no",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git, which is missing")
def test_patterns_mean_what_git_takes_them_for(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for number in range(len(PATTERNS)):
        some = [PATTERNS[number], PATTERNS[(number * 7 + 3) % len(PATTERNS)]]
        (tmp_path / ".git" / "info" / "exclude").write_text("\n".join(some) + "\n")
        answer = subprocess.run(
            ["git", "-C", tmp_path, "check-ignore", "--no-index", "--stdin", "-z"],
            input="\0".join(PATHS).encode(),
            capture_output=True,
            check=False,
        )
        ignored = {os.fsdecode(name) for name in answer.stdout.split(b"\0") if name}
        rules = Rules.of(exclude=some)
        ours = set()
        for path in PATHS:
            # A walk does not enter what is excluded, whatever is said of what lies in it.
            parts = path.split("/")
            above = ["/".join(parts[:end]) + "/" for end in range(1, len(parts))]
            if any(rules.excludes(name) for name in (*above, path)):
                ours.add(path)
        assert ours == ignored, some


def test_no_pattern_takes_long():
    """Stars that could match anything in many ways, against a name that they just miss."""
    patterns = Patterns(["*a" * 100 + "b", "x/**/" + "*a*" * 50 + "c", "*?" * 100 + "b"])
    start = time.process_time()
    for path in ("a" * 255, "x/" + "a/" * 1900 + "a", "x/" + "a" * 255):
        assert patterns.verdict(path) is None
    assert time.process_time() - start < 1


def test_what_disk_stations_and_programs_leave_is_left_out_unless_it_is_asked_for():
    rules = Rules()
    for path in (
        *("@eaDir/", "a/#recycle/", ".Trash-1000/", "b/.dtrash/", "My.photoslibrary/", "Thumbs/"),
        *("._a.jpg", "b/._a.jpg", "$RECYCLE.BIN/", "Catalog Previews.lrdata/", ".@__thumb/"),
    ):
        assert rules.excludes(path), path
    for path in ("a.jpg", "2019/", "Trash.jpg", "photoslibrary/", "thumbsup.jpg", "recycle/"):
        assert not rules.excludes(path), path
    asked = Rules.of(exclude=["!Thumbs", "!._a.jpg"])
    assert not asked.excludes("x/Thumbs/") and not asked.excludes("._a.jpg")
    assert asked.excludes("@eaDir/")


def test_the_nearest_file_decides_and_the_command_before_all():
    rules = Rules.of(exclude=["never.jpg", "!always.jpg"]).below("", ["*.jpg"])
    inner = rules.below("sub/", ["!good.jpg", "/here.png", "!never.jpg", "always.jpg"])
    assert rules.excludes("sub/good.jpg") and not inner.excludes("sub/good.jpg")
    assert inner.excludes("sub/here.png") and not inner.excludes("sub/deep/here.png")
    assert inner.excludes("sub/never.jpg") and not inner.excludes("sub/always.jpg")


def test_only_takes_folders_whole():
    rules = Rules.of(only=["2019", "*.tif", "!2019/not.jpg"])
    assert rules.chooses("2019/a/b.jpg") and rules.chooses("x/y.tif")
    assert not rules.chooses("2020/a.jpg") and not rules.chooses("2019/not.jpg")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x" * (MOST_BYTES + 1), "is larger than 64 KiB"),
        (b"a\0b", "is not text"),
        (b"\n".join(b"%d.jpg" % number for number in range(1001)), "more than 1,000 patterns"),
        (b"x" * 501, "a pattern of more than 500 characters"),
        (b"**/a/**/b", "a pattern with ** twice"),
        (b"ab\\", "is no pattern"),
    ],
)
def test_ignore_files_have_limits(tmp_path, content, reason):
    (tmp_path / IGNORE_FILE).write_bytes(content)
    with pytest.raises(PictureError, match=reason.replace("*", r"\*")):
        Rules().below("", read_ignore_file(tmp_path))


def test_an_ignore_file_that_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / IGNORE_FILE)
    with pytest.raises(PictureError, match="not a plain file"):
        read_ignore_file(tmp_path)
    (tmp_path / IGNORE_FILE).unlink()
    (tmp_path / IGNORE_FILE).symlink_to("/etc/hostname")
    with pytest.raises(PictureError, match="cannot be read"):
        read_ignore_file(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_ignore_files_of_any_editor(tmp_path, encoding):
    (tmp_path / IGNORE_FILE).write_bytes("é.jpg\r\n# a comment\r\n\r\nraw/\r\n".encode(encoding))
    rules = Rules().below("", read_ignore_file(tmp_path))
    assert rules.excludes("é.jpg") and rules.excludes("raw/") and not rules.excludes("a.jpg")


def test_what_is_no_pattern_is_one_line():
    with pytest.raises(TagonautError, match=r"--exclude: .* is no pattern"):
        Rules.of(exclude=["ab\\"])
