"""The lanes of a watched process: one row a thread, what it did over the window, and its shares."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from gil_tui.language.spoken import say, to_say
from gil_tui.text import fit
from gil_tui.tui.strips import Axis, Strips, axis_to
from gil_tui.tui.watch_view import ProcessRow, ThreadRow, before_text, length_text
from gil_tui.tui.widgets.lines import Lines, Row, Span
from gil_tui.tui.widgets.now import lane_spans, legend_row
from gil_tui.verdict.observation import ThreadSeen
from gil_tui.watch.frames import Frame

SHARES = (
    (to_say("cpu"), "cpu", "cpu"),
    (to_say("gil"), "gil", "gil"),
    (to_say("lock"), "lock", "lock"),
    (to_say("i/o"), "io", "sleep"),
    (to_say("que"), "run_queue", "run_queue"),
)
"""Columns of the shares: title, field of `ThreadSeen`, state whose colour it wears."""
SHARE_WIDTH = 5
TITLE_WIDTH = 4
HELD_WIDTH = 6
BRIEF_WIDTH = 9
LONGEST_STATE = 5
MANY_ROWS = 16
WHOLE_FROM, HELD_FROM = 66, 72
"""From which width on all shares, and the share of the GIL's time, are shown."""


def name_width(width: int) -> int:
    """Room for the names."""
    return 0 if width < 24 else 9 if width < 60 else 13 if width < 100 else 22


def shares_width(width: int) -> int:
    """Room for the numbers."""
    if width < 36:
        return 0
    if width < WHOLE_FROM:
        return BRIEF_WIDTH
    return SHARE_WIDTH * len(SHARES) + (HELD_WIDTH if width >= HELD_FROM else 0)


def strip_width(width: int) -> int:
    """Room for the lanes."""
    return max(1, width - name_width(width) - shares_width(width))


def short(title: str, room: int = TITLE_WIDTH) -> str:
    """A column's title in the language that is spoken, cut where it does not fit in `room`."""
    word = say(title)
    return word if len(word) <= room else word[:TITLE_WIDTH]


def heading(window_s: float, width: int, *, of_before: bool = False) -> Row:
    """Above the columns: the scale of the lanes, and what the numbers are, or that they are older."""
    room = strip_width(width)
    length = f" {length_text(window_s)} "
    scale = f"├{length:─^{room - 3}}┤ " if room >= len(length) + 4 else " " * room
    numbers = ""
    if of_before and shares_width(width):
        room = shares_width(width)
        words = say("of the window before")
        numbers = f"{words if len(words) < room else before_text():>{room}}"
    elif shares_width(width) > BRIEF_WIDTH:
        numbers = "".join(f"{short(title):>{SHARE_WIDTH}}" for title, _, _ in SHARES)
        numbers += f"{say('holds'):>{HELD_WIDTH}}" if width >= HELD_FROM else ""
    elif shares_width(width):
        numbers = f"{say('most'):>{BRIEF_WIDTH}}"
    return (
        (f"{say('thread')[: max(0, name_width(width) - 1)]:<{name_width(width)}}", "muted"),
        (scale, "muted"),
        (numbers, "muted"),
    )


def thread_cells(row: ThreadRow, states: Sequence[int], width: int) -> Row:
    """One thread's name, lane and shares."""
    spans: list[Span] = []
    if name_width(width):
        spans.append((f"{fit(row.name, name_width(width) - 1):<{name_width(width)}}", "text"))
    spans += lane_spans(states)
    if row.seen is not None and shares_width(width):
        spans += _brief(row.seen) if shares_width(width) == BRIEF_WIDTH else _whole(row.seen, width)
    return tuple(spans)


def _whole(seen: ThreadSeen, width: int) -> list[Span]:
    spans: list[Span] = []
    for _, field, state in SHARES:
        unknown = seen.counted_only and field not in ("cpu", "run_queue")
        spans.append(_number(None if unknown else getattr(seen, field), SHARE_WIDTH, f"state-{state}"))
    if width >= HELD_FROM:
        spans.append(_number(seen.holder_share, HELD_WIDTH, "text"))
    return spans


def _number(share: float | None, width: int, role: str) -> Span:
    if share is None:
        return f"{'–':>{width}}", "muted"
    return (f"{share * 100:>{width}.0f}", role) if share >= 0.005 else (f"{'·':>{width}}", "muted")


