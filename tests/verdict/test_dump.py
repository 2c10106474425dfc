"""Stacks of waiting threads: a lock that somebody keeps, or work that has not come."""

import pytest

from gil_tui.verdict.dump import WaitDump, read_waits
from gil_tui.verdict.observation import Place

LIB = "/usr/lib/python3.13"
BOOT = [("run", f"{LIB}/threading.py"), ("_bootstrap_inner", f"{LIB}/threading.py")]

STACKS = {
    "with lock:": ([("render", "/srv/shop/views.py"), *BOOT], True),
    "semaphore": (
        [
            ("wait", f"{LIB}/threading.py"),
            ("acquire", f"{LIB}/threading.py"),
            ("__enter__", f"{LIB}/threading.py"),
            ("connect", "/srv/shop/db.py"),
            *BOOT,
        ],
        True,
    ),
    "queue.get": (
        [("wait", f"{LIB}/threading.py"), ("get", f"{LIB}/queue.py"), ("work", "/srv/shop/jobs.py"), *BOOT],
        False,
    ),
    "pool of threads": ([("_worker", f"{LIB}/concurrent/futures/thread.py"), *BOOT], False),
    "old multiprocessing pool": ([("_handle_tasks", f"{LIB}/multiprocessing/pool.py"), *BOOT], False),
    "event": (
        [("wait", f"{LIB}/threading.py"), ("wait", f"{LIB}/threading.py"), ("work", "/srv/shop/jobs.py")],
        False,
    ),
    "join": ([("join", f"{LIB}/threading.py"), ("main", "/srv/shop/app.py")], False),
    "own file named like a library's": ([("_worker", "/srv/shop/thread.py"), *BOOT], True),
    "windows separators": ([("get", "C:\\Python313\\Lib\\queue.py")], False),
}


@pytest.mark.parametrize("name", STACKS)
def test_stacks(name: str) -> None:
    stack, for_lock = STACKS[name]
    dump = read_waits([[Place(function, file, 1) for function, file in stack]])
    assert (dump.for_lock, dump.for_work) == (int(for_lock), int(not for_lock))


def test_the_place_most_waited_at_is_named() -> None:
    one, other = Place("render", "/srv/views.py", 41), Place("log", "/srv/log.py", 3)
    dump = read_waits([[one], [other], [one]])
    assert dump == WaitDump(3, 0, one)
    assert dump.work_share == 0
    assert one.short == "`render` in views.py"


def test_an_empty_dump_decides_nothing() -> None:
    assert read_waits([]).work_share is None
    assert read_waits([[]]) == WaitDump(0, 0)
