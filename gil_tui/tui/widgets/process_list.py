"""The Python processes of this host, busiest first; the cursor stays on its process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from gil_tui.language.spoken import figure, say, sentence, some, to_say
from gil_tui.text import clean, fit, short_command
from gil_tui.tui.ordering import CalmOrder
from gil_tui.tui.widgets.lines import Lines, Row
from gil_tui.verdict.words import size
from gil_tui.watch.processes import PythonProcess

CALM_CPU = 0.1
"""A process moves up or down when its CPU share has changed by more."""
REFUSED, OPEN = "×", " "
MARK_WIDTH = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column: title, its cell, width, and from which width of the table on it is shown."""

    title: str
    cell: Callable[[PythonProcess], str]
    width: int
    from_width: int = 0
    right: bool = True

    @property
    def heading(self) -> str:
        """Its title in the language that is spoken."""
        return say(self.title)

    def aligned(self, text: str) -> str:
        """A cell of it; one for a longer title in another language is wider."""
        width = max(self.width, len(self.heading))
        return text.rjust(width) if self.right else text.ljust(width)


def age_text(age_s: float) -> str:
    """Whole numbers of the unit that fits: `12 s`, `5 min`, `3 h`, `12 d`."""
    for limit_s, unit_s, unit in ((100, 1, "s"), (6000, 60, "min"), (172_800, 3600, "h")):
        if age_s < limit_s:
            return figure(f"{age_s / unit_s:.0f} {unit}")
    return say("{count} d", count=f"{age_s / 86_400:.0f}")


COLUMNS = (
    Column("pid", lambda process: str(process.pid), 7),
    Column(to_say("user"), lambda process: fit(clean(process.user), 9), 9, 90, right=False),
    Column("Python", lambda process: fit(version_text(process), 9), 9, 70, right=False),
    Column(to_say("CPU"), lambda process: figure(f"{process.cpu_share * 100:.0f} %"), 5),
    Column(to_say("thr"), lambda process: str(process.threads), 4),
    Column(to_say("age"), lambda process: age_text(process.age_s), 6, 76),
    Column(to_say("memory"), lambda process: figure(size(process.rss_bytes)), 6, 70),
)


def version_text(process: PythonProcess) -> str:
    """`3.11`; the name of the interpreter too where it is not CPython."""
    return clean(process.python).removeprefix("CPython").strip() or "CPython"


def matching(processes: Sequence[PythonProcess], words: str) -> list[PythonProcess]:
    """Those in which every word occurs: in the command, the user, the interpreter or the pid."""
    wanted = words.lower().split()
    return [
        process
        for process in processes
        if all(
            word in f"{process.pid} {process.user} {process.python} {process.command}".lower()
            for word in wanted
        )
    ]


def columns_for(width: int) -> list[Column]:
    """The columns that a table of this width shows, before the command."""
    return [column for column in COLUMNS if width >= column.from_width]


def heading_row(width: int) -> Row:
    """The titles."""
    cells = [column.aligned(column.heading) for column in columns_for(width)]
    return ((fit(" " * MARK_WIDTH + " ".join([*cells, say("command")]), width), "muted"),)


def process_row(process: PythonProcess, width: int, *, at_cursor: bool) -> Row:
    """One process; behind the command of one that may not be watched stands why."""
    cells = [column.aligned(column.cell(process)) for column in columns_for(width)]
    mark = OPEN if process.watchable else REFUSED
    text = " ".join([*cells, what_of(process)])
    text = f"{mark:<{MARK_WIDTH}}{text}"
    role = "text" if process.watchable else "muted"
    return ((f"{fit(text, width):<{width}}", "cursor reverse" if at_cursor else role),)


def what_of(process: PythonProcess) -> str:
    """The command, or why it may not be watched."""
    command = short_command(process.command)
    if not process.watchable:
        return say("{why}: {command}", why=sentence(clean(process.why)), command=command)
    inside = process.container_pid
    return f"{command} {say('[container, {pid} inside]', pid=inside)}" if inside else command


