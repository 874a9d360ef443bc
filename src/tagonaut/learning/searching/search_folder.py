"""The folder of a search, from which the search can be continued."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import tomli_w

from tagonaut.data.splitting import SplitTable
from tagonaut.errors import TagonautError
from tagonaut.files.folder_kind import FolderKind, json_with
from tagonaut.files.names import check_name
from tagonaut.files.out_folder import OutFolder, out_folder
from tagonaut.files.reading import parse_json, read_bytes
from tagonaut.files.written_whole import written_whole
from tagonaut.learning.fitting import Epoch, History
from tagonaut.learning.recipes import Recipe
from tagonaut.learning.searching.trials import Trial

SEARCH_FILE, JOURNAL_FILE, BEST_FILE, PAGE_FILE = (
    "search.json",
    "journal.jsonl",
    "best.toml",
    "tune.html",
)
DATA = "data"
SEARCH = FolderKind("search", SEARCH_FILE, json_with("name", "seed", "tune"), own=())


@dataclass(frozen=True)
class SearchFolder:
    """The folder of a search: ``search.json`` describes it, ``journal.jsonl`` holds its trials."""

    path: Path

    @classmethod
    def find(cls, out: Path | None, recipe: str, search: Mapping[str, Any]) -> Self:
        """The folder ``out``, default ``runs/RECIPE-tune``: new, or that of the same ``search``.

        Raises ``TagonautError`` if another search is there, or anything else.
        """
        folder = cls(out or Path(f"runs/{check_name(recipe, 'the recipe')}-tune"))
        with folder._reserved() as place:
            if place.is_marked():
                kept = folder._search()
                folder._check(kept, {**search, DATA: kept.get(DATA)})
        return folder

    @contextmanager
    def _reserved(self) -> Iterator[OutFolder]:
        with out_folder(self.path, str(self.path), SEARCH) as place:
            yield place

    def open(self, search: Mapping[str, Any], table: SplitTable) -> None:
        """Make the folder if it is new; raises ``TagonautError`` for a search on another split."""
        search = {**search, DATA: _digest(table)}
        with self._reserved() as place:
            if place.is_marked():
                self._check(self._search(), search)
                return
            with written_whole(place) as folder:
                (folder / "trials").mkdir()
                (folder / SEARCH_FILE).write_text(
                    json.dumps(search, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
                )

    @property
    def journal(self) -> Path:
        """The journal of the trials."""
        return self.path / JOURNAL_FILE

    @property
    def best(self) -> Path:
        """The recipe with the best settings."""
        return self.path / BEST_FILE

    @property
    def page(self) -> Path:
        """The page of the search."""
        return self.path / PAGE_FILE

    @property
    def _file(self) -> Path:
        return self.path / SEARCH_FILE

    def _search(self) -> dict[str, Any]:
        try:
            return dict(parse_json(read_bytes(self._file)))
        except (OSError, ValueError, TypeError) as error:
            raise TagonautError(f"{self._file}: cannot be read ({error})") from None

    def _check(self, kept: Mapping[str, Any], search: Mapping[str, Any]) -> None:
        # As JSON has it, where a tuple is a list.
        search = json.loads(json.dumps(search))
        if other := [key for key in {**kept, **search} if kept.get(key) != search.get(key)]:
            keys = " and ".join(map(_described, other))
            raise TagonautError(
                f"{self.path} has another search in it, with other {keys}: choose another --out"
            )

    def write_history(self, number: int, epochs: Sequence[Epoch]) -> None:
        """Write the epochs of one trial as ``trials/NNN.csv``."""
        History(epochs=list(epochs)).write(self._history(number))

    def histories(self, trials: Sequence[Trial]) -> dict[int, list[dict[str, float]]]:
        """The epochs of all trials, by number."""
        found = {}
        for trial in trials:
            try:
                lines = read_bytes(self._history(trial.number)).decode().splitlines()
                found[trial.number] = [
                    {name: float(cell) for name, cell in row.items() if name != "stage"}
                    for row in csv.DictReader(lines)
                ]
            except (OSError, ValueError, TypeError, csv.Error):  # its curve alone is missing
                found[trial.number] = []
        return found

    def _history(self, number: int) -> Path:
        return self.path / "trials" / f"{number:03}.csv"

    def write_trials(self, trials: Sequence[Trial]) -> None:
        """Write ``trials.csv``: one row per trial, one column per searched key."""
        header: dict[str, None] = {}
        rows = []
        for trial in trials:
            row: dict[str, Any] = {"trial": trial.number}
            row |= {
                key: json.dumps(value) if isinstance(value, tuple) else value
                for key, value in trial.values.items()
            }
            row |= {key: value for key, value in vars(trial).items() if key not in _ELSEWHERE}
            header |= dict.fromkeys(row)
            rows.append(row)
        temporary = self.path / "trials.csv.new"
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(header))
            writer.writeheader()
            writer.writerows(rows)
        temporary.replace(self.path / "trials.csv")

    def write_best(self, recipe: Recipe, source: str) -> None:
        """Write the recipe without its ``[tune]``; ``source`` says where it comes from."""
        values = recipe.model_dump(exclude_none=True, exclude={"tune"})
        temporary = self.path / f"{BEST_FILE}.new"
        temporary.write_text(f"# {source}\n{tomli_w.dumps(values)}", encoding="utf-8")
        temporary.replace(self.best)


_ELSEWHERE = {"number", "values"}


def _described(key: str) -> str:
    return "data or split" if key == DATA else key


def _digest(table: SplitTable) -> str:
    """A digest of the pictures' content, targets and splits."""
    digest = hashlib.sha256()
    for part in (table.ids, table.hashes, table.splits.tolist(), table.labels.names):
        digest.update(json.dumps(part).encode())
    digest.update(table.targets.tobytes() + table.known.tobytes())
    return digest.hexdigest()
