"""The processes of a cluster that tag: a model loaded once, one partition after the other."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tagonaut.errors import PictureError
from tagonaut.tagging.ray.job import Job, to_json
from tagonaut.tagging.ray.partition import StoppedError, SupersededError, tag_staged, work
from tagonaut.tagging.ray.plan import partition
from tagonaut.tagging.ray.scratch import scratch
from tagonaut.tagging.ray.staging import reason_of
from tagonaut.tagging.summary import Summary

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger

# Of one actor at the same time: one is tagged while the next is brought and the last is put back.
PARTITIONS_AT_ONCE = 3

Load = Callable[[Path], "Tagger"]
"""Loads the tagger, with a folder to unpack it in."""


class StopSign:
    """Whether the person at the keyboard has asked to stop; an actor, for all others to ask."""

    def __init__(self) -> None:
        self._up = False

    def put_up(self) -> None:
        """Partitions that have not begun are left."""
        self._up = True

    def is_up(self) -> bool:
        """Whether to begin nothing more."""
        return self._up


class PartitionTagger:
    """What Ray Data maps over batches of partition numbers, in threads of one actor."""

    def __init__(self, job: Job, load: Load, cores: int, sign: Any) -> None:
        share(cores)
        self._job, self._load, self._cores, self._sign = job, load, cores, sign
        self._scratch = scratch()
        self._tagger = load(Path(tempfile.mkdtemp(prefix="model-", dir=self._scratch)))
        self._busy = Lock()
        self._alone: Any = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        numbers = [int(number) for number in batch["partition"]]
        return {"partition": numbers, "told": [json.dumps(self._work(one)) for one in numbers]}

    def _work(self, number: int) -> dict[str, Any]:
        try:
            if self._is_stopped():
                raise StoppedError
            return work(
                self._job,
                number,
                self._tagger,
                self._tag_alone,
                self._busy,
                self._scratch,
                self._is_stopped,
            )
        except StoppedError:
            return {"left": True}
        except SupersededError:
            return {"superseded": True}
        except Exception as error:  # each file system has errors of its own
            photos = partition(self._job.out, number)
            summary = Summary(seen=len(photos), failed=len(photos))
            first, last = photos[0].name, photos[-1].name
            reason = f"partition {number}, {len(photos):,} photos to {last}: {reason_of(error)}"
            summary.failures = [(first, reason)]
            return to_json(summary)

    def _is_stopped(self) -> bool:
        import ray

        return ray.get(self._sign.is_up.remote())

    def _tag_alone(self, photos: Path, out: Path, journal: Path) -> Summary:
        import ray
        from ray.exceptions import RayActorError

        if self._alone is None:
            from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

            here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), False)
            options = ray.remote(Alone).options(num_cpus=0, scheduling_strategy=here)
            self._alone = options.remote(self._job, self._load, self._cores)
        try:
            return ray.get(self._alone.tag.remote(photos, out, journal))
        except RayActorError:
            self._alone = None
            raise PictureError("the process that worked on it died: left alone") from None


class Alone:
    """A process for photos of which one has ended others, without restarts."""

    def __init__(self, job: Job, load: Load, cores: int) -> None:
        share(cores)
        self._job = job
        self._tagger = load(Path(tempfile.mkdtemp(prefix="model-", dir=scratch())))

    def tag(self, photos: Path, out: Path, journal: Path) -> Summary:
        """One photo, in a folder of its own."""
        return tag_staged(self._job, self._tagger, photos, out, journal)


def share(cores: int) -> None:
    """Use so many of a machine's processors, and leave the others to other actors.

    PyTorch does so anyway: Ray gives it as many threads as an actor has cores.
    """
    from tagonaut.tagging import workers

    # Before the pipeline is imported, which takes them over by name.
    workers.WORKERS = max(2, cores)
    workers.WRITERS = 4 * workers.WORKERS
