"""Dialogs: something to type, something to confirm, something to read."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Log, Static

from gil_tui.language.spoken import say
from gil_tui.tui.bindings import SpokenDialog
from gil_tui.tui.reading import reading_rows


class AskDialog(SpokenDialog[str | None]):
    """Asks for one line; `check` raises ValueError with what is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", id="ask.leave", tooltip="Close without taking anything over")
    ]

    def __init__(self, title: str, hint: str, check: Callable[[str], object]) -> None:
        super().__init__()
        self._title, self._hint, self._check = title, hint, check

    def compose(self) -> ComposeResult:
        """A line to type on, and a line for what is wrong."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title)
            dialog.border_subtitle = Content(say("enter take over · esc cancel"))
            yield Input(placeholder=self._hint, compact=True)
            yield Static("", id="wrong", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it over if it is sound."""
        try:
            self._check(event.value)
        except ValueError as error:
            self.query_one("#wrong", Static).update(Content(str(error)))
        else:
            self.dismiss(event.value)

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


class ConfirmDialog(SpokenDialog[str]):
    """Asks a question; the answer is one of the keys of `answers`, or empty."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "leave", "No", id="confirm.leave", tooltip="Change nothing")
    ]

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._question, self._answers = question, dict(answers)

    def compose(self) -> ComposeResult:
        """The question, and the answers with their keys."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._question)
            for key, words in {**self._answers, "n": say("no, keep everything")}.items():
                yield Static(Content.assemble((f"  {key}  ", "bold"), words))

    def on_key(self, event: events.Key) -> None:
        """A key that is an answer ends the dialog."""
        if event.character in self._answers:
            self.dismiss(event.character)

    def action_leave(self) -> None:
        """No."""
        self.dismiss("")


class Reading(ScrollableContainer, can_focus=True):
    """Scrolls both ways: tables are as wide as they are."""


class TextDialog(SpokenDialog[None]):
    """Lines to read, shown literally, to be scrolled; `wrap` them where they are prose, not output."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close", id="text.leave", tooltip="Back")
    ]

    def __init__(self, title: str, lines: Sequence[str], *, wrap: bool = False) -> None:
        super().__init__()
        self._title, self._lines, self._wrap = title, lines, wrap

    def compose(self) -> ComposeResult:
        """The lines in a scrollable box."""
        box: Widget
        if self._wrap:
            box = Reading(Static(), classes="dialog large reading")
        else:
            box = Log(highlight=False, classes="dialog large")
        box.border_title = Content(self._title)
        box.border_subtitle = Content(say("arrows scroll · esc close"))
        yield box

    def on_mount(self) -> None:
        """Fill the output in."""
        for log in self.query(Log):
            log.auto_scroll = False
            log.write_lines(self._lines)

    def on_resize(self) -> None:
        """Wrap for this width."""
        self.call_after_refresh(self._wrap_lines)

    def _wrap_lines(self) -> None:
        for box in self.query(Reading):
            room = box.scrollable_content_region.width
            rows = reading_rows(self._lines, room)
            texts = ((text, "bold" if is_heading else "") for text, is_heading in rows)
            words = Content("\n").join(Content.assemble(text) for text in texts)
            box.query_one(Static).update(words)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss()
