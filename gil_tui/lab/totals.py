"""Running totals over frames: one thread, one GIL, the threads of one lock."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from gil_tui.verdict.limits import CONVOY_HOG_CPU
from gil_tui.verdict.observation import LockGroup
from gil_tui.watch.frames import Frame, GilFrame, ThreadFrame

VICTIM_GIL, VICTIM_CPU, VICTIM_TIMES = 0.10, 0.05, 3.0
MOST_LOCKS = 8
IDLE_AFTER_S = 1.0
_NO_WAIT = ("lock", "network", "disk", "sleep")
_COUNTED = ("cpu", "run_queue")


@dataclass(slots=True)
class ThreadTotal:
    """One thread's seconds by state; `error_s` is how far its shares missed 1, times seconds."""

    last: ThreadFrame
    seen_s: float = 0.0
    by_state: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    error_s: float = 0.0
    schedules: float = 0.0

    def add(self, thread: ThreadFrame, length_s: float, waits: bool) -> None:
        """Take in a frame; `waits` of False says that what looks like waiting is idle."""
        self.last = thread
        self.seen_s += length_s
        self.schedules += thread.schedules_per_s * length_s
        if thread.counted_only:
            self._add_counters(thread, length_s)
            return
        total, by_state = 0.0, self.by_state
        for state, share in thread.shares.items():
            if share:
                total += share
                by_state[state if waits or state not in _NO_WAIT else "idle"] += share * length_s
        self.error_s += abs(total - 1) * length_s

    def _add_counters(self, thread: ThreadFrame, length_s: float) -> None:
        """Where waits could not be told apart, what is neither counted as CPU nor as run queue is unknown."""
        rest = 1.0
        for state in _COUNTED:
            share = thread.shares.get(state, 0.0)
            self.by_state[state] += share * length_s
            rest -= share
        self.by_state["unknown"] += max(0.0, rest) * length_s

    def share(self, state: str) -> float:
        """Share of the thread's own time in a state."""
        return self.by_state[state] / self.seen_s


def resting(frames: Sequence[Frame]) -> set[tuple[int, int, int]]:
    """Number of frame, pid and tid of threads within one unbroken wait of `IDLE_AFTER_S` or more.

    The watcher calls such a wait idle from the moment on at which it has become so long; seen from
    here, its beginning was idle too. A wait is unbroken while the thread was not scheduled in.
    """
    found: set[tuple[int, int, int]] = set()
    unbroken: dict[tuple[int, int], list[int]] = defaultdict(list)
    lengths: dict[tuple[int, int], float] = defaultdict(float)
    for number, frame in enumerate(frames):
        for thread in frame.threads:
            key = (thread.pid, thread.tid)
            if thread.schedules_per_s or thread.shares.get("cpu") or thread.shares.get("run_queue"):
                unbroken[key], lengths[key] = [], 0.0
                continue
            unbroken[key].append(number)
            lengths[key] += frame.end_s - frame.start_s
            if lengths[key] >= IDLE_AFTER_S:
                found.update((at, *key) for at in unbroken[key])
                unbroken[key].clear()
    return found


@dataclass(slots=True)
class GilTotal:
    """One GIL: seconds listed, read, held, and thread-seconds waited; `waits[k]` samples saw k waiters."""

    pid: int
    listed_s: float = 0.0
    read_s: float = 0.0
    held_s: float = 0.0
    counted_s: float = 0.0
    waited_s: float = 0.0
    switched_s: float = 0.0
    switches: float = 0.0
    waits: list[int] = field(default_factory=list)
    holders: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    enabled: bool | None = None
    why: str = ""

    def add(self, gil: GilFrame, length_s: float) -> None:
        """Take in a frame, with or without numbers."""
        self.listed_s += length_s
        self.why = gil.why or self.why
        self.enabled = gil.enabled if gil.enabled is not None else self.enabled
        if not gil.available or gil.held is None:
            return
        self.read_s += length_s
        self.held_s += gil.held * length_s
        for tid, share in (gil.holders or {}).items():
            self.holders[tid] += share * gil.held * length_s
        if gil.waiting is not None:
            self.counted_s += length_s
            self.waited_s += gil.waiting * length_s
        if gil.switches_per_s is not None:
            self.switched_s += length_s
            self.switches += gil.switches_per_s * length_s
        self.waits = [sum(pair) for pair in zip_longest(self.waits, gil.waiting_counts, fillvalue=0)]

    def held(self, seconds: float) -> float:
        """Share of `seconds` in which it was held; of a process that lived shorter, the less."""
        return self.held_s / self.read_s * min(1.0, self.listed_s / seconds)

    def waiting(self, seconds: float) -> float:
        """Mean number of threads that waited for it over `seconds`."""
        return self.waited_s / self.counted_s * self.listed_s / seconds if self.counted_s else 0.0


