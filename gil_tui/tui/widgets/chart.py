"""The chart of time or speed-up against workers; the only file that knows plotext."""

import asyncio
import math
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from gil_tui.text import clean, fit
from gil_tui.tui.model import Point, Series
from gil_tui.tui.theme import EXECUTOR_MARKERS, executor_role
from gil_tui.tui.widgets.axes import ideal_points, limits, tick_label, ticks
from gil_tui.tui.widgets.lines import Lines, Row, Span, row_width

TITLES = {"speedup": "Speed-up", "time": "Time"}

COLOURS = ("line", "muted", *map(executor_role, EXECUTOR_MARKERS))
"""Role of each colour number that plotext is told: the picture then suits every theme."""
IDEAL_GLYPH = "·"
SMALLEST = (24, 4)
SHORT_NAMES = {"sequential": "seq", "processes": "procs", "asyncio": "async", "interpreters": "interp"}
ROOMY = 12
"""From this height on the legend has a row of its own."""
MARKED = tuple(map(executor_role, EXECUTOR_MARKERS))

_plotext_lock = threading.Lock()
"""plotext draws on one global figure."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What determines the chart: the same picture needs no second drawing."""

    series: tuple[Series, ...]
    measure: str
    cpus: float
    width: int
    height: int


def marker_of(executor: str, interpreter: int) -> str:
    """The executor's marker, filled for the first interpreter and hollow for the second."""
    markers = EXECUTOR_MARKERS.get(executor, EXECUTOR_MARKERS["dask"])
    return markers[min(interpreter, len(markers) - 1)]


def legend_row(series: Sequence[Series], width: int, gap: str = "  ") -> Row:
    """One line: marker and name of each executor, and of each interpreter if there are several.

    Where that is too long the gaps and then the names shrink.
    """
    row: Row = ()
    for between, names in ((gap, str), (" ", str), (" ", short_name)):
        row = _legend(series, between, names)
        if row_width(row) <= width:
            return row
    return row if width >= SMALLEST[0] else ()


def short_name(name: str) -> str:
    """The usual short form of an executor's name; the start method for processes that have one."""
    return SHORT_NAMES.get(name, name.rpartition(":")[2])


def _legend(series: Sequence[Series], gap: str, named: Callable[[str], str]) -> Row:
    drawn_series = [one for one in series if one.points]
    executors = dict.fromkeys(one.executor for one in drawn_series)
    entries = [(marker_of(name, 0), executor_role(name), name) for name in executors]
    pythons = {one.python: one for one in drawn_series}
    if len(pythons) > 1:
        entries += [(marker_of("threads", one.interpreter), "muted", name) for name, one in pythons.items()]
    row: list[Span] = []
    for marker, role, name in entries:
        row += [(gap, "")] if row else []
        row += [(marker, role), (f" {named(clean(name))}", "muted" if role == "muted" else "text")]
    return tuple(row)


def ideal_text(cpus: float) -> str:
    """What the dotted line is."""
    return f"{IDEAL_GLYPH * 3} ideal on {cpus:g} CPU{'s' if cpus != 1 else ''}"


def _legend_spans(entries: Sequence[tuple[str, str, str]], width: int, gap: str) -> Row:
    row: list[Span] = []
    for marker, role, name in entries:
        entry = ((marker, role), (f" {clean(name)}", "text" if role != "muted" else "muted"))
        between = [(gap, "")] if row else []
        if row_width((*row, *between, *entry)) > width:
            break
        row += [*between, *entry]
    return tuple(row)


def drawn(picture: Picture) -> list[Row]:
    """The chart as rows, without its legend; slow (some 10 ms, the first time 50): off the event loop."""
    series = [one for one in picture.series if one.points]
    if not series or picture.width < SMALLEST[0] or picture.height < SMALLEST[1]:
        return []
    with _plotext_lock:
        text = _plot(series, picture)
    return [parse_ansi(line) for line in text.splitlines()[: picture.height]]


