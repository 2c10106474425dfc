"""The charts of a report: time and speed-up over workers, and what the threads did, as SVG."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gil_tui.language import Language
from gil_tui.report import svg
from gil_tui.text import fit, percent
from gil_tui.verdict.statistics import Interval
from gil_tui.verdict.words import seconds

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP = 66, 150, 44
ROW = 26
BAR_LEFT, BAR_RIGHT = 200, 150
LABEL_ROW = 15
ASIDE = 6.0
"""Between the points of two executors at the same number of workers."""
MOST_BARS = 24
STEPS = (1, 2, 2.5, 5, 10)
TICKS_ABOUT = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A median with its interval, at so many workers."""

    workers: int
    value: Interval


@dataclass(frozen=True, slots=True)
class Curve:
    """A calculated line: `kind` is `fit`, `bound`, `joined` or `ideal`, `label` stands at its right end."""

    executor: str
    kind: str
    points: tuple[tuple[float, float], ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn over workers: points of each executor, curves, and the count to use with its interval."""

    title: str
    axis: str
    is_time: bool
    points: Mapping[str, Sequence[Point]]
    curves: Sequence[Curve] = ()
    best: tuple[str, int, int, int] | None = None
    cpus: float | None = None
    legend: Sequence[tuple[str, str]] = field(default=())
    """Kinds of line that are drawn, each with its word."""


def workers_chart(chart: Chart, language: Language, name: str) -> str:
    """The chart as SVG: measured points with whiskers, laws full, bounds dashed, N* marked."""
    counts = sorted({point.workers for points in chart.points.values() for point in points})
    legend = _legend_rows(chart, language)
    height = HEIGHT + LABEL_ROW * max(0, len(legend) - 1)
    scale = _Scale(counts, _top(chart), height - 54 - 20 * len(legend))
    parts = [*_axes(chart, scale, counts, language), *_cpus_line(chart, scale, language)]
    parts += [_curve(curve, scale) for curve in chart.curves]
    parts += _best_mark(chart, scale, language)
    parts += _end_labels(chart.curves, scale)
    for number, (executor, points) in enumerate(chart.points.items()):
        beside = (number - (len(chart.points) - 1) / 2) * ASIDE
        parts += [_point(point, executor, scale, beside) for point in points]
    parts += _legend(legend, scale.bottom + 52)
    parts.append(svg.text(LEFT - 50, 20, chart.title, size=15, weight="bold"))
    return svg.picture(WIDTH, height, parts, chart.title, name)


class _Scale:
    """From workers (in octaves, as they are tried) and values to places in the picture."""

    def __init__(self, counts: Sequence[int], top: float, bottom: float) -> None:
        self.bottom, self._top = bottom, top
        self._least, self.most = counts[0], counts[-1]
        self._octaves = math.log2(self.most / self._least) or 1.0

    def x(self, workers: float) -> float:
        share = math.log2(workers / self._least) / self._octaves if self.most > self._least else 0.5
        return LEFT + 24 + share * (WIDTH - LEFT - RIGHT - 48)

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - TOP) * min(value, self._top) / self._top

    def holds(self, workers: float, value: float) -> bool:
        return self._least <= workers <= self.most and value <= self._top

    @property
    def right(self) -> float:
        return float(WIDTH - RIGHT)

    @property
    def ticks(self) -> list[float]:
        step = _step(self._top / TICKS_ABOUT)
        return [number * step for number in range(int(self._top / step + 1e-9) + 1)]


def _step(wanted: float) -> float:
    """The round number nearest above: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in STEPS if step * power >= wanted * 0.999)


def _top(chart: Chart) -> float:
    """A little above all that was measured; bounds may leave the picture."""
    measured = [point.value.high for points in chart.points.values() for point in points]
    fitted = [value for curve in chart.curves if curve.kind == "fit" for _, value in curve.points]
    ceiling = max(measured) * 1.6
    foretold = [
        min(value, ceiling) for curve in chart.curves if curve.kind == "bound" for _, value in curve.points
    ]
    return max([*measured, *(min(value, ceiling) for value in fitted), *foretold]) * 1.08 or 1.0


def _axes(chart: Chart, scale: _Scale, counts: Sequence[int], language: Language) -> list[str]:
    parts = []
    for value in scale.ticks:
        y = scale.y(value)
        parts.append(svg.line(LEFT, y, scale.right, y))
        parts.append(svg.text(LEFT - 8, y + 4.5, _tick(value, chart, language), "end", svg.MUTED))
    for count in counts:
        x = scale.x(count)
        parts.append(svg.line(x, scale.bottom, x, scale.bottom + 5, svg.INK))
        parts.append(svg.text(x, scale.bottom + 20, str(count), "middle", svg.MUTED))
    parts.append(svg.line(LEFT, scale.bottom, scale.right, scale.bottom, svg.INK))
    parts.append(svg.text((LEFT + scale.right) / 2, scale.bottom + 36, language.say("workers"), "middle"))
    parts.append(svg.text(LEFT - 50, TOP - 8, chart.axis, colour=svg.MUTED))
    return parts


