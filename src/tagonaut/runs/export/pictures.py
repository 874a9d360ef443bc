"""A run's pictures, found again by their content."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tagonaut.data.dataset import hash_pictures
from tagonaut.data.pictures import find_pictures
from tagonaut.data.splitting import SplitTable
from tagonaut.errors import TagonautError


@dataclass(frozen=True)
class RunPictures:
    """The pictures of a run's table.

    ``by_content``: the files of a folder by their hash; None: each picture is read where it was.
    """

    table: SplitTable
    by_content: dict[str, Path] | None

    @classmethod
    def of(cls, table: SplitTable, images: Path | None) -> Self:
        """Find the pictures below ``images``, under any names; None: they are where they were.

        Raises ``TagonautError`` for a folder that does not exist or holds none of them.
        """
        if images is None:
            return cls(table, None)
        paths = list(find_pictures(images))
        contents = hash_pictures(paths)
        found = {
            content: path
            for content, path in zip(contents, paths, strict=True)
            if isinstance(content, str)
        }
        if not found.keys() & set(table.hashes):
            raise TagonautError(
                f"--images {images}: of the {len(paths):,} pictures below it, none has the content"
                " of a picture of the run"
            )
        return cls(table, found)

    def find(self, rows: Sequence[int], *, most: int | None = None) -> dict[int, Path]:
        """The files of these rows of the table whose content is unchanged, ``most`` at most."""
        if self.by_content is not None:
            known = self.by_content
            there = [row for row in rows if self.table.hashes[row] in known][:most]
            return {row: known[self.table.hashes[row]] for row in there}
        paths = {row: Path(self.table.paths[row]) for row in rows if self.table.paths[row]}
        there = [row for row, path in paths.items() if path.is_file()][:most]
        contents = hash_pictures([paths[row] for row in there])
        return {
            row: paths[row]
            for row, content in zip(there, contents, strict=True)
            if content == self.table.hashes[row]
        }

    def missing(self, rows: Sequence[int]) -> str:
        """Why none of these rows' pictures is found, and what to do; for a message."""
        first = next((self.table.paths[row] for row in rows if self.table.paths[row]), "")
        where = f", as {first}," if first else ""
        return (
            f"none of these {len(rows):,} pictures is where it was{where} with the same content: "
            "give their folder with --images DIR"
        )
