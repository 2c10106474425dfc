"""What pools of threads and of processes have in common: the standard `concurrent.futures`."""

from __future__ import annotations

import os
import threading
from concurrent.futures import TimeoutError as NotYet

from ..failures import JobError
from ..gil import gil_enabled
from ..worker_data import worker_data
from .base import Executor, empty
from .work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor as StandardPool
    from concurrent.futures import Future
    from typing import Any, Callable, List, Optional, Sequence, Tuple

    from ..gil import Gil
    from .work import Record

PROGRESS_S = 0.25
"""The main thread sleeps through the work and looks this often how far it is: waking for every result
would have it queue for the GIL beside the workers."""

_own: Any = None
_work: Optional[Work] = None
_barrier: Any = None
_trouble: Optional[JobError] = None


def enlist(work: Optional[Work], barrier: Any, trouble: Optional[JobError] = None) -> None:
    """Tell this process what its workers do, or why they cannot; `barrier` is for all of the pool."""
    global _work, _barrier, _trouble, _own
    _work, _barrier, _trouble, _own = work, barrier, trouble, worker_data()


def arrive(seat: int) -> Tuple[int, int]:
    """In a worker: take a seat, and wait until every worker has one; return pid and thread id."""
    _own.seat = seat
    _barrier.wait()
    if _trouble is not None:
        raise _trouble
    return os.getpid(), threading.get_native_id()


def warm(seconds: float) -> Gil:
    """In a worker: warm up, and wait for the others; return whether there is a GIL."""
    try:
        _working().warm_up(seconds)
    finally:
        _barrier.wait()
    return gil_enabled()


def leave(seat: int) -> None:
    """In a worker: leave the workload, when all others have come so far too."""
    _barrier.wait()
    _working().workload.leave()


def task(number: int) -> Record:
    """In a worker: do one task."""
    return _working().task(_own.seat, number)


def _working() -> Work:
    assert _work is not None
    return _work


class Pool(Executor):
    """`workers` in a pool that `make_pool` makes; threads and processes differ in that alone."""

    def __init__(self, workers: int, make_pool: Callable[[], StandardPool]) -> None:
        self._workers = workers
        self._make_pool = make_pool
        self._pool: Optional[StandardPool] = None

    def start(self) -> None:
        """Bring all workers up; each holds its seat until the last one has come."""
        self._pool = self._make_pool()
        self.seats = self._all(self._submit(arrive, range(self._workers)))

    def warm(self, seconds: float) -> List[Gil]:
        """Warm every worker up; return for each whether it has a GIL."""
        enabled: List[Gil] = self._all(self._submit(warm, [seconds] * self._workers))
        return enabled

    def run(self, tasks: int, progress: Callable[[int, int], None]) -> List[Record]:
        """Hand all tasks over and wait for the last result; the records are in the order of the tasks."""
        futures = self._submit(task, range(tasks))
        records: List[Record] = []
        while len(records) < tasks:
            waited_for = futures[-1] if not futures[-1].done() else futures[len(records)]
            _wait(waited_for)
            while len(records) < tasks and futures[len(records)].done():
                records.append(self._result(futures[len(records)]))
            progress(len(records), tasks)
        return records

    def close(self) -> None:
        """Have every worker leave the workload, end them and wait for them."""
        if self._pool is not None:
            self._all(self._submit(leave, range(self._workers)))
            self._pool.shutdown(wait=True)

    def hand_over(self, arguments: Sequence[bytes]) -> None:
        """Have an empty task done for each argument."""
        for future in self._submit(empty, arguments):
            self._result(future)

    def _submit(self, function: Callable[[Any], Any], arguments: Any) -> List[Future[Any]]:
        assert self._pool is not None
        return [self._pool.submit(function, argument) for argument in arguments]

    def _all(self, futures: List[Future[Any]]) -> List[Any]:
        return [self._result(future) for future in futures]

    def _result(self, future: Future[Any]) -> Any:
        return future.result()


def _wait(future: Future[Any]) -> None:
    """Until it is done, or `PROGRESS_S` have passed."""
    try:
        future.exception(timeout=PROGRESS_S)
    except NotYet:
        return
