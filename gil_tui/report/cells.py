"""A picture of a terminal as cells of text, each with its colours; the same for every way to draw it."""

import colorsys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

Colour = str
"""Such as `#5fafd7`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters side by side that look alike.

    Each takes one cell; a character that takes two has a piece of its own, of `width` 2.
    """

    text: str
    width: int
    colour: Colour
    background: Colour
    bold: bool = False
    italic: bool = False
    underlined: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """`height` rows of pieces, each row at most `width` cells wide; `background` is what is seen around."""

    width: int
    height: int
    background: Colour
    rows: tuple[tuple[Piece, ...], ...]

    @property
    def text(self) -> str:
        """What there is to read, line by line."""
        return "\n".join("".join(piece.text for piece in row).rstrip() for row in self.rows)


def recoloured(cells: Cells, colours: Mapping[Colour, Colour]) -> Cells:
    """The same picture in other colours: those that are named; others have their lightness turned over."""
    known = dict(colours)

    def other(colour: Colour) -> Colour:
        if colour not in known:
            known[colour] = with_lightness(colour, lambda lightness: 1 - lightness)
        return known[colour]

    rows = tuple(
        tuple(replace(piece, colour=other(piece.colour), background=other(piece.background)) for piece in row)
        for row in cells.rows
    )
    return replace(cells, background=other(cells.background), rows=rows)


def with_lightness(colour: Colour, change: Callable[[float], float]) -> Colour:
    """The colour with its lightness (HLS, 0 to 1) changed."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    parts = colorsys.hls_to_rgb(hue, min(1.0, max(0.0, change(lightness))), saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def blend(colour: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour in the first."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round((a + (b - a) * share) * 255):02x}" for a, b in pairs)


def _parts(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def placed(row: tuple[Piece, ...]) -> Iterator[tuple[int, Piece]]:
    """The pieces of a row, each with the column that it begins at."""
    column = 0
    for piece in row:
        yield column, piece
        column += piece.width
