"""Copies of tagged photos that were made within the archive since: their tags are ours too."""

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import Stamp, stamp_or_absent
from tagonaut.files.held import Root
from tagonaut.interrupts import Stop
from tagonaut.metadata.sidecars import photo_of, sidecar_names
from tagonaut.pixels.decode import is_picture
from tagonaut.progress import Progress
from tagonaut.tagging.files import Selected
from tagonaut.tagging.journal import OWN_FOLDER, Journal, Selection, is_archive
from tagonaut.tagging.photo.identity import history_of
from tagonaut.tagging.photo.tag_photo import fields_of, opened
from tagonaut.tagging.photo.untag_photo import photo_at
from tagonaut.tagging.workers import Workers


def find_copies(
    workers: Workers,
    journal: Journal,
    root: Root,
    known: Collection[bytes],
    selected: Selected,
    selection: Selection,
    stop: Stop,
    *,
    dry_run: bool,
) -> Iterator[tuple[bytes, ...]]:
    """The paths of copies of tagged photos with those of their sidecars, until ``stop`` is asked.

    The journal gives each the history of what it is a copy of, except in a dry run. ``known`` are
    paths to leave out. Selected files that no run has finished, or that have changed since, are
    looked at, and only those that have a word of ours are read whole.
    """
    words = {*journal.written_words()}

    def is_copy(path: bytes) -> bool:
        with suppress(OSError, PictureError), opened(photo_at(journal, root, path)) as photo:
            with workers.exiftool() as tool:
                current = fields_of(tool, photo)
            if not words.isdisjoint(current.tags()):
                facts = history_of(journal, photo, current, dry_run=dry_run).facts
                return any(fact.state == "written" and selection.holds(fact) for fact in facts)
        return False

    done = 0
    with Progress("looking for copies", unit="files") as progress:
        for photo, files in _files(root.path, selected):
            found = []
            for path in _unknown(
                root, journal, photo, [file for file in files if file not in known]
            ):
                if stop.asked:
                    return
                if is_copy(path):
                    found.append(path)
            done += len(files)
            progress.update(done, None)
            if found:
                yield tuple(found)


def _unknown(root: Root, journal: Journal, photo: bytes, files: Sequence[bytes]) -> Iterator[bytes]:
    """Those of a photo and its sidecars that are not as we left them, without writes in force."""
    seen = journal.seen(files)
    for path in files:
        if (path in seen and seen[path].left == _stamp(root, path)) or journal.writes(path):
            continue
        if path == photo and photo in journal.with_sidecars(
            os.fsencode(name) for name in sidecar_names(Path(os.fsdecode(photo)))
        ):
            continue
        yield path


def _stamp(root: Root, path: bytes) -> Stamp:
    return stamp_or_absent(root.path / os.fsdecode(path))


def _files(root: Path, selected: Selected) -> Iterator[tuple[bytes, list[bytes]]]:
    """Each photo of the archive with its selected files, itself and its sidecars.

    Archives within the archive have journals of their own.
    """
    for place, folders, files in os.walk(root):
        folder = Path(place).relative_to(root)
        folders[:] = sorted(
            name
            for name in folders
            if name != OWN_FOLDER
            and selected.parts.touch(folder / name)
            and not is_archive(Path(place, name))
        )
        names: dict[str, set[str]] = defaultdict(set)
        for name in (*folders, *files):
            names[Path(name).stem].add(name)
        by_photo: dict[Path, list[bytes]] = defaultdict(list)
        for file in sorted(map(Path, files)):
            if is_picture(file):
                by_photo[file].insert(0, os.fsencode(folder / file))
            elif file.suffix.lower() == ".xmp":
                photo = photo_of(Path(place) / file, partial(_listed, names))
                by_photo[Path(photo.name)].append(os.fsencode(folder / file))
        for photo, paths in by_photo.items():
            if selected.takes(folder / photo):
                yield os.fsencode(folder / photo), paths


def _listed(names: Mapping[str, AbstractSet[str]], _: Path) -> Mapping[str, AbstractSet[str]]:
    return names
