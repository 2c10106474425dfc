"""What the tabs with a filter have in common: `/` takes what is typed behind it."""

from textual import getters
from textual.binding import Binding
from textual.widgets import Input

from gil_tui.tui.screens.tab import TabScreen


def filter_key(tab: str) -> Binding:
    """The key of a tab's filter; a priority key comes before the letters typed behind it are dealt out."""
    return Binding(
        "slash",
        "filter",
        "Filter",
        key_display="/",
        priority=True,
        id=f"{tab}.filter",
        tooltip="Type to filter",
    )


class FilteredScreen(TabScreen):
    """A tab with an input `#filter`; `filter_key` is among its keys."""

    filter = getters.query_one("#filter", Input)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The filter takes its own key as text."""
        return action != "filter" or (self.is_mounted and not isinstance(self.focused, Input))

    def action_filter(self) -> None:
        """Type a filter; what is typed at once behind the key is in it."""
        self.set_focus(self.filter)