def _tick(value: float, chart: Chart, language: Language) -> str:
    if value == 0:
        return "0"
    return language.figure(seconds(value) if chart.is_time else f"{value:g}x")


def _cpus_line(chart: Chart, scale: _Scale, language: Language) -> list[str]:
    """Where the CPUs that may be used are as many as the workers."""
    if chart.cpus is None or not scale.holds(chart.cpus, 0):
        return []
    x, words = scale.x(chart.cpus), language.say("{figure} CPUs", figure=language.figure(f"{chart.cpus:g}"))
    return [
        svg.line(x, TOP, x, scale.bottom, "#6b7078", 1, "2 4"),
        svg.text(x + 4, TOP + 10, words, colour=svg.MUTED, size=11.5),
    ]


def _curve(curve: Curve, scale: _Scale) -> str:
    colour = svg.MUTED if curve.kind == "ideal" else svg.look_of(curve.executor).colour
    width = 2.2 if curve.kind == "fit" else 1.5
    return svg.curve(_inside(curve, scale), colour, width, svg.DASHES[curve.kind])


def _inside(curve: Curve, scale: _Scale) -> list[tuple[float, float]]:
    """The part of a curve that is within the picture, cut where it leaves it."""
    kept = [(n, value) for n, value in curve.points if scale.holds(n, value)]
    beyond = next(((n, v) for n, v in curve.points if not scale.holds(n, v) and scale.holds(n, 0)), None)
    if beyond and kept:
        (n1, v1), (n2, v2) = kept[-1], beyond
        limit = scale.ticks[-1]
        if v2 > v1 and limit > v1:
            kept.append((n1 + (n2 - n1) * (limit - v1) / (v2 - v1), limit))
    return [(scale.x(n), scale.y(value)) for n, value in kept]


def _end_labels(curves: Sequence[Curve], scale: _Scale) -> list[str]:
    """The names of the curves at their right ends, none upon another."""
    ends = sorted(
        ((*placed[-1], curve) for curve in curves if curve.label and (placed := _inside(curve, scale))),
        key=lambda end: end[1],
    )
    parts, last = [], float(TOP - LABEL_ROW)
    for x, y, curve in ends:
        last = max(last + LABEL_ROW, y + 4)
        colour = svg.look_of(curve.executor).colour
        if curve.kind != "ideal":
            parts.append(svg.line(x, y, scale.right + 4, last - 4, colour, 0.6))
        words = fit(curve.label, int((RIGHT - 12) / 6))
        parts.append(svg.text(scale.right + 8, last, words, colour=colour, size=11.5))
    return parts


def _point(point: Point, executor: str, scale: _Scale, beside: float) -> str:
    """A marker on its whisker, a little `beside` its place so that none hides another."""
    x, look = scale.x(point.workers) + beside, svg.look_of(executor)
    marker = svg.marker(x, scale.y(point.value.median), look)
    if point.value.level <= 0:
        return marker
    low, high = scale.y(point.value.low), scale.y(point.value.high)
    caps = (svg.line(x - 4, y, x + 4, y, look.colour, 1.4) for y in (low, high))
    return svg.line(x, low, x, high, look.colour, 1.4) + "".join(caps) + marker


def _best_mark(chart: Chart, scale: _Scale, language: Language) -> list[str]:
    """N* on the axis: a full triangle with the interval of the smallest count that will do."""
    if chart.best is None:
        return []
    executor, workers, low, high = chart.best
    if not scale.holds(workers, 0):
        return []
    x, y, colour = scale.x(workers), scale.bottom, svg.look_of(executor).colour
    left, right = (scale.x(min(max(count, 1), scale.most)) for count in (low, high))
    words = language.say("N* = {count} {executor}", count=workers, executor=executor)
    near_right = x > (LEFT + scale.right) / 2
    return [
        svg.line(x, TOP, x, y, colour, 1.2, "6 3 1 3"),
        svg.line(left, y - 5, right, y - 5, colour, 4) if right > left else "",
        f'<polygon points="{x - 8:.1f},{y + 1:.1f} {x + 8:.1f},{y + 1:.1f} {x:.1f},{y - 12:.1f}" '
        f'fill="{colour}" stroke="#fff"/>',
        svg.text(
            x - 12 if near_right else x + 12, y - 10, words, "end" if near_right else "start", weight="bold"
        ),
    ]


