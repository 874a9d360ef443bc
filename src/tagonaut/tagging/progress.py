"""Progress of a tagging run: photos done, failed, and how many there are, counted meanwhile."""

import threading
from collections.abc import Callable, Iterable, Iterator

from tagonaut.progress import Progress
from tagonaut.tagging.summary import Outcome


class Count:
    """The number of photos, counted by a thread meanwhile; None until the thread is through."""

    def __init__(self, count: Callable[[Callable[[], bool]], int]) -> None:
        self._ended = False
        self._found: int | None = None
        self._thread = threading.Thread(target=self._work, args=(count,), daemon=True)
        self._thread.start()

    def _work(self, count: Callable[[Callable[[], bool]], int]) -> None:
        try:
            found = count(lambda: self._ended)
        except OSError:
            return
        if not self._ended:
            self._found = found

    @property
    def total(self) -> int | None:
        """The number, if it is known by now."""
        return self._found

    def close(self) -> None:
        """End the counting."""
        self._ended = True
        self._thread.join()


def with_progress(
    outcomes: Iterable[Outcome], description: str, total: Callable[[], int | None]
) -> Iterator[Outcome]:
    """Yield ``outcomes`` while ``Progress`` shows how many photos are done, and how many failed.

    ``total()``: the number of photos, None as long as it is not known.
    """
    failed = 0
    with Progress(description, unit="photos") as progress:
        for done, outcome in enumerate(outcomes, 1):
            yield outcome
            failed += outcome.kind == "failed"
            progress.update(done, total(), failed=failed)
