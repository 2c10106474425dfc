"""Tables, and figures with their unit, as plain text."""

import math
from collections.abc import Iterable, Sequence

from gil_tui.lab.records import Host
from gil_tui.language.spoken import figure, say, sentence, some
from gil_tui.text import count, seconds
from gil_tui.verdict.statistics import Interval

MISSING = "–"
GAP = "  "
UNITS = ((1, "s"), (1e3, "ms"), (1e6, "µs"))
SMALL_UNITS = (*UNITS, (1e9, "ns"))
LARGE = ((1e12, "T"), (1e9, "G"), (1e6, "M"))


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines with every column as wide as its widest cell; those numbered in `right` flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = (
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return GAP.join(cells).rstrip()

    return [line(row) for row in rows]


def told(text: str) -> str:
    """What a cell says in the language that is spoken: words of a verdict or a figure; names stay."""
    said = sentence(text)
    return figure(text) if said == text and (text[:1].isdigit() or text[:1] in "+-") else said


def numbers_told(rows: Iterable[Sequence[str]], names: int = 1) -> list[tuple[str, ...]]:
    """Rows below a heading, told cell by cell but for the first ones, which are names."""
    return [(*row[:names], *map(told, row[names:])) for row in rows]


def interval_told(low: str, high: str) -> str:
    """Such as `1.88x to 1.95x`."""
    return say("{low} to {high}", low=told(low), high=told(high))


def semicolons(parts: Sequence[str]) -> str:
    """Parts of a line, with a semicolon between them as the language sets it."""
    return say("; ").join(parts)


def indented(lines: Sequence[str]) -> list[str]:
    """The lines one step to the right, below a heading."""
    return [f"  {line}" for line in lines]


def time_with_interval(interval: Interval | None) -> str:
    """Median and interval in one unit with three digits: `4.05 s (4.01 to 4.10)`.

    A single trial has no interval.
    """
    if interval is None:
        return MISSING
    factor, unit = next(
        ((factor, unit) for factor, unit in UNITS if interval.median * factor >= 0.9995), UNITS[-1]
    )
    decimals = max(0, 2 - max(0, math.floor(math.log10(max(interval.median * factor, 1)))))

    def text(value_s: float) -> str:
        return f"{value_s * factor:.{decimals}f}"

    bounds = f" ({text(interval.low)} to {text(interval.high)})" if interval.level > 0 else ""
    return f"{text(interval.median)} {unit}{bounds}"


def factor_with_interval(interval: Interval | None) -> str:
    """Such as `1.91x (1.88 to 1.95)`."""
    if interval is None:
        return MISSING
    bounds = f" ({interval.low:.2f} to {interval.high:.2f})" if interval.level > 0 else ""
    return f"{interval.median:.2f}x{bounds}"


def brief(value_s: float | None) -> str:
    """A duration however short: `31 ns`, `28 µs`, `3.1 ms`, `4.05 s`."""
    if value_s is None or not math.isfinite(value_s):
        return MISSING
    if value_s >= 0.9995:
        return seconds(value_s)
    factor, unit = next(((f, u) for f, u in SMALL_UNITS if value_s * f >= 0.995), SMALL_UNITS[-1])
    value = value_s * factor
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def number(value: float) -> str:
    """A count: `12,345`, `5.90 G`; `0.25` where it is small and no whole number."""
    for factor, unit in LARGE:
        if value >= factor:
            return f"{value / factor:.2f} {unit}"
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.3g}"


def size(value_bytes: float | None) -> str:
    """Such as `24 MB`, with powers of 1000."""
    if value_bytes is None:
        return MISSING
    value = float(value_bytes)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def host_line(host: Host, version: str = "") -> str:
    """The machine in one line: `web-01: 2 of 8 CPUs (quota), 8.6 GB, Linux 6.1 x86_64, gil-tui 0.1.0`."""
    cpus = some("{count} CPU", "{count} CPUs", host.cpus)
    if host.cpus_effective != host.cpus:
        cpus = say(
            "{figure} of {cpus} CPUs ({limit})",
            figure=figure(count(host.cpus_effective)),
            cpus=host.cpus,
            limit=say(host.cpus_limited_by) if host.cpus_limited_by else "",
        )
    parts = [cpus, figure(size(host.memory_bytes)), f"{host.system} {host.machine}"]
    parts += [f"gil-tui {version}"] if version else []
    return say("{name}: {text}", name=host.name, text=", ".join(parts))
