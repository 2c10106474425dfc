"""A picture of a terminal as one SVG that needs nothing else: no web font, no script, no style sheet.

Every character has its own place and block and line characters are shapes, so that no viewer's idea of a
font can tear the picture apart.
"""

import html
from collections.abc import Iterator
from itertools import groupby

from gil_tui.report.cells import Cells, Piece, placed
from gil_tui.report.glyphs import CELL_HEIGHT, CELL_WIDTH, DOT, LIGHT, Shapes, is_shape

FONTS = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
FONT_SIZE = 19.93
"""At which a character of DejaVu Sans Mono is as wide as a cell (0.602 em)."""
BASELINE = 18
MARGIN = 8
SPACES = " \xa0"
SUBSTITUTES = {"🔎": "⌕"}
"""Characters that no monospace font has."""


def size_of(cells: Cells) -> tuple[int, int]:
    """Width and height of the SVG in pixels."""
    return cells.width * CELL_WIDTH + 2 * MARGIN, cells.height * CELL_HEIGHT + 2 * MARGIN


def svg_of(cells: Cells, title: str) -> str:
    """The picture; `title` is what a viewer names it by."""
    width, height = size_of(cells)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}">',
            f"<title>{_escaped(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="{cells.background}"/>',
            f'<g transform="translate({MARGIN} {MARGIN})">',
            '<g shape-rendering="crispEdges">',
            *_backgrounds(cells),
            "</g>",
            f'<g fill="none" stroke-width="{LIGHT}">',
            *_shapes(cells),
            "</g>",
            f'<g font-family="{FONTS}" font-size="{FONT_SIZE}" xml:space="preserve">',
            *_texts(cells),
            "</g></g></svg>",
            "",
        )
    )


def _backgrounds(cells: Cells) -> Iterator[str]:
    for row, pieces in enumerate(cells.rows):
        for colour, group in groupby(placed(pieces), key=lambda pair: pair[1].background):
            found = list(group)
            column, end = found[0][0], found[-1][0] + found[-1][1].width
            if colour != cells.background:
                yield (
                    f'<rect x="{column * CELL_WIDTH}" y="{row * CELL_HEIGHT}" '
                    f'width="{(end - column) * CELL_WIDTH}" height="{CELL_HEIGHT}" fill="{colour}"/>'
                )


def _shapes(cells: Cells) -> Iterator[str]:
    for colour, shapes in _shapes_by_colour(cells).items():
        if shapes.filled:
            yield f'<path shape-rendering="crispEdges" fill="{colour}" d="{shapes.filled}"/>'
        if shapes.shade:
            yield (
                f'<path shape-rendering="crispEdges" stroke="{colour}" stroke-dasharray="2 2" '
                f'd="{shapes.shade}"/>'
            )
        if shapes.curves:
            yield f'<path stroke="{colour}" d="{shapes.curves}"/>'
        if shapes.dots:
            yield (f'<path stroke="{colour}" stroke-width="{DOT}" stroke-linecap="round" d="{shapes.dots}"/>')


def _shapes_by_colour(cells: Cells) -> dict[str, Shapes]:
    found: dict[str, Shapes] = {}
    for row, pieces in enumerate(cells.rows):
        for column, piece in placed(pieces):
            at = column
            for character, group in groupby(piece.text):
                count = len(list(group))
                if is_shape(character):
                    found.setdefault(piece.colour, Shapes()).add(character, at, row, count)
                at += count
    return found


def _texts(cells: Cells) -> Iterator[str]:
    for row, pieces in enumerate(cells.rows):
        y = row * CELL_HEIGHT + BASELINE
        for column, piece in placed(pieces):
            look = f'fill="{piece.colour}"{_attributes(piece)}'
            for start, words in _words(piece):
                places = " ".join(str((column + start + index) * CELL_WIDTH) for index in range(len(words)))
                yield f'<text x="{places}" y="{y}" {look}>{_escaped(words)}</text>'


def _words(piece: Piece) -> Iterator[tuple[int, str]]:
    """What a font is to draw: words one space apart together, each with the cell that it begins at."""
    start, words = 0, ""
    for index, character in enumerate(piece.text + "  "):
        character = SUBSTITUTES.get(character, character)
        is_gap = character in SPACES or is_shape(character)
        if is_gap and (words.endswith(" ") or is_shape(character) or not words):
            if words.strip():
                yield start, words.rstrip()
            words = ""
        elif is_gap:
            words += " "
        else:
            start = start if words else index
            words += character


def _attributes(piece: Piece) -> str:
    names = (
        (piece.bold, ' font-weight="bold"'),
        (piece.italic, ' font-style="italic"'),
        (piece.underlined, ' text-decoration="underline"'),
    )
    return "".join(text for is_so, text in names if is_so)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
