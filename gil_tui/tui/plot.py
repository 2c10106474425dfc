"""The chart as rows of text; the only file that knows plotext."""

import math
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gil_tui.text import fit
from gil_tui.tui.series import WORKERS, Chart, Line, Point, Series
from gil_tui.tui.theme import EXECUTOR_MARKERS, executor_role, marker_of
from gil_tui.tui.widgets.axes import base_time, ideal_points, limits, tick_label, ticks
from gil_tui.tui.widgets.lines import Row, Span

COLOURS = ("line", "muted", "accent", *map(executor_role, EXECUTOR_MARKERS))
"""Role of each colour number that plotext is told: the picture then suits every theme."""
IDEAL_GLYPH, BOUND_GLYPH, MARK_GLYPH = "·", "╌", "┊"
SMALLEST = (24, 4)
Curve = list[tuple[float, float]]
TALL = 14
"""From this height on names may take three rows."""

_plotext_lock = threading.Lock()
"""plotext draws on one global figure."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What determines the drawing: the same picture needs no second one."""

    chart: Chart
    width: int
    height: int


def drawn(picture: Picture) -> list[Row]:
    """The chart as rows, without its legend; slow (some 10 ms, the first time 50): off the event loop."""
    chart = picture.chart
    if not chart.has_points or picture.width < SMALLEST[0] or picture.height < SMALLEST[1]:
        return []
    labels = 0 if chart.axis == WORKERS else label_rows(chart.names, picture.width, picture.height)
    with _plotext_lock:
        text = _plot(chart, picture.width, picture.height - max(0, labels - 1))
    lines = text.splitlines()
    if labels:
        lines = lines[:-1]
    rows = [parse_ansi(line) for line in lines]
    if labels and rows:
        rows += name_rows(chart.names, "".join(part for part, _ in rows[-1]), labels, picture.width)
    return rows[: picture.height]


# The axis of names


def label_rows(names: Sequence[str], width: int, height: int) -> int:
    """Rows that the names take: one, or two or three by turns where they are too long for that."""
    room = max(1.0, (width - 8) / max(1, len(names)))
    longest = max(map(len, names), default=0) + 1
    return min(3 if height >= TALL else 2, math.ceil(longest / room))


