"""Medians and ratios with their intervals, outliers, and when enough has been measured."""

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LEVEL = 0.95
OUTLIER_MADS = 14.826


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
    """Interval of the median by order statistics (Hahn and Meeker, Statistical Intervals, 5.2).

    The narrowest symmetric pair of order statistics that covers `level`; with too few values the
    extremes, `level` then saying what they cover: 1 - 2 * 2**-n. Raises ValueError without values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    n = len(ordered)
    below, combinations = 0, 1
    rank, reached = 0, _extremes_level(n)
    for k in range(n // 2):
        below += combinations
        combinations = combinations * (n - k) // (k + 1)
        coverage = 1 - 2 * (below / 2**n)  # whole numbers until here: as floats they overflow
        if coverage < level:
            break
        rank, reached = k, coverage
    return Interval(statistics.median(ordered), ordered[rank], ordered[n - 1 - rank], reached)


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
    centre = statistics.median(values)
    mad = statistics.median(abs(value - centre) for value in values)
    return [i for i, value in enumerate(values) if abs(value - centre) > OUTLIER_MADS * mad]


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


def precise_enough(values: Sequence[float], *, at_least: int = 6, half_width_share: float = 0.02) -> bool:
    """True when `at_least` values stand and the median's 95 % interval is within `half_width_share`.

    Six is the smallest number whose extremes cover 95 %.
    """
    return len(values) >= at_least and median_interval(values).half_width_share <= half_width_share
