"""Workers played through in thought: what queueing for the GIL, a lock and the CPUs takes off the bound."""

import heapq
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, takewhile

CYCLES = 400
WARM_UP = 0.2
"""Share of the cycles that is not counted: the workers begin all at once."""
JITTER = 0.5
"""Phases last from this share below to this share above their mean: without it workers fall into step."""
STEPS = 101


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a worker's cycle: `seconds` while it has `keys` (locks, in the order they are taken).

    With `on_cpu` it computes, for longer where more compute than there are CPUs; else it waits.
    """

    seconds: float
    on_cpu: bool
    keys: tuple[str, ...] = ()


def rehearse(phases: Sequence[Phase], workers: int, cpus: float, core_speed: float = 1.0) -> float:
    """Cycles a second of `workers` that go through `phases` again and again on `cpus`.

    Locks go to who came first, CPUs are shared evenly, as the kernel's scheduler does. `core_speed` is what a
    core does while all compute, as a share of what it does alone (below 1 where two share their units).
    Deterministic.
    """
    stage = _Stage([phase for phase in phases if phase.seconds > 0], workers, cpus, core_speed)
    return stage.play(max(CYCLES, 20 * workers))


def crowding(busy: float, cpus: float) -> float:
    """How far cores are from one alone (0) to all of them (1) computing."""
    return min(1.0, max(0.0, busy - 1) / max(1.0, cpus - 1))


def _jitter() -> Iterator[float]:
    """Factors with a mean of exactly 1, in an order without a pattern."""
    factors = [1 + JITTER * (2 * step / (STEPS - 1) - 1) for step in range(STEPS)]
    random.Random(STEPS).shuffle(factors)
    return cycle(factors)


@dataclass(slots=True)
class _Stage:
    """Time, and who does what: CPU work ends by `work_done`, which each of those computing has had."""

    phases: Sequence[Phase]
    workers: int
    cpus: float
    core_speed: float
    now_s: float = 0.0
    work_done_s: float = 0.0
    computing: list[tuple[float, int]] = field(default_factory=list)
    waiting: list[tuple[float, int]] = field(default_factory=list)
    holders: dict[str, int] = field(default_factory=dict)
    queues: dict[str, deque[int]] = field(default_factory=dict)
    at: list[int] = field(default_factory=list)
    jitter: Iterator[float] = field(default_factory=_jitter)

    def play(self, cycles: int) -> float:
        """Cycles a second once the first have passed."""
        self.at = [worker % len(self.phases) for worker in range(self.workers)]
        for worker in range(self.workers):
            self._begin(worker)
        begun_s, done, counted_from = 0.0, 0, int(cycles * WARM_UP)
        while done < cycles:
            worker = self._next()
            if self._end(worker):
                done += 1
                if done == counted_from:
                    begun_s = self.now_s
        return (cycles - counted_from) / (self.now_s - begun_s)

    def _begin(self, worker: int) -> None:
        phase = self.phases[self.at[worker]]
        for key in phase.keys:
            holder = self.holders.setdefault(key, worker)
            if holder != worker:
                self.queues.setdefault(key, deque()).append(worker)
                return
        seconds = phase.seconds * next(self.jitter)
        if phase.on_cpu:
            heapq.heappush(self.computing, (self.work_done_s + seconds, worker))
        else:
            heapq.heappush(self.waiting, (self.now_s + seconds, worker))

    def _next(self) -> int:
        """Go on to the end of the next phase; return whose it is."""
        speed = self._speed(len(self.computing))
        if self.computing:
            ends_s = self.now_s + (self.computing[0][0] - self.work_done_s) / speed
            if not self.waiting or ends_s <= self.waiting[0][0]:
                self.now_s = ends_s
                self.work_done_s, worker = heapq.heappop(self.computing)
                return worker
        ends_s, worker = heapq.heappop(self.waiting)
        self.work_done_s += (ends_s - self.now_s) * speed
        self.now_s = ends_s
        return worker

    def _speed(self, computing: int) -> float:
        if computing == 0:
            return 0.0
        slower = (1 - self.core_speed) * crowding(computing, self.cpus)
        return min(1.0, self.cpus / computing) * (1 - slower)

    def _end(self, worker: int) -> bool:
        """The worker goes on to its next phase; True when that begins a new cycle."""
        before = self.phases[self.at[worker]].keys
        self.at[worker] = (self.at[worker] + 1) % len(self.phases)
        after = self.phases[self.at[worker]].keys
        # what is held in another order is given back first, as a thread drops the GIL to wait for a lock
        kept = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
        woken = [self._hand_on(key) for key in before[kept:]]
        self._begin(worker)
        for other in woken:
            if other is not None:
                self._begin(other)
        return self.at[worker] == 0

    def _hand_on(self, key: str) -> int | None:
        queue = self.queues.get(key)
        if not queue:
            del self.holders[key]
            return None
        self.holders[key] = queue.popleft()
        return self.holders[key]
