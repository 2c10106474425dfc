"""What a median hides: times in two groups, a slow first trial, times that lie far off."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from gil_tui.verdict import words
from gil_tui.verdict.statistics import OUTLIER_MADS, deviation, median_interval, outliers, trend

GROUPED_FROM = 8
"""Fewer trials lie in two groups too often by chance."""
GROUPED = 0.93
"""Share of the variance that two groups must explain: in under 2 % of runs they do so by chance, in 5 %
with a long tail."""
APART = 0.02
"""Groups nearer to each other do no harm: the interval is not narrower."""
DRIFTED = 0.02
SURE_TREND = 2.576
"""Trend that chance makes in one of a hundred runs."""
SLOW = 0.05
"""Share by which a first trial must exceed the others."""
NOISY = 0.05
"""Half width of the interval, as a share of the median, from which a run is called noisy."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Values in two groups: how many are in the lower and upper one, and the median of each."""

    low: float
    high: float
    lower: int
    upper: int


def two_groups(values: Sequence[float]) -> Groups | None:
    """Two groups that explain the spread of the values; None if one does, or there are too few.

    The values are cut where the groups explain most of the variance (Otsu 1979), a quarter of them at
    least in each. The groups must explain `GROUPED` of it and lie `APART`.
    """
    n = len(values)
    if n < GROUPED_FROM:
        return None
    ordered = sorted(values)
    least = n // 4
    total = _squares(ordered)
    cut = min(
        range(least, n - least + 1), key=lambda place: _squares(ordered[:place]) + _squares(ordered[place:])
    )
    below, above = ordered[:cut], ordered[cut:]
    if _squares(below) + _squares(above) > (1 - GROUPED) * total:
        return None
    low, high = statistics.median(below), statistics.median(above)
    if high - low <= APART * abs(statistics.median(ordered)):
        return None
    return Groups(low, high, len(below), len(above))


def slow_first(walls_s: Sequence[float]) -> float | None:
    """The share by which the first trial took longer than the others do; None if it is one of them.

    It must lie as far off as an outlier does (modified z against the others) and 5 % at least: caches,
    files and clocks were not warm yet.
    """
    first, rest = walls_s[:1], walls_s[1:]
    if len(rest) < 3:
        return None
    usual = statistics.median(rest)
    if usual <= 0 or first[0] - usual <= max(OUTLIER_MADS * deviation(rest), SLOW * usual):
        return None
    return first[0] / usual - 1


def drifted(walls_s: Sequence[float]) -> float | None:
    """The share by which the later half took longer than the earlier, negative for less.

    None without a trend that is sure at 99 % (Mann-Kendall) and 2 % in size.
    """
    half = len(walls_s) // 2
    if trend(walls_s) < SURE_TREND or min(walls_s) <= 0:
        return None
    change = statistics.median(walls_s[-half:]) / statistics.median(walls_s[:half]) - 1
    return change if abs(change) >= DRIFTED else None


def remarks(walls_s: Sequence[float]) -> tuple[str, ...]:
    """What a reader of the median should know of its trials, in words; empty for steady ones."""
    if len(walls_s) < 2:
        return ()
    notes = []
    groups, late, change = two_groups(walls_s), slow_first(walls_s), drifted(walls_s)
    if change is not None:
        longer = "longer" if change > 0 else "less"
        notes.append(
            f"the host drifted: the later trials took {words.share(abs(change))} {longer} than the earlier; "
            "the time is that of the hour"
        )
    elif groups:
        notes.append(
            f"times lie in two groups: {words.some(groups.lower, 'trial')} about "
            f"{words.seconds(groups.low)}, {groups.upper} about {words.seconds(groups.high)}; "
            "the median tells of one of them"
        )
    if late is not None:
        notes.append(f"the first trial took {words.share(late)} longer than the others: something was cold")
    far = [place for place in outliers(walls_s) if not (place == 0 and late is not None)]
    if far:
        notes.append(f"{len(far)} of {words.some(len(walls_s), 'trial')} lie far off the others")
    spread = median_interval(walls_s).half_width_share
    if spread > NOISY and not groups and change is None:
        notes.append(f"noisy: the interval is {words.share(spread)} of the median to either side")
    return tuple(notes)


def _squares(values: Sequence[float]) -> float:
    centre = statistics.fmean(values)
    return sum((value - centre) ** 2 for value in values)
