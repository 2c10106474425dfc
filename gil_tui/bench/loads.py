"""Programs whose behaviour is known, to check the watch against: `python bench/__main__.py loads NAME N`.

Writes a JSON line when it runs (`pid`, `python`: see `spec.PythonFacts`) and one for each line on stdin:

============  ==========================================================================================
`t_s`         CLOCK_MONOTONIC
`done`        pieces of work
`held_s`      time for which its threads had the GIL between their waits, each piece when it is complete;
              means nothing for threads that the interpreter makes give way (`spin`)
`hand_overs`  how often a piece was done by another thread than the one before: the GIL changed hands
`between_s`   time from the last piece of the one thread to the first piece of the other, all hand-overs
              together: only then can the GIL have been free, where threads only compute
`threads`     of each working thread `tid`, `cpu_s` (its CPU clock), `lock_s` (waits for the lock)
============  ==========================================================================================

All of one line is of one moment: nothing that it takes gives up the GIL. The program ends with its stdin,
which the kernel closes however the parent ends.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import queue
import sys
import threading
import time

from . import guard
from .measure import python_facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, NoReturn, Optional

    Step = Callable[[int], object]
    """What thread number so and so does."""

BLOCK = b"x" * (16 << 20)
SLEEP_S = 0.020
LOCK_S = 0.010
APART_S = 0.002
"""Who has released a lock stays away so long: else it would take it again before those that wait wake up."""
SHORT, LONG = 0.010, 0.020
"""Periods in s of `hold`: 5 ms in 10 would keep step with a switch interval."""


class Threads:
    """Threads that do the same again and again, and count it."""

    def __init__(self, count: int) -> None:
        self.done = [0] * count
        self.held_s = [0.0] * count
        self.lock_s = [0.0] * count
        self.waits_since_s = [0.0] * count
        self.hand_overs = 0
        self.between_s = 0.0
        self._last, self._last_s = -1, 0.0
        self._tids = [0] * count
        self._all_there = threading.Barrier(count + 1)

    def start(self, compute: Optional[Step] = None, wait: Optional[Step] = None) -> Threads:
        """Have each thread `compute`, with the GIL held, and `wait`, without it, over and over."""
        for index in range(len(self.done)):
            body = threading.Thread(
                target=self._work, args=(index, compute, wait), name="w%d" % index, daemon=True
            )
            body.start()
        self._all_there.wait()
        return self

    def acquire(self, index: int, lock: threading.Lock) -> None:
        """Take the lock, and count how long that took."""
        self.waits_since_s[index] = since_s = time.monotonic()
        lock.acquire()
        self.waits_since_s[index] = 0.0
        self.lock_s[index] += time.monotonic() - since_s

    def state(self) -> Dict[str, Any]:
        """What was counted so far."""
        now_s = time.monotonic()
        return {
            "t_s": now_s,
            "done": sum(self.done),
            "held_s": sum(self.held_s),
            "hand_overs": self.hand_overs,
            "between_s": self.between_s,
            "threads": [self._thread(index, tid, now_s) for index, tid in enumerate(self._tids) if tid],
        }

    def _work(self, index: int, compute: Optional[Step], wait: Optional[Step]) -> None:
        self._tids[index] = threading.get_native_id()
        self._all_there.wait()
        began_s = time.monotonic()
        while True:
            if compute:
                compute(index)
            self.held_s[index] += time.monotonic() - began_s
            if wait:
                wait(index)
            began_s = time.monotonic()
            if self._last != index:
                self.between_s += max(0.0, time.monotonic() - self._last_s)  # began_s may be from before
                self.hand_overs += 1
                self._last = index
            self._last_s = time.monotonic()
            self.done[index] += 1

    def _thread(self, index: int, tid: int, now_s: float) -> Dict[str, Any]:
        since_s = self.waits_since_s[index]
        return {
            "tid": tid,
            "cpu_s": _cpu_s(tid),
            "lock_s": self.lock_s[index] + (max(0.0, now_s - since_s) if since_s else 0.0),
        }


def _cpu_s(tid: int) -> Optional[float]:
    """The CPU clock of a thread of this process; None where there is no such clock.

    Its number is made as pthread_getcpuclockid(3) makes it: Linux, include/linux/posix-timers.h.
    """
    try:
        return time.clock_gettime(~tid << 3 | 6)
    except (OSError, OverflowError, AttributeError):
        return None


def compute(rounds: int = 200) -> int:
    """Ten microseconds or so of Python."""
    total = 0
    for number in range(rounds):
        total += number * number
    return total


def spin(count: int) -> Threads:
    """Threads that only compute."""
    return Threads(count).start(lambda index: compute())


def hold(percent: int) -> Threads:
    """One thread that keeps the GIL, off the CPU, for `percent` of 10 or 20 ms."""
    period_s = LONG if percent == 50 else SHORT
    libc = ctypes.PyDLL(None)  # unlike CDLL, it keeps the GIL during a call
    held_us = int(period_s * percent / 100 * 1e6)
    rest_s = period_s * (1 - percent / 100)
    return Threads(1).start(lambda index: libc.usleep(held_us), lambda index: time.sleep(rest_s))


def hash_natively(count: int) -> Threads:
    """Threads that compute in native code, which releases the GIL."""
    return Threads(count).start(wait=lambda index: hashlib.sha256(BLOCK).digest())


def contend(count: int) -> Threads:
    """Threads that sleep with a lock held."""
    shared, threads = threading.Lock(), Threads(count)

    def work(index: int) -> None:
        threads.acquire(index, shared)
        time.sleep(LOCK_S)
        shared.release()
        time.sleep(APART_S)

    return threads.start(wait=work)


def sleep(count: int) -> Threads:
    """Threads that sleep, and sleep again."""
    return Threads(count).start(wait=lambda index: time.sleep(SLEEP_S))


def idle(count: int) -> Threads:
    """Threads of a pool that wait for work which never comes."""
    jobs: queue.Queue[object] = queue.Queue()
    return Threads(count).start(wait=lambda index: jobs.get())


LOADS: Dict[str, Callable[[int], Threads]] = {
    "spin": spin,
    "hold": hold,
    "hash": hash_natively,
    "lock": contend,
    "sleep": sleep,
    "idle": idle,
}


def serve(loads: Dict[str, Callable[[int], Threads]], arguments: List[str]) -> NoReturn:
    """Run the load that `arguments` name, and answer until stdin ends."""
    guard.allow_watching()
    name, number = arguments[0], int(arguments[1]) if len(arguments) > 1 else 1
    threads = loads[name](number)
    _say({"pid": os.getpid(), "python": python_facts().to_json()})
    for _ in sys.stdin:
        _say(threads.state())
    os._exit(0)


def main() -> NoReturn:
    """The load that the command line names."""
    serve(LOADS, sys.argv[2:])


def _say(document: Dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()
