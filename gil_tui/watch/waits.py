"""What each blocked thread of one process waits for: its GIL, a lock, a descriptor, time.

A line of `/proc/PID/task/TID/syscall` is understood once and remembered, since most waits recur.
"""

import platform
from typing import NamedTuple

from gil_tui.watch.frames import STATES
from gil_tui.watch.syscalls import Call, Kind, call_kind, call_table, descriptor_kind, parse_call
from gil_tui.watch.target import Target
from gil_tui.watch.task_folder import TaskFolder

CPU, RUN_QUEUE, GIL, LOCK, NETWORK, DISK, SLEEP, IDLE = range(len(STATES))
"""Positions in `STATES`. A line that says `running` is `CPU`: which of the two, only counters tell."""

_LARGEST_CACHE = 10_000
_OWN_STACK_BYTES = 1 << 16
_TIMED_WAIT = 0x89  # FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG against CLOCK_MONOTONIC
_MOST_TIMED_WORDS = 256
_STATES_OF_KIND = {Kind.NETWORK: NETWORK, Kind.DISK: DISK, Kind.SLEEP: SLEEP, Kind.LOCK: LOCK}


class Wait(NamedTuple):
    """One understood line: `state` is a position in `STATES`, `lock` the address of a lock.

    `named_by` is the word that holds the address of the lock, where the line itself does not tell.
    """

    state: int
    lock: int | None = None
    named_by: int | None = None


_RUNNING, _IDLE = Wait(CPU), Wait(IDLE)


class Waits:
    """The waits of one process, whose /proc folder is `folder`.

    Use `known.get(line) or learn(line, tid)` for each line: `known` is public because this is done
    thousands of times a second.
    """

    def __init__(self, target: Target, folder: TaskFolder, machine: str = "") -> None:
        self.known: dict[bytes, Wait] = {}
        self.timed_words: set[int] = set()
        self._folder = folder
        self._table = call_table(machine or platform.machine())
        self._by_descriptor: set[bytes] = set()
        self.follow(target)

    def follow(self, target: Target) -> None:
        """Judge by another view of the same process: its GILs have changed."""
        self._gil_words = target.gil_words
        self._memory = target.memory
        version = target.version
        self._parks = target.implementation == "cpython" and version is not None and version >= (3, 13)
        self.known.clear()
        self.timed_words.clear()

    def learn(self, line: bytes, tid: int) -> Wait:
        """Understand a line that is not known; what may change under the same line is not kept."""
        call = parse_call(line)
        if call is None:
            return self._keep(line, _RUNNING)
        kind = call_kind(call, self._table)
        if kind is Kind.FUTEX:
            return self._keep(line, self._futex(call))
        if kind is Kind.FAULT:
            return self._outside_of_calls(tid)
        if kind is Kind.DESCRIPTOR:
            self._by_descriptor.add(line)
            kind = descriptor_kind(self._link(call.arguments[0]))
        return self._keep(line, Wait(_STATES_OF_KIND[kind]))

    def forget_descriptors(self) -> None:
        """Look at descriptors again: a number may be open on something else by now."""
        for line in self._by_descriptor:
            self.known.pop(line, None)
        self._by_descriptor.clear()

    def lock_of(self, wait: Wait) -> int | None:
        """The address of the lock that is waited for, read from the process where need be."""
        if wait.named_by is None or self._memory is None:
            return wait.lock
        try:
            return self._memory.word(wait.named_by)
        except OSError:
            return None

    def _keep(self, line: bytes, wait: Wait) -> Wait:
        if len(self.known) >= _LARGEST_CACHE:
            self.known.clear()
            self._by_descriptor.clear()
        self.known[line] = wait
        return wait

    def _futex(self, call: Call) -> Wait:
        """A GIL by the address of the word alone; else a lock.

        Locks of the parking lot (SimpleQueue from 3.13, every `threading.Lock` from 3.14) wait on a word
        of the waiter's own stack, in a struct where the lock's address stands right before it
        (CPython's Python/parking_lot.c, `struct wait_entry`).
        """
        word = call.arguments[0]
        if any(start <= word < end for start, end in self._gil_words):
            return Wait(GIL)
        operation, timeout = call.arguments[1], call.arguments[3]
        if operation == _TIMED_WAIT and timeout and len(self.timed_words) < _MOST_TIMED_WORDS:
            self.timed_words.add(word)
        if self._parks and 0 <= word - call.stack < _OWN_STACK_BYTES:
            return Wait(LOCK, None, word - 8)
        return Wait(LOCK, word)

    def _outside_of_calls(self, tid: int) -> Wait:
        """A page fault is disk; a stopped or ended thread is idle."""
        letter = self._state_letter(tid)
        if letter == "R":
            return _RUNNING
        return _IDLE if letter in "TtZX" else Wait(DISK)

    def _state_letter(self, tid: int) -> str:
        """The state in `stat`, `X` if the thread is gone: proc_pid_stat(5)."""
        try:
            words = self._folder.read(tid, "stat").rpartition(b")")[2].split()
        except OSError:
            return "X"
        return words[0].decode("ascii", "replace") if words else "X"

    def _link(self, descriptor: int) -> str:
        try:
            return self._folder.descriptor_link(descriptor & 0xFFFFFFFF)
        except OSError:
            return ""
