"""Dialogs: something to type, something to confirm, something to read."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Log, Static


class AskDialog(ModalScreen[str | None]):
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
            dialog.border_subtitle = Content("enter take over · esc cancel")
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


class ConfirmDialog(ModalScreen[str]):
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
            for key, words in {**self._answers, "n": "no, keep everything"}.items():
                yield Static(Content.assemble((f"  {key}  ", "bold"), words))

    def on_key(self, event: events.Key) -> None:
        """A key that is an answer ends the dialog."""
        if event.character in self._answers:
            self.dismiss(event.character)

    def action_leave(self) -> None:
        """No."""
        self.dismiss("")


class TextDialog(ModalScreen[None]):
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
            words = Content("\n".join(self._lines))
            words = words.stylize("bold", 0, len(self._lines[0]) if self._lines else 0)
            box = VerticalScroll(Static(words), classes="dialog large")
        else:
            box = Log(highlight=False, classes="dialog large")
        box.border_title = Content(self._title)
        box.border_subtitle = Content("esc close")
        yield box

    def on_mount(self) -> None:
        """Fill the output in."""
        for log in self.query(Log):
            log.auto_scroll = False
            log.write_lines(self._lines)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss()
