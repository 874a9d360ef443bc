"""Sending a run to the actors, by way of the store of the tagged copies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from tagonaut.errors import TagonautError
from tagonaut.files import atomic
from tagonaut.files.run_files import (
    DECISIONS_FILE,
    EXPORT_FILE,
    GRAPH_FILES,
    LABELS_FILE,
    MODEL_FILE,
)
from tagonaut.tagging.ray.store import Store

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger


@dataclass(frozen=True)
class Shipped:
    """The run with an id, from the folder ``name``, in a store; ``files``: names and SHA-256.

    An actor loads no file that differs from the run's: others may write where the copies are.
    """

    out: Store
    run_id: str
    name: str
    files: tuple[tuple[str, str], ...]

    @classmethod
    def ship(cls, run: Path, run_id: str, out: Store) -> Self:
        """Put the files that a tagger is loaded from into the store, unless they are there."""
        graph = {EXPORT_FILE, *(name for names in GRAPH_FILES.values() for name in names)}
        wanted = sorted({MODEL_FILE, LABELS_FILE, DECISIONS_FILE} | graph)
        files = tuple(
            (name, atomic.digest(run / name)) for name in wanted if (run / name).is_file()
        )
        shipped = cls(out, run_id, run.resolve().name, files)
        for name, _ in files:
            there = out.look(shipped._path(name))
            if there is None or there.size != (run / name).stat().st_size:
                out.put_own(run / name, shipped._path(name))
        return shipped

    def __call__(self, folder: Path) -> "Tagger":
        """Load the tagger on an actor. Raises ``TagonautError`` if its id differs there."""
        from tagonaut.tagger import Tagger

        run = folder / self.name
        run.mkdir()
        for name, digest in self.files:
            self.out.get(self._path(name), run / name)
            if atomic.digest(run / name) != digest:
                place = self.out.path(self._path(name))
                raise TagonautError(f"{place}: not the file of the run: remove it")
        tagger = Tagger.load(run)
        if tagger.run_id != self.run_id:
            raise TagonautError(
                f"{self.name} has the id {tagger.run_id} on a machine of the cluster, and"
                f" {self.run_id} where the command was started: all machines need the same versions"
            )
        return tagger

    def _path(self, name: str) -> str:
        return f".tagonaut/ray/models/{quote(self.run_id, safe='+ ')}/{name}"
