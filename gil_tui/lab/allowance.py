"""How long a child may take, where only the time counts in which gil-tui itself runs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

STEP_S = 0.25
"""So often is looked whether time has gone by in which nothing here ran."""
LATE_S = 0.5
"""From so late on a step tells of a process that was stopped; a busy machine is late by less."""


class Allowance:
    """Seconds that are used up step by step; what a step takes longer than it should is not charged.

    A job that is stopped (Ctrl-Z, `docker pause`, a frozen cgroup) cannot see its child's answer, and the
    child is mostly stopped with it, while CLOCK_MONOTONIC goes on. `stopped_s` is that time, of stops of
    `LATE_S` and more.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.left_s = seconds
        self.stopped_s = 0.0
        self._clock = clock
        self._began_s = clock()
        self._step_s = 0.0

    def begin_step(self) -> float:
        """Begin a step that is to take as long as is returned."""
        self._began_s, self._step_s = self._clock(), max(0.0, min(STEP_S, self.left_s))
        return self._step_s

    def end_step(self) -> None:
        """Charge the step, at its end or before; once."""
        passed_s = self._clock() - self._began_s
        self.left_s -= min(passed_s, self._step_s)
        late_s = passed_s - self._step_s
        if late_s >= LATE_S:
            self.stopped_s += late_s
        self.begin_step()


@asynccontextmanager
async def limited(allowance: Allowance) -> AsyncIterator[None]:
    """End the block with TimeoutError as soon as the allowance is used up."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle

    def begin() -> asyncio.TimerHandle:
        return loop.call_later(allowance.begin_step(), tick)

    def tick() -> None:
        nonlocal timer
        allowance.end_step()
        if allowance.left_s > 0:
            timer = begin()
        else:
            limit.reschedule(loop.time())

    async with asyncio.timeout(None) as limit:
        timer = begin()
        try:
            yield
        finally:
            timer.cancel()
            allowance.end_step()
