"""The table of runs: sorted and filtered by the store; of a million rows only those around are loaded."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gil_tui.history import HistoryRow
from gil_tui.lab.records import UNAVAILABLE
from gil_tui.tui.messages import RunChosen
from gil_tui.tui.pages import PAGE, Pages
from gil_tui.tui.theme import VERDICT_STATES
from gil_tui.tui.widgets.history_columns import MARK, Column, columns_for, heading
from gil_tui.tui.widgets.lines import role_styles

MARGIN = PAGE // 2
"""Rows above and below those that are seen which are loaded before they are."""
MARKS_AT_MOST = 2
HEADER = 1
NOT_THERE = "…"


class HistoryTable(ScrollView, can_focus=True):
    """Runs as rows; says which one is at the cursor, which one to show, and when more rows are wanted.

    Draws its lines itself: a line costs what it shows, however many rows there are.
    """

    HELP = """
    ### History
    Every run that was made, newest first. Enter shows a run in the chart again, with its verdict. `m` marks
    a run; `c` holds the two that are marked against each other, or the marked one and the one at the
    cursor: how many times faster, and whether that is more than noise. `C` does so with their sweeps.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "history-table--header",
        "history-table--header-hover",
        "history-table--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor(-1)", "Cursor up", show=False),
        Binding("down", "cursor(1)", "Cursor down", show=False),
        Binding(
            "home,ctrl+home", "scroll_top", "First", show=False, id="history.first", tooltip="The first row"
        ),
        Binding(
            "end,ctrl+end", "scroll_bottom", "Last", show=False, id="history.last", tooltip="The last row"
        ),
        Binding(
            "enter", "select_cursor", "Show", id="history.show", tooltip="Show this run in the chart again"
        ),
    ]

    @dataclass
    class CursorMoved(Message):
        """Another run is at the cursor."""

        def can_replace(self, message: Message) -> bool:
            """One is enough, however many wait."""
            return isinstance(message, HistoryTable.CursorMoved)

    @dataclass
    class RowsWanted(Message):
        """Rows are seen, or soon will be, that are not there: see `wanted`."""

        def can_replace(self, message: Message) -> bool:
            """One is enough, however many wait."""
            return isinstance(message, HistoryTable.RowsWanted)

    @dataclass
    class HeaderSelected(Message):
        """The title of a column was clicked."""

        field: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.order_by, self.descending = "id", True
        self.cursor_row = 0
        self.marked: list[int] = []
        self._pages = Pages()
        self._shown: list[Column] = []
        self._titles: list[str] = []
        self._widths: list[int] = []
        self._styles: dict[str, Style] = {}
        self._hovered: int | None = None
        self._is_stale = False
        self._goes_to_end = False

    @property
    def listed(self) -> list[HistoryRow]:
        """The rows that are there, in order; of a long history those around what is seen."""
        return self._pages.rows

    @property
    def total(self) -> int:
        """Rows of the whole list, as far as is known."""
        return self._pages.total

    @property
    def row_at_cursor(self) -> HistoryRow | None:
        """The run at the cursor; None where it is not there yet."""
        return self._pages.row(self.cursor_row)

    @property
    def wanted(self) -> list[int]:
        """The pages that should be there and are not, those in the middle first."""
        top = self.scroll_offset.y
        missing = self._pages.missing(top - MARGIN, top + self._height + MARGIN)
        return sorted(missing, key=lambda number: abs(number * PAGE + PAGE / 2 - top - self._height / 2))

    @property
    def is_stale(self) -> bool:
        """Whether the rows are those of another filter or order, while the asked ones are searched."""
        return self._is_stale

    @is_stale.setter
    def is_stale(self, is_stale: bool) -> None:
        if is_stale != self._is_stale:
            self._is_stale = is_stale
            self.refresh()

    def mark(self, run_id: int) -> None:
        """Mark this run, or take its mark away; of more than two the first one loses its mark."""
        others = [number for number in self.marked if number != run_id]
        self.marked = others if run_id in self.marked else [*others, run_id][-MARKS_AT_MOST:]
        row = self._pages.row(self._pages.place_of(run_id) or 0)
        self._measure([row] if row else [], self._widths)
        self.refresh()

    def list_rows(self, rows: Sequence[HistoryRow], total: int | None = None) -> None:
        """Show these rows, the first of `total`; the cursor stays on its run where that is among them."""
        if list(rows) == self.listed and total in (None, self.total) and self._titles == self._headings():
            self.is_stale = False
            return
        pages = Pages(len(rows) if total is None else total)
        for at in range(0, len(rows), PAGE):
            pages.put(at // PAGE, rows[at : at + PAGE])
        row = self.row_at_cursor if self.has_focus else None
        self._scroll_to_row(0)
        self._take(pages, (row and pages.place_of(row.id)) or 0)

    def list_again(self, pages: Pages, cursor: int) -> None:
        """Show the same list as it is by now; what is seen stays where it is, the run at `cursor` too."""
        top = self._top_with(cursor)
        if self._pages.has(pages):
            self.is_stale = False
            self.move_cursor(cursor, scroll=False)
        else:
            self._take(pages, cursor)
        self._scroll_to_row(top)
        self._scroll_to_cursor()

    def missing_in(self, pages: Pages, cursor: int) -> list[int]:
        """The pages that `list_again` needs, and that are not there."""
        top, cursor = self._top_with(cursor), max(0, min(cursor, pages.total - 1))
        return [*pages.missing(top, top + self._height), *pages.missing(cursor, cursor)]

    def put_page(self, number: int, rows: Sequence[HistoryRow]) -> None:
        """Fill in a page."""
        had_row = self.row_at_cursor is not None
        self._pages.put(number, rows)
        self._measure(rows, self._widths)
        self._resize_list()
        self.refresh()
        if not had_row and self.row_at_cursor:
            self.post_message(self.CursorMoved())

    def is_full(self, number: int) -> bool:
        """Whether all rows of this page are there."""
        return not self._pages.lacks(number)

    def forget(self) -> None:
        """Show none of the rows that are there, until they come again."""
        self._take(Pages(self.total), self.cursor_row)

    def drop(self, ids: Collection[int]) -> None:
        """These runs are gone: they are not seen any more, before the list comes anew."""
        self._pages.drop(ids)
        self._resize_list()
        self.refresh()
        self.move_cursor(self.cursor_row)

    def set_total(self, total: int) -> None:
        """So many rows there are; whoever went to the end of what was known goes on to the end."""
        was_last = self.cursor_row == self.total - 1
        self._pages.total = total
        self._resize_list()
        self.refresh()
        if self._goes_to_end and was_last:
            self.action_scroll_bottom()
        else:
            self.move_cursor(self.cursor_row)

    def move_cursor(self, row: int, *, scroll: bool = True) -> None:
        """Go to this row, or to the nearest that there is."""
        before, self.cursor_row = self.cursor_row, max(0, min(row, self.total - 1))
        self._goes_to_end = False
        if scroll:
            self._scroll_to_cursor()
        if self.cursor_row != before:
            self._refresh_row(before)
            self._refresh_row(self.cursor_row)
            self.post_message(self.CursorMoved())
        self._look()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor is shown while the keys act on it."""
        super().watch_has_focus(has_focus)
        self._refresh_row(self.cursor_row)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows are seen."""
        super().watch_scroll_y(old_value, new_value)
        self._look()

    def notify_style_update(self) -> None:
        """Drop the styles of the theme before."""
        super().notify_style_update()
        self._styles = {}

    def on_resize(self) -> None:
        """Other columns at another width, and other rows that are seen."""
        if self._shown != columns_for(self.size.width):
            self._measure(self.listed)
        self._look()

    def on_click(self, event: events.Click) -> None:
        """Sort by a column, go to a row; on the one at the cursor, show it."""
        at = event.get_content_offset(self)
        if at is None:
            return
        row = at.y - HEADER + self.scroll_offset.y
        if at.y < HEADER:
            column = self._column_at(at.x)
            if column is not None:
                self.post_message(self.HeaderSelected(self._shown[column].field))
        elif row == self.cursor_row:
            self.action_select_cursor()
        elif row < self.total:
            self.move_cursor(row)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The title under the mouse may be clicked."""
        at = event.get_content_offset(self)
        self._hover(self._column_at(at.x) if at and at.y < HEADER else None)

    def on_leave(self) -> None:
        """The mouse is elsewhere."""
        self._hover(None)

    def action_cursor(self, step: int) -> None:
        """To the next row, or to the one before."""
        self.move_cursor(self.cursor_row + step)

    def action_page_down(self) -> None:
        """As many rows on as are seen."""
        self._turn(self._height)

    def action_page_up(self) -> None:
        """As many rows back as are seen."""
        self._turn(-self._height)

    def action_scroll_top(self) -> None:
        """To the first row."""
        self.move_cursor(0)

    def action_scroll_bottom(self) -> None:
        """To the last row."""
        self.move_cursor(self.total - 1)
        self._goes_to_end = True

    def action_select_cursor(self) -> None:
        """Ask for the run at the cursor to be shown."""
        row = self.row_at_cursor
        if row:
            self.post_message(RunChosen(row.id))

    def render_line(self, y: int) -> Strip:
        """The titles, or the row that stands there."""
        left, top = self.scroll_offset
        right = left + self.size.width
        if y < HEADER:
            return Strip(self._title_segments()).crop_extend(left, right, self.rich_style)
        index = top + y - HEADER
        is_at_cursor = index == self.cursor_row and self.has_focus and index < self.total
        cursor = self.get_component_rich_style("history-table--cursor") if is_at_cursor else None
        return Strip(self._segments(index, cursor)).crop_extend(left, right, cursor or self.rich_style)

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height - HEADER)

    def _title_segments(self) -> list[Segment]:
        style = self.get_component_rich_style("history-table--header")
        hovered = self.get_component_rich_style("history-table--header-hover")
        return [
            Segment(_padded(title, width, column.right), hovered if at == self._hovered else style)
            for at, (column, title, width) in enumerate(
                zip(self._shown, self._titles, self._widths, strict=True)
            )
        ]

    def _segments(self, index: int, cursor: Style | None) -> list[Segment]:
        row = self._pages.row(index)
        if row is None:
            return [Segment(f" {NOT_THERE}", cursor or self._style("muted"))] if index < self.total else []
        plain = "muted" if self._is_stale or row.status == UNAVAILABLE else ""
        state = plain or f"state-{VERDICT_STATES.get(row.verdict or '', 'idle')}"
        return [
            Segment(
                _padded(self._cell(column, row), width, column.right),
                cursor or self._style(state if column.field == "verdict" else plain),
            )
            for column, width in zip(self._shown, self._widths, strict=True)
        ]

    def _cell(self, column: Column, row: HistoryRow) -> str:
        mark = MARK if column.field == "id" and row.id in self.marked else ""
        return mark + column.cell(row)

    def _style(self, role: str) -> Style:
        if not self._styles:
            base, roles = self.rich_style, role_styles(self.app.theme_variables)
            self._styles = {"": base} | {name: base + style for name, style in roles.items()}
        return self._styles[role]

    def _take(self, pages: Pages, cursor: int) -> None:
        self._pages, self._is_stale = pages, False
        self._measure(self.listed)
        self.refresh()
        self.move_cursor(cursor)

    def _measure(self, rows: Sequence[HistoryRow], least: Sequence[int] = ()) -> None:
        """Take the columns that have room, each as wide as its widest cell, and as it was in `least`."""
        self._shown = columns_for(self.size.width)
        self._titles = self._headings()
        known = least or [0] * len(self._shown)
        self._widths = [
            max(width, cell_len(title), *(cell_len(self._cell(column, row)) for row in rows))
            for column, title, width in zip(self._shown, self._titles, known, strict=True)
        ]
        self._resize_list()

    def _resize_list(self) -> None:
        self.virtual_size = Size(sum(self._widths) + 2 * len(self._widths), self.total + HEADER)

    def _headings(self) -> list[str]:
        return [heading(one, self.order_by, self.descending) for one in columns_for(self.size.width)]

    def _top_with(self, cursor: int) -> int:
        """The first row to be seen so that the run that is at `cursor` by now stays on its line."""
        top = self.scroll_offset.y
        return max(0, top + cursor - self.cursor_row) if top else 0

    def _turn(self, rows: int) -> None:
        self._scroll_to_row(self.scroll_offset.y + rows)
        self.move_cursor(self.cursor_row + rows)

    def _scroll_to_cursor(self) -> None:
        top = self.scroll_offset.y
        if not top <= self.cursor_row < top + self._height:
            self._scroll_to_row(
                self.cursor_row if self.cursor_row < top else self.cursor_row - self._height + 1
            )

    def _scroll_to_row(self, row: int) -> None:
        """See this row first, at once: a list that has just come has no scroll bar yet."""
        self.scroll_to(y=row, animate=False, force=True)

    def _look(self) -> None:
        if self.wanted:
            self.post_message(self.RowsWanted())

    def _refresh_row(self, row: int) -> None:
        self.refresh_line(row + HEADER)

    def _hover(self, column: int | None) -> None:
        if column != self._hovered:
            self._hovered = column
            self.refresh(Region(0, 0, self.size.width, HEADER))

    def _column_at(self, x: int) -> int | None:
        right = -self.scroll_offset.x
        for at, width in enumerate(self._widths):
            right += width + 2
            if x < right:
                return at
        return None


def _padded(text: str, width: int, to_the_right: bool) -> str:
    """The text with a space on both sides, `width` cells between them."""
    if to_the_right:
        text = " " * (width - cell_len(text)) + text
    return f" {set_cell_size(text, width)} "
