"""A picture of the terminal stands alone: its parts join, nothing is fetched, and PNG looks the same."""

import re
import struct
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import pytest

from gil_tui.lab.errors import LabError
from gil_tui.report import png
from gil_tui.report.cells import Cells, Piece, blend, recoloured
from gil_tui.report.glyphs import ARCS, ARMS, BLOCKS, CELL_HEIGHT, CELL_WIDTH, Shapes, is_shape
from gil_tui.report.terminal_svg import MARGIN, size_of, svg_of

INK, PAPER = "#d0d0d0", "#121212"
BOX = ("╭─ a & b ─╮", "│ ●  ▒█ ⣿ │", "╰─────────╯")
NAMESPACE = "{http://www.w3.org/2000/svg}"


def cells_of(*lines: str, colour: str = INK) -> Cells:
    rows = tuple((Piece(line, len(line), colour, PAPER),) for line in lines)
    return Cells(max(map(len, lines)), len(lines), PAPER, rows)


def boxes(path: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of the rectangles of a path."""
    found = re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)", path)
    return [(float(x), float(y), float(x) + float(w), float(y) + float(h)) for x, y, w, h in found]


def shapes_of(text: str) -> Shapes:
    shapes = Shapes()
    for column, character in enumerate(text):
        shapes.add(character, column, 0, 1)
    return shapes


def test_it_is_xml_that_fetches_nothing() -> None:
    svg = svg_of(cells_of(*BOX), "a <title>")
    root = ET.fromstring(svg)
    assert root.findtext(f"{NAMESPACE}title") == "a <title>"
    assert not re.search(r"font-face|url\(|script|style|href|https?://(?!www\.w3\.org/2000/svg\")", svg)
    width, height = size_of(cells_of(*BOX))
    assert (root.get("width"), root.get("height")) == (str(width), str(height))
    assert (width, height) == (11 * CELL_WIDTH + 2 * MARGIN, 3 * CELL_HEIGHT + 2 * MARGIN)


def test_every_character_has_a_place_of_its_own() -> None:
    words = ET.fromstring(svg_of(cells_of("ab c  d"), "")).findall(f".//{NAMESPACE}text")
    assert [(text.text, text.get("x")) for text in words] == [("ab c", "0 12 24 36"), ("d", "72")]


def test_fonts_draw_no_line_and_no_block() -> None:
    texts = ET.fromstring(svg_of(cells_of(*BOX), "")).findall(f".//{NAMESPACE}text")
    assert [text.text for text in texts] == ["a & b", "●"]


@pytest.mark.parametrize("text", ["──", "━━", "██", "▄▄", "┌┐", "├┼", "╶╴", "▁▁"])
def test_side_by_side_they_touch(text: str) -> None:
    left, right = (boxes(shapes_of(text[:1]).filled), boxes(shapes_of(text).filled))
    assert max(box[2] for box in left) == CELL_WIDTH
    assert any(box[0] == CELL_WIDTH for box in right)


@pytest.mark.parametrize("character", [one for one, (arms, _) in ARMS.items() if {"u", "d"} <= set(arms)])
def test_one_above_the_other_they_touch(character: str) -> None:
    tops = {box[1] for box in boxes(shapes_of(character).filled)}
    bottoms = {box[3] for box in boxes(shapes_of(character).filled)}
    assert (min(tops), max(bottoms)) == (0, CELL_HEIGHT)


def test_a_corner_ends_where_its_neighbours_begin() -> None:
    for character, arms in ARCS.items():
        curve = shapes_of(character).curves
        assert curve.startswith(f"M{CELL_WIDTH // 2} {CELL_HEIGHT if 'd' in arms else 0}")
        assert curve.endswith(f"H{CELL_WIDTH if 'r' in arms else 0}")


def test_all_blocks_are_drawn() -> None:
    for code in range(0x2580, 0x25A0):
        assert is_shape(chr(code))
    for character, places in BLOCKS.items():
        area = sum(width * height for _, _, width, height in places)
        assert 0 < area <= 64, character
    assert sum(w * h for _, _, w, h in BLOCKS["▙"]) == sum(w * h for _, _, w, h in BLOCKS["▟"]) == 48


def test_shades_have_their_ink() -> None:
    """Each row of dashes inks one half of its length."""
    inked = {}
    for character in "░▒▓":
        shapes = shapes_of(character)
        rows = len(re.findall("M", shapes.shade))
        inked[character] = rows * 0.5 * 2 * CELL_WIDTH + sum(
            (c - a) * (d - b) for a, b, c, d in boxes(shapes.filled)
        )
    whole = CELL_WIDTH * CELL_HEIGHT
    assert [inked[one] / whole for one in "░▒▓"] == [0.25, 0.5, 0.75]


def test_braille_has_a_dot_for_each_bit() -> None:
    assert shapes_of("⣿").dots.count("M") == 8
    assert shapes_of("⠁").dots == "M3 3h0"
    assert shapes_of("⢀").dots == "M9 21h0"


def test_wide_characters_take_two_cells() -> None:
    cells = Cells(
        4, 1, PAPER, ((Piece("a", 1, INK, PAPER), Piece("漢", 2, INK, PAPER), Piece("b", 1, INK, PAPER)),)
    )
    texts = ET.fromstring(svg_of(cells, "")).findall(f".//{NAMESPACE}text")
    assert [(text.text, text.get("x")) for text in texts] == [("a", "0"), ("漢", "12"), ("b", "36")]


def test_other_colours_for_paper() -> None:
    printed = recoloured(cells_of("a"), {INK: "#000000", PAPER: "#ffffff"})
    assert (printed.background, printed.rows[0][0].colour) == ("#ffffff", "#000000")
    assert recoloured(cells_of("a", colour="#404040"), {}).rows[0][0].colour == "#bfbfbf"
    assert blend("#000000", "#ffffff", 0.5) == "#808080"


def test_without_the_extra_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "find_spec", lambda name: None)
    assert "pip install 'resvg-py>=0.5'" in png.why_no_png()
    with pytest.raises(LabError, match="PNG needs resvg-py"):
        png.png_of("<svg/>")


def test_the_font_comes_along_with_its_licence() -> None:
    names = sorted(file.name for file in png.FONTS.iterdir())
    assert names == ["DejaVuSansMono-Bold.ttf", "DejaVuSansMono.ttf", "LICENSE"]
    assert "Bitstream Vera" in (png.FONTS / "LICENSE").read_text()


def test_a_png_has_the_size_and_what_was_drawn() -> None:
    pytest.importorskip("resvg_py", reason="PNG needs the extra png")
    image = png.png_of(svg_of(cells_of(*BOX), ""))
    width, height = size_of(cells_of(*BOX))
    assert struct.unpack(">II", image[16:24]) == (width * png.ZOOM, height * png.ZOOM)
    assert len(set(pixels(image))) > 50
    assert image == png.png_of(svg_of(cells_of(*BOX), ""))


def test_a_png_has_letters_without_any_font_of_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("resvg_py", reason="PNG needs the extra png")
    with_letters = png.png_of(svg_of(cells_of("★ GIL"), ""))
    monkeypatch.setattr(png, "FONTS", tmp_path)
    assert png.png_of(svg_of(cells_of("★ GIL"), "")) != with_letters


def pixels(image: bytes) -> bytes:
    """The decompressed rows of a PNG, filters not undone."""
    data, place = b"", 8
    while place < len(image):
        length = int.from_bytes(image[place : place + 4], "big")
        if image[place + 4 : place + 8] == b"IDAT":
            data += image[place + 8 : place + 8 + length]
        place += length + 12
    return zlib.decompress(data)
