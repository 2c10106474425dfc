"""The table of runs: newest first, sorted and filtered by the store, loaded page by page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable

from gil_tui.history import HistoryRow
from gil_tui.history.rows import local_time
from gil_tui.lab.records import UNAVAILABLE
from gil_tui.language.spoken import figure, say, to_say
from gil_tui.text import clean, factor, fit, seconds
from gil_tui.tui.messages import RunChosen
from gil_tui.tui.theme import VERDICT_STATES
from gil_tui.tui.widgets.lines import role_styles
from gil_tui.verdict.model import CODES

PAGE = 200
WIDE = 60
UP, DOWN = "▲", "▼"
MARK = "◆"
MARKS_AT_MOST = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field it sorts by, its title and cell, and at which widths of the table it is shown."""

    field: str
    title: str
    cell: Callable[[HistoryRow], str]
    from_width: int = 0
    to_width: int = 10_000
    right: bool = False


def _interval(row: HistoryRow) -> str:
    if not row.wall_s or row.wall_low_s is None or row.wall_high_s is None:
        return ""
    return figure(f"±{(row.wall_high_s - row.wall_low_s) / 2 / row.wall_s * 100:.0f} %")


def _executor(row: HistoryRow) -> str:
    name = clean(row.executor)
    return name if name == "sequential" else f"{name} x{row.workers}"


def _time(row: HistoryRow) -> str:
    return "–" if row.wall_s is None else figure(seconds(row.wall_s))


def _ended(row: HistoryRow) -> str:
    if row.status == UNAVAILABLE:
        return f"– {say(UNAVAILABLE)}"
    return clean(row.verdict) if row.verdict and row.status == "done" else clean(say(row.status))


def _meaning(row: HistoryRow) -> str:
    return say(CODES[row.verdict]) if row.verdict in CODES else ""


COLUMNS = (
    Column("id", "#", lambda row: str(row.id), right=True),
    Column("created_at", to_say("when"), lambda row: local_time(row.created_at)[5:], 70),
    Column("workload", to_say("workload"), lambda row: fit(clean(row.workload), 24)),
    Column("executor", to_say("executor"), _executor),
    Column("python", to_say("Python"), lambda row: clean(row.python), 80),
    Column("wall_s", to_say("time"), _time, right=True),
    Column("wall_high_s", "±", _interval, 90, right=True),
    Column("speedup", to_say("gain"), lambda row: figure(factor(row.speedup)), to_width=WIDE, right=True),
    Column("speedup", to_say("speed-up"), lambda row: figure(factor(row.speedup)), WIDE, right=True),
    Column("verdict", to_say("verdict"), _ended),
    Column("status", to_say("meaning"), _meaning, 130),
)
SORTABLE = tuple(column for column in COLUMNS if column.title not in ("±", "meaning", "gain"))


def columns_for(width: int) -> list[Column]:
    """The columns that a table of this width shows."""
    return [column for column in COLUMNS if column.from_width <= width < column.to_width]


def heading(column: Column, order_by: str, descending: bool) -> str:
    """The column's title, with an arrow where the rows are sorted by it."""
    title = say(column.title)
    return f"{title}{DOWN if descending else UP}" if column.field == order_by else title


def next_order(order_by: str, step: int) -> str:
    """The column to sort by after `order_by`."""
    fields = [column.field for column in SORTABLE]
    return fields[(fields.index(order_by) + step) % len(fields)] if order_by in fields else "id"


