"""Which thread is that: from the address of a PyThreadState to the thread id the kernel knows."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from gil_tui.watch.access import parse_status
from gil_tui.watch.memory import Memory
from gil_tui.watch.target import Target

_THREAD_STATE_SIZE = 512
_SMALLEST_POINTER = 0x10000
TID_AT = {"x86_64": 0x2D0, "aarch64": 0xD0}.get(os.uname().machine, 0x2D0)
"""Offset of `tid` in glibc's `struct pthread` (nptl/descr.h); what is found there is checked."""


class Holders:
    """Thread ids by PyThreadState, for one process; None for a holder that is not known.

    3.13 and later say where the thread id is; before, the field that points to the thread's
    `struct pthread` is searched once, and the id is read there.
    """

    def __init__(self, target: Target, proc: Path = Path("/proc")) -> None:
        offsets = target.runtime.offsets if target.runtime else None
        self._memory = target.memory
        self._tasks = proc / str(target.pid) / "task"
        self._native_at = offsets.thread_native_id if offsets else None
        self._pthread_at: int | None = None
        self._nested = len(_namespace_ids(self._tasks.parent)) > 1
        self._outer: dict[int, int] = {}

    def tid(self, thread_state: int) -> int | None:
        """The thread's id as this process's `/proc` numbers it; None when it cannot be told."""
        return self.known(self.inner_tid(thread_state))

    def inner_tid(self, thread_state: int) -> int | None:
        """The thread's id as the process itself numbers it: a cheap read, to be done at once."""
        if self._memory is None or thread_state < _SMALLEST_POINTER:
            return None
        try:
            return self._read(self._memory, thread_state)
        except OSError:
            return None

    def known(self, inner: int | None) -> int | None:
        """The id in our own PID namespace, if such a thread lives."""
        if inner is None:
            return None
        if not self._nested:
            return inner if 0 < inner < 1 << 31 and self._lives(inner) else None
        outer = self._outer.get(inner)
        if outer is None or not self._lives(outer):  # ids are used again
            self._outer = dict(self._by_inner_id())
            outer = self._outer.get(inner)
        return outer

    def _lives(self, tid: int) -> bool:
        return os.path.exists(f"{self._tasks}/{tid}")  # noqa: PTH110  (a few hundred a second)

    def _read(self, memory: Memory, thread_state: int) -> int | None:
        if self._native_at is not None:
            return memory.word(thread_state + self._native_at) & 0xFFFFFFFF
        if self._pthread_at is None:
            self._pthread_at = self._search(memory, thread_state)
        if self._pthread_at is None:
            return None
        return _pthread_tid(memory, memory.word(thread_state + self._pthread_at))

    def _search(self, memory: Memory, thread_state: int) -> int | None:
        """The offset at which this PyThreadState points to the `struct pthread` of a living thread."""
        words = struct.unpack(f"={_THREAD_STATE_SIZE // 8}Q", memory.read(thread_state, _THREAD_STATE_SIZE))
        for index, word in enumerate(words):
            if word < _SMALLEST_POINTER or word % 16:
                continue
            try:
                tid = _pthread_tid(memory, word)
            except OSError:
                continue
            if self.known(tid) is not None:
                return 8 * index
        return None

    def _by_inner_id(self) -> Iterator[tuple[int, int]]:
        try:
            tasks = list(self._tasks.iterdir())
        except OSError:
            return
        for task in tasks:
            ids = _namespace_ids(task)
            if ids:
                yield ids[-1], ids[0]


def _pthread_tid(memory: Memory, pthread: int) -> int:
    return int.from_bytes(memory.read(pthread + TID_AT, 4), "little")


def _namespace_ids(task: Path) -> list[int]:
    """The ids of a task from our PID namespace inwards: `NSpid` of proc_pid_status(5)."""
    try:
        return [int(number) for number in parse_status((task / "status").read_bytes())["NSpid"].split()]
    except (OSError, KeyError, ValueError):
        return []
