"""When to sample: the gauge at its rate with jitter, the lanes as often as the observer's budget allows."""

import math
from collections.abc import Callable

GIL_RATE_HZ = 100.0
RATE_LIMITS_HZ = (1.0, 1000.0)
BUDGET = 0.02
"""CPU that the observer may use, in cores."""

_LEAST_LANE_HZ = 2.0
_FIRST_LANE_HZ = 25.0
_MOST_BEHIND = 2
_LANE_BUDGET = 0.4
"""This part of the budget is for the lanes at least, when the rest of the observer has used it up."""
_FADE = 0.5


class Pace:
    """The times of samples, and every how many of them the lanes come along (`lane_every`).

    Gaps between samples vary evenly from half to one and a half periods, so that nothing periodic in
    the target can hide from them. `random` gives numbers from 0 to 1.
    """

    def __init__(
        self, rate_hz: float, now: float, random: Callable[[], float], budget: float = BUDGET
    ) -> None:
        self.rate_hz = min(max(rate_hz, RATE_LIMITS_HZ[0]), RATE_LIMITS_HZ[1])
        self.next_s = now
        self.lane_every = max(1, round(self.rate_hz / _FIRST_LANE_HZ))
        self._random = random
        self._budget = budget
        self._samples = 0
        self._lane_cost_s = 0.0
        self._rest_share = 0.0

    def sampled(self, now: float) -> None:
        """One sample is done: when is the next?"""
        self._samples += 1
        gap_s = (0.5 + self._random()) / self.rate_hz
        self.next_s += gap_s
        if now - self.next_s > _MOST_BEHIND / self.rate_hz:  # samples that follow at once see the same
            self.next_s = now + gap_s

    @property
    def lanes_due(self) -> bool:
        """Does the coming sample look at the lanes too?"""
        return self._samples % self.lane_every == 0

    def spent(self, elapsed_s: float, cpu_s: float, lanes_cpu_s: float, lane_samples: int) -> None:
        """Fit the lane rate to what the last `elapsed_s` have cost: all of it, and the lanes alone."""
        if elapsed_s <= 0:
            return
        self._rest_share = _faded(self._rest_share, (cpu_s - lanes_cpu_s) / elapsed_s)
        if lane_samples:
            self._lane_cost_s = _faded(self._lane_cost_s, lanes_cpu_s / lane_samples)
        room = max(self._budget - self._rest_share, self._budget * _LANE_BUDGET)
        every = math.ceil(self.rate_hz * self._lane_cost_s / room)
        most = max(1, int(self.rate_hz / _LEAST_LANE_HZ))
        self.lane_every = min(max(every, 1), most)


def _faded(old: float, new: float) -> float:
    return old * _FADE + new * (1 - _FADE) if old else new
