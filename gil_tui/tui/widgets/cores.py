"""Per-core CPU bars: one row a core, side by side where there are many, a grid where there are very many."""

import math
from collections.abc import Sequence

from gil_tui.tui.widgets.lines import Row, Span

LEVELS = " ▁▂▃▄▅▆▇█"
FULL, TRACK = "▇", " "
NARROWEST_BAR = 4
ROUND = (64, 32, 16, 8)
"""Numbers of cores that a row of the grid holds if it can, so that its first one is easy to add to."""
GAP = 2


def bar(share: float, width: int, role: str) -> tuple[Span, Span]:
    """A bar of `width` cells, and the track that it leaves; what is above nothing shows at least a cell."""
    share = min(1.0, max(0.0, share))
    filled = max(round(share * width), 1 if share >= 0.005 else 0)
    return (FULL * filled, role), (TRACK * (width - filled), "line")


def gauge(label: str, label_width: int, share: float | None, width: int, role: str) -> Row:
    """A labelled bar with its per cent at the right: `cpu 0 ██████     98 %`."""
    value = "  –  " if share is None else f"{share * 100:3.0f} %"
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
    """One cell a core, its height the share; where that is too much, one cell the mean of several."""
    room = max(1, width - digits - 1)
    together = max(1, math.ceil(len(busy) / (room * height)))
    means = [
        sum(busy[start : start + together]) / len(busy[start : start + together])
        for start in range(0, len(busy), together)
    ]
    deep = min(height, math.ceil(len(means) / room))
    across = math.ceil(len(means) / deep)
    across = next((even for even in ROUND if even <= room and len(means) <= even * height), across)
    rows: list[Row] = []
    for start in range(0, len(means), across):
        cells = "".join(level(share) for share in means[start : start + across])
        rows.append(((f"{start * together:>{digits}} "[:width], "muted"), (cells, "state-cpu")))
    return rows


def level(share: float) -> str:
    """One cell as high as the share; a core that does nothing still shows a line."""
    return LEVELS[max(1, round(min(1.0, max(0.0, share)) * 8))]
