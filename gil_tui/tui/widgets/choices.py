"""Pickers: one or several of a few, whose state can be read without colour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message

from gil_tui.text import clean, fit
from gil_tui.tui.widgets.lines import Lines, Row, Span

GAP = 2
SIDE_BY_SIDE = 48
"""From this width on the items of a single choice stand side by side too."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: `key` is what it stands for, `label` what is read, `hint` stands beside it.

    `opens` asks for something to be typed instead of being chosen itself.
    """

    key: str
    label: str
    hint: str = ""
    opens: bool = False


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


class Choices(Lines, can_focus=True):
    """A titled group of choices: arrows move, space chooses. With `single` the choice follows the cursor."""

    BINDING_GROUP_TITLE = "Picker"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1, 0)", "Up", show=False, id="choices.up", tooltip="The choice above"),
        Binding("down", "move(1, 0)", "Down", show=False, id="choices.down", tooltip="The choice below"),
        Binding("left", "move(0, -1)", "Left", show=False, id="choices.left", tooltip="The choice before"),
        Binding("right", "move(0, 1)", "Right", show=False, id="choices.right", tooltip="The choice after"),
        Binding(
            "space,enter", "choose", "Choose", show=False, id="choices.choose", tooltip="Choose or leave out"
        ),
    ]

    @dataclass
    class Changed(Message):
        """What is chosen has changed."""

        choices: "Choices"
        chosen: tuple[str, ...]

        @property
        def control(self) -> "Choices":
            """The picker."""
            return self.choices

    @dataclass
    class Opened(Message):
        """A choice that asks for something to be typed was taken."""

        choices: "Choices"
        key: str

        @property
        def control(self) -> "Choices":
            """The picker."""
            return self.choices

    DEFAULT_CSS = "Choices { height: auto; }"

    def __init__(
        self,
        title: str,
        items: Sequence[Choice] = (),
        chosen: Sequence[str] = (),
        *,
        single: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.title = title
        self.single = single
        self.items: tuple[Choice, ...] = tuple(items)
        self.chosen: tuple[str, ...] = tuple(chosen)
        self.cursor = self._index_of(self.chosen[0]) if self.chosen else 0

    def set_items(self, items: Sequence[Choice], chosen: Sequence[str] | None = None) -> None:
        """Other items; what was chosen and is still there stays chosen."""
        at = self.items[self.cursor].key if self.items else ""
        self.items = tuple(items)
        keys = [item.key for item in self.items]
        wanted = self.chosen if chosen is None else tuple(chosen)
        self.chosen = tuple(key for key in keys if key in wanted)
        self.cursor = keys.index(at) if at in keys else 0
        self._redraw(layout=True)

    def choose(self, key: str) -> None:
        """Choose `key`, as if by hand."""
        self.cursor = self._index_of(key)
        self._take(key)

    def cells(self, width: int) -> list[Cell]:
        """Where the items stand, below the title's row."""
        one_column = self.single and width < SIDE_BY_SIDE
        wide = [width if one_column else len(self._label(item)) for item in self.items]
        return [replace(cell, row=cell.row + 1) for cell in flow(wide, width)]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A row for the title, and those of the items."""
        cells = self.cells(max(1, width))
        return 1 + (cells[-1].row if cells else 1)

    def on_mount(self) -> None:
        """Draw for the first time."""
        self._redraw()

    def on_resize(self) -> None:
        """Other places at another width."""
        self._redraw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor is shown while the keys act on it."""
        super().watch_has_focus(has_focus)
        self._redraw()

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
        item = self.items[self.cursor]
        if self.cursor == before:
            if rows:
                _ = self.screen.focus_next(Choices) if rows > 0 else self.screen.focus_previous(Choices)
        elif self.single and not item.opens:
            self._take(item.key)
        self._redraw()

    def action_choose(self) -> None:
        """Choose the item at the cursor, or leave it out."""
        if not self.items:
            return
        item = self.items[self.cursor]
        if item.opens:
            self.post_message(self.Opened(self, item.key))
        else:
            self._take(item.key)
        self._redraw()

    def _take(self, key: str) -> None:
        if self.single:
            chosen: tuple[str, ...] = (key,)
        else:
            kept = [item.key for item in self.items if (item.key in self.chosen) != (item.key == key)]
            chosen = tuple(kept)
        if chosen != self.chosen:
            self.chosen = chosen
            self.post_message(self.Changed(self, chosen))
        self._redraw()

    def _index_of(self, key: str) -> int:
        return next((index for index, item in enumerate(self.items) if item.key == key), 0)

    def _label(self, item: Choice) -> str:
        if item.opens:
            return clean(item.label)
        taken = item.key in self.chosen
        if self.single:
            return f"{'›' if taken else ' '} {clean(item.label)}"
        return f"[{'x' if taken else ' '}] {clean(item.label)}"

    def _redraw(self, layout: bool = False) -> None:
        if not self.is_mounted:
            return
        self.show(self.drawn(self.size.width))
        if layout:
            self.refresh(layout=True)
        if self.has_focus and self.items:
            row = self.cells(self.size.width)[self.cursor].row
            self.call_after_refresh(self._scroll_to_row, row)

    def _scroll_to_row(self, row: int) -> None:
        parent = self.parent
        if row == 1:
            row = 0
        if parent is not None and hasattr(parent, "scroll_to_region"):
            region = Region(0, self.virtual_region.y + row, 1, 1)
            parent.scroll_to_region(region, animate=False)

    def drawn(self, width: int) -> list[Row]:
        """Title and items as rows of `width` cells."""
        focused = self.has_focus
        rows: list[list[Span]] = [[(fit(self.title, width), "accent bold" if focused else "muted")]]
        for index, (item, cell) in enumerate(zip(self.items, self.cells(width), strict=True)):
            while len(rows) <= cell.row:
                rows.append([])
            row = rows[cell.row]
            row.append((" " * (cell.column - sum(len(text) for text, _ in row)), ""))
            role = "strong" if item.key in self.chosen else "muted" if item.opens else "text"
            label = self._label(item)
            at_cursor = focused and index == self.cursor
            row.append((fit(label, width), "cursor reverse" if at_cursor else role))
            if self.single and item.hint:
                row.append((fit("  " + clean(item.hint), width - len(label)), "muted"))
        return [tuple(row) for row in rows]
