"""Works on several items at once with threads; results come in order, and few are waiting."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def overlap(
    function: Callable[[A], B], items: Iterable[A], *, workers: int, ahead: int
) -> Iterator[B]:
    """Yield ``function(item)`` for each item in order, computed by threads up to ``ahead`` early.

    Memory holds at most ``ahead`` results, however many items there are. An exception of
    ``function`` is raised in place of its result; calls that have not begun are dropped then.
    """
    if workers < 1 or ahead < 1:
        raise ValueError("overlap needs at least one worker and one item ahead")
    pool = ThreadPoolExecutor(workers)
    under_way: deque[Future[B]] = deque()
    try:
        for item in items:
            under_way.append(pool.submit(function, item))
            if len(under_way) >= ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
