"""The foot of the pickers: start, stop, and how far the sweep has come."""

from textual import events

from gil_tui.text import fit, left, percent
from gil_tui.tui.model import LabState
from gil_tui.tui.widgets.lines import Lines, Row

DONE, TO_DO = "━", "─"
HEIGHT = 3


def run_rows(state: LabState, experiments: int, width: int) -> list[Row]:
    """What can be done, the progress, and what is measured."""
    if not state.busy:
        runs = f"{experiments} experiment{'s' if experiments != 1 else ''}"
        return [
            (("▶ Run", "accent bold"), (f"{'r':>{max(1, width - 5)}}", "accent")),
            ((TO_DO * width, "line"),),
            ((fit(runs, width), "muted"),),
        ]
    filled = round(state.share * width)
    time_left = left(state.left_s) if state.left_s is not None else ""
    share = percent(state.share)
    return [
        (("■ Stop", "accent bold"), (f"{'s':>{max(1, width - 6)}}", "accent")),
        ((DONE * filled, "accent"), (TO_DO * (width - filled), "line")),
        ((share, "text"), (f"{time_left:>{max(0, width - len(share))}}", "muted")),
    ]


def doing_text(state: LabState) -> str:
    """What goes on, as a sentence."""
    if state.phase == "stopping":
        return "Stopping; finished trials are saved."
    if state.phase == "starting":
        return "Getting ready."
    if state.phase == "calibrating":
        return "Looking for a size of the work that takes long enough to measure."
    return "Measuring; the first numbers come with the first round."


def progress_text(state: LabState) -> str:
    """Share and time left: `52 % · 4 s left`; empty when nothing goes on."""
    if not state.busy:
        return ""
    time_left = left(state.left_s) if state.left_s is not None else ""
    return " · ".join(part for part in (percent(state.share), time_left) if part)


class RunBar(Lines):
    """Start and stop, also by the mouse, and the progress."""

    DEFAULT_CSS = f"RunBar {{ height: {HEIGHT}; }}"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._state = LabState()
        self._experiments = 0

    def show_state(self, state: LabState, experiments: int) -> None:
        """Show where the sweep stands, or how many experiments would run."""
        self._state, self._experiments = state, experiments
        self._redraw()

    def on_resize(self) -> None:
        """Fit anew."""
        self._redraw()

    async def on_click(self, event: events.Click) -> None:
        """The first line is a button."""
        if event.y == 0:
            await self.run_action("screen.stop" if self._state.busy else "screen.run")

    def _redraw(self) -> None:
        self.show(run_rows(self._state, self._experiments, self.size.width))