def _legend_rows(chart: Chart, language: Language) -> list[list[tuple[str, str, float]]]:
    """What is explained, in rows that fit: (kind or executor, words, width)."""
    items = [(executor, executor) for executor in chart.points] + list(chart.legend)
    items.append(("interval", language.say("interval of the median")))
    rows: list[list[tuple[str, str, float]]] = [[]]
    used = 0.0
    for key, words in items:
        width = 46 + len(words) * svg.LETTER_WIDTH
        if used + width > WIDTH - 30 and rows[-1]:
            rows.append([])
            used = 0.0
        rows[-1].append((key, words, width))
        used += width
    return rows


def _legend(rows: Sequence[Sequence[tuple[str, str, float]]], top: float) -> list[str]:
    parts = []
    for number, row in enumerate(rows):
        x, y = 16.0, top + 12 + 20 * number
        for key, words, width in row:
            if key in svg.DASHES:
                parts.append(svg.line(x, y - 4, x + 24, y - 4, svg.INK, 1.8, svg.DASHES[key]))
            elif key == "interval":
                parts.append(svg.line(x + 12, y - 11, x + 12, y + 3, svg.INK, 1.4))
                parts += [svg.line(x + 8, end, x + 16, end, svg.INK, 1.4) for end in (y - 11, y + 3)]
            else:
                parts.append(svg.marker(x + 12, y - 4, svg.look_of(key)))
            parts.append(svg.text(x + 30, y, words))
            x += width
    return parts


@dataclass(frozen=True, slots=True)
class Bar:
    """Shares of thread time by state, and what stands beside them."""

    label: str
    shares: Mapping[str, float | None]
    beside: str = ""


def states_chart(
    bars: Sequence[Bar], title: str, beside: str, language: Language, words: Mapping[str, str], name: str
) -> str:
    """A bar of states for each run or thread, of many the first; `beside` heads what stands on the right."""
    bars = bars[:MOST_BARS]
    full = WIDTH - BAR_LEFT - BAR_RIGHT
    parts = [svg.fillings(name), svg.text(16, 20, title, size=15, weight="bold")]
    parts.append(svg.text(WIDTH - BAR_RIGHT + 12, 40, beside, colour=svg.MUTED))
    for number, bar in enumerate(bars):
        y = 50 + ROW * number
        parts.append(svg.text(BAR_LEFT - 8, y + 15, fit(bar.label, 27), "end"))
        parts += _bar(bar.shares, y, full, name, language)
        parts.append(svg.text(WIDTH - BAR_RIGHT + 12, y + 15, bar.beside))
    bottom = 50 + ROW * len(bars)
    rows, x = 0, 16.0
    for state in svg.STATE_LOOKS:
        width = 36 + len(words[state]) * svg.LETTER_WIDTH
        if x + width > WIDTH - 16:
            rows, x = rows + 1, 16.0
        y = bottom + 14 + 20 * rows
        parts.append(box(x, y, 18, 12, f"{name}-{state}"))
        parts.append(svg.text(x + 24, y + 11, words[state]))
        x += width
    return svg.picture(WIDTH, bottom + 40 + 20 * rows, parts, title, name)


def _bar(
    threads: Mapping[str, float | None], top: float, full: float, name: str, language: Language
) -> list[str]:
    parts, x = [], float(BAR_LEFT)
    total = sum(max(0.0, threads.get(state) or 0.0) for state in svg.STATE_LOOKS) or 1.0
    total = max(total, 1.0) if None in threads.values() else total  # what could not be told apart stays blank
    for state in svg.STATE_LOOKS:
        share = max(0.0, threads.get(state) or 0.0) / total
        width = full * share
        if width >= 0.5:
            parts.append(box(x, top, width, ROW - 6, f"{name}-{state}"))
        if width >= 44:
            label = language.figure(percent(share))
            parts.append(
                f'<rect x="{x + width / 2 - 18:.1f}" y="{top + 3:.1f}" width="36" height="{ROW - 12}" '
                'fill="#ffffff"/>'
            )
            parts.append(svg.text(x + width / 2, top + 14.5, label, "middle", size=11.5))
        x += width
    return parts


def box(x: float, y: float, width: float, height: float, filling: str) -> str:
    """A rectangle filled with one of the patterns of `svg.fillings`."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:g}" fill="url(#{filling})" '
        f'stroke="{svg.INK}" stroke-width="0.8"/>'
    )
