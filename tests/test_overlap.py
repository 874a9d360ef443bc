import threading
import time

import pytest

from tagonaut.overlap import overlap


def test_results_come_in_order_and_few_are_under_way():
    under_way, most, lock = 0, 0, threading.Lock()

    def work(item):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.001 * (item % 3))
        with lock:
            under_way -= 1
        return item * item

    taken = []

    def items():
        for item in range(50):
            taken.append(item)
            yield item

    results = overlap(work, items(), workers=3, ahead=5)
    assert next(results) == 0
    assert len(taken) == 5
    assert list(results) == [item * item for item in range(1, 50)]
    assert most <= 3


def test_an_exception_comes_where_its_result_would_have():
    results = overlap(lambda item: 1 // item, [2, 1, 0, 1], workers=2, ahead=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
