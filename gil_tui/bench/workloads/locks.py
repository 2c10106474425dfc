"""A lock that all workers need, and the same work with a lock once a task."""

from __future__ import annotations

import os
import threading
import time
import zlib
from contextlib import contextmanager

from ..failures import JobError
from ..spec import Knob
from .burning import burn
from .scratch import InFolder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, AsyncContextManager, Dict, Iterator, List, Mapping, Union

    from ..spec import KnobValue

    Totals = List[int]
    """What all workers change with the lock held; see the positions below."""

PASSES, TAKEN, WAITED_NS = range(3)
ONE_PROCESS = ("sequential", "threads", "asyncio", "asyncio+threads")
"""Executors whose workers share memory; those of all others may be in different processes."""


class LockInMemory:
    """A `threading.Lock`, or an `asyncio.Lock` where coroutines ask, and what it protects."""

    def __init__(self) -> None:
        self._totals = [0, 0, 0]
        self._lock = threading.Lock()
        self._async_lock: Any = None

    @contextmanager
    def held(self) -> Iterator[Totals]:
        """Wait for the lock and hold it."""
        begun_ns = time.monotonic_ns()
        with self._lock:
            yield _taken(self._totals, begun_ns)

    def held_async(self) -> AsyncContextManager[Totals]:
        """The same for coroutines of one event loop."""
        return _HeldOnLoop(self)

    async def acquire_async(self) -> Totals:
        """Wait for the lock on the event loop."""
        import asyncio

        if self._async_lock is None:  # asyncio.Lock belongs to the loop that runs when it is made
            self._async_lock = asyncio.Lock()
        begun_ns = time.monotonic_ns()
        await self._async_lock.acquire()
        return _taken(self._totals, begun_ns)

    def release_async(self) -> None:
        """Give the lock back."""
        self._async_lock.release()


class _HeldOnLoop:
    def __init__(self, lock: LockInMemory) -> None:
        self._lock = lock

    async def __aenter__(self) -> Totals:
        return await self._lock.acquire_async()

    async def __aexit__(self, *raised: object) -> None:
        self._lock.release_async()


class LockInFile:
    """A file that is locked by the kernel (flock(2)) and holds what the lock protects.

    It is opened anew each time: that makes it a lock between threads and interpreters of a process too.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    @contextmanager
    def held(self) -> Iterator[Totals]:
        """Wait for the lock and hold it."""
        import fcntl

        begun_ns = time.monotonic_ns()
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            totals = [int(number) for number in os.pread(descriptor, 100, 0).split()] or [0, 0, 0]
            yield _taken(totals, begun_ns)
            os.pwrite(descriptor, b"%20d %20d %20d" % tuple(totals), 0)
        finally:
            os.close(descriptor)


def _taken(totals: Totals, begun_ns: int) -> Totals:
    totals[TAKEN] += 1
    totals[WAITED_NS] += time.monotonic_ns() - begun_ns
    return totals


class LockContended(InFolder):
    """Passes of which a share needs the lock: outside of it a pass computes, inside it computes and waits.

    The wait inside stands for a call to another service. It releases the GIL and keeps the lock, so that
    this lock and not the GIL is what the others wait for; without it (`call_share` 0) both are. The lock is
    a `threading.Lock`, on an event loop an `asyncio.Lock`, and between processes or interpreters a lock on
    a file. Workers reach at most 1 / `inside_share` times what one does; threads and coroutines less, since
    whoever computes outside keeps the one inside from doing so.
    """

    name = "lock_contended"
    family = "locks"
    shows = "Work done with a lock held is done one after the other, in threads, coroutines and processes."
    size_unit = "passes"
    knobs = (
        Knob("pass_ms", 10.0, "ms", "how long a pass takes a worker that is alone"),
        Knob("inside_share", 0.8, "share", "of a pass is done with the lock held"),
        Knob(
            "call_share", 0.75, "share", "of the time inside waits, for another service say; else it computes"
        ),
    )
    is_async = True

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        pass_ms, inside, call = (float(settings[knob.name]) for knob in self.knobs)
        if inside > 1 or call > 1:
            raise JobError("usage", "inside_share and call_share of %s are shares, 1 at most" % self.name)
        self._outside_ms = pass_ms * (1 - inside)
        self._inside_ms = pass_ms * inside * (1 - call)
        self._call_s = pass_ms * inside * call / 1000
        self._in_memory = LockInMemory()

    def _lock(self) -> Union[LockInMemory, LockInFile]:
        if self.facts.get("executor", "threads") in ONE_PROCESS:
            return self._in_memory
        return LockInFile(os.path.join(self.folder, "lock"))

    def run(self, size: int, number: int) -> int:
        """Make `size` passes, each counted with the lock held."""
        lock = self._lock()
        for _ in range(size):
            burn(self._outside_ms, _compute)
            with lock.held() as totals:
                self._inside()
                totals[PASSES] += 1
        return _checksum(size, number)

    async def run_async(self, size: int, number: int) -> int:
        """The same; whoever waits for the lock or the call lets others run."""
        for _ in range(size):
            burn(self._outside_ms, _compute)
            async with self._in_memory.held_async() as totals:
                await self._inside_async()
                totals[PASSES] += 1
        return _checksum(size, number)

    def figures(self) -> Dict[str, float]:
        """`passes` that were counted under the lock, warm-up included, and the mean wait `lock_wait_ms`."""
        with self._lock().held() as totals:
            taken = max(1, totals[TAKEN] - 1)  # without this time
            return {"passes": float(totals[PASSES]), "lock_wait_ms": totals[WAITED_NS] / taken / 1e6}

    def _inside(self) -> None:
        burn(self._inside_ms, _compute)
        if self._call_s:
            time.sleep(self._call_s)

    async def _inside_async(self) -> None:
        burn(self._inside_ms, _compute)
        if self._call_s:
            import asyncio

            await asyncio.sleep(self._call_s)


class LockFree(LockContended):
    """The passes of `lock_contended` on state of the task itself, merged under the lock at its end."""

    name = "lock_free"
    shows = "The work of lock_contended with a lock once a task: what is not shared need not be waited for."

    def run(self, size: int, number: int) -> int:
        """Make `size` passes, and count them with the lock held once."""
        passes = 0
        for _ in range(size):
            burn(self._outside_ms, _compute)
            self._inside()
            passes += 1
        with self._lock().held() as totals:
            totals[PASSES] += passes
        return _checksum(size, number)

    async def run_async(self, size: int, number: int) -> int:
        """The same; whoever waits for the call lets others run."""
        passes = 0
        for _ in range(size):
            burn(self._outside_ms, _compute)
            await self._inside_async()
            passes += 1
        async with self._in_memory.held_async() as totals:
            totals[PASSES] += passes
        return _checksum(size, number)


def _compute() -> int:
    """Some microseconds of pure Python."""
    value = 1
    for _ in range(50):
        value = value * 31 & 0xFFFF
    return value


def _checksum(size: int, number: int) -> int:
    return zlib.crc32(b"%d passes of task %d" % (size, number))
