"""What all pickers have in common: what they tell, and how the focus goes from one to the next."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message

from gil_tui.tui.widgets.lines import Lines


class Picker(Lines, can_focus=True):
    """A titled group of choices that the arrows move in; out of its top or bottom they go on to the next."""

    BINDING_GROUP_TITLE = "Picker"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1, 0)", "Up", show=False, id="choices.up", tooltip="The choice above"),
        Binding("down", "move(1, 0)", "Down", show=False, id="choices.down", tooltip="The choice below"),
        Binding("left", "move(0, -1)", "Left", show=False, id="choices.left", tooltip="The choice before"),
        Binding("right", "move(0, 1)", "Right", show=False, id="choices.right", tooltip="The choice after"),
    ]
    DEFAULT_CSS = "Picker { height: auto; }"

    @dataclass
    class Changed(Message):
        """What is chosen has changed."""

        picker: "Picker"
        chosen: tuple[str, ...]

        @property
        def control(self) -> "Picker":
            """The picker."""
            return self.picker

    @dataclass
    class Opened(Message):
        """A choice that asks for something was taken; `key` says which."""

        picker: "Picker"
        key: str

        @property
        def control(self) -> "Picker":
            """The picker."""
            return self.picker

    @dataclass
    class Pointed(Message):
        """The cursor is at `key`, chosen or not."""

        picker: "Picker"
        key: str

    @dataclass
    class Refused(Message):
        """What is not available was taken."""

        picker: "Picker"
        key: str

    def on_mount(self) -> None:
        """Draw for the first time."""
        self.redraw()

    def on_resize(self) -> None:
        """Other places at another width."""
        self.redraw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor is shown while the keys act on it."""
        super().watch_has_focus(has_focus)
        if has_focus:
            self.point()
        self.redraw()

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        raise NotImplementedError

    def point(self) -> None:
        """Tell where the cursor is."""
        raise NotImplementedError

    def redraw(self, layout: bool = False) -> None:
        """Draw anew, at another height if `layout`."""
        raise NotImplementedError

    def leave(self, rows: int) -> None:
        """Go on to the neighbouring picker."""
        _ = self.screen.focus_next(Picker) if rows > 0 else self.screen.focus_previous(Picker)

    def scroll_to_row(self, row: int) -> None:
        """Bring a row into view; the title with the first one."""
        parent = self.parent
        if parent is not None and hasattr(parent, "scroll_to_region"):
            at = self.virtual_region.y + (0 if row == 1 else row)
            parent.scroll_to_region(Region(0, at, 1, 1), animate=False)
