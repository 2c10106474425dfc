"""A picker of several of a few, whose state can be read without colour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from gil_tui.text import clean, fit
from gil_tui.tui.widgets.lines import Row, Span
from gil_tui.tui.widgets.picker import Picker

GAP = 2
ON, OFF, UNAVAILABLE = "[x]", "[ ]", "[–]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: `key` is what it stands for, `label` what is read.

    `opens` asks for something instead of being chosen itself; what is `unavailable` cannot be chosen.
    """

    key: str
    label: str
    opens: bool = False
    unavailable: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a choice stands: row, first column and width."""

    row: int
    column: int
    width: int


def flow(widths: Sequence[int], width: int) -> list[Cell]:
    """Places for items side by side, row by row, in as many aligned columns as `width` takes.

    Where only one would fit, items wider than half have rows of their own and do not decide for others.
    """
    columns_wide, wide = _columns(widths, width), width
    if len(columns_wide) == 1:
        wide = (width - GAP) // 2
        columns_wide = _columns([item for item in widths if item <= wide], width)
    cells: list[Cell] = []
    row, column = 0, 0
    for item in widths:
        if column and (item > wide or column == len(columns_wide)):
            row, column = row + 1, 0
        if item > wide:
            cells.append(Cell(row, 0, min(item, width)))
            row += 1
            continue
        cells.append(Cell(row, sum(columns_wide[:column]) + GAP * column, columns_wide[column]))
        column += 1
    return cells


def _columns(widths: Sequence[int], width: int) -> list[int]:
    """Widths of the columns when items go row by row into as many as fit."""
    for columns in range(len(widths), 1, -1):
        columns_wide = [max(widths[column::columns]) for column in range(columns)]
        if sum(columns_wide) + GAP * (columns - 1) <= width:
            return columns_wide
    return [max(widths, default=0)]


def neighbour(cells: Sequence[Cell], index: int, rows: int, columns: int) -> int:
    """The item that lies `rows` down or `columns` to the right of `index`; itself where there is none."""
    if columns:
        return min(max(index + columns, 0), len(cells) - 1)
    target = cells[index].row + rows
    candidates = [number for number, cell in enumerate(cells) if cell.row == target]
    if not candidates:
        return index
    return min(candidates, key=lambda number: abs(cells[number].column - cells[index].column))


class Choices(Picker):
    """A titled group of choices: arrows move, space takes in or leaves out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space,enter", "choose", "Choose", show=False, id="choices.choose", tooltip="Choose or leave out"
        ),
    ]

    def __init__(
        self, title: str, items: Sequence[Choice] = (), chosen: Sequence[str] = (), *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.title = title
        self.items: tuple[Choice, ...] = tuple(items)
        self.chosen: tuple[str, ...] = tuple(chosen)
        self.cursor = 0

    @property
    def usable(self) -> tuple[str, ...]:
        """What is chosen and available."""
        off = {item.key for item in self.items if item.unavailable}
        return tuple(key for key in self.chosen if key not in off)

    def set_items(self, items: Sequence[Choice], chosen: Sequence[str] | None = None) -> None:
        """Other items; what was chosen and is still there stays chosen."""
        at = self.items[self.cursor].key if self.items else ""
        before, self.items = self.items, tuple(items)
        keys = [item.key for item in self.items]
        wanted = self.chosen if chosen is None else tuple(chosen)
        self.chosen = tuple(key for key in keys if key in wanted)
        self.cursor = keys.index(at) if at in keys else 0
        self.redraw(layout=before != self.items)

    def cells(self, width: int) -> list[Cell]:
        """Where the items stand, below the title's row."""
        wide = [len(self._label(item)) for item in self.items]
        return [replace(cell, row=cell.row + 1) for cell in flow(wide, width)]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A row for the title, and those of the items."""
        cells = self.cells(max(1, width))
        return 1 + (cells[-1].row if cells else 1)

    def on_click(self, event: events.Click) -> None:
        """The mouse chooses too."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for index, cell in enumerate(self.cells(self.size.width)):
            if cell.row == offset.y and cell.column <= offset.x < cell.column + cell.width + GAP:
                self.cursor = index
                self.action_choose()

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor; out of the top or bottom go on to the neighbouring picker."""
        if not self.items:
            return
        before = self.cursor
        self.cursor = neighbour(self.cells(self.size.width), self.cursor, rows, columns)
        if self.cursor == before and rows:
            self.leave(rows)
        self.point()
        self.redraw()

    def action_choose(self) -> None:
        """Choose the item at the cursor, or leave it out."""
        if not self.items:
            return
        item = self.items[self.cursor]
        if item.opens:
            self.post_message(self.Opened(self, item.key))
        elif item.unavailable and item.key not in self.chosen:
            self.post_message(self.Refused(self, item.key))
        else:
            kept = [one.key for one in self.items if (one.key in self.chosen) != (one.key == item.key)]
            self.chosen = tuple(kept)
            self.post_message(self.Changed(self, self.chosen))
        self.redraw()

    def point(self) -> None:
        """Tell where the cursor is."""
        if self.items:
            self.post_message(self.Pointed(self, self.items[self.cursor].key))

    def _label(self, item: Choice) -> str:
        if item.opens:
            return clean(item.label)
        state = UNAVAILABLE if item.unavailable else ON if item.key in self.chosen else OFF
        return f"{state} {clean(item.label)}"

    def redraw(self, layout: bool = False) -> None:
        """Draw anew, at another height if `layout`."""
        if not self.is_mounted:
            return
        self.show(self.drawn(self.size.width))
        if layout:
            self.refresh(layout=True)
        if self.has_focus and self.items:
            row = self.cells(self.size.width)[self.cursor].row
            self.call_after_refresh(self.scroll_to_row, row)

    def drawn(self, width: int) -> list[Row]:
        """Title and items as rows of `width` cells."""
        focused = self.has_focus
        rows: list[list[Span]] = [[(fit(self.title, width), "accent bold" if focused else "muted")]]
        for index, (item, cell) in enumerate(zip(self.items, self.cells(width), strict=True)):
            while len(rows) <= cell.row:
                rows.append([])
            row = rows[cell.row]
            row.append((" " * (cell.column - sum(len(text) for text, _ in row)), ""))
            taken = item.key in self.chosen and not item.unavailable
            role = "strong" if taken else "muted" if item.opens or item.unavailable else "text"
            at_cursor = focused and index == self.cursor
            row.append((fit(self._label(item), width), "cursor reverse" if at_cursor else role))
        return [tuple(row) for row in rows]
