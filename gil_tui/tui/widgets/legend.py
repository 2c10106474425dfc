"""The legend of the chart: marker and name of each series, as short as it has to be."""

from collections.abc import Callable, Sequence

from gil_tui.text import clean, fit
from gil_tui.tui.plot import SMALLEST
from gil_tui.tui.series import Series
from gil_tui.tui.theme import executor_role, marker_of
from gil_tui.tui.widgets.lines import Row, Span, row_width

SHORT_NAMES = {
    "sequential": "seq",
    "processes": "procs",
    "asyncio": "async",
    "asyncio+threads": "async+thr",
    "interpreters": "interp",
    "forkserver": "fserver",
}

Entry = tuple[str, str, str]
"""Marker, role and name."""


def short_name(name: str) -> str:
    """The usual short form of an executor's name; the start method for processes that have one."""
    base, at, interval = name.partition("@")
    base = base.rpartition(":")[2]
    return f"{SHORT_NAMES.get(base, base)}{at}{interval}"


def legend_rows(series: Sequence[Series], width: int, most: int = 1, gap: str = "  ") -> list[Row]:
    """Marker and name of each executor, and of each interpreter if there are several, in at most `most` rows.

    Where that is too long the gaps and then the names shrink; then the last names are left out, counted.
    """
    if width < SMALLEST[0]:
        return []
    entries = entries_of(series)
    rows: list[Row] = []
    for between, names in ((gap, clean), (" ", clean), (" ", _short)):
        rows = _flowed(entries, width, between, names)
        if len(rows) <= most:
            return rows
    return [*rows[: most - 1], _cut(entries[_count(rows[: most - 1]) :], width)]


def entries_of(series: Sequence[Series]) -> list[Entry]:
    """What the legend has to tell of these series."""
    drawn = [one for one in series if one.points]
    executors = dict.fromkeys(one.executor for one in drawn)
    entries = [(marker_of(name, 0), executor_role(name), name) for name in executors]
    pythons = {one.python: one for one in drawn}
    if len(pythons) > 1:
        entries += [(marker_of("threads", one.interpreter), "muted", name) for name, one in pythons.items()]
    return entries


def _short(name: str) -> str:
    return short_name(clean(name))


def _spans(entry: Entry, named: Callable[[str], str]) -> tuple[Span, Span]:
    marker, role, name = entry
    return (marker, role), (f" {named(name)}", "muted" if role == "muted" else "text")


def _flowed(entries: Sequence[Entry], width: int, gap: str, named: Callable[[str], str]) -> list[Row]:
    rows: list[Row] = []
    for entry in entries:
        spans = _spans(entry, named)
        if rows and row_width(rows[-1]) + len(gap) + row_width(spans) <= width:
            rows[-1] = (*rows[-1], (gap, ""), *spans)
        else:
            rows.append(spans)
    return rows


def _count(rows: Sequence[Row]) -> int:
    """Entries in these rows: each has two spans, with a gap between."""
    return sum((len(row) + 1) // 3 for row in rows)


def _cut(entries: Sequence[Entry], width: int) -> Row:
    row: Row = ()
    for number, entry in enumerate(entries):
        spans = ((" ", ""), *_spans(entry, _short)) if row else _spans(entry, _short)
        rest = f" +{len(entries) - number}"
        needed = 0 if number == len(entries) - 1 else len(rest)
        if row_width((*row, *spans)) + needed > width:
            return (*row, (fit(rest, width), "muted"))
        row = (*row, *spans)
    return row
