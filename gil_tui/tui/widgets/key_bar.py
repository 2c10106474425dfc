"""The last line: the keys that do something now; a click presses one."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events

from gil_tui.tui.widgets.lines import Lines, Row, Span

LEAST = "app.palette"
"""The key that goes first where the terminal is too small for all."""
LAST = ("app.help", "app.quit")
"""Keys that go last."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is shown: `press` is what to press for it."""

    shown: str
    does: str
    press: str
    binding_id: str = ""
    enabled: bool = True
    tooltip: str = ""

    @property
    def width(self) -> int:
        """Cells that it takes."""
        return len(self.shown) + 1 + len(self.does)


def fitting(keys: Sequence[Key], width: int) -> tuple[list[Key], int]:
    """As many keys as fit whole, and the space before each."""
    kept = list(keys)
    for gap in (2, 1):
        if _width(kept, gap) <= width:
            return kept, gap
    droppable = [key for key in keys if key.binding_id not in LAST]
    droppable.sort(key=lambda key: key.binding_id == LEAST)
    while kept and _width(kept, 1) > width:
        kept.remove(droppable.pop() if droppable else kept[-1])
    return kept, 1


def _width(keys: Sequence[Key], gap: int) -> int:
    return sum(gap + key.width for key in keys)


def key_row(keys: Sequence[Key], gap: int) -> Row:
    """The keys side by side; one that does nothing now is but a shadow."""
    row: list[Span] = []
    for key in keys:
        row += [(" " * gap, ""), (key.shown, "accent bold" if key.enabled else "line")]
        row.append((f" {key.does}", "muted" if key.enabled else "line"))
    return tuple(row)


class KeyBar(Lines):
    """Follows the focus: Textual's own footer builds ten widgets anew each time, this draws one line."""

    DEFAULT_CSS = "KeyBar { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Key] = []
        self._gap = 1
        self._words: dict[str, str] = {}

    def say(self, action: str, words: str) -> None:
        """What the key of an action does just now, in place of its description."""
        if self._words.get(action) != words:
            self._words[action] = words
            self._redraw()

    def on_mount(self) -> None:
        """Follow what the keys do."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._redraw())
        self._redraw()

    def on_resize(self) -> None:
        """Fit anew."""
        self._redraw()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say more of the key under the mouse."""
        key = self._key_at(event.x)
        self.tooltip = key.tooltip if key else None

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        key = self._key_at(event.x)
        if key and key.enabled:
            self.app.simulate_key(key.press)

    def _key_at(self, x: int) -> Key | None:
        start = 0
        for key in self._keys:
            start += self._gap + key.width
            if x < start:
                return key
        return None

    def _redraw(self) -> None:
        if not self.is_mounted:
            return
        found: dict[str, Key] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.action not in found:
                found[binding.action] = Key(
                    self.app.get_key_display(binding),
                    self._words.get(binding.action) or binding.description,
                    binding.key,
                    binding.id or "",
                    active.enabled,
                    active.tooltip or binding.tooltip,
                )
        self._keys, self._gap = fitting(list(found.values()), self.size.width)
        self.show([key_row(self._keys, self._gap)])
