"""Block, line, shade and braille characters as shapes: fonts leave gaps between them, or lack them."""

from collections.abc import Mapping
from dataclasses import dataclass

CELL_WIDTH, CELL_HEIGHT = 12, 24
"""Pixels of one cell; eighths of the height and sixths of the width fall on whole ones."""
LIGHT, HEAVY = 2, 4
DOT = 3.4
"""Width of a line, and of a braille dot, in pixels."""


@dataclass(slots=True)
class Shapes:
    """Path data by how it is drawn: `filled`, stroked as `curves`, as round `dots`, as `shade` of dashes."""

    filled: str = ""
    curves: str = ""
    dots: str = ""
    shade: str = ""

    def add(self, character: str, column: int, row: int, count: int) -> None:
        """The character `count` times side by side, which has to be one of `is_shape`."""
        x, y = column * CELL_WIDTH, row * CELL_HEIGHT
        if character in BLOCKS:
            for left, top, width, height in BLOCKS[character]:
                whole = width == 8
                for number in range(1 if whole else count):
                    cells = count if whole else 1
                    self._rectangle(
                        x + number * CELL_WIDTH + CELL_WIDTH * left / 8,
                        y + CELL_HEIGHT * top / 8,
                        cells * CELL_WIDTH * width / 8,
                        CELL_HEIGHT * height / 8,
                    )
        elif character in SHADES:
            self._shade(x, y, count * CELL_WIDTH, SHADES[character])
        elif character == "─" or character == "━":
            self._bar(x, y, "lr", LIGHT if character == "─" else HEAVY, count)
        else:
            for number in range(count):
                self._one(character, x + number * CELL_WIDTH, y)

    def _one(self, character: str, x: int, y: int) -> None:
        if character in ARCS:
            self._arc(x, y, ARCS[character])
        elif character in DASHES:
            self._dashes(x, y, *DASHES[character])
        elif character in ARMS:
            self._bar(x, y, *ARMS[character])
        else:
            for bit, (across, down) in enumerate(BRAILLE_DOTS):
                if (ord(character) - BRAILLE_FIRST) >> bit & 1:
                    centre_x, centre_y = x + 3 + 6 * across, y + 3 + 6 * down
                    self.dots += f"M{centre_x} {centre_y}h0"

    def _rectangle(self, x: float, y: float, width: float, height: float) -> None:
        self.filled += f"M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}z"

    def _bar(self, x: int, y: int, arms: str, weight: int, count: int = 1) -> None:
        """Arms from the middle of the cell to its edges; the middle itself belongs to each."""
        half = weight / 2
        middle_x, middle_y = x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2
        left = x if "l" in arms else middle_x - half
        right = x + count * CELL_WIDTH if "r" in arms else middle_x + half
        top = y if "u" in arms else middle_y - half
        bottom = y + CELL_HEIGHT if "d" in arms else middle_y + half
        if "l" in arms or "r" in arms:
            self._rectangle(left, middle_y - half, right - left, weight)
        if "u" in arms or "d" in arms:
            self._rectangle(middle_x - half, top, weight, bottom - top)

    def _arc(self, x: int, y: int, arms: str) -> None:
        """From the vertical arm's edge, round the corner, to the horizontal arm's edge."""
        middle_x, middle_y = x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2
        edge_y, down = (y + CELL_HEIGHT, 1) if "d" in arms else (y, -1)
        edge_x, right = (x + CELL_WIDTH, 1) if "r" in arms else (x, -1)
        radius = CELL_WIDTH / 2
        self.curves += (
            f"M{middle_x:g} {edge_y}V{middle_y + down * radius:g}"
            f"Q{middle_x:g} {middle_y:g} {middle_x + right * radius:g} {middle_y:g}H{edge_x}"
        )

    def _dashes(self, x: int, y: int, is_across: bool, number: int, weight: int) -> None:
        length = CELL_WIDTH if is_across else CELL_HEIGHT
        step = length / number
        for index in range(number):
            start = step * (index + 0.25)
            if is_across:
                self._rectangle(x + start, y + (CELL_HEIGHT - weight) / 2, step / 2, weight)
            else:
                self._rectangle(x + (CELL_WIDTH - weight) / 2, y + start, weight, step / 2)

    def _shade(self, x: int, y: int, width: int, quarters: int) -> None:
        """Rows of dashes two pixels long, every other row shifted; a quarter has every other row alone."""
        for line in range(0, CELL_HEIGHT, 2):
            number = line // 2
            if quarters == 3 and number % 2:
                self._rectangle(x, y + line, width, 2)
            elif quarters > 1 or number % 2 == 0:
                shift = 2 * ((number // (1 if quarters == 2 else 2)) % 2)
                self.shade += f"M{x + shift} {y + line + 1}h{width - shift}"


def is_shape(character: str) -> bool:
    """True where it is drawn here instead of being left to a font."""
    return (
        character in BLOCKS
        or character in SHADES
        or character in ARMS
        or character in ARCS
        or character in DASHES
        or BRAILLE_FIRST <= ord(character) < BRAILLE_FIRST + 256
    )


def _blocks() -> dict[str, tuple[tuple[int, int, int, int], ...]]:
    """Left, top, width and height of each rectangle, in eighths of the cell."""
    found: dict[str, tuple[tuple[int, int, int, int], ...]] = {"█": ((0, 0, 8, 8),)}
    for eighths, character in enumerate("▁▂▃▄▅▆▇", 1):
        found[character] = ((0, 8 - eighths, 8, eighths),)
    for eighths, character in enumerate("▏▎▍▌▋▊▉", 1):
        found[character] = ((0, 0, eighths, 8),)
    found |= {"▀": ((0, 0, 8, 4),), "▐": ((4, 0, 4, 8),), "▔": ((0, 0, 8, 1),), "▕": ((7, 0, 1, 8),)}
    corners = {1: (0, 0, 4, 4), 2: (4, 0, 4, 4), 4: (0, 4, 4, 4), 8: (4, 4, 4, 4)}
    for quarters, character in zip((4, 8, 1, 13, 9, 7, 11, 2, 6, 14), "▖▗▘▙▚▛▜▝▞▟", strict=True):
        found[character] = tuple(place for bit, place in corners.items() if quarters & bit)
    return found


BLOCKS: Mapping[str, tuple[tuple[int, int, int, int], ...]] = _blocks()
SHADES: Mapping[str, int] = {"░": 1, "▒": 2, "▓": 3}
"""Quarters of the cell that are inked."""

_ARMS = ("lr", "ud", "dr", "dl", "ur", "ul", "udr", "udl", "dlr", "ulr", "udlr", "l", "u", "r", "d")
ARMS: Mapping[str, tuple[str, int]] = {
    character: (arms, weight)
    for characters, weight in (("─│┌┐└┘├┤┬┴┼╴╵╶╷", LIGHT), ("━┃┏┓┗┛┣┫┳┻╋╸╹╺╻", HEAVY))
    for character, arms in zip(characters, _ARMS, strict=True)
}
"""Of each line character, where its arms point: up, down, left, right. No double and no mixed ones."""
ARCS: Mapping[str, str] = {"╭": "dr", "╮": "dl", "╰": "ur", "╯": "ul"}
DASHES: Mapping[str, tuple[bool, int, int]] = {
    character: (is_across, number, weight)
    for characters, is_across, number in (
        ("╌╍", True, 2),
        ("┄┅", True, 3),
        ("┈┉", True, 4),
        ("╎╏", False, 2),
        ("┆┇", False, 3),
        ("┊┋", False, 4),
    )
    for character, weight in zip(characters, (LIGHT, HEAVY), strict=True)
}

BRAILLE_FIRST = 0x2800
BRAILLE_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of the dot of each bit (Unicode standard, Braille Patterns)."""
