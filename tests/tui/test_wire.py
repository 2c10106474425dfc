"""What goes to the terminal draws what the screen shows, in few bytes."""

import asyncio
import re
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

from gil_tui.tui.screens.watch import WatchScreen
from gil_tui.tui.start import Start
from gil_tui.tui.wire import ThriftyApp, ThriftyDriver, narrowed, shorter
from tests.tui.fake_engine import fake_engine
from tests.tui.pictures import press, until
from tests.tui.test_watch_screen import Watching
from tests.tui.watching import PID, Host, gil_bound, tree

CONSOLE = Console(color_system="truecolor")
ESCAPE = re.compile(r"\x1b\[([\d;?]*)([A-Za-z])")
DRAWN_WITHOUT_TEXT = {"4", "7", "9", "21", "53"}
"""Underlined, reversed, struck, twice underlined, overlined: seen on spaces, too."""


class Cell(NamedTuple):
    """What a terminal shows in one place; a wide character stands in two."""

    character: str
    attributes: frozenset[str]
    foreground: str
    background: str


class PaperTerminal:
    """As much of a terminal as Textual's output needs."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], Cell] = {}
        self.bytes = 0
        self._y, self._x = 0, 0
        self._attributes: frozenset[str] = frozenset()
        self._foreground, self._background = "39", "49"

    def feed(self, output: str) -> None:
        """Draw it."""
        self.bytes += len(output.encode())
        at = 0
        for match in ESCAPE.finditer(output):
            self._text(output[at : match.start()])
            at = match.end()
            numbers, final = match.groups()
            if final == "H":
                self._y, self._x = (int(number) - 1 for number in numbers.split(";"))
            elif final == "m":
                self._select(numbers.split(";"))
        self._text(output[at:])

    @property
    def is_plain(self) -> bool:
        """No colour or attribute is in force."""
        return (self._attributes, self._foreground, self._background) == (frozenset(), "39", "49")

    def _text(self, text: str) -> None:
        for character in text:
            if character == "\n":
                self._y, self._x = self._y + 1, 0
                continue
            attributes, foreground = self._attributes, self._foreground
            if character == " " and not attributes & DRAWN_WITHOUT_TEXT:
                attributes, foreground = frozenset(), ""
            for _ in range(cell_len(character)):
                cell = Cell(character, attributes, foreground, self._background)
                self.cells[self._y, self._x] = cell
                self._x += 1

    def _select(self, codes: list[str]) -> None:
        while codes:
            code = codes.pop(0)
            if code in ("", "0"):
                self._attributes, self._foreground, self._background = frozenset(), "39", "49"
            elif code in ("38", "48"):
                rest = [codes.pop(0) for _ in range(2 if codes[0] == "5" else 4)]
                self._colour(code[0], ";".join([code, *rest]))
            elif code[0] in "349" and len(code) == 2:
                self._colour("3" if code[0] == "9" else code[0], code)
            elif code[:2] == "10":
                self._colour("4", code)
            else:
                self._attributes |= {code}

    def _colour(self, ground: str, code: str) -> None:
        if ground == "3":
            self._foreground = code
        else:
            self._background = code


def drawn(output: str) -> PaperTerminal:
    """A terminal that was sent this."""
    terminal = PaperTerminal()
    terminal.feed(output)
    return terminal


COLOURS = st.sampled_from([None, "default", "red", "bright_blue", "color(17)", "color(212)", "#aabbcc"])
FLAGS = st.sampled_from([None, True, False])
STYLES = st.builds(
    Style,
    color=COLOURS,
    bgcolor=COLOURS,
    bold=FLAGS,
    dim=FLAGS,
    italic=FLAGS,
    underline=FLAGS,
    reverse=FLAGS,
    strike=FLAGS,
)
TEXTS = st.text("ab ─▒世\n", min_size=1, max_size=6)
MOVES = st.builds("\x1b[{};{}H".format, st.integers(1, 9), st.integers(1, 30))
OTHER = st.sampled_from(["\x1b[?25l", "\x1b[?2026h", "\x1b]8;;https://localhost\x1b\\", "\x07", "\n"])
PIECES = st.one_of(st.builds(lambda text, style: style.render(text), TEXTS, STYLES), TEXTS, MOVES, OTHER)


@given(st.lists(PIECES))
def test_fewer_codes_draw_the_same(pieces: list[str]) -> None:
    output = "".join(pieces)
    short = shorter(output)
    assert len(short) <= len(output)
    assert drawn(short).cells == drawn(output).cells
    assert drawn(short).is_plain
    for other in ("\x1b[?25l", "\x1b[?2026h", "\x07"):
        assert short.count(other) == output.count(other)


@pytest.mark.parametrize(
    ("output", "short"),
    [
        ("plain\n", "plain\n"),
        ("", ""),
        ("\x1b[31;40ma\x1b[0m\x1b[32;40mb\x1b[0m", "\x1b[31;40ma\x1b[32mb\x1b[0m"),
        ("\x1b[31;40ma\x1b[0m\x1b[40m  \x1b[0m\x1b[31;40mb\x1b[0m", "\x1b[31;40ma  b\x1b[0m"),
        ("\x1b[1;31ma\x1b[0m\x1b[31mb\x1b[0m", "\x1b[1;31ma\x1b[0;31mb\x1b[0m"),
        ("\x1b[31ma\x1b[0m\n\x1b[2;1H\x1b[31mb\x1b[0m", "\x1b[31ma\x1b[2;1Hb\x1b[0m"),
        ("\x1b[31ma\x1b[0m\x1b[4;31m \x1b[0m", "\x1b[31ma\x1b[4m \x1b[0m"),
        ("\x1b[38;2;1;2;3ma\x1b[0m", "\x1b[38;2;1;2;3ma\x1b[0m"),
    ],
)
def test_what_is_left_of_an_output(output: str, short: str) -> None:
    assert shorter(output) == short


@pytest.mark.parametrize("codes", ["58;5;1", "38;7", "38;2;1", "38", "22", "10", "48;5;"])
def test_codes_that_are_not_known_leave_all_as_it_is(codes: str) -> None:
    output = f"\x1b[31ma\x1b[0m\x1b[{codes}mb\x1b[0m\x1b[31mc\x1b[0m"
    assert shorter(output) == output


def narrow_output(update: RenderableType) -> str:
    narrow = narrowed(update)
    assert isinstance(narrow, CompositorUpdate)
    return narrow.render_segments(CONSOLE)


@given(st.lists(st.tuples(TEXTS.map(lambda text: text.replace("\n", "")), STYLES), min_size=1), st.data())
def test_an_update_begins_with_the_first_cell_that_changed(
    pieces: list[tuple[str, Style]], data: st.DataObject
) -> None:
    strip = Strip([Segment(text, style) for text, style in pieces])
    width = strip.cell_length
    first = data.draw(st.integers(0, width))
    end = data.draw(st.integers(first, width))
    update = ChopsUpdate([{}, {5: strip}], [(1, 5 + first, 5 + end)], [[], [5 + width]])
    cells = drawn(narrow_output(update)).cells
    whole = drawn(f"\x1b[2;6H{strip.render(CONSOLE)}").cells
    asked = {(1, x) for x in range(5 + first, 5 + end)}
    assert asked <= cells.keys() <= whole.keys()
    if strip.text.isascii():
        assert asked == cells.keys()
        assert all(whole[place] == cell for place, cell in cells.items())


def test_what_is_hidden_or_elsewhere_is_no_part_of_an_update() -> None:
    chops = [{0: Strip([Segment("left")]), 4: None, 8: Strip([Segment("right")])}]
    update = ChopsUpdate(chops, [(0, 9, 13)], [[4, 8, 13]])
    assert narrow_output(update) == "\x1b[1;10Hight"


def test_what_was_cut_is_not_kept() -> None:
    kept = Segment._split_cells.cache_info().currsize
    for number in range(50):
        strip = Strip([Segment(f"wait … {number}"), Segment(f" … {number} s")])
        narrow_output(ChopsUpdate([{0: strip}], [(0, 3, 12)], [[strip.cell_length]]))
    assert Segment._split_cells.cache_info().currsize == kept


class OnPaper(Watching):
    """Draws on one terminal what goes down our wire, and on another what Textual would send."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.ours, self.textual = PaperTerminal(), PaperTerminal()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.textual.feed(renderable.render_segments(CONSOLE))
            self.ours.feed(shorter(narrow_output(renderable)))
        super()._display(screen, renderable)

    @property
    def shown(self) -> PaperTerminal:
        """A terminal that was sent the whole screen at once."""
        strips = self.screen._compositor.render_strips()
        return drawn("".join(f"\x1b[{y + 1};1H{one.render(CONSOLE)}" for y, one in enumerate(strips)))


