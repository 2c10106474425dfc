"""The command palette in the language that is spoken: Textual has its one message in English."""

from contextlib import suppress

from rich.align import Align
from rich.text import Text
from textual import events
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.widgets.option_list import Option

from gil_tui.language.spoken import say


class SpokenPalette(CommandPalette):
    """As Textual's own, which says after half a second that nothing was found."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """As Textual's own, once: a second click beside it would close what stands behind."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    def _on_click(self, event: events.Click) -> None:  # type: ignore[override]
        """Leave Textual no click on what the screen had before it became smaller: nothing stands there."""
        if not self.region.contains(event.screen_x, event.screen_y):
            event.prevent_default()

    def _action_command_list(self, action: str) -> None:
        """Turn no page of what has not been drawn yet: Textual knows no line of it."""
        with suppress(KeyError, IndexError):
            super()._action_command_list(action)

    def _start_no_matches_countdown(self, search_value: str) -> None:
        self._stop_no_matches_countdown()
        self._no_matches_timer = self.set_timer(
            self._NO_MATCHES_COUNTDOWN, lambda: self._show_no_matches(bool(search_value))
        )

    def _show_no_matches(self, searched: bool) -> None:
        if searched:
            told = Align.center(Text(say("No command is called so."), style="not bold"))
            self.query_one(CommandList).add_option(Option(told, disabled=True, id=self._NO_MATCHES))
        self._list_visible = searched
