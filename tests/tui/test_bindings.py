"""Keys, their tooltips and the help panel in another language than English."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Markdown
from textual.widgets._key_panel import BindingsTable

from gil_tui.language import language_called
from gil_tui.tui.app import GilTui
from gil_tui.tui.bindings import spoken_binding, spoken_key
from gil_tui.tui.mask import Mask
from gil_tui.tui.palette import SpokenPalette
from gil_tui.tui.widgets.key_bar import KeyBar
from gil_tui.tui.widgets.masthead import Masthead
from tests.tui.fake_engine import fake_engine
from tests.tui.pictures import picture, play, press, until
from tests.tui.pseudo import Pseudo, marked, spoken_as, unspoken
from tests.tui.test_history_screen import filled, open_history


def test_the_pseudo_language_keeps_figures_and_widths() -> None:
    assert marked("{count} trials left") == "{count} триалс лефт"
    assert unspoken(Pseudo().say("{count} trials of {name}", count=3, name="countdown")) == ["countdown"]
    assert unspoken("GIL 3 ms q 14:02 └─ threads x4") == []


def test_a_key_is_looked_up_when_it_is_shown() -> None:
    binding = next(one for one in GilTui.BINDINGS if getattr(one, "id", "") == "app.quit")
    assert not isinstance(binding, tuple)
    assert spoken_binding(binding).description == "Quit"
    with spoken_as(Pseudo()):
        assert spoken_binding(binding).description == marked("Quit")
        assert unspoken(spoken_binding(binding).tooltip) == []


@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
def test_keys_tabs_and_help_are_in_the_language_that_is_spoken(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        bar, first = app.screen.query_one(KeyBar), app.screen.query_one(Masthead)
        await until(pilot, lambda: marked("Quit") in bar.text)
        assert unspoken(bar.text) == []
        assert marked("History") in first.text
        await press(pilot, "f1")
        await until(pilot, lambda: bool(app.screen.query("HelpPanel Markdown MarkdownBlock")))
        help_text = app.screen.query_one("HelpPanel Markdown", Markdown).source
        assert marked("Every run that was made") in help_text
        assert unspoken(help_text) == []
        await until(pilot, lambda: marked("Cursor up") in keys_of(app))
        assert unspoken(keys_of(app)) == []
        app.screen.query_one(Input).focus()
        await until(pilot, lambda: marked("Move cursor left") in keys_of(app))
        assert unspoken(keys_of(app)) == []
        group = app.BINDING_GROUP_TITLE
        assert group == marked("Everywhere")

    with spoken_as(Pseudo()):
        play(script, size=size, engine=fake_engine(history=filled))


def keys_of(app: GilTui) -> str:
    """What the help panel says of keys; it is made anew when the focus changes."""
    tables = [panel.render_bindings_table() for panel in app.screen.query(BindingsTable)]
    return "\n".join(str(cell) for table in tables for cell in table.columns[1].cells)


def test_names_of_keys_are_in_the_language_that_is_spoken() -> None:
    assert [spoken_key(name) for name in ("space", "shift+end", "^p", "q")] == [
        "space",
        "shift+end",
        "^p",
        "q",
    ]
    with spoken_as(language_called("fr")):
        named = [spoken_key(name) for name in ("space", "esc", "shift+end", "^home", "f1", "e")]
    assert named == ["espace", "échap", "maj+fin", "^début", "f1", "e"]


def test_the_palette_says_that_nothing_is_called_so_in_the_language_that_is_spoken() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, SpokenPalette))
        await press(pilot, *"zqx")
        await until(pilot, lambda: marked("No command is called so.") in picture(app))

    with spoken_as(Pseudo()):
        play(script)


def test_what_the_mask_leaves_is_said_in_the_language_that_is_spoken() -> None:
    mask = Mask(["alice"], on=True)
    with spoken_as(language_called("fr")):
        assert mask.host("web-01") == mask.text("alice") == "[masqué]"
    assert Mask(["alice"], on=True).text("alice") == "[hidden]"
