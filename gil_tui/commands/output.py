"""What every command prints with: JSON documents, aligned tables, and figures with their unit."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from gil_tui.lab.records import Host
from gil_tui.text import count
from gil_tui.verdict.statistics import Interval

MISSING = "–"
GAP = "  "
UNITS = ((1, "s"), (1e3, "ms"), (1e6, "µs"))


def print_json(document: Mapping[str, Any]) -> None:
    """The document and nothing else; on a terminal indented, since a person reads it there."""
    json.dump(_finite(document), sys.stdout, allow_nan=False, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write("\n")


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


def size(value_bytes: int | None) -> str:
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
    cpus = f"{count(host.cpus_effective)} of {host.cpus} CPUs ({host.cpus_limited_by})"
    if host.cpus_effective == host.cpus:
        cpus = f"{host.cpus} CPU{'s' if host.cpus != 1 else ''}"
    by = f", gil-tui {version}" if version else ""
    return f"{host.name}: {cpus}, {size(host.memory_bytes)}, {host.system} {host.machine}{by}"


def _finite(value: Any) -> Any:
    """The same document with null for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
