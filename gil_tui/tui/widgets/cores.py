"""Per-core CPU bars: one row a core, side by side where there are many, a grid where there are very many."""

import math
from collections.abc import Sequence

from gil_tui.language.spoken import figure
from gil_tui.tui.widgets.lines import Row, Span

LEVELS = " ▁▂▃▄▅▆▇█"
FULL, TRACK = "▇", " "
NARROWEST_BAR = 4
ROUND = (64, 32, 16, 8, 48, 24, 12)
"""Numbers of cells that a row of the grid holds if it can, so that its first core is easy to add to."""
GAP = 2


def bar(share: float, width: int, role: str) -> tuple[Span, Span]:
    """A bar of `width` cells, and the track that it leaves; what is above nothing shows at least a cell."""
    share = min(1.0, max(0.0, share))
    filled = max(round(share * width), 1 if share >= 0.005 else 0)
    return (FULL * filled, role), (TRACK * (width - filled), "line")


def gauge(label: str, label_width: int, share: float | None, width: int, role: str) -> Row:
    """A labelled bar with its per cent at the right: `cpu 0 ██████     98 %`."""
    value = "  –  " if share is None else figure(f"{share * 100:3.0f} %")
    room = width - label_width - 1 - len(value) - 1
    if room < 1:
        return ((f"{label:<{label_width}} {value}"[: max(0, width)], "text"),)
    filled, track = bar(share or 0.0, room, role)
    return ((f"{label:<{label_width}} ", "muted"), filled, track, (f" {value}", "text"))


def core_rows(busy: Sequence[float], width: int, height: int) -> list[Row]:
    """All cores within `height` rows of `width` cells, the closer the more there are."""
    if not busy or width < 1 or height < 1:
        return []
    digits = len(str(len(busy) - 1))
    if len(busy) <= height:
        return [
            gauge(f"cpu {core:>{digits}}", 4 + digits, share, width, "state-cpu")
            for core, share in enumerate(busy)
        ]
    columns = math.ceil(len(busy) / height)
    column_width = (width - GAP * (columns - 1)) // columns
    if column_width >= digits + 1 + NARROWEST_BAR + 6:
        return _columns(busy, columns, column_width, digits)
    return _grid(busy, width, height, digits)


def _columns(busy: Sequence[float], columns: int, width: int, digits: int) -> list[Row]:
    rows: list[Row] = []
    deep = math.ceil(len(busy) / columns)
    for line in range(deep):
        row: list[Span] = []
        for core in range(line, len(busy), deep):
            row += [(" " * GAP, "")] if row else []
            row += gauge(f"{core:>{digits}}", digits, busy[core], width, "state-cpu")
        rows.append(tuple(row))
    return rows


def _grid(busy: Sequence[float], width: int, height: int, digits: int) -> list[Row]:
    """One cell a core, its height the share; where that is too much, the mean of 2, 4, 8…"""
    together, across = _folding(len(busy), max(1, width - digits - 1), height)
    means = [
        sum(busy[start : start + together]) / len(busy[start : start + together])
        for start in range(0, len(busy), together)
    ]
    rows: list[Row] = []
    for start in range(0, len(means), across):
        cells = "".join(level(share) for share in means[start : start + across])
        rows.append(((f"{start * together:>{digits}} "[:width], "muted"), (cells, "state-cpu")))
    return rows


def _folding(cores: int, room: int, height: int) -> tuple[int, int]:
    """How many cores a cell holds, and how many cells a row: rather twice the cores than rows of 43."""
    together = 1
    while cores > together * room * height:
        together *= 2
    for more in (together, 2 * together):
        cells = math.ceil(cores / more)
        for even in ROUND:
            if even <= room and cells <= even * height:
                return more, even
    cells = math.ceil(cores / together)
    return together, math.ceil(cells / math.ceil(cells / room))


def level(share: float) -> str:
    """One cell as high as the share; a core that does nothing still shows a line."""
    return LEVELS[max(1, round(min(1.0, max(0.0, share)) * 8))]
