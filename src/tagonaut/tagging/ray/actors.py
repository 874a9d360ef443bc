"""The actors of a cluster: each loads the model once and tags one partition after the other."""

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tagonaut.errors import PictureError
from tagonaut.tagging.ray.job import Job, to_json
from tagonaut.tagging.ray.partition import (
    Resources,
    StoppedError,
    SupersededError,
    tag_staged,
    work,
)
from tagonaut.tagging.ray.plan import Part, partition
from tagonaut.tagging.ray.scratch import scratch
from tagonaut.tagging.ray.store import reason_of
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.workers import Workers

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger

# Per actor: one is tagged while the next one is staged and the last one is put back.
PARTITIONS_AT_ONCE = 3

Load = Callable[[Path], "Tagger"]
"""Loads the tagger, with a folder to unpack it in."""


class StopSign:
    """An actor that says whether the user has asked to stop."""

    def __init__(self) -> None:
        self._up = False

    def put_up(self) -> None:
        """Let no further partition begin."""
        self._up = True

    def is_up(self) -> bool:
        """Whether no further partition may begin."""
        return self._up


class PartitionTagger:
    """The function that Ray Data maps over partition numbers, in threads of one actor."""

    def __init__(self, job: Job, load: Load, cores: int, sign: Any) -> None:
        self._job, self._load, self._cores, self._sign = job, load, cores, sign
        folder = scratch()
        self._resources = Resources(
            load(Path(tempfile.mkdtemp(prefix="model-", dir=folder))),
            Workers(max(2, cores)),
            self._tag_alone,
            folder,
            self._is_stopped,
        )
        self._alone: Any = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        columns = (batch["partition"], batch["photos"], batch["digest"])
        parts = [
            Part(int(number), int(photos), str(digest))
            for number, photos, digest in zip(*columns, strict=True)
        ]
        return {
            "partition": [part.number for part in parts],
            "summary": [json.dumps(self._work(part)) for part in parts],
        }

    def _work(self, part: Part) -> dict[str, Any]:
        try:
            if self._is_stopped():
                raise StoppedError
            return work(self._job, part, self._resources)
        except StoppedError:
            return {"left": True}
        except SupersededError:
            return {"superseded": True}
        except Exception as error:  # each file system has errors of its own
            summary = Summary(seen=part.photos, failed=part.photos)
            first, extent = f"partition {part.number}", f"{part.photos:,} photos"
            with suppress(Exception):  # the list itself may be at fault
                photos = partition(self._job.out, part)
                first, extent = photos[0].name, f"{extent} to {photos[-1].name}"
            reason = f"partition {part.number}, {extent}: {reason_of(error)}"
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
    """A process of its own for photos that may kill it; Ray does not restart it."""

    def __init__(self, job: Job, load: Load, cores: int) -> None:
        self._job = job
        self._workers = Workers(max(2, cores))
        self._tagger = load(Path(tempfile.mkdtemp(prefix="model-", dir=scratch())))

    def tag(self, photos: Path, out: Path, journal: Path) -> Summary:
        """Tag one photo, in a folder of its own."""
        return tag_staged(self._job, self._tagger, self._workers, photos, out, journal)
