"""What lies in a folder, and what the photos in it say."""

import hashlib
import os
import subprocess
from pathlib import Path

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import read_keywords
from tagonaut.tagging.journal import Journal, State

# Takes from a journal of today the columns and the table that version 4 had not.
WITHOUT_SOURCES = "DROP TABLE source;" + "".join(
    f"ALTER TABLE {table} DROP COLUMN {column};"
    for table, column in (
        ("writes", "beside_size"),
        ("writes", "beside_mtime_ns"),
        ("writes", "runs"),
        ("photos", "beside_size"),
        ("photos", "beside_mtime_ns"),
    )
)


def snapshot(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Everything below a folder: mode, time of change and content."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = Path(place) / name
            state = path.lstat()
            content = (
                str(path.readlink())
                if path.is_symlink()
                else hashlib.sha256(path.read_bytes()).hexdigest()
                if path.is_file()
                else ""
            )
            found[str(path.relative_to(folder))] = (state.st_mode, state.st_mtime_ns, content)
    return found


def contents(folder: Path) -> dict[str, str]:
    """The content of each file below a folder, our own files left out."""
    return {
        name: content
        for name, (_, _, content) in snapshot(folder).items()
        if content and not name.startswith(".tagonaut/")
    }


def real(value: object) -> object:
    """The path of a file that is held open, where ``value`` is one."""
    return Path(os.path.realpath(value)) if isinstance(value, Path) else value


def leftovers(folder: Path) -> list[str]:
    """Temporary files of ours, or of ExifTool's."""
    return [
        name
        for name in snapshot(folder)
        if ".tagonaut-" in name or name.endswith(("_exiftool_tmp", "_original"))
    ]


def fields(tool: ExifTool, *photos: Path) -> list[Keywords]:
    return [read_keywords(tool, photo) for photo in photos]


def edit(photo: Path, *arguments: str) -> None:
    """A person's edit, with ExifTool's command line."""
    command = ["exiftool", "-config", "", "-q", "-overwrite_original", *arguments, str(photo)]
    subprocess.run(command, check=True, capture_output=True)


def states(journal: Journal, path: bytes) -> dict[str, State]:
    """The state of each tag that was ever written to a photo."""
    return {fact.tag: fact.state for fact in journal.facts(path)}
