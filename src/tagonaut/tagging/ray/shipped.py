"""A run on its way to the workers: by the store, beside what it tags."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from tagonaut.errors import TagonautError
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
    """A run of that id, whose folder is called ``name``, in a folder of a store."""

    out: Store
    run_id: str
    name: str
    files: tuple[str, ...]

    @classmethod
    def ship(cls, run: Path, run_id: str, out: Store) -> Self:
        """Put what a tagger is loaded from into the store, unless it is there."""
        graph = {EXPORT_FILE, *(name for names in GRAPH_FILES.values() for name in names)}
        wanted = sorted({MODEL_FILE, LABELS_FILE, DECISIONS_FILE} | graph)
        files = tuple(name for name in wanted if (run / name).is_file())
        shipped = cls(out, run_id, run.resolve().name, files)
        for name in files:
            there = out.look(shipped._path(name))
            if there is None or there.size != (run / name).stat().st_size:
                out.put(run / name, shipped._path(name))
        return shipped

    def __call__(self, folder: Path) -> "Tagger":
        """Load the tagger on a worker. Raises ``TagonautError`` if it is not the one it was."""
        from tagonaut.tagger import Tagger

        run = folder / self.name
        run.mkdir()
        for name in self.files:
            self.out.get(self._path(name), run / name)
        tagger = Tagger.load(run)
        if tagger.run_id != self.run_id:
            raise TagonautError(
                f"{self.name} is another run on a worker ({tagger.run_id}) than where it was"
                f" started ({self.run_id}): all machines need the same versions"
            )
        return tagger

    def _path(self, name: str) -> str:
        return f".tagonaut/ray/models/{quote(self.run_id, safe='+ ')}/{name}"
