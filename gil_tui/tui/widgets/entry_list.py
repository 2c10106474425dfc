"""A list of entries under headings, to be moved in and marked; the dialogs that choose from many use it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from gil_tui.language.spoken import say, to_say
from gil_tui.text import clean, fit
from gil_tui.tui.offers import Entry
from gil_tui.tui.widgets.choices import OFF, ON, UNAVAILABLE
from gil_tui.tui.widgets.lines import Lines, Row

NOTHING = to_say("Nothing is called so.")
LABEL_WIDTH = 20


def listed_rows(entries: Sequence[Entry]) -> list[Entry | str]:
    """Entries with a heading, as text, before each group."""
    rows: list[Entry | str] = []
    group = None
    for entry in entries:
        if entry.group != group:
            group = entry.group
            rows.append(group)
        rows.append(entry)
    return rows


class EntryList(Lines):
    """Rows around the cursor; the dialog has the keys, this has the mouse."""

    @dataclass
    class Pointed(Message):
        """The cursor is at another entry, or at none."""

        entry: Entry | None

    @dataclass
    class Pressed(Message):
        """An entry was clicked on."""

        entry: Entry

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.entries: list[Entry] = []
        self.marked: frozenset[str] = frozenset()
        self.cursor = 0
        self._top = 0

    @property
    def at_cursor(self) -> Entry | None:
        """The entry at the cursor."""
        return self.entries[self.cursor] if self.entries else None

    def list_entries(self, entries: Sequence[Entry], at: str = "") -> None:
        """Show these; the cursor stays at its entry, or goes to `at`."""
        wanted = at or (self.at_cursor.key if self.at_cursor else "")
        self.entries = list(entries)
        keys = [entry.key for entry in entries]
        self.cursor = keys.index(wanted) if wanted in keys else 0
        self._moved()

    def mark(self, keys: Collection[str]) -> None:
        """Exactly these are marked."""
        self.marked = frozenset(keys)
        self._redraw()

    def move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor = min(max(0, self.cursor + rows), max(0, len(self.entries) - 1))
        self._moved()

    def on_mount(self) -> None:
        """Draw for the first time."""
        self._moved()

    def on_resize(self) -> None:
        """Fit anew."""
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        """Choose by the mouse."""
        rows = listed_rows(self.entries)
        index = self._top + event.y
        if index < len(rows) and isinstance(entry := rows[index], Entry):
            self.cursor = self.entries.index(entry)
            self._moved()
            self.post_message(self.Pressed(entry))

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the cursor."""
        self.move(1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves the cursor."""
        self.move(-1)

    def _moved(self) -> None:
        self.post_message(self.Pointed(self.at_cursor))
        self._redraw()

    def _redraw(self) -> None:
        if not self.is_mounted or self.size.height < 1:
            return
        width, height = self.size
        rows = listed_rows(self.entries)
        if not rows:
            self.show([((fit(say(NOTHING), width), "muted"),)])
            return
        at = rows.index(self.entries[self.cursor])
        first = at - 1 if at and isinstance(rows[at - 1], str) else at
        self._top = max(min(self._top, first), at - height + 1)
        self._top = max(0, min(self._top, len(rows) - height))
        shown = rows[self._top : self._top + height]
        drawn = [self._row(row, width) for row in shown]
        above, below = self._top > 0, self._top + height < len(rows)
        if above:
            drawn[0] = (*drawn[0], *_at_the_right("↑", drawn[0], width))
        if below:
            drawn[-1] = (*drawn[-1], *_at_the_right("↓", drawn[-1], width))
        self.show(drawn)

    def _row(self, row: Entry | str, width: int) -> Row:
        width = max(0, width - 2)  # where more can be scrolled to is told there
        if isinstance(row, str):
            return ((fit(clean(row), width), "muted"),)
        state = ON if row.key in self.marked else UNAVAILABLE if row.unavailable else OFF
        label = f"{state} {fit(clean(row.label), LABEL_WIDTH):<{LABEL_WIDTH}}"
        note = f"  {clean(row.unavailable or row.note)}"
        is_off = bool(row.unavailable)
        if row is self.at_cursor:
            return ((f"{fit(label + note, width):<{width}}", "cursor reverse"),)
        role = "strong" if row.key in self.marked else "muted" if is_off else "text"
        return ((fit(label, width), role), (fit(note, max(0, width - len(label))), "muted"))


def _at_the_right(sign: str, row: Row, width: int) -> Row:
    taken = sum(len(text) for text, _ in row)
    return ((" " * max(0, width - taken - 1), ""), (sign, "accent"))
