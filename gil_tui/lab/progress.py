"""How far a sweep is, and how long it will take, from what its trials have taken."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gil_tui.verdict.statistics import median_interval, precise_enough

HALF_WIDTH_SHARE = 0.02
"""An experiment is done when the interval of its median is this narrow."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One experiment of a sweep: the `walls_s` of its work, how long its children took, and if it is over."""

    walls_s: Sequence[float]
    children_s: Sequence[float]
    closed: bool


def is_enough(walls_s: Sequence[float], at_least: int, at_most: int) -> bool:
    """True when an experiment needs no further trial."""
    if len(walls_s) >= at_most:
        return True
    return precise_enough(walls_s, at_least=at_least, half_width_share=HALF_WIDTH_SHARE)


def expected_trials(walls_s: Sequence[float], at_least: int, at_most: int) -> int:
    """Trials that an experiment will have had at its end: intervals narrow with the root of their number."""
    if len(walls_s) < 3:
        return at_most
    width = median_interval(walls_s).half_width_share / HALF_WIDTH_SHARE
    needed = math.ceil(len(walls_s) * min(width, 100.0) ** 2)
    return max(at_least, len(walls_s), min(at_most, needed))


def time_left_s(arms: Iterable[Arm], at_least: int, at_most: int) -> float | None:
    """Seconds until all are closed; None before the first trial has ended."""
    arms = list(arms)
    everything = [seconds for arm in arms for seconds in arm.children_s]
    if not everything:
        return None
    usual_s = statistics.fmean(everything)
    left_s = 0.0
    for arm in arms:
        if not arm.closed:
            trials = expected_trials(arm.walls_s, at_least, at_most) - len(arm.walls_s)
            left_s += max(1, trials) * (statistics.fmean(arm.children_s) if arm.children_s else usual_s)
    return left_s