def held_off_cpu(
    gil: GilTotal, threads: Mapping[tuple[int, int], ThreadTotal], seconds: float
) -> float | None:
    """At least this share of time a thread held the GIL that was on no CPU and wanted none.

    Two lower bounds, from the process as a whole and from the thread that held it longest without
    running; summing the excess of all threads would add up the noise of each.
    """
    own = {tid: total for (pid, tid), total in threads.items() if pid == gil.pid}
    if not own:
        return None
    running = {tid: total.by_state["cpu"] + total.by_state["run_queue"] for tid, total in own.items()}
    excess = [held - running.get(tid, 0.0) for tid, held in gil.holders.items() if tid in own]
    process = gil.held(seconds) - sum(running.values()) / seconds
    return max(0.0, process, max(excess, default=0.0) / seconds)


def busiest(threads: Mapping[tuple[int, int], ThreadTotal], seconds: float) -> dict[str, Any]:
    """The busiest thread, and the threads of its process that need little CPU and wait for the GIL."""
    if not threads:
        return {}
    key = max(threads, key=lambda key: threads[key].by_state["cpu"])
    cpu = threads[key].by_state["cpu"] / seconds
    own = [total for (pid, _), total in threads.items() if pid == key[0] and _is_victim(total)]
    victims = own if cpu > CONVOY_HOG_CPU else []
    return {
        "busiest_cpu": cpu,
        "busiest_running": cpu + threads[key].by_state["run_queue"] / seconds,
        "busiest_name": _told_apart(threads[key].last.name, key[0], threads),
        "victims": float(len(victims)),
        "victims_gil": statistics.fmean(total.share("gil") for total in victims) if victims else 0.0,
        "schedules_per_s": max(total.schedules / total.seen_s for total in threads.values()),
    }


def _is_victim(total: ThreadTotal) -> bool:
    gil, cpu = total.share("gil"), total.share("cpu")
    return gil > VICTIM_GIL and cpu < VICTIM_CPU and gil > VICTIM_TIMES * (cpu + total.share("run_queue"))


def _told_apart(name: str, pid: int, threads: Mapping[tuple[int, int], ThreadTotal]) -> str:
    """The name, or nothing where all threads are called the same (before 3.14 they are)."""
    same = sum(total.last.name == name for (other, _), total in threads.items() if other == pid)
    return name if same == 1 else ""


def lock_groups(
    frames: Sequence[Frame],
    seconds: float,
    waits: Callable[[int, ThreadFrame], bool],
) -> tuple[LockGroup, ...]:
    """Threads for which `waits` is true in a frame, by the lock they waited for.

    `most_waiting` is of the moments at which frames ended.
    """
    members: dict[tuple[int, int], set[int]] = defaultdict(set)
    waited_s: dict[tuple[int, int], float] = defaultdict(float)
    most: dict[tuple[int, int], int] = defaultdict(int)
    for number, frame in enumerate(frames):
        now: dict[tuple[int, int], int] = defaultdict(int)
        for thread in frame.threads:
            lock_share = thread.shares.get("lock", 0.0)
            if thread.lock is None or not lock_share or not waits(number, thread):
                continue
            key = (thread.pid, thread.lock)
            members[key].add(thread.tid)
            waited_s[key] += lock_share * (frame.end_s - frame.start_s)
            now[key] += thread.now == "lock"
        for key, count in now.items():
            most[key] = max(most[key], count)
    groups = [
        LockGroup(pid, lock, len(tids), most[pid, lock], waited_s[pid, lock] / seconds)
        for (pid, lock), tids in members.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.waiting)[:MOST_LOCKS])
