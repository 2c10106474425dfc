"""The first line: the program, the host it runs on, and the tabs."""

from collections.abc import Sequence

from textual import events

from gil_tui.language.spoken import say
from gil_tui.text import clean
from gil_tui.tui.tabs import TABS, Tab
from gil_tui.tui.widgets.lines import Lines, Row, Span

NAME = "gil-tui"
BETWEEN = " · "


def tab_spans(tabs: Sequence[Tab], active: str) -> tuple[Span, ...]:
    """The tabs with their keys; the active one stands out without colour too."""
    spans: list[Span] = []
    for tab in tabs:
        spans.append(
            (f" {tab.key} {say(tab.title)} ", "accent reverse bold" if tab.mode == active else "muted")
        )
    return tuple(spans)


def masthead_row(facts: Sequence[str], tabs: Sequence[Tab], active: str, width: int) -> Row:
    """Name and facts at the left, as many as fit, the tabs at the right."""
    right = tab_spans(tabs, active)
    room = width - sum(len(text) for text, _ in right)
    left: list[Span] = [(f" {NAME} ", "accent bold")] if room >= len(NAME) + 2 else []
    taken = sum(len(text) for text, _ in left)
    separator = " "
    for fact in facts:
        text = separator + clean(fact)
        if taken + len(text) + 1 > room:
            break
        left.append((text, "text" if separator == " " else "muted"))
        taken += len(text)
        separator = BETWEEN
    return (*left, (" " * max(0, room - taken), ""), *right)


class Masthead(Lines):
    """Name, host and tabs in one line; a click on a tab opens it."""

    DEFAULT_CSS = "Masthead { height: 1; }"

    def __init__(self, active: str) -> None:
        super().__init__()
        self.active = active
        self._facts: tuple[str, ...] = ()

    def show_facts(self, facts: Sequence[str]) -> None:
        """What is known of the host, the most telling first."""
        self._facts = tuple(facts)
        self._redraw()

    def on_mount(self) -> None:
        """Draw for the first time."""
        self._redraw()

    def on_resize(self) -> None:
        """Fit anew."""
        self._redraw()

    async def on_click(self, event: events.Click) -> None:
        """Open the tab under the mouse."""
        start = self.size.width - sum(len(text) for text, _ in tab_spans(TABS, self.active))
        for tab, (text, _) in zip(TABS, tab_spans(TABS, self.active), strict=True):
            if start <= event.x < start + len(text):
                await self.run_action(f"app.tab('{tab.mode}')")
            start += len(text)

    def _redraw(self) -> None:
        self.show([masthead_row(self._facts, TABS, self.active, self.size.width)])
