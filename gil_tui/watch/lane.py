"""One thread's lane: its counters, its samples, and how a frame's time is split between states.

`/proc/PID/task/TID/schedstat` counts exactly, but late: CPU time is up to a clock tick behind while the
thread runs, and a wait in the run queue is only counted when it is over. So each lane keeps a ledger:
what one frame has no room for is shown in the next one, and what is shown ahead of the counter is taken
off what it says later. Sums over frames are exact that way and every single frame is possible.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gil_tui.watch.frames import STATES, ThreadFrame
from gil_tui.watch.waits import CPU, GIL, IDLE, LOCK, RUN_QUEUE

IDLE_AFTER_S = 1.0
"""An unbroken wait of this length is idle, whatever it waits for."""

_FEWEST_TO_JUDGE = 5
_STEPS = 10_000
_NONE = (0,) * len(STATES)
_ALL_IDLE = (*_NONE[GIL:IDLE], 1)


class Counters(NamedTuple):
    """One line of schedstat: nanoseconds on the CPU and in the run queue, and times scheduled in."""

    cpu_ns: int = 0
    run_queue_ns: int = 0
    schedules: int = 0


_NEVER_RUN = Counters()


def parse_counters(line: bytes) -> Counters | None:
    """A line of `schedstat` (the kernel's scheduler/sched-stats); None if it is not one."""
    try:
        cpu_ns, run_queue_ns, schedules = map(int, line.split())
    except ValueError:
        return None
    return Counters(cpu_ns, run_queue_ns, schedules)


@dataclass(slots=True)
class Ledger:
    """Counted time that is still to be shown; a run queue below 0 has been shown ahead of its counter.

    `habit` holds the blocked samples of the last frame that had some: it splits the blocked time of a
    frame in which no sample happened to meet the thread blocked.
    """

    cpu_ns: int = 0
    run_queue_ns: int = 0
    habit: Sequence[int] = ()

    def add(self, cpu_ns: int, run_queue_ns: int) -> None:
        """Enter what was counted since; nothing where an exec has put another thread in its place."""
        if cpu_ns >= 0 and run_queue_ns >= 0:
            self.cpu_ns += cpu_ns
            self.run_queue_ns += run_queue_ns

    def split(self, wall_ns: int, counts: Sequence[int]) -> list[float]:
        """Nanoseconds of `wall_ns` by state; `counts` are this frame's samples by state.

        CPU and run queue are as counted, the rest is split like the blocked samples. Where the rest is
        more than the blocked samples can explain, the thread must be in the run queue just now.
        """
        weights = counts[GIL:]
        blocked = sum(weights)
        cpu_ns = self.cpu_ns if self.cpu_ns < wall_ns else wall_ns
        rest_ns = wall_ns - cpu_ns
        run_queue_ns = self.run_queue_ns if self.run_queue_ns < rest_ns else rest_ns
        if run_queue_ns < 0:
            run_queue_ns = 0
        rest_ns -= run_queue_ns
        if rest_ns and counts[CPU]:
            explained_ns = int(wall_ns * self._blocked_at_most(counts[CPU], blocked))
            if explained_ns < rest_ns:
                run_queue_ns += rest_ns - explained_ns
                rest_ns = explained_ns
        self.cpu_ns -= cpu_ns
        self.run_queue_ns -= run_queue_ns
        if not blocked:
            weights = self.habit or _ALL_IDLE
            blocked = sum(weights)
        elif not counts[IDLE]:
            self.habit = weights
        scale = rest_ns / blocked
        return [cpu_ns, run_queue_ns, *[weight * scale for weight in weights]]

    def _blocked_at_most(self, running: int, blocked: int) -> float:
        """The largest blocked share that agrees with the samples: two standard errors, the rule of three."""
        if not blocked and not self.habit:
            return 0.0
        return (blocked + 2 * math.sqrt(blocked) + 3) / (running + blocked)


def shares_of(parts_ns: Sequence[float], wall_ns: int) -> dict[str, float]:
    """Parts of `wall_ns` as shares by state, to four decimals that add up to 1."""
    scale = _STEPS / wall_ns
    steps = [(part_ns * scale + 0.5) // 1 for part_ns in parts_ns]
    missing = _STEPS - sum(steps)
    if missing:
        steps[steps.index(max(steps))] += missing
    return dict(zip(STATES, [step / _STEPS for step in steps], strict=True))


@dataclass(slots=True, eq=False)
class Lane:
    """What is remembered of one thread; descriptors are -1 while they are not open.

    `kept` says that they stay open between samples, `refused` that `syscall` may not be read. `settled`
    and `counters` are lines of schedstat, as of the last settling and the last sample; `since_s` is when
    `settled` was first seen, `born_s` when the thread was born or first seen. `line` is the last line of
    `syscall`. `counts` are the samples of this frame by state, `mark` those from before the present wait.
    `resting_tick` is the sample from which on the thread counts as idle without being looked at; `rested`
    says that it has been so since the last frame began, and `frame` that frame, to be shown again. `calm`
    threads are scheduled in so seldom that reading `schedstat` first, which is cheaper, mostly saves
    reading `syscall`.
    """

    tid: int
    born_s: float
    since_s: float
    schedstat: int = -1
    syscall: int = -1
    name: str = ""
    kept: bool = True
    refused: bool = False
    gone_s: float | None = None
    settled: bytes = b""
    counters: bytes = b""
    line: bytes = b""
    calm: bool = False
    state: int = CPU
    lock: int | None = None
    seen: Counters = _NEVER_RUN
    framed: Counters = _NEVER_RUN
    counts: list[int] = field(default_factory=lambda: [*_NONE])
    mark: list[int] = field(default_factory=lambda: [*_NONE])
    locks: dict[int, int] = field(default_factory=dict)
    resting_tick: int | None = None
    rested: bool = False
    frame: ThreadFrame | None = None
    ledger: Ledger = field(default_factory=Ledger)

    def count_lock(self) -> None:
        """Count a sample that met the thread waiting for `lock`."""
        if self.lock is not None:
            self.locks[self.lock] = self.locks.get(self.lock, 0) + 1

    def rest(self, tick: int) -> None:
        """The present wait has become idle: from its beginning, as far as this frame goes back."""
        for state in range(GIL, IDLE):
            moved = self.counts[state] - self.mark[state]
            self.counts[state] -= moved
            self.counts[IDLE] += moved
        if not self.counts[LOCK]:
            self.locks.clear()
        self.resting_tick = tick

    def credit_rest(self, tick: int) -> None:
        """Count the samples passed over while resting."""
        if self.resting_tick is not None:
            self.counts[IDLE] += tick - self.resting_tick
            self.resting_tick = tick

    def show_again(self, tick: int) -> ThreadFrame | None:
        """The frame of a thread that has been idle throughout this one too; None if it has not."""
        if not self.rested or self.frame is None or self.gone_s is not None:
            return None
        self.counts[IDLE] = 0
        self.resting_tick = tick
        return self.frame

    def settle(self, line: bytes, now: float, tick: int, ticks: int) -> None:
        """Take in a line of schedstat after `ticks` samples, `tick` being the number of the last one.

        Unchanged, the thread is in the same wait as at the settling before.
        """
        if line != self.settled:
            self._moved(line, now, ticks)
            return
        self.calm = True
        if self.resting_tick is not None:
            self.credit_rest(tick)
        elif self.state not in (CPU, RUN_QUEUE) and now - self.since_s >= IDLE_AFTER_S:
            self.rest(tick)

    def _moved(self, line: bytes, now: float, ticks: int) -> None:
        seen = parse_counters(line)
        if seen is None:
            return
        ran = seen.schedules - self.seen.schedules
        if ticks >= _FEWEST_TO_JUDGE:
            self.calm = self.state != CPU and ran * 3 <= ticks
        self.seen, self.settled, self.since_s = seen, line, now
        self.mark = self.counts.copy()
        self.resting_tick = None
        self.rested = False

    def close_frame(self, start_s: float, end_s: float) -> tuple[dict[str, float], int | None, float]:
        """Shares of the frame by state, the lock most waited for, schedules a second; then begin anew.

        The thread's time before it was born and after it ended is idle.
        """
        wall_ns = max(1, round((end_s - start_s) * 1e9))
        alive_ns = wall_ns
        if self.born_s > start_s or self.gone_s is not None:
            last_s = end_s if self.gone_s is None else min(self.gone_s, end_s)
            alive_ns = min(wall_ns, max(0, round((last_s - max(self.born_s, start_s)) * 1e9)))
        seen, framed = self.seen, self.framed
        schedules = max(0, seen.schedules - framed.schedules)
        self.ledger.add(seen.cpu_ns - framed.cpu_ns, seen.run_queue_ns - framed.run_queue_ns)
        parts = self.ledger.split(alive_ns, self.counts)
        parts[IDLE] += wall_ns - alive_ns
        lock = None
        if self.locks:
            lock = max(self.locks, key=self.locks.__getitem__)
            self.locks.clear()
        self.framed = seen
        self.counts, self.mark = [*_NONE], [*_NONE]
        self.rested = self.resting_tick is not None
        return shares_of(parts, wall_ns), lock, schedules / wall_ns * 1e9
