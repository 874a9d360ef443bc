"""Staging a partition on an actor's own disk: its photos, their earlier copies, its journal."""

import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import Stamp, digest, stamp
from tagonaut.metadata.sidecars import names_photo
from tagonaut.overlap import overlap
from tagonaut.tagging.files import check_one_name, check_own_file
from tagonaut.tagging.journal import Journal, give_id, open_locked
from tagonaut.tagging.ray.job import Job
from tagonaut.tagging.ray.seal import unseal_file
from tagonaut.tagging.ray.store import Entry, reason_of
from tagonaut.tagging.ray.walking import Found, sidecar_names

# These threads mostly wait for the store.
THREADS = 8
_NOT_OURS = (
    "journals beside the copies were not sealed by this user on this machine: the photos that they"
    " call finished are scored again"
)


@dataclass
class Staged:
    """A staged partition: ``photos`` and ``out`` mirror parts of the two stores.

    ``there`` holds the entries of earlier copies by name, ``restored`` the stamps of those brought
    to ``out``. ``gone`` are deleted photos, ``failed`` photos that have to be left alone and
    ``refused`` photos that a store did not give, with the reasons; ``notes`` are for the user.
    """

    folder: Path
    there: dict[str, Entry] = field(default_factory=dict)
    restored: dict[str, Stamp] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def photos(self) -> Path:
        """The photos, or links to them if they are on this machine."""
        return self.folder / "photos"

    @property
    def out(self) -> Path:
        """The tagged copies."""
        return self.folder / "out"

    @property
    def before(self) -> Path:
        """The partition's journal before this attempt."""
        return self.folder / "before.sqlite"

    @property
    def journal(self) -> Path:
        """The journal of this attempt."""
        return self.folder / "journal.sqlite"


def stage(job: Job, number: int, photos: list[Found], folder: Path) -> Staged:
    """Bring a partition to a folder, as the local engine would find it."""
    staged = Staged(folder)
    for place in (staged.photos, staged.out):
        place.mkdir()
    names, unlisted = _listed(job, {_above(photo.name) for photo in photos})
    for photo in photos:
        for name in written_names(photo.name):
            if entry := names[_above(name)].get(name):
                staged.there[name] = entry
    listed = [photo for photo in photos if _above(photo.name) not in unlisted]
    errors = _each(listed, lambda photo: _stage_photo(job, staged, photo))
    errors |= {
        photo.name: unlisted[above] for photo in photos if (above := _above(photo.name)) in unlisted
    }
    there = [Found(name, entry.size, entry.time) for name, entry in staged.there.items()]
    in_the_way = _each(there, lambda found: _restore(job, staged, found))
    for photo in photos:
        blocked = [in_the_way[name] for name in _tagged_names(photo) if name in in_the_way]
        error = errors.get(photo.name, blocked[0] if blocked else None)
        if error is None:
            continue
        # Without its earlier copy at hand, a photo must not be tagged.
        (staged.photos / photo.name).unlink(missing_ok=True)
        if isinstance(error, FileNotFoundError) and not blocked:
            staged.gone.append(photo.name)
        elif isinstance(error, PictureError):
            staged.failed[photo.name] = str(error)
        else:
            staged.refused[photo.name] = f"the store does not give it ({reason_of(error)})"
    _restore_journal(job, number, staged)
    return staged


def written_names(name: str) -> list[str]:
    """The names of a photo and of the sidecars that tagging it may write."""
    return [name, *(_sibling(name, sidecar) for sidecar in sidecar_names(name))]


def beside_names(photo: Found) -> list[str]:
    """The names of the sidecars that a photo may have."""
    return [_sibling(photo.name, sidecar) for sidecar in photo.beside]


def _tagged_names(photo: Found) -> set[str]:
    """The files that get a photo's tags: a new sidecar is called as darktable calls it."""
    return {photo.name, f"{photo.name}.xmp", *beside_names(photo)}


def _above(name: str) -> str:
    return name.rpartition("/")[0]


