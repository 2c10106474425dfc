"""Charts as SVG text: shapes that differ without colour, the reader's own fonts, nothing fetched."""

import html
import math
from dataclasses import dataclass

from gil_tui.report.document import printable

FONT = "Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
INK, MUTED, GRID = "#1b1b1f", "#4a4f57", "#d5d8dc"
LETTER_WIDTH = 6.7
"""Mean width of a letter at the size of labels, 13 px; a little more than most fonts need."""


@dataclass(frozen=True, slots=True)
class Look:
    """How an executor is drawn: its `colour` (told apart by colour-blind people too) and its `shape`."""

    colour: str
    shape: str


LOOKS = {
    "sequential": Look("#1b1b1f", "cross"),
    "threads": Look("#0063a0", "circle"),
    "processes": Look("#c04a00", "square"),
    "processes:fork": Look("#8a3500", "square"),
    "processes:spawn": Look("#a3560f", "left"),
    "processes:forkserver": Look("#7d5a00", "right"),
    "interpreters": Look("#00795a", "up"),
    "asyncio": Look("#8e3b74", "diamond"),
    "asyncio+threads": Look("#5b4a9c", "hexagon"),
    "dask": Look("#33707f", "down"),
    "loky": Look("#6b6100", "star"),
}
OTHER = Look("#555555", "plus")
"""Okabe and Ito's colours (2008), darkened for thin lines on white."""

DASHES = {"fit": "", "bound": "9 4", "joined": "1.5 3.5", "ideal": "3 3"}
"""A law is a full line, a bound a dashed one; points that no law fits are joined by dots."""

STATE_LOOKS = {
    "cpu": ("#00795a", "solid"),
    "gil": ("#b3261e", "diagonal"),
    "lock": ("#8a6d00", "crossed"),
    "run_queue": ("#8e3b74", "dots"),
    "io": ("#0063a0", "lines"),
    "idle": ("#6b7078", "empty"),
}
"""Colour and filling of a thread's states, in the order in which they are drawn."""


def look_of(executor: str) -> Look:
    """How an executor is drawn, whatever its switch interval."""
    return LOOKS.get(executor.partition("@")[0], OTHER)


def picture(width: float, height: float, parts: list[str], title: str, name: str) -> str:
    """The whole picture; `title` says in words what it shows, `name` makes its ids its own."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-labelledby="{name}-title" font-family="{FONT}" font-size="13" '
        f'fill="{INK}"><title id="{name}-title">{plain(title)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def plain(text: str) -> str:
    """The text as it may stand in markup."""
    return html.escape(printable(text))


def text(
    x: float,
    y: float,
    words: str,
    anchor: str = "start",
    colour: str = INK,
    size: float = 13,
    weight: str = "",
) -> str:
    """One line of letters, its baseline at `y`."""
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size:g}"{bold}>'
        f"{plain(words)}</text>"
    )


def line(
    x1: float, y1: float, x2: float, y2: float, colour: str = GRID, width: float = 1, dash: str = ""
) -> str:
    """A straight line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"{dashed}/>'
    )


def curve(points: list[tuple[float, float]], colour: str, width: float, dash: str = "") -> str:
    """A line through the points."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    placed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{placed}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def marker(x: float, y: float, look: Look, size: float = 5) -> str:
    """The shape of an executor around a point, on white so that lines end at it."""
    border = f'stroke="{look.colour}" stroke-width="1.8"'
    if look.shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" fill="{look.colour}" stroke="#fff"/>'
    if look.shape in ("cross", "plus"):
        turned = f' transform="rotate(45 {x:.1f} {y:.1f})"' if look.shape == "cross" else ""
        path = f"M{x - size:.1f} {y:.1f}H{x + size:.1f}M{x:.1f} {y - size:.1f}V{y + size:.1f}"
        return f'<path d="{path}" {border}{turned}/>'
    corners = " ".join(f"{x + dx * size:.1f},{y + dy * size:.1f}" for dx, dy in _CORNERS[look.shape])
    return f'<polygon points="{corners}" fill="{look.colour}" stroke="#fff"/>'


def _ring(count: int, start: float, inner: float = 1.0) -> list[tuple[float, float]]:
    """Corners on a circle, clockwise from `start` (degrees from the right); every other one at `inner`."""
    radii = [1.25 if number % 2 == 0 else 1.25 * inner for number in range(count)]
    angles = [math.radians(start + 360 * number / count) for number in range(count)]
    return [
        (radius * math.cos(angle), radius * math.sin(angle))
        for radius, angle in zip(radii, angles, strict=True)
    ]


_CORNERS = {
    "square": [(-0.95, -0.95), (0.95, -0.95), (0.95, 0.95), (-0.95, 0.95)],
    "up": _ring(3, -90),
    "down": _ring(3, 90),
    "left": _ring(3, 180),
    "right": _ring(3, 0),
    "diamond": _ring(4, -90),
    "hexagon": _ring(6, 0),
    "star": _ring(10, -90, 0.45),
}


def fillings(name: str) -> str:
    """The patterns of the states, under ids that begin with `name`."""
    return (
        "<defs>"
        + "".join(_filling(f"{name}-{state}", *look) for state, look in STATE_LOOKS.items())
        + "</defs>"
    )


def _filling(key: str, colour: str, kind: str) -> str:
    inside = {
        "solid": f'<rect width="6" height="6" fill="{colour}"/>',
        "diagonal": f'<path d="M-1 7L7 -1" stroke="{colour}" stroke-width="2.6"/>'
        f'<path d="M-1 1L1 -1M5 7L7 5" stroke="{colour}" stroke-width="2.6"/>',
        "crossed": f'<path d="M0 0L6 6M6 0L0 6" stroke="{colour}" stroke-width="1.4"/>',
        "dots": f'<circle cx="3" cy="3" r="1.5" fill="{colour}"/>',
        "lines": f'<path d="M0 3H6" stroke="{colour}" stroke-width="1.5"/>',
        "empty": "",
    }[kind]
    return (
        f'<pattern id="{key}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="#ffffff"/>{inside}</pattern>'
    )