def _brief(seen: ThreadSeen) -> list[Span]:
    """The state it was in most."""
    shares = {(title, state): getattr(seen, field) for title, field, state in SHARES}
    shares[to_say("idle"), "idle"] = seen.idle
    title, state = max(shares, key=lambda key: shares[key])
    return [
        (
            f"{say(title)[:LONGEST_STATE]} {shares[title, state] * 100:.0f}".rjust(BRIEF_WIDTH),
            f"state-{state}",
        )
    ]


class ThreadsPane(Lines, can_focus=True):
    """The lanes, to be scrolled; the owner calls `sample`, and `list_threads` when the order may change."""

    HELP = """
    ### Threads
    One row a thread, the busiest first: what it did over the window, then its shares of that time in
    per cent. A lane counts, it does not order: a quarter of its columns is CPU if a quarter of the time
    was. *holds* is the share of the GIL's time that this thread had it.
    `space` freezes the view, `[` and `]` move through the last 5 minutes, `+` and `-` change the window,
    `l` goes back to now. Measuring goes on while this tab is shown, or frozen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_by(-1)", "Up", show=False, id="watch.up", tooltip="Threads above"),
        Binding("down", "scroll_by(1)", "Down", show=False, id="watch.down", tooltip="Threads below"),
        Binding("pageup", "scroll_by(-10)", "Page up", show=False, id="watch.page_up", tooltip="Ten up"),
        Binding(
            "pagedown", "scroll_by(10)", "Page down", show=False, id="watch.page_down", tooltip="Ten down"
        ),
        Binding(
            "home", "scroll_by(-100000)", "First", show=False, id="watch.first", tooltip="The first thread"
        ),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items: Sequence[ThreadRow | ProcessRow] = ()
        self._strips = Strips()
        self._frames: Sequence[Frame] = ()
        self.of_before = False
        """The numbers beside the lanes are still of another window."""
        self._window_s, self._end_s, self._live = 15.0, 0.0, True
        self._first_s: float | None = None
        self._top = 0

    @property
    def axis(self) -> Axis:
        """The columns that are shown."""
        return axis_to(
            self._end_s,
            self._window_s,
            strip_width(self.size.width) - 1,
            live=self._live,
            first_s=self._first_s,
        )

    @property
    def is_long(self) -> bool:
        """So many rows are drawn that all of them twice a second are more than a slow line should carry."""
        return min(len(self._items), self.size.height) > MANY_ROWS

    def list_threads(self, items: Sequence[ThreadRow | ProcessRow]) -> None:
        """The rows, in order."""
        self._items = items

    def look_at(self, window_s: float, end_s: float, live: bool, first_s: float | None) -> Axis:
        """Choose the window; the frames of the columns it gives are wanted by `sample`."""
        self._window_s, self._end_s, self._live, self._first_s = window_s, end_s, live, first_s
        return self.axis

    def sample(self, frames: Sequence[Frame]) -> None:
        """Show what these frames hold."""
        self._frames = frames
        self._redraw()

    def clear(self) -> None:
        """Another process."""
        self._items, self._strips, self._top, self._frames = (), Strips(), 0, ()

    def on_resize(self) -> None:
        """Fold anew."""
        self._redraw()

    def action_scroll_by(self, rows: int) -> None:
        """Show other threads."""
        self._top += rows
        self._redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by the wheel."""
        event.stop()
        self.action_scroll_by(2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by the wheel."""
        event.stop()
        self.action_scroll_by(-2)

    def _redraw(self) -> None:
        width, height = self.size
        if width < 1 or height < 1:
            return
        with_legend = height >= 6
        room = max(0, height - 1 - (1 if with_legend else 0))
        self._top = max(0, min(self._top, len(self._items) - room))
        shown = self._items[self._top : self._top + room]
        self._strips.update(self._frames, self.axis, [row.key for row in shown if isinstance(row, ThreadRow)])
        rows: list[Row] = [heading(self._window_s, width, of_before=self.of_before)]
        for item in shown:
            if isinstance(item, ProcessRow):
                rows.append(((fit(item.text, width), "strong"),))
            else:
                rows.append(thread_cells(item, [*self._strips.states(item.key), -1], width))
        if with_legend:
            rows += [()] * (height - 1 - len(rows))
            rows.append(self._foot(width, len(shown)))
        self.show(rows[:height])

    def _foot(self, width: int, shown: int) -> Row:
        count = sum(isinstance(item, ThreadRow) for item in self._items)
        hidden = len(self._items) > shown
        where = ""
        if hidden:
            last = self._top + shown
            where = "  " + say(
                "{first}-{last} of {count} threads", first=self._top + 1, last=last, count=count
            )
        legend = legend_row(width - len(where))
        taken = sum(len(text) for text, _ in legend)
        return (*legend, (where.rjust(max(0, width - taken)), "muted"))