def _listed(
    job: Job, folders: set[str]
) -> tuple[dict[str, dict[str, Entry]], dict[str, Exception]]:
    """The entries of earlier copies by folder and name, and the errors of folders without."""
    found: dict[str, dict[str, Entry]] = {folder: {} for folder in folders}
    errors: dict[str, Exception] = {}
    for folder in folders:
        above = f"{folder}/" if folder else ""
        try:
            entries = job.out.entries(folder)
        except FileNotFoundError:
            continue
        except OSError as error:  # a link, or a file in the way
            errors[folder] = error
            continue
        found[folder] = {above + one.name: one for one in entries if not one.is_folder}
    return found, errors


def _each(photos: Sequence[Found], work: Callable[[Found], None]) -> dict[str, Exception]:
    """The errors of ``work``, by name."""

    def try_photo(photo: Found) -> Exception | None:
        try:
            work(photo)
        except Exception as error:  # each file system has errors of its own
            return error
        return None

    errors = overlap(try_photo, photos, workers=THREADS, ahead=2 * THREADS)
    named = zip((photo.name for photo in photos), errors, strict=True)
    return {name: error for name, error in named if error is not None}


def _stage_photo(job: Job, staged: Staged, photo: Found) -> None:
    target = staged.photos / photo.name
    target.parent.mkdir(parents=True, exist_ok=True)
    (staged.out / photo.name).parent.mkdir(parents=True, exist_ok=True)
    if job.photos.is_local:
        job.photos.check_inside(photo.name)
        source = Path(job.photos.path(photo.name))
        source.stat()
        target.symlink_to(source)
    else:
        job.photos.get(photo.name, target)
    for name in beside_names(photo):
        # One that has vanished is found to be missing by the next walk.
        with suppress(FileNotFoundError):
            _stage_sidecar(job, staged, photo, name)


def _stage_sidecar(job: Job, staged: Staged, photo: Found, name: str) -> None:
    """Bring a sidecar, if it is the photo's; another photo may have brought it already."""
    target = staged.photos / name
    if job.photos.is_local:
        job.photos.check_inside(name)
        source = Path(job.photos.path(name))
        source.stat()
        if _is_of(photo, name, source):
            with suppress(FileExistsError):
                target.symlink_to(source)
        return
    new = staged.folder / f"sidecar-{secrets.token_hex(8)}"
    job.photos.get(name, new)
    if _is_of(photo, name, new):
        new.replace(target)
    else:
        new.unlink()


def _is_of(photo: Found, name: str, file: Path) -> bool:
    """Whether the sidecar of a name is the photo's; without namesakes tagging itself decides."""
    if not photo.namesakes or name == f"{photo.name}.xmp":
        return True
    return file.is_file() and names_photo(file, Path(photo.name)) is True


def _sibling(photo: str, name: str) -> str:
    above = _above(photo)
    return f"{above}/{name}" if above else name


def _restore(job: Job, staged: Staged, found: Found) -> None:
    target = staged.out / found.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if job.out.is_local:
        place = Path(job.out.path(found.name))
        check_own_file(place)
        check_one_name(place)
    job.out.get(found.name, target)


def _restore_journal(job: Job, number: int, staged: Staged) -> None:
    """Bring the journal, and settle the writes that a killed run has left open."""
    name = job.ledger.journal(number)
    if job.out.look(name) is not None:
        job.out.get(name, staged.before)
        ours = unseal_file(job.key, name, staged.before)
        with Journal(staged.before) as known:
            if not ours:
                known.forget_finished()
                staged.notes.append(_NOT_OURS)
            # The folder needs the archive's id for the journal to belong to it.
            if identity := known.identity():
                give_id(staged.out, identity)
    with open_locked(staged.out, staged.before) as journal:
        for place in staged.there:
            _remember_time(journal, staged.out / place, place)
    for place in staged.there:
        with suppress(FileNotFoundError):
            staged.restored[place] = stamp(staged.out / place)
    shutil.copyfile(staged.before, staged.journal)


def _remember_time(journal: Journal, path: Path, name: str) -> None:
    """Restore the time of modification of a copy that is as we left it; stores change it."""
    known = journal.seen([os.fsencode(name)]).get(os.fsencode(name))
    if known is None or not path.is_file() or stamp(path) == known.left:
        return
    if path.stat().st_size == known.left.size and (
        digest(path) == journal.last_digest(os.fsencode(name))
    ):
        os.utime(path, ns=(known.left.mtime_ns, known.left.mtime_ns))