class ProcessList(Lines, can_focus=True):
    """The table; Enter asks for the process at the cursor to be watched."""

    HELP = """
    ### Python processes
    The Python processes of this host, the busiest first; those marked × may not be watched, and the line
    says why. Enter or `w` watches the one at the cursor, with all processes that it started. Nothing
    of it is stopped or changed. `/` filters by words of the command, user, interpreter or pid.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,w", "choose", "Watch", id="watch.choose", tooltip="Watch this process and its tree"),
        Binding("up", "move(-1)", "Up", show=False, id="watch.list_up", tooltip="The process above"),
        Binding("down", "move(1)", "Down", show=False, id="watch.list_down", tooltip="The process below"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="watch.list_page_up", tooltip="A page up"),
        Binding(
            "pagedown", "page(1)", "Page down", show=False, id="watch.list_page_down", tooltip="A page down"
        ),
        Binding("home", "move(-100000)", "First", show=False, id="watch.list_first", tooltip="The busiest"),
        Binding("end", "move(100000)", "Last", show=False, id="watch.list_last", tooltip="The last one"),
    ]

    @dataclass
    class Chosen(Message):
        """This process is to be watched."""

        process: PythonProcess

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._all: Sequence[PythonProcess] | None = None
        self._words = ""
        self._listed: list[PythonProcess] = []
        self._order: CalmOrder[int] = CalmOrder(CALM_CPU)
        self._at = 0
        self._pid = 0
        self._readings = 0
        self._top = 0

    @property
    def at_cursor(self) -> PythonProcess | None:
        """The process at the cursor."""
        return self._listed[self._at] if self._listed else None

    @property
    def listed(self) -> Sequence[PythonProcess]:
        """The processes in the order in which they are listed."""
        return self._listed

    def list_processes(self, processes: Sequence[PythonProcess]) -> None:
        """Show these; the cursor stays on its process."""
        self._all = processes
        self._readings += 1
        self._list()

    def filter(self, words: str) -> None:
        """Show only those in which all words occur."""
        self._words = words
        self._list()

    def on_focus(self) -> None:
        """The cursor is shown while the keys act on it."""
        self._redraw()

    def on_blur(self) -> None:
        """Without focus there is no cursor."""
        self._redraw()

    def on_resize(self) -> None:
        """Fold anew."""
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        """The first click puts the cursor, one on the cursor watches."""
        index = self._top + event.get_content_offset_capture(self).y - 1
        if 0 <= index < len(self._listed):
            if index == self._at:
                self.action_choose()
            self.action_move(index - self._at)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by the wheel."""
        event.stop()
        self.action_move(2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by the wheel."""
        event.stop()
        self.action_move(-2)

    def action_choose(self) -> None:
        """Ask for the process at the cursor to be watched."""
        if self.at_cursor:
            self.post_message(self.Chosen(self.at_cursor))

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self._at = max(0, min(self._at + rows, len(self._listed) - 1))
        self._pid = self.at_cursor.pid if self.at_cursor else 0
        self._redraw()

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is shown at once."""
        self.action_move(pages * max(1, self.size.height - 2))

    def _list(self) -> None:
        processes = {process.pid: process for process in self._all or ()}
        values = {pid: process.cpu_share for pid, process in processes.items()}
        ordered = [processes[pid] for pid in self._order.ordered(values)]
        ordered.sort(key=lambda process: not process.watchable)
        self._listed = matching(ordered, self._words)
        pids = [process.pid for process in self._listed]
        self._at = pids.index(self._pid) if self._pid in pids else max(0, min(self._at, len(pids) - 1))
        if self._readings > 1:  # the first one knows mean CPU shares only: the cursor waits for the next
            self._pid = self.at_cursor.pid if self.at_cursor else 0
        refused = sum(not process.watchable for process in self._listed)
        parts = [some("{count} process", "{count} processes", len(self._listed))]
        parts += (
            [some("{count} may not be watched", "{count} may not be watched", refused)] if refused else []
        )
        self.entitle(say("Python processes"), " · ".join(parts))
        self._redraw()

    def _redraw(self) -> None:
        width, height = self.size
        if width < 1 or height < 1:
            return
        room = max(1, height - 1)
        self._top = max(0, min(self._top, self._at, len(self._listed) - room), self._at - room + 1)
        shown = self._listed[self._top : self._top + room]
        rows: list[Row] = [heading_row(width)]
        for index, process in enumerate(shown, self._top):
            rows.append(process_row(process, width, at_cursor=self.has_focus and index == self._at))
        if not shown:
            words = say("No Python process runs here.")
            if self._words:
                words = say("No Python process is as the filter wants it.")
            rows.append(((say("Looking.") if self._all is None else words, "muted"),))
        self.show(rows[:height])
