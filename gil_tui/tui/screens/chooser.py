"""The dialog to choose from many: find by typing, mark several, and read what each is."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from gil_tui.language.spoken import say, to_say
from gil_tui.tui.bindings import SpokenDialog
from gil_tui.tui.offers import Entry, about_lines
from gil_tui.tui.widgets.entry_list import EntryList
from gil_tui.tui.widgets.lines import Lines, Row
from gil_tui.tui.widgets.verdict import wrapped

KEYS = to_say("type to find · space mark · enter take · esc cancel")
PAGE = 8

MakeOwn = Callable[[str], Entry | None]
"""An entry from what was typed, where that names something that is not in the list."""


class FindLine(Input):
    """A line to type on that leaves the space bar to the dialog."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Everything that can be printed but the space, which marks."""
        return key != "space" and super().check_consume_key(key, character)


class ChooserDialog(SpokenDialog[tuple[str, ...] | None]):
    """Gives back the keys that were marked or, where none is, the one at the cursor; None for cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", priority=True, id="chooser.up", tooltip="The entry above"),
        Binding("down", "move(1)", "Down", priority=True, id="chooser.down", tooltip="The entry below"),
        Binding("pageup", f"move(-{PAGE})", "Page up", priority=True, id="chooser.page_up", tooltip="Up"),
        Binding(
            "pagedown", f"move({PAGE})", "Page down", priority=True, id="chooser.page_down", tooltip="Down"
        ),
        Binding("space", "mark", "Mark", priority=True, id="chooser.mark", tooltip="Mark, to take several"),
        Binding("enter", "take", "Take", priority=True, id="chooser.take", tooltip="Take what is marked"),
        Binding("escape", "leave", "Cancel", id="chooser.leave", tooltip="Close without a change"),
    ]

    entries = getters.query_one(EntryList)
    about = getters.query_one("#about", Lines)
    find = getters.query_one(Input)

    def __init__(
        self,
        title: str,
        entries: Sequence[Entry],
        marked: Sequence[str] = (),
        at: str = "",
        make_own: MakeOwn | None = None,
    ) -> None:
        super().__init__()
        self._title, self._all, self._at = title, list(entries), at
        self._marked, self._make_own = list(marked), make_own

    def compose(self) -> ComposeResult:
        """The line to type on, the list, and what is at the cursor."""
        with Vertical(classes="dialog chooser") as dialog:
            dialog.border_title = Content(self._title)
            dialog.border_subtitle = Content(say(KEYS))
            yield FindLine(placeholder=say("find"), compact=True)
            yield EntryList()
            yield Lines(id="about")

    def on_mount(self) -> None:
        """List everything."""
        self.entries.mark(self._marked)
        self.entries.list_entries(self._all, self._at)

    def on_resize(self) -> None:
        """Wrap anew."""
        self.call_after_refresh(self._tell_again)

    def _tell_again(self) -> None:
        if self.is_current:  # else it was closed meanwhile
            self._tell()

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        typed = event.value.strip()
        own = self._make_own(typed) if self._make_own else None
        words = typed.split()
        found = [entry for entry in self._all if entry.matches(words)]
        # What is called so stands before what only tells of it.
        found.sort(key=lambda entry: bool(words) and words[0].casefold() not in entry.label.casefold())
        self.entries.list_entries([*([own] if own else []), *found])

    @on(EntryList.Pointed)
    def _tell(self) -> None:
        entry, (width, height) = self.entries.at_cursor, self.about.size
        rows: list[Row] = []
        for text, role in about_lines(entry) if entry else []:
            rows += [((line, role),) for line in wrapped(text, width)]
        self.about.show(rows[: max(1, height)])

    @on(EntryList.Pressed)
    def _press(self, event: EntryList.Pressed) -> None:
        self._toggle(event.entry)

    def action_move(self, rows: int) -> None:
        """Move in the list."""
        self.entries.move(rows)

    def action_mark(self) -> None:
        """Mark the entry at the cursor, or take its mark away."""
        if self.entries.at_cursor:
            self._toggle(self.entries.at_cursor)

    def action_take(self) -> None:
        """Take over and close."""
        entry = self.entries.at_cursor
        if self._marked:
            self.dismiss(tuple(self._marked))
        elif entry:
            self.dismiss((entry.key,))

    def action_leave(self) -> None:
        """Close without a change."""
        self.dismiss(None)

    def _toggle(self, entry: Entry) -> None:
        if entry.key in self._marked:
            self._marked.remove(entry.key)
        else:
            self._marked.append(entry.key)
        self.entries.mark(self._marked)
