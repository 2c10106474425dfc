"""The command palette in the language that is spoken: Textual has its one message in English."""

from rich.align import Align
from rich.text import Text
from textual.command import CommandList, CommandPalette
from textual.widgets.option_list import Option

from gil_tui.language.spoken import say


class SpokenPalette(CommandPalette):
    """As Textual's own, which says after half a second that nothing was found."""

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
