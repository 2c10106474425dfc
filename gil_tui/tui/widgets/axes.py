"""The axes of the chart: what they reach to, where their ticks are, and where perfect scaling lies."""

import math
from collections.abc import Sequence

from gil_tui.language.spoken import figure
from gil_tui.tui.series import Series

STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
"""Ticks within a decade, coarse to fine."""
DOUBLINGS = ((0.25, 1.0, 4.0, 16.0, 64.0, 256.0), tuple(2.0**power for power in range(-4, 10)))


def ideal_points(series: Sequence[Series], measure: str, cpus: float) -> list[tuple[float, float]]:
    """Where perfect scaling up to `cpus` would lie: (workers, value) at each count and at the bend."""
    counts = {point.x for one in series for point in one.points}
    if not counts:
        return []
    base = 1.0
    if measure == "time":
        alone = base_time(series)
        if alone is None:
            return []
        base = alone
    places = sorted({1.0, *map(float, counts), *([cpus] if 1 < cpus < max(counts) else [])})
    reached = [min(workers, max(1.0, cpus)) for workers in places]
    return [(w, base / r if measure == "time" else r) for w, r in zip(places, reached, strict=True)]


def base_time(series: Sequence[Series]) -> float | None:
    """The time of one after another, or of the fastest single worker where that was not run."""
    alone = [point for one in series if one.executor == "sequential" for point in one.points]
    alone = alone or [point for one in series for point in one.points if point.x == 1]
    return min((point.median for point in alone), default=None)


def limits(values: Sequence[float]) -> tuple[float, float]:
    """Ends of a logarithmic axis around positive values: a factor of 2 at least, and a margin."""
    low, high = min(values), max(values)
    if high / low < 2:
        middle = math.sqrt(low * high)
        low, high = min(low, middle / math.sqrt(2)), max(high, middle * math.sqrt(2))
    margin = (high / low) ** 0.08
    return low / margin, high * margin


def ticks(low: float, high: float, most: int, measure: str) -> list[float]:
    """Round values within the limits, at most `most` of them where there is a choice."""
    if measure == "speedup":
        sets = [[value for value in step if low <= value <= high] for step in DOUBLINGS]
    else:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        sets = [
            [value for decade in decades for part in step if low <= (value := part * 10.0**decade) <= high]
            for step in STEPS
        ]
    fitting = [found for found in sets if 2 <= len(found) <= most]
    return fitting[-1] if fitting else max(sets, key=len)[:: max(1, len(max(sets, key=len)) // max(1, most))]


def tick_label(value: float, measure: str) -> str:
    """A tick as short as it goes: `2x`, `0.5x`, `500 ms`, `2 s`."""
    if measure == "speedup":
        return figure(f"{value:g}x")
    return figure(f"{value * 1000:g} ms" if value < 1 else f"{value:g} s")
