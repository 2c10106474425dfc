"""Medians and ratios with their intervals, outliers, and when enough has been measured."""

import itertools
import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

LEVEL = 0.95
OUTLIER_MADS = 14.826
TRENDING = 1.0
"""Trend from which more is to be measured; by chance alone it is reached in a third of the cases."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A median with its interval; `level` is the coverage that the interval really has."""

    median: float
    low: float
    high: float
    level: float = LEVEL

    @property
    def half_width_share(self) -> float:
        """Half the interval's width as a share of the median's size; infinite for a median of 0."""
        return (self.high - self.low) / 2 / abs(self.median) if self.median else math.inf

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Interval":
        """The inverse of `to_json`."""
        return cls(**document)


def median_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Interval of the median by order statistics: see `quantile_interval`.

    With too few values the extremes, `level` then saying what they cover: 1 - 2 * 2**-n.
    """
    return quantile_interval(values, 0.5, level)


def stopped_interval(values: Sequence[float]) -> Interval:
    """Interval of the median of values whose number was decided by looking at them.

    Stopping when the interval is narrow takes up to two points off what the ranks alone would cover, so
    `level` is never more than 0.95 (tests/benchmarks/coverage.py shows 94 to 97 % on a steady host).
    """
    interval = median_interval(values)
    return replace(interval, level=min(LEVEL, interval.level))


def quantile_interval(values: Sequence[float], share: float, level: float = LEVEL) -> Interval:
    """Interval of a quantile by order statistics (Hahn and Meeker, Statistical Intervals, 5.2).

    `share` is from 0 to 1, both ends excluded. Each tail leaves out as many of the ordered values as
    chance may put beyond the quantile in (1 - level) / 2 of the cases; with too few values that is none,
    and the result's `level` says what the extremes cover. Raises ValueError without values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    below, below_tail = _tail(len(ordered), share, level)
    above, above_tail = (below, below_tail) if share == 0.5 else _tail(len(ordered), 1 - share, level)
    low, high = ordered[below], ordered[len(ordered) - 1 - above]
    centre = percentile(ordered, share) if share != 0.5 else statistics.median(ordered)
    return Interval(centre, low, high, max(0.0, 1 - (below_tail + above_tail)))


def _tail(n: int, share: float, level: float) -> tuple[int, float]:
    """How many of the lowest values lie outside, and the chance that the quantile is below all others.

    The chance is that of at most so many of n values below the quantile, a binomial one, in whole numbers:
    as floats they overflow.
    """
    part, whole = share.as_integer_ratio()
    below = weight = (whole - part) ** n
    total = whole**n
    left_out, chance = 0, below / total
    for k in range(1, n):
        weight = weight * (n - k + 1) * part // (k * (whole - part))
        below += weight
        if 1 - 2 * (below / total) < level:
            break
        left_out, chance = k, below / total
    return left_out, chance


def ratio_interval(
    numerator: Sequence[float], denominator: Sequence[float], *, draws: int = 2000, seed: int = 1
) -> Interval:
    """Ratio of two medians, both arms resampled (percentile bootstrap, fixed `seed`).

    Resampling cannot leave the range of what was seen, so the `level` is no more than what the extremes
    of the smaller arm cover: 0 for a single value, 0.5 for two, 0.95 from six on (simulated, in the
    tests). Raises ValueError without values and for a denominator that is not above 0.
    """
    if not numerator or not denominator:
        raise ValueError("no values")
    if min(denominator) <= 0:
        raise ValueError("a denominator is not above 0")
    source = random.Random(seed)
    ratios = sorted(
        statistics.median(source.choices(numerator, k=len(numerator)))
        / statistics.median(source.choices(denominator, k=len(denominator)))
        for _ in range(draws)
    )
    centre = statistics.median(numerator) / statistics.median(denominator)
    tail = int(draws * (1 - LEVEL) / 2)
    level = min(LEVEL, _extremes_level(min(len(numerator), len(denominator))))
    return Interval(centre, ratios[tail], ratios[-1 - tail], level)


def outliers(values: Sequence[float]) -> list[int]:
    """Positions of values further than `OUTLIER_MADS` median absolute deviations from the median.

    Where more than half of the values are equal the deviation is 0 and every other value is flagged
    (Iglewicz and Hoaglin 1993; the threshold of hyperfine). Fewer than three values have no outlier.
    """
    if len(values) < 3:
        return []
    centre, mad = statistics.median(values), deviation(values)
    return [i for i, value in enumerate(values) if abs(value - centre) > OUTLIER_MADS * mad]


def deviation(values: Sequence[float]) -> float:
    """Median absolute deviation from the median, as it stands: not scaled to that of a normal one."""
    centre = statistics.median(values)
    return statistics.median(abs(value - centre) for value in values)


def _extremes_level(n: int) -> float:
    return 1 - 2 * 0.5**n


def percentile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between the closest ranks of ascending values (R's type 7).

    `share` is from 0 to 1. Raises ValueError without values.
    """
    if not ordered:
        raise ValueError("no values")
    position = (len(ordered) - 1) * share
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def trend(values: Sequence[float]) -> float:
    """How surely values in the order of their making grow or shrink, in deviations of what chance does.

    |S| of all pairs, with the continuity correction (Mann 1945; Kendall, Rank Correlation Methods): 1.0 is
    exceeded by chance in a third of the cases, 1.96 in one of twenty. 0 for fewer than three values.
    """
    n = len(values)
    if n < 3:
        return 0.0
    score = sum((later > earlier) - (later < earlier) for earlier, later in itertools.combinations(values, 2))
    return max(0.0, abs(score) - 1) / math.sqrt(n * (n - 1) * (2 * n + 5) / 18)


def precise_enough(values: Sequence[float], *, at_least: int = 6, half_width_share: float = 0.02) -> bool:
    """True when `at_least` values stand without a trend, the median's interval within `half_width_share`.

    Six is the smallest number whose extremes cover 95 %. While a host slows down its early values lie
    close together and are not those of the whole time: without a look at the trend the interval holds the
    median of all 12 rounds in 72 of 100 cases (a drift of 4 %, a spread of 1 %), with it in 85, for 0.6
    trials more on a steady host (tests/benchmarks/coverage.py).
    """
    if len(values) < at_least or median_interval(values).half_width_share > half_width_share:
        return False
    return trend(values) < TRENDING
