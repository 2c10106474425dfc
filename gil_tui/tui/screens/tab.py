"""What all tabs are: a screen between the first line and the keys, told of what happens."""

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult

from gil_tui.tui.app import GilTui
from gil_tui.tui.bindings import SpokenScreen
from gil_tui.tui.widgets.key_bar import KeyBar
from gil_tui.tui.widgets.masthead import Masthead


class TabScreen(SpokenScreen[None]):
    """A tab: `TAB` is its mode, `body` what stands between the first line and the keys."""

    TAB: ClassVar[str]

    app = getters.app(GilTui)

    def compose(self) -> ComposeResult:
        """The first line, the body, the keys."""
        yield Masthead(self.TAB)
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """What this tab has of its own."""
        yield from ()

    def on_mount(self) -> None:
        """Say what is known of the host, and listen; what a tab does besides is done before."""
        self.show_facts()
        self.app.listen(self)

    def show_facts(self) -> None:
        """What the first line says of the host."""
        self.query_one(Masthead).show_facts(self.app.facts())

    @property
    def is_there(self) -> bool:
        """False while the application closes: a worker or a timer may outlive the widgets."""
        return self.is_attached and self.app.is_running
