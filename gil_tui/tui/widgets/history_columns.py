"""The columns of the table of runs: what is in a cell, what sorts by it, where there is room for it."""

from collections.abc import Callable
from dataclasses import dataclass

from gil_tui.history import HistoryRow
from gil_tui.history.rows import local_time
from gil_tui.lab.records import UNAVAILABLE
from gil_tui.language.spoken import figure, say, to_say
from gil_tui.text import clean, factor, fit, seconds
from gil_tui.verdict.model import CODES

WIDE = 60
UP, DOWN = "▲", "▼"
MARK = "◆"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field it sorts by, its title and cell, and at which widths of the table it is shown."""

    field: str
    title: str
    cell: Callable[[HistoryRow], str]
    from_width: int = 0
    to_width: int = 10_000
    right: bool = False


def _interval(row: HistoryRow) -> str:
    if not row.wall_s or row.wall_low_s is None or row.wall_high_s is None:
        return ""
    return figure(f"±{(row.wall_high_s - row.wall_low_s) / 2 / row.wall_s * 100:.0f} %")


def _executor(row: HistoryRow) -> str:
    name = clean(row.executor)
    return name if name == "sequential" else f"{name} x{row.workers}"


def _time(row: HistoryRow) -> str:
    return "–" if row.wall_s is None else figure(seconds(row.wall_s))


def _ended(row: HistoryRow) -> str:
    if row.status == UNAVAILABLE:
        return f"– {say(UNAVAILABLE)}"
    return clean(row.verdict) if row.verdict and row.status == "done" else clean(say(row.status))


def _meaning(row: HistoryRow) -> str:
    return say(CODES[row.verdict]) if row.verdict in CODES else ""


COLUMNS = (
    Column("id", "#", lambda row: str(row.id), right=True),
    Column("created_at", to_say("when"), lambda row: local_time(row.created_at)[5:], 70),
    Column("workload", to_say("workload"), lambda row: fit(clean(row.workload), 24)),
    Column("executor", to_say("executor"), _executor),
    Column("python", to_say("Python"), lambda row: clean(row.python), 80),
    Column("wall_s", to_say("time"), _time, right=True),
    Column("wall_high_s", "±", _interval, 90, right=True),
    Column("speedup", to_say("gain"), lambda row: figure(factor(row.speedup)), to_width=WIDE, right=True),
    Column("speedup", to_say("speed-up"), lambda row: figure(factor(row.speedup)), WIDE, right=True),
    Column("verdict", to_say("verdict"), _ended),
    Column("status", to_say("meaning"), _meaning, 130),
)
SORTABLE = tuple(column for column in COLUMNS if column.title not in ("±", "meaning", "gain"))


def columns_for(width: int) -> list[Column]:
    """The columns that a table of this width shows."""
    return [column for column in COLUMNS if column.from_width <= width < column.to_width]


def heading(column: Column, order_by: str, descending: bool) -> str:
    """The column's title, with an arrow where the rows are sorted by it."""
    title = say(column.title)
    return f"{title}{DOWN if descending else UP}" if column.field == order_by else title


def next_order(order_by: str, step: int) -> str:
    """The column to sort by after `order_by`."""
    fields = [column.field for column in SORTABLE]
    return fields[(fields.index(order_by) + step) % len(fields)] if order_by in fields else "id"
