"""Tags a folder of photos by a run, on this machine or on a Ray cluster."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from tagonaut.data.passed_over import EXCLUDED, EXCLUDED_FOLDERS, LINKS, NOT_CHOSEN, PassedOver
from tagonaut.errors import TagonautError
from tagonaut.interrupts import stoppable
from tagonaut.tagger import Tagger, is_run
from tagonaut.tagging.files import Found, find_parts, walk_photos
from tagonaut.tagging.journal import OWN_FOLDER, known_run
from tagonaut.tagging.options import ClusterOptions, TagOptions
from tagonaut.tagging.priority import lower_priority
from tagonaut.tagging.summary import Summary, shown
from tagonaut.tagging.tag import tag_folder

GOES_ON = "Finishing the photos under way; the same command continues from there"


def tag(
    run: Path,
    photos: Path | str | Sequence[Path | str],
    options: TagOptions,
    *,
    listed: Sequence[Path] | None = None,
    cluster: ClusterOptions | None = None,
    agree: Callable[[str], bool] | None = None,
) -> Summary:
    """Tag photos with a run; with a ``cluster`` they and ``options.to`` may be fsspec URLs.

    ``agree``: as in ``tag_folder``; a cluster asks nothing.

    ``photos``: a folder, or folders and photos of a tagged one; of ``listed`` paths, if there are
    any, see ``find_parts``. Nothing is written into a run folder. Ctrl-C ends it between photos, or
    between the partitions of a cluster. Otherwise as ``tag_folder``. Raises ``TagonautError``.
    """
    given = [photos] if isinstance(photos, Path | str) else list(photos)
    if cluster is not None:
        if len(given) != 1 or listed is not None:
            raise TagonautError("--engine ray takes one PHOTOS, a folder or a URL, and no --from")
        return _tag_on_cluster(run, str(given[0]), options, cluster)
    found = _found(list(map(Path, given)), listed, options)
    options = replace(options, parts=found.parts.paths)
    _check_no_run(Path(options.out or found.root))
    if options.scores is not None:
        _check_no_run(options.scores.absolute().parent)
    if options.out is not None:
        _check_no_photos(Path(options.out), found.root)
    if options.nice:
        lower_priority()
    tagger = Tagger.load(run)
    _check_photos(found.root, options)
    with stoppable(GOES_ON, until=options.until) as stop:
        summary = tag_folder(tagger, found.root, options, stop=stop, agree=agree)
    return summary.with_faults(found.faults, found.notes)


def _found(given: list[Path], listed: Sequence[Path] | None, options: TagOptions) -> Found:
    """The folder to tag, and the parts of it that are meant."""
    if options.out is not None and len(given) != 1:
        option = "--sidecar-dir" if options.to is None else "--to"
        raise TagonautError(f"{option} takes one PHOTOS, a folder; --from lists the photos of it")
    return find_parts(given, listed, upward=options.out is None)


def _check_no_run(folder: Path) -> None:
    if is_run(folder):
        raise TagonautError(
            f"{folder} is a run folder, which is never changed: name another folder for tagged"
            " photos and their scores"
        )


def _check_photos(photos: Path, options: TagOptions) -> None:
    """Raise ``TagonautError`` for a folder without photos, such as a network share gone offline."""
    reported: list[Path] = []
    passed = PassedOver()
    if photos.is_dir():
        names = walk_photos(
            photos,
            leave_out=None if options.out is None else Path(options.out),
            enter=lambda _: None,
            report=lambda name, _: reported.append(name),
            selected=options.selected(),
            passed=passed,
        )
        # The summary counts what was left out.
        left_out = (EXCLUDED, EXCLUDED_FOLDERS, NOT_CHOSEN, LINKS)
        if next(names, None) is None and not reported and not passed.any_of(*left_out):
            where = photos if options.parts is None else f"this part of {photos}"
            raise TagonautError(
                f"{where} has no photos in it: nothing done (is its disk connected?)"
            )


def _check_no_photos(out: Path, photos: Path) -> None:
    """Raise ``TagonautError`` for a folder with photos in it that nothing was tagged into yet."""
    # Photos within it have a message of their own, and files of others in an archive have one each.
    if photos.resolve().is_relative_to(out.resolve()) or (out / OWN_FOLDER).exists():
        return
    if not out.is_dir():
        return
    found = walk_photos(out, enter=lambda _: None, report=lambda *_: None)
    if (one := next(found, None)) is not None:
        raise TagonautError(
            f"{out} has photos that Tagonaut did not write in it ({shown(one)}): nothing done;"
            " name a new or empty folder, or one that was tagged into before"
        )


def _tag_on_cluster(
    run: Path, photos: str, options: TagOptions, cluster: ClusterOptions
) -> Summary:
    _check_installed()
    from tagonaut.tagging import ray

    source, out = ray.Store.of(photos), ray.Store.of(ray.check_options(options))
    ray.check_stores(source, out)
    if out.is_local:
        _check_no_run(Path(out.root))
        _check_no_photos(Path(out.root), Path(photos))
    elif options.keep_time:
        raise TagonautError(
            f"{out}: objects in a store have no time of modification to keep: leave out --keep-time"
        )
    tagger = Tagger.load(run)
    options.choice.check(tagger.labels.names)
    ray.check_photos(source, out)
    run_id = known_run(ray.run_of(tagger, options), ray.runs_in(out))
    job = ray.Job(source, out, run_id, secrets.token_hex(8), options)
    load = ray.Shipped.ship(run, tagger.run_id, out)
    goes_on = "Finishing the partitions under way; the same command continues from there"
    with stoppable(goes_on, until=options.until) as stop:
        return ray.tag_distributed(job, load, cluster, stop=stop)


def _check_installed() -> None:
    """Raise ``TagonautError`` if a package of the extra is missing."""
    for name in ("ray", "fsspec", "pyarrow"):
        if find_spec(name) is None:
            raise TagonautError(f"--engine ray needs {name}: pip install 'tagonaut[ray]'")
