"""What the screen shows as cells of text, which pictures are made of; the screen itself is not touched."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from rich.cells import cell_len
from rich.color import Color, ColorType
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual._context import visible_screen_stack
from textual.app import App

from gil_tui.report.cells import Cells, Colour, Piece, blend, recoloured
from gil_tui.tui.theme import SHADES, Shades

DIM = 0.4
"""Share of the background in dim text."""
PRINTED = "light"
"""The theme that is legible on paper."""
ANSI = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright_black",
    "bright_red",
    "bright_green",
    "bright_yellow",
    "bright_blue",
    "bright_magenta",
    "bright_cyan",
    "bright_white",
]
"""The 16 colours of a terminal by their number."""


def cells_of(app: App[Any], *, printed: bool = False) -> Cells:
    """What is seen now; `printed` has it in the light theme's colours, whichever theme is shown."""
    screen = app.screen
    visible_screen_stack.set(app._background_screens)
    shades = SHADES[app.theme]
    theme = shades if not app.native_ansi_color else SHADES[_true_colours(app.theme)]
    colours = _Colours(theme, app.ansi_theme, _ansi_colours(shades, theme))
    rows = tuple(
        tuple(piece for segment in strip for piece in colours.pieces(segment.text, segment.style or Style()))
        for strip in screen._compositor.render_strips()
    )
    cells = Cells(screen.size.width, screen.size.height, theme.background, rows)
    if printed and theme is not SHADES[PRINTED]:
        return recoloured(cells, translation(theme, SHADES[PRINTED]))
    return cells


def translation(shades: Shades, others: Shades) -> dict[Colour, Colour]:
    """Each colour of one theme, and that of the other theme in the same place."""
    pairs: dict[Colour, Colour] = dict(zip(shades.executors, others.executors, strict=True))
    for name in Shades.__slots__:
        if name not in ("executors", "muted_style"):
            pairs[getattr(shades, name)] = getattr(others, name)
    return pairs


def _true_colours(theme: str) -> str:
    """A terminal's own 16 colours are not known: the picture has the theme of the same lightness."""
    return "light" if "light" in theme else "dark"


def _ansi_colours(shades: Shades, theme: Shades) -> dict[str, Colour]:
    """What the theme has in the place of each ANSI colour of `shades`, the states' before the executors'."""
    pairs = translation(shades, theme)
    return {name.removeprefix("ansi_"): colour for name, colour in pairs.items() if name.startswith("ansi_")}


class _Colours:
    """Turns styles into colours that need no terminal."""

    def __init__(self, theme: Shades, ansi: TerminalTheme, own: dict[str, Colour]) -> None:
        self._theme, self._ansi, self._own = theme, ansi, own
        self._known: dict[Style, Piece] = {}

    def pieces(self, text: str, style: Style) -> Iterator[Piece]:
        """The text as pieces; wide characters have one each, those without width go with none."""
        look = self._known.get(style)
        if look is None:
            look = self._known[style] = self._look(style)
        if text.isascii():
            yield _piece(look, text, len(text))
            return
        narrow = ""
        for character in text:
            width = _width(character)
            if width == 1:
                narrow += character
                continue
            if narrow:
                yield _piece(look, narrow, len(narrow))
                narrow = ""
            if width:
                yield _piece(look, character, width)
        if narrow:
            yield _piece(look, narrow, len(narrow))

    def _look(self, style: Style) -> Piece:
        colour = self._colour(style.color, self._theme.text)
        background = self._colour(style.bgcolor, self._theme.background)
        if style.reverse:
            colour, background = background, colour
        if style.dim:
            colour = blend(colour, background, DIM)
        if style.conceal:
            colour = background
        return Piece("", 0, colour, background, bool(style.bold), bool(style.italic), bool(style.underline))

    def _colour(self, colour: Color | None, default: Colour) -> Colour:
        if colour is None or colour.type is ColorType.DEFAULT:
            return default
        if colour.type is ColorType.STANDARD and colour.number is not None:
            own = self._own.get(ANSI[colour.number])
            if own:
                return own
        return colour.get_truecolor(self._ansi).hex


def _piece(look: Piece, text: str, width: int) -> Piece:
    return Piece(text, width, look.colour, look.background, look.bold, look.italic, look.underlined)


@cache
def _width(character: str) -> int:
    return cell_len(character)
