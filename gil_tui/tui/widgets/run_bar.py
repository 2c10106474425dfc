"""The foot of the pickers: start, stop, and how far the sweep has come."""

from textual import events

from gil_tui.language.spoken import say, some
from gil_tui.text import fit
from gil_tui.tui.model import LabState
from gil_tui.tui.widgets.lines import Lines, Row
from gil_tui.tui.wording import left, percent

DONE, TO_DO = "━", "─"
HEIGHT, LOW_HEIGHT = 4, 2


def run_rows(
    state: LabState, experiments: int, settings: tuple[str, str], width: int, height: int = HEIGHT
) -> list[Row]:
    """What differs from the default, what can be done, the progress, and what is measured.

    In `LOW_HEIGHT` rows what is measured goes beside the key, and there is no bar.
    """
    text, role = settings
    name = say("Settings")
    room = max(0, width - len(name) - 4)
    pad = " " * max(1, width - len(name) - 3 - len(fit(text, room)))
    first: Row = ((f"{name}  ", "muted"), (fit(text, room), role), (pad, ""), (",", "accent"))
    if not state.busy:
        words = some("{count} experiment", "{count} experiments", experiments)
        head, key, filled = say("▶ Run"), "r", 0
    else:
        time_left = left(state.left_s) if state.left_s is not None else ""
        head, key = say("■ Stop"), "s"
        filled = round(state.share * width)
        words = "  ".join(filter(None, (percent(state.share), time_left)))
    line: Row = ((DONE * filled, "accent"), (TO_DO * (width - filled), "line"))
    last = fit(words, width)
    if height >= HEIGHT:
        return [first, _key_row(head, "", key, width), line, ((last, "muted"),)]
    return [first, _key_row(head, words, key, width)]


def _key_row(head: str, words: str, key: str, width: int) -> Row:
    beside = fit(f"  {words}" if words else "", max(0, width - len(head) - 2))
    return (
        (head, "accent bold"),
        (beside, "muted"),
        (f"{key:>{max(1, width - len(head) - len(beside))}}", "accent"),
    )


def doing_text(state: LabState) -> str:
    """What goes on, as a sentence."""
    if state.phase == "stopping":
        return say("Stopping; finished trials are saved.")
    if state.phase == "starting":
        return say("Getting ready.")
    if state.phase == "calibrating":
        return say("Looking for a size of the work that takes long enough to measure.")
    return say("Measuring; the first numbers come with the first round.")


def progress_text(state: LabState) -> str:
    """Share and time left: `52 % · 4 s left`; empty when nothing goes on."""
    if not state.busy:
        return ""
    time_left = left(state.left_s) if state.left_s is not None else ""
    return " · ".join(part for part in (percent(state.share), time_left) if part)


class RunBar(Lines):
    """Settings, start and stop, also by the mouse, and the progress."""

    DEFAULT_CSS = f"RunBar {{ height: {HEIGHT}; }}"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._state = LabState()
        self._experiments = 0
        self._settings = ("", "muted")

    def show_state(self, state: LabState, experiments: int, settings: tuple[str, str]) -> None:
        """Show where the sweep stands, or how many experiments would run, and with which settings."""
        self._state, self._experiments, self._settings = state, experiments, settings
        self._redraw()

    def on_resize(self) -> None:
        """Fit anew."""
        self._redraw()

    async def on_click(self, event: events.Click) -> None:
        """The first two lines are buttons."""
        if event.y == 0:
            await self.run_action("screen.settings")
        elif event.y == 1:
            await self.run_action("screen.stop" if self._state.busy else "screen.run")

    def _redraw(self) -> None:
        self.show(run_rows(self._state, self._experiments, self._settings, *self.size))
