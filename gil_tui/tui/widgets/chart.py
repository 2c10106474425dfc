"""The pane of the chart: time or speed-up over workers, Pythons or workloads."""

import asyncio
import math
from dataclasses import dataclass, field

from textual.content import Content

from gil_tui.language.spoken import figure, say, some, to_say
from gil_tui.text import fit
from gil_tui.tui.plot import BOUND_GLYPH, IDEAL_GLYPH, MARK_GLYPH, Picture, drawn
from gil_tui.tui.series import WORKERS, Chart, Mark, Series
from gil_tui.tui.theme import EXECUTOR_MARKERS, executor_role
from gil_tui.tui.widgets.legend import legend_rows
from gil_tui.tui.widgets.lines import Lines, Row, row_width

TITLES = {"speedup": to_say("Speed-up"), "time": to_say("Time")}
ROOMY, SPACIOUS = 12, 20
"""From these heights on the legend has a row, or three, of its own."""
MARKED = tuple(map(executor_role, EXECUTOR_MARKERS))
BETWEEN = "  "


@dataclass(frozen=True, slots=True)
class ChartView:
    """What the pane shows: the chart, or `empty` where nothing has been measured.

    `subject` is what it is of, `facet` the part of it that a key steps through, `against` what names on
    the x axis are held against, in ever fewer words.
    """

    chart: Chart = field(default_factory=Chart)
    empty: str = ""
    subject: str = ""
    facet: str = ""
    against: tuple[str, ...] = ()


def ideal_text(cpus: float) -> str:
    """What the dotted line is."""
    number = figure(f"{cpus:g}")
    return f"{IDEAL_GLYPH * 3} {some('ideal on {cpus} CPU', 'ideal on {cpus} CPUs', many(cpus), cpus=number)}"


def mark_text(mark: Mark) -> str:
    """The number of workers to use, as the legend has it: `┊ N* 4 (2 to 8)`."""
    text = f"{MARK_GLYPH} N* {mark.workers:g}"
    if mark.low == mark.high:
        return text
    return say("{median} ({low} to {high})", median=text, low=f"{mark.low:g}", high=f"{mark.high:g}")


def cores_text(cores: float) -> str:
    """What the bound is of, where it is of another machine: `bound for 8 cores`."""
    number = figure(f"{cores:g}")
    return some("bound for {cores} core", "bound for {cores} cores", many(cores), cores=number)


def many(count: float) -> int:
    """Whether one or several are meant, as `some` asks for it."""
    return 1 if count == 1 else math.ceil(count)


def footing(view: ChartView, width: int) -> str:
    """What the lines are, or what the names are held against; as much as fits."""
    chart = view.chart
    if not chart.has_points:
        return ""
    if chart.axis != WORKERS:
        return next((words for words in view.against if len(words) <= width), "")
    parts = [mark_text(chart.mark)] if chart.mark else []
    labels = {
        style: dict.fromkeys(line.label for line in chart.lines if line.style == style)
        for style in ("bound", "fit")
    }
    parts += [f"{BOUND_GLYPH * 2} {label}" for label in labels["bound"]]
    parts.append(ideal_text(chart.cpus))
    # A fitted law takes the place of the line between the points: it needs a name, not a glyph.
    parts += [say("fit: {laws}", laws=", ".join(labels["fit"]))] if labels["fit"] else []
    text = ""
    for part in parts:
        longer = f"{text}{BETWEEN if text else ''}{part}"
        text = longer if len(longer) <= width else text
    return text


class ChartPane(Lines, can_focus=True):
    """The chart; drawn in a thread, and only when data, size or measure have changed."""

    HELP = """
    ### Chart
    Each marker is the median of the trials, its bar the 95 % interval, where it is larger than the
    marker. The dotted line is what perfect scaling on the CPUs of this host would give; the axes are
    logarithmic. `t` changes between time and speed-up, `x` what stands on the x axis: workers, Pythons
    or workloads, at which each executor has its best number of workers. `i` and `w` step through the
    interpreters and workloads of the sweep, `z` gives the chart the whole screen.

    The dashed lines are the bound: what one worker, run alone, foretells of each executor, drawn as soon
    as that has run; a letter at the end tells whose. `[` and `]` draw it for a machine with fewer or more
    cores. The curved lines are laws that fit the points; `┊` marks the number of workers to use. Where the
    best number was not among those tried, `n` tries the next one.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = ChartView()
        self.drawn_series: tuple[Series, ...] = ()
        self._drawn: Picture | None = None

    @property
    def series(self) -> tuple[Series, ...]:
        """What is to be drawn."""
        return self.view.chart.series

    def show_chart(self, view: ChartView) -> None:
        """Draw this."""
        self.view = view
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
        if not self.view.chart.has_points:
            self._drawn = None
            self.show([(), ((fit(self.view.empty, width), "muted"),)])
            return
        picture = Picture(self.view.chart, width, height - len(legend))
        if picture != self._drawn:
            self._drawn = picture
            self.run_worker(self._draw(picture, legend), exclusive=True, group="chart")

    def _dress(self, width: int, height: int) -> list[Row]:
        """Title and subtitle; the legend's rows, unless rows are few: then it stands in the title."""
        view, name = self.view, say(TITLES[self.view.chart.measure])
        legend: list[Row] = []
        title: Row = ((name, ""),)
        if height >= ROOMY:
            legend = legend_rows(self.series, width, 3 if height >= SPACIOUS else 2)
            title = (*title, (f" · {view.subject}", "")) if view.subject else title
            bound: Row = ((f" · {cores_text(view.chart.cores)}", ""),) if view.chart.cores else ()
            title = (*title, *bound) if row_width((*title, *bound)) <= width - 4 else title
        else:
            title = (*title, (f" {view.facet} ", "")) if view.facet else (*title, (" ", ""))
            in_title = legend_rows(self.series, max(0, width - row_width(title) - 2), gap=" ")
            title = (*title, *(in_title[0] if in_title else ()))
        self.entitle(self._content(title), footing(view, width - 2))
        return legend

    def _content(self, row: Row) -> Content:
        variables = self.app.theme_variables
        return Content.assemble(*((text, variables[role] if role in MARKED else "") for text, role in row))

    async def _draw(self, picture: Picture, legend: list[Row]) -> None:
        rows = await asyncio.to_thread(drawn, picture)
        if picture == self._drawn:
            self.drawn_series = picture.chart.series
            self.show([*legend, *rows])