def _plot(series: Sequence[Series], picture: Picture) -> str:
    import plotext as plt

    ideal = ideal_points(series, picture.measure, picture.cpus)
    values = [bound for one in series for point in one.points for bound in (point.low, point.high)]
    low, high = limits([value for value in values if value > 0] + [value for _, value in ideal])
    counts = sorted({point.workers for one in series for point in one.points})
    left, right = math.log2(counts[0]), math.log2(counts[-1])
    marks = ticks(low, high, max(2, picture.height // 3), picture.measure)
    labels = [tick_label(mark, picture.measure) for mark in marks]
    columns = max(1, picture.width - max(map(len, labels)) - 2)
    margin = max(0.35, (right - left) * 0.06)
    cell = (right - left + 2 * margin) / columns

    plt.clear_figure()
    plt.theme("clear")
    plt.limitsize(False, False)  # else to what plotext takes for the terminal
    plt.plotsize(picture.width, picture.height)
    plt.xlim(left - margin, right + margin)
    plt.ylim(math.log2(low), math.log2(high))
    plt.xaxes(True, False)
    plt.yaxes(True, False)
    plt.xticks([math.log2(workers) for workers in counts], [str(workers) for workers in counts])
    plt.yticks([math.log2(mark) for mark in marks], labels)
    if len(ideal) > 1:
        plt.plot(
            [math.log2(workers) for workers, _ in ideal],
            [math.log2(value) for _, value in ideal],
            marker="·",
            color=COLOURS.index("muted"),
        )
    shifts = [cell * (number - (len(series) - 1) / 2) for number in range(len(series))]
    for draw in (_draw_lines, _draw_intervals, _draw_markers):
        for one, shift in zip(series, shifts, strict=True):
            draw(plt, one, [point for point in one.points if point.low > 0], shift)
    built: str = plt.build()
    return built


def _draw_lines(plt: Any, one: Series, points: Sequence[Point], shift: float) -> None:
    if len(points) > 1:
        plt.plot(*_places(points, shift), marker="braille", color=_colour(one))


def _draw_intervals(plt: Any, one: Series, points: Sequence[Point], shift: float) -> None:
    for point in points:
        x = math.log2(point.workers) + shift
        ends = [math.log2(point.low), math.log2(point.high)]
        plt.plot([x, x], ends, marker="│", color=_colour(one))


def _draw_markers(plt: Any, one: Series, points: Sequence[Point], shift: float) -> None:
    marker = marker_of(one.executor, one.interpreter)
    plt.scatter(*_places(points, shift), marker=marker, color=_colour(one))


def _colour(one: Series) -> int:
    return COLOURS.index(executor_role(one.executor))


def _places(points: Sequence[Point], shift: float) -> tuple[list[float], list[float]]:
    return (
        [math.log2(point.workers) + shift for point in points],
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


class ChartPane(Lines, can_focus=True):
    """The chart; drawn in a thread, and only when data, size or measure have changed."""

    HELP = """
    ### Chart
    Each marker is the median of the trials, its bar the 95 % interval, where it is larger than the
    marker. The dotted line is what perfect scaling on the CPUs of this host would give. `t` changes
    between time and speed-up; both axes are logarithmic.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.series: tuple[Series, ...] = ()
        self.drawn_series: tuple[Series, ...] = ()
        self._measure = "speedup"
        self._cpus = 1.0
        self._empty = self._subject = ""
        self._drawn: Picture | None = None

    def show_series(
        self, series: tuple[Series, ...], measure: str, cpus: float, empty: str, subject: str
    ) -> None:
        """Draw these series of `subject`, or say `empty` where none has a point yet."""
        self.series, self._measure, self._cpus = series, measure, cpus
        self._empty, self._subject = empty, subject
        self._request()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._request()

    def notify_style_update(self) -> None:
        """The legend in the title has colours of its own; the chart itself need not be drawn anew."""
        super().notify_style_update()
        if self.is_mounted:
            self.call_later(self._request)

    def _request(self) -> None:
        width, height = self.size
        if not self.is_mounted or width < 1 or height < 1:
            return
        legend = self._dress(width, height)
        if not any(one.points for one in self.series):
            self._drawn = None
            self.show([(), ((fit(self._empty, width), "muted"),)])
            return
        room = height - len(legend)
        picture = Picture(self.series, self._measure, self._cpus, width, room)
        if picture != self._drawn:
            self._drawn = picture
            self.run_worker(self._draw(picture, legend), exclusive=True, group="chart")

    def _dress(self, width: int, height: int) -> list[Row]:
        """Title and subtitle; the legend's row, unless rows are few: then it stands in the title."""
        legend = legend_row(self.series, width)
        title: Row = ((TITLES[self._measure], ""),)
        if height < ROOMY:
            room = width - len(TITLES[self._measure]) - 1
            title = (*title, (" ", ""), *legend_row(self.series, room, gap=" "))
        elif self._subject:
            title = (*title, (f" · {self._subject}", ""))
        self.entitle(self._content(title), ideal_text(self._cpus) if legend else "")
        return [legend] if legend and height >= ROOMY else []

    def _content(self, row: Row) -> Content:
        variables = self.app.theme_variables
        return Content.assemble(*((text, variables[role] if role in MARKED else "") for text, role in row))

    async def _draw(self, picture: Picture, legend: list[Row]) -> None:
        rows = await asyncio.to_thread(drawn, picture)
        if picture == self._drawn:
            self.drawn_series = picture.series
            self.show([*legend, *rows])
