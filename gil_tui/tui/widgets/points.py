"""The nine points of an audit as a table, all that is known of one of them, and the list of audits."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from gil_tui.history.rows import local_time
from gil_tui.language.spoken import say, sentence, some, to_say
from gil_tui.report.audit import GLYPHS, WORDS, point_lines, short_figure, state_word, told
from gil_tui.text import clean, fit
from gil_tui.tui.reading import reading_rows
from gil_tui.tui.widgets.lines import Lines, Row
from gil_tui.verdict.audit_model import DONE, PROCESS, Audit, Checklist, Point

SHORT = {
    1: to_say("CPU or I/O"),
    2: to_say("Costliest function"),
    3: to_say("GIL waits"),
    4: to_say("Threads or processes"),
    5: to_say("Native code"),
    6: to_say("Cost of workers"),
    7: to_say("Locks"),
    8: to_say("Other Pythons"),
    9: to_say("Host"),
}
"""The questions where there is little room."""
WIDE = 110
"""From this width on the questions are written out."""
FIGURE_WIDTH = 9
LEAST_ANSWER = 16
"""The beginning of an answer that is shorter tells nothing."""
NOW = ("▸", to_say("now"))


def points_rows(
    points: Sequence[Point], width: int, *, cursor: int | None, measuring: Collection[int] = ()
) -> list[Row]:
    """A row for each point: state, number, question, figure, answer."""
    return [
        _point_row(point, width, point.number in measuring, index == cursor)
        for index, point in enumerate(points)
    ]


def _point_row(point: Point, width: int, is_now: bool, at_cursor: bool) -> Row:
    words = [say(NOW[1]), *map(state_word, WORDS)]
    glyph, word = (NOW[0], words[0]) if is_now else (GLYPHS[point.state], state_word(point.state))
    state = f"{glyph} {word:<{max(map(len, words))}}"
    question = sentence(point.question) if width >= WIDE else say(SHORT[point.number])
    longest = 35 if width >= WIDE else 20
    figure = f" {fit(short_figure(point), FIGURE_WIDTH):>{FIGURE_WIDTH}}"
    name = f" {point.number} {fit(question, longest):<{longest}}"[: max(0, width - len(state) - len(figure))]
    room = max(0, width - len(state) - len(name) - len(figure) - 2)
    answer = f"  {fit(told(point), room)}" if room >= LEAST_ANSWER else ""
    if at_cursor:
        return ((fit(f"{state}{name}{figure}{answer}", width).ljust(width), "cursor reverse"),)
    quiet = "text" if point.state == DONE else "muted"
    lit = "accent" if is_now or point.state == DONE else "muted"
    return ((state, lit), (name, "text"), (figure, "strong"), (answer, quiet))


def point_rows(point: Point, width: int, height: int) -> list[Row]:
    """All that is known of a point, wrapped; the last line says where there is more."""
    rows = reading_rows([line.removeprefix("  ") for line in point_lines(point)[1:]], width)
    shown: list[Row] = [
        ((text, "strong" if number == 0 else "text"),) for number, (text, _) in enumerate(rows)
    ]
    if len(shown) > height > 0:
        shown = [*shown[: height - 1], ((say("… enter shows all"), "muted"),)]
    return shown


class Table(Lines, can_focus=True):
    """Rows with a cursor; what it is made of is redrawn where it changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="audit.up", tooltip="The row above"),
        Binding("down", "move(1)", "Down", show=False, id="audit.down", tooltip="The row below"),
        Binding("home", "move(-100000)", "First", show=False, id="audit.first", tooltip="The first row"),
        Binding("end", "move(100000)", "Last", show=False, id="audit.last", tooltip="The last row"),
    ]

    @dataclass
    class Moved(Message):
        """Another row is at the cursor."""

        table: "Table"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.at = 0
        self.top = 0

    @property
    def count(self) -> int:
        """How many rows can be at the cursor."""
        return 0

    def redraw(self) -> None:
        """Draw the rows anew."""

    def on_focus(self) -> None:
        """The cursor is shown while the keys act on it."""
        self.redraw()

    def on_blur(self) -> None:
        """Without focus there is no cursor."""
        self.redraw()

    def on_resize(self) -> None:
        """Fit anew."""
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is."""
        index = self.top + event.get_content_offset_capture(self).y
        if 0 <= index < self.count:
            self.action_move(index - self.at)

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.at = max(0, min(self.at + rows, self.count - 1))
        self.redraw()
        self.post_message(self.Moved(self))


class PointsPane(Table):
    """The nine points; the cursor chooses the one that is told below."""

    HELP = """
    ### The nine points
    ● done: measured, with its figure and a sentence. ○ not yet: `r` measures the point at the cursor, `a`
    all that are missing. – not here: it cannot be had on this host, the line says why. Enter shows all
    numbers of a point, where they come from, and the command that measures it again.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self._points: tuple[Point, ...] = ()
        self._measuring: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        """How many points there are."""
        return len(self._points)

    @property
    def at_cursor(self) -> Point | None:
        """The point at the cursor."""
        return self._points[self.at] if self._points else None

    def list_points(self, checklist: Checklist | None, measuring: frozenset[int]) -> None:
        """Show these points."""
        self._points, self._measuring = checklist.points if checklist else (), measuring
        self.at = min(self.at, max(0, len(self._points) - 1))
        self.redraw()

    def redraw(self) -> None:
        """Draw the points, scrolled to the cursor where they do not fit."""
        if not self.is_mounted or self.size.height < 1:
            return
        width, height = self.size
        cursor = self.at if self.has_focus else None
        rows = points_rows(self._points, width, cursor=cursor, measuring=self._measuring)
        self.top = max(0, min(self.top, self.at, len(rows) - height), self.at - height + 1)
        self.show(rows[self.top : self.top + height])


