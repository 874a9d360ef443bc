"""Tags a folder of photos by a run, on this machine or on a Ray cluster."""

import secrets
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.interrupts import stoppable
from tagonaut.tagger import Tagger, is_run
from tagonaut.tagging.files import walk_photos
from tagonaut.tagging.journal import known_run
from tagonaut.tagging.options import ClusterOptions, TagOptions
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.tag import tag_folder


def tag(
    run: Path,
    photos: Path | str,
    options: TagOptions,
    *,
    cluster: ClusterOptions | None = None,
    agree: Callable[[str], bool] | None = None,
) -> Summary:
    """Tag photos with a run; with a ``cluster`` they and ``options.to`` may be fsspec URLs.

    ``agree``: as in ``tag_folder``; a cluster asks nothing. Nothing is written into a run folder.
    Ctrl-C ends it between photos, or between the partitions of a cluster. Otherwise as
    ``tag_folder``. Raises ``TagonautError``.
    """
    if cluster is not None:
        return _tag_on_cluster(run, str(photos), options, cluster)
    photos = Path(photos)
    _check_no_run(Path(options.to or photos))
    if options.scores is not None:
        _check_no_run(options.scores.absolute().parent)
    tagger = Tagger.load(run)
    _check_photos(photos, options)
    with stoppable("Finishing the photos under way; the same command continues from there") as stop:
        return tag_folder(tagger, photos, options, stop=stop, agree=agree)


def _check_no_run(folder: Path) -> None:
    if is_run(folder):
        raise TagonautError(
            f"{folder} is a run folder, which is never changed: name another folder for tagged"
            " photos and their scores"
        )


def _check_photos(photos: Path, options: TagOptions) -> None:
    """Raise ``TagonautError`` for a folder without photos, such as a network share gone offline."""
    reported: list[Path] = []
    if photos.is_dir():
        names = walk_photos(
            photos,
            leave_out=None if options.to is None else Path(options.to),
            enter=lambda _: None,
            report=lambda name, _: reported.append(name),
        )
        if next(names, None) is None and not reported:
            raise TagonautError(
                f"{photos} has no photos in it: nothing done (is its disk connected?)"
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
    with stoppable(goes_on) as stop:
        return ray.tag_distributed(job, load, cluster, stop=stop)


def _check_installed() -> None:
    """Raise ``TagonautError`` if a package of the extra is missing."""
    for name in ("ray", "fsspec", "pyarrow"):
        if find_spec(name) is None:
            raise TagonautError(f"--engine ray needs {name}: pip install 'tagonaut[ray]'")
