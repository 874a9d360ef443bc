"""Draws a sample collection of any kind."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagonaut.drawing.kinds import kinds, own_options
from tagonaut.errors import TagonautError
from tagonaut.files.locks import claimed
from tagonaut.files.names import hidden


@dataclass(frozen=True)
class Drawn:
    """A drawn collection: ``data`` can be given to ``read``; ``next_steps`` are lines to print."""

    data: Path
    next_steps: Sequence[str]


def draw(
    folder: Path,
    kind: str,
    pictures: int,
    *,
    seed: int = 0,
    start: int = 0,
    size: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> Drawn:
    """Draw a collection into a new folder.

    ``kind``: see ``tagonaut.drawing.kinds``. ``size``: pixels of the longer side, default the
    kind's own. ``options``: the kind's own. The same seed and number give the same picture. Raises
    ``TagonautError`` for a kind that is not there, an option that it lacks, or a folder that is not
    empty.
    """
    there = kinds()
    drawing_of = there.find(kind)
    own = {option.name for option in own_options(drawing_of)}
    for name in options or {}:
        if name not in own:
            takers = " or ".join(there.with_option(name))
            raise TagonautError(f"--{name.replace('_', '-')} needs --kind {takers}")
    given = dict(options or {}) if size is None else {"size": size, **(options or {})}
    drawing = drawing_of(folder, pictures, seed=seed, start=start, **given)
    with ExitStack() as stack:
        try:
            place = folder.absolute()
            place.parent.mkdir(parents=True, exist_ok=True)
            ours = stack.enter_context(claimed(hidden(place, "lock")))
        except OSError as error:
            raise TagonautError(f"{folder}: cannot be written ({error.strerror})") from None
        if not ours:
            raise TagonautError(f"{folder}: another command is drawing there: name a new folder")
        return Drawn(drawing.draw(), drawing.next_steps())
