"""The dialog of the settings: size, repeats and the like, and the knobs of what is chosen."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from gil_tui.language.spoken import say, to_say
from gil_tui.text import clean, fit
from gil_tui.tui.bindings import SpokenDialog
from gil_tui.tui.settings import Field, Settings, changed

NAME_WIDTH = 15
KEYS = to_say("empty is the default · enter take over · esc cancel")

Check = Callable[[Settings], str]
"""What is wrong with these settings, empty when nothing is."""


class SettingsDialog(SpokenDialog[Settings | None]):
    """A line for each setting; what is wrong with one is said as it is typed, and nothing wrong is taken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Up", priority=True, id="settings.up", tooltip="The one above"),
        Binding("down", "app.focus_next", "Down", priority=True, id="settings.down", tooltip="The one below"),
        Binding(
            "ctrl+r", "reset", "All defaults", priority=True, id="settings.reset", tooltip="Empty all of them"
        ),
        Binding("escape", "leave", "Cancel", id="settings.leave", tooltip="Close without a change"),
    ]

    problem = getters.query_one("#wrong", Static)
    help_line = getters.query_one("#meaning", Static)

    def __init__(self, title: str, fields: Sequence[Field], settings: Settings, check: Check) -> None:
        super().__init__()
        self._title, self._fields, self._check = title, list(fields), check
        self._settings = settings

    def compose(self) -> ComposeResult:
        """A row for each field, then what the one with the focus means, and what is wrong."""
        texts = dict(self._settings)
        with Vertical(classes="dialog settings") as dialog:
            dialog.border_title = Content(self._title)
            dialog.border_subtitle = Content(say(KEYS))
            with VerticalScroll(can_focus=False):
                for number, field in enumerate(self._fields):
                    with Horizontal(classes="setting"):
                        name = fit(clean(field.label), NAME_WIDTH)
                        yield Static(Content(f"{name:<{NAME_WIDTH}} ▏"), classes="name")
                        yield Input(texts.get(field.name, ""), compact=True, id=f"field-{number}")
                        yield Static(Content(clean(field.hint)), classes="hint")
            yield Static("", id="meaning")
            yield Static("", id="wrong")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what the setting means."""
        if isinstance(event.widget, Input):
            self.help_line.update(Content(self._field(event.widget).meaning))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        field = self._field(event.input)
        self._settings = changed(self._settings, field.name, event.value)
        wrong = self._wrong(field.name)
        event.input.set_class(bool(wrong), "-wrong")
        self.problem.update(Content(wrong or self._first_wrong()))

    @on(Input.Submitted)
    def _take(self) -> None:
        wrong = self._first_wrong()
        if not wrong:
            self.dismiss(self._settings)
        self.problem.update(Content(wrong))

    def action_reset(self) -> None:
        """Empty everything."""
        for field in self.query(Input):
            field.value = ""

    def action_leave(self) -> None:
        """Close without a change."""
        self.dismiss(None)

    def _field(self, widget: Input) -> Field:
        return self._fields[int((widget.id or "field-0").removeprefix("field-"))]

    def _wrong(self, name: str) -> str:
        own = tuple((known, text) for known, text in self._settings if known == name)
        return clean(self._check(own)) if own else ""

    def _first_wrong(self) -> str:
        return next(filter(None, (self._wrong(name) for name, _ in self._settings)), "")