class HistoryTable(DataTable[Text]):
    """Runs as rows; says which one is at the cursor, which one to show, and when more rows are wanted."""

    HELP = """
    ### History
    Every run that was made, newest first. Enter shows a run in the chart again, with its verdict. `m` marks
    a run; `c` holds the two that are marked against each other, or the marked one and the one at the
    cursor: how many times faster, and whether that is more than noise. `C` does so with their sweeps.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "scroll_top", "First", show=False, id="history.first", tooltip="The first row"),
        Binding("end", "scroll_bottom", "Last", show=False, id="history.last", tooltip="The last row"),
        Binding(
            "enter", "select_cursor", "Show", id="history.show", tooltip="Show this run in the chart again"
        ),
    ]

    @dataclass
    class MoreWanted(Message):
        """The last row is at the cursor."""

        table: "HistoryTable"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", show_cursor=False, cell_padding=1)
        self.order_by, self.descending = "id", True
        self.listed: list[HistoryRow] = []
        self.marked: list[int] = []
        self._shown: list[Column] = []
        self._titles: list[str] = []
        self._widths: list[int] = []

    @property
    def row_at_cursor(self) -> HistoryRow | None:
        """The run at the cursor."""
        return self.listed[self.cursor_row] if 0 <= self.cursor_row < len(self.listed) else None

    def mark(self, run_id: int) -> None:
        """Mark this run, or take its mark away; of more than two the first one loses its mark."""
        others = [number for number in self.marked if number != run_id]
        self.marked = others if run_id in self.marked else [*others, run_id][-MARKS_AT_MOST:]
        at = self.cursor_row
        self._rebuild()
        self.move_cursor(row=at)

    def field_at(self, index: int) -> str:
        """What the column at `index` is sorted by."""
        return self._shown[index].field

    def list_rows(self, rows: Sequence[HistoryRow]) -> None:
        """Show these rows; the cursor stays on its run where that is still there."""
        at = self.row_at_cursor
        if list(rows) == self.listed and self._titles == self._headings(self._wanted()):
            return
        self.listed = list(rows)
        self._rebuild()
        numbers = [row.id for row in self.listed]
        if self.has_focus and at and at.id in numbers and self.cursor_row != numbers.index(at.id):
            self.move_cursor(row=numbers.index(at.id))

    def append_rows(self, rows: Sequence[HistoryRow]) -> None:
        """Show these rows below the others."""
        self.listed += rows
        cells = self._cells(rows)
        fits = [cell_len(max(words, key=cell_len)) for words in zip(*cells, strict=True)]
        if any(wanted > width for wanted, width in zip(fits, self._widths, strict=False)):
            self._rebuild()
            self.move_cursor(row=len(self.listed) - len(rows))
        else:
            self._add(rows, cells)

    def on_mount(self) -> None:
        """Take the colours of another theme over."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._rebuild())

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor is shown while the keys act on it."""
        super().watch_has_focus(has_focus)
        self.show_cursor = has_focus

    def on_resize(self) -> None:
        """Other columns at another width."""
        if self._shown != self._wanted():
            self._rebuild()

    def on_data_table_row_selected(self) -> None:
        """Ask for the run at the cursor to be shown."""
        row = self.row_at_cursor
        if row:
            self.post_message(RunChosen(row.id))

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Ask for more rows at the end."""
        if event.cursor_row >= len(self.listed) - 1 and len(self.listed) >= PAGE:
            self.post_message(self.MoreWanted(self))

    def _rebuild(self) -> None:
        # Own widths: Textual 8.2 measures when it is idle, and what was drawn before that stays as it was.
        self._shown = self._wanted()
        cells = self._cells(self.listed)
        self._titles = self._headings(self._shown)
        self._widths = [max(map(cell_len, words)) for words in zip(self._titles, *cells, strict=True)]
        with self.app.batch_update():
            self.clear(columns=True)
            for column, title, width in zip(self._shown, self._titles, self._widths, strict=True):
                words = Text(title, justify="right" if column.right else "left")
                self.add_column(words, key=column.title, width=width)
            self._add(self.listed, cells)

    def _cells(self, rows: Sequence[HistoryRow]) -> list[list[str]]:
        return [[self._marking(column, row) + column.cell(row) for column in self._shown] for row in rows]

    def _marking(self, column: Column, row: HistoryRow) -> str:
        return MARK if column.field == "id" and row.id in self.marked else ""

    def _wanted(self) -> list[Column]:
        return columns_for(self.size.width)

    def _add(self, rows: Sequence[HistoryRow], cells: Sequence[Sequence[str]]) -> None:
        styles = role_styles(self.app.theme_variables)
        for row, words in zip(rows, cells, strict=True):
            state = styles[f"state-{VERDICT_STATES.get(row.verdict or '', 'idle')}"]
            plain = styles["muted"] if row.status == UNAVAILABLE else Style.null()
            texts = (
                Text(
                    word,
                    style=state if column.field == "verdict" and row.status != UNAVAILABLE else plain,
                    justify="right" if column.right else "left",
                )
                for word, column in zip(words, self._shown, strict=True)
            )
            self.add_row(*texts, key=str(row.id))

    def _headings(self, columns: Sequence[Column]) -> list[str]:
        return [heading(column, self.order_by, self.descending) for column in columns]