def name_rows(names: Sequence[str], axis: str, rows: int, width: int) -> list[Row]:
    """The names below the tick marks of the drawn `axis`, by turns in so many rows."""
    places = [index for index, character in enumerate(axis) if character in "┬┴┼"]
    drawn_rows: list[list[Span]] = [[] for _ in range(rows)]
    ends = [0] * rows
    gap = (places[1] - places[0]) * rows if len(places) > 1 else width
    for number, (name, place) in enumerate(zip(names, places, strict=False)):
        row = number % rows
        text = fit(name, max(1, gap - 1))
        start = max(ends[row], min(place - len(text) // 2, width - len(text)))
        drawn_rows[row] += [(" " * (start - ends[row]), ""), (text, "text")]
        ends[row] = start + len(text) + 1
        drawn_rows[row].append((" ", ""))
    return [tuple(row) for row in drawn_rows]


# plotext


def _plot(chart: Chart, width: int, height: int) -> str:
    import plotext as plt

    series = [one for one in chart.series if one.points]
    over_workers = chart.axis == WORKERS
    ideal = ideal_points(series, chart.measure, chart.cpus) if over_workers else []
    curves = [(line, _curve(line, chart)) for line in chart.lines] if over_workers else []
    bounds = [value for line, points in curves for _, value in points if line.style == "bound" and value > 0]
    low, high = limits(_values(series) + [value for _, value in ideal])
    if bounds and chart.cores is not None:
        low, high = limits([low, high, *bounds])
    high = max([high, *(value for _, points in curves for _, value in points if value < 4 * high)])
    places = _places(chart, series)
    left, right = places[0][0], places[-1][0]
    marks = ticks(low, high, max(2, height // 3), chart.measure)
    labels = [tick_label(mark, chart.measure) for mark in marks]
    columns = max(1, width - max(map(len, labels)) - 2)
    margin = max(0.35, (right - left) * 0.06) if over_workers else 0.5
    cell = (right - left + 2 * margin) / columns

    plt.clear_figure()
    plt.theme("clear")
    plt.limitsize(False, False)  # else to what plotext takes for the terminal
    plt.plotsize(width, height)
    plt.xlim(left - margin, right + margin)
    plt.ylim(math.log2(low), math.log2(high))
    plt.xaxes(True, False)
    plt.yaxes(True, False)
    plt.xticks([place for place, _ in places], [label for _, label in places])
    plt.yticks([math.log2(mark) for mark in marks], labels)
    _draw_curve(plt, ideal, IDEAL_GLYPH, COLOURS.index("muted"))
    if chart.mark and over_workers and left <= math.log2(chart.mark.workers) <= right:
        at = math.log2(chart.mark.workers)
        plt.plot(
            [at, at], [math.log2(low), math.log2(high)], marker=MARK_GLYPH, color=COLOURS.index("accent")
        )
    for line, points in curves:
        glyph = "braille" if line.style == "fit" else BOUND_GLYPH
        _draw_curve(
            plt, [point for point in points if low <= point[1] <= high], glyph, _colour(line.executor)
        )
    _draw_initials(plt, curves, (low, high), cell)
    fitted = {line.executor for line in chart.lines if line.style == "fit"}
    step = cell if over_workers else _step(cell, len(series))
    for part in (_draw_lines, _draw_intervals, _draw_markers):
        for number, one in enumerate(series):
            if part is _draw_lines and (not over_workers or one.executor in fitted):
                continue
            shift = step * (number - (len(series) - 1) / 2)
            part(plt, one, [point for point in one.points if point.low > 0], shift, over_workers)
    built: str = plt.build()
    return built


def _values(series: Sequence[Series]) -> list[float]:
    bounds = [bound for one in series for point in one.points for bound in (point.low, point.high)]
    return [value for value in bounds if value > 0]


def _places(chart: Chart, series: Sequence[Series]) -> list[tuple[float, str]]:
    """Where the ticks of the x axis are and what they are called."""
    if chart.axis != WORKERS:
        return [(float(number), " ") for number in range(len(chart.names))]
    counts = sorted({*(point.x for one in series for point in one.points), *chart.counts})
    return [(math.log2(workers), f"{workers:g}") for workers in counts]


def _step(cell: float, series: int) -> float:
    """How far apart the series stand at one name: as far as fits, at most three cells."""
    cells = max(1, min(3, int(1 / cell / (series + 1))))
    return cell * cells


def _curve(line: Line, chart: Chart) -> Curve:
    if chart.measure != "time":
        return list(line.points)
    alone = base_time(chart.series)
    return [(workers, alone / gain) for workers, gain in line.points if gain > 0] if alone else []


def _draw_curve(plt: Any, points: Sequence[tuple[float, float]], glyph: str, colour: int) -> None:
    points = [point for point in points if point[1] > 0]
    if len(points) > 1:
        plt.plot(
            [math.log2(workers) for workers, _ in points],
            [math.log2(value) for _, value in points],
            marker=glyph,
            color=colour,
        )


def _draw_initials(
    plt: Any, curves: Sequence[tuple[Line, Curve]], ends: tuple[float, float], cell: float
) -> None:
    """Whose bound it is, where it ends: the executor's first letter, side by side where bounds are one."""
    taken: dict[float, int] = {}
    for line, points in curves:
        inside = [point for point in points if ends[0] <= point[1] <= ends[1]]
        if line.style != "bound" or len(inside) < 2:
            continue
        workers, value = inside[-1]
        place = round(math.log2(value), 1)
        taken[place] = taken.get(place, 0) + 1
        x = math.log2(workers) + taken[place] * cell
        plt.scatter([x], [math.log2(value)], marker=line.executor[0], color=_colour(line.executor))


def _draw_lines(plt: Any, one: Series, points: Sequence[Point], shift: float, over_workers: bool) -> None:
    if len(points) > 1:
        plt.plot(*_at(points, shift, over_workers), marker="braille", color=_colour(one.executor))


def _draw_intervals(plt: Any, one: Series, points: Sequence[Point], shift: float, over_workers: bool) -> None:
    for point in points:
        x = (math.log2(point.x) if over_workers else point.x) + shift
        ends = [math.log2(point.low), math.log2(point.high)]
        plt.plot([x, x], ends, marker="│", color=_colour(one.executor))


def _draw_markers(plt: Any, one: Series, points: Sequence[Point], shift: float, over_workers: bool) -> None:
    marker = marker_of(one.executor, one.interpreter)
    plt.scatter(*_at(points, shift, over_workers), marker=marker, color=_colour(one.executor))


def _colour(executor: str) -> int:
    return COLOURS.index(executor_role(executor))


def _at(points: Sequence[Point], shift: float, over_workers: bool) -> tuple[list[float], list[float]]:
    return (
        [(math.log2(point.x) if over_workers else point.x) + shift for point in points],
        [math.log2(point.median) for point in points],
    )


def parse_ansi(line: str) -> Row:
    """plotext's colour numbers back into roles."""
    row: list[Span] = []
    role = "line"
    for number, part in enumerate(re.split(r"\x1b\[([0-9;]*)m", line)):
        if number % 2:
            codes = part.split(";")
            role = COLOURS[int(codes[2]) % len(COLOURS)] if codes[:2] == ["38", "5"] else "line"
        elif part:
            row.append((part, role))
    return tuple(_labels_muted(row))


def _labels_muted(row: Sequence[Span]) -> list[Span]:
    """The axis stays a thin line; the digits and words beside it are to be read."""
    spans: list[Span] = []
    for text, role in row:
        if role != "line":
            spans.append((text, role))
            continue
        spans += [
            (piece, "muted" if piece.strip(" ┤│└┴┬─┼┘┐┌├") else "line")
            for piece in re.split(r"([ ┤│└┴┬─┼┘┐┌├]+)", text)
            if piece
        ]
    return spans