@pytest.mark.parametrize("theme", ["dark", "light-16"])
def test_a_watch_draws_on_the_terminal_what_the_screen_shows_in_half_the_bytes(theme: str) -> None:
    host = Host()
    app = OnPaper(fake_engine(watching=host.engine), start=Start(pid=PID), theme=theme)

    async def run() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: bool(host.watchers))
            screen = app.screen
            assert isinstance(screen, WatchScreen)
            before = app.ours.bytes, app.textual.bytes
            for step in range(24):
                host.send(tree if step >= 18 else gil_bound, 0.5)
                screen._show()
                await pilot.pause(0)
            lasting = app.ours.bytes - before[0], app.textual.bytes - before[1]
            await press(pilot, "space", "[", "f1")
            await pilot.pause(0)
            await until(pilot, lambda: app.ours.cells == app.shown.cells)
            assert 0 < lasting[0] < lasting[1] / 2
            await app.watch_session.close()

    asyncio.run(run())


def test_a_terminal_gets_the_short_output_and_a_test_its_own_driver() -> None:
    assert ThriftyApp().get_driver_class() is ThriftyDriver


def test_another_driver_that_was_asked_for_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.DRIVER", "textual.drivers.headless_driver:HeadlessDriver")
    assert ThriftyApp().get_driver_class() is App().get_driver_class() is not ThriftyDriver