class PointPane(Lines):
    """All that is known of the point at the cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self._point: Point | None = None

    def show_point(self, point: Point | None) -> None:
        """Show this one."""
        self._point = point
        if point:
            self.entitle(f"{point.number}  {sentence(point.question)}", sentence(point.state))
        else:
            self.entitle("")
        self.on_resize()

    def on_resize(self) -> None:
        """Wrap anew."""
        if self.is_mounted:
            width, height = self.size
            self.show(point_rows(self._point, width, height) if self._point else [])


class AuditList(Table):
    """The audits, the newest first; Enter opens the one at the cursor."""

    HELP = """
    ### Audits
    An audit works through nine points of one subject: a workload, your own function, or a running process.
    `n` begins one; Enter opens the one at the cursor; `d` forgets it, its runs stay in the history.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="audit.open", tooltip="Open this audit"),
    ]

    @dataclass
    class Opened(Message):
        """This audit is to be shown."""

        audit: Audit

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self._audits: Sequence[Audit] = ()
        self.shown: Callable[[Audit], Audit] = lambda audit: audit

    @property
    def count(self) -> int:
        """How many audits there are."""
        return len(self._audits)

    @property
    def at_cursor(self) -> Audit | None:
        """The audit at the cursor."""
        return self._audits[self.at] if self._audits else None

    def list_audits(self, audits: Sequence[Audit]) -> None:
        """Show these; the cursor stays on its audit."""
        at = self.at_cursor
        self._audits = audits
        numbers = [audit.id for audit in audits]
        self.at = numbers.index(at.id) if at and at.id in numbers else min(self.at, max(0, len(audits) - 1))
        self.entitle(say("Audits"), some("{count} audit", "{count} audits", len(audits)))
        self.redraw()

    def action_open(self) -> None:
        """Ask for the audit at the cursor to be shown."""
        if self.at_cursor:
            self.post_message(self.Opened(self.at_cursor))

    def redraw(self) -> None:
        """Draw the audits, scrolled to the cursor."""
        if not self.is_mounted or self.size.height < 1:
            return
        width, height = self.size
        rows = [
            _audit_row(self.shown(audit), width, self.has_focus and index == self.at)
            for index, audit in enumerate(self._audits)
        ]
        self.top = max(0, min(self.top, self.at, len(rows) - height), self.at - height + 1)
        self.show(rows[self.top : self.top + height])


def _audit_row(audit: Audit, width: int, at_cursor: bool) -> Row:
    title = max(16, min(40, width // 3))
    subject = clean(audit.subject)
    subject = say("process {command}", command=subject) if audit.kind == PROCESS else subject
    when = local_time(audit.created_at)
    text = f"{when}  {fit(clean(audit.title), title):<{title}}  {subject}"
    if at_cursor:
        return ((fit(text, width).ljust(width), "cursor reverse"),)
    return ((fit(text, width), "text"),)
