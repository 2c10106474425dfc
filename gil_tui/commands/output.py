"""What every command prints with: JSON documents, aligned tables, and figures with their unit."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from gil_tui.report.data import finite
from gil_tui.report.layout import (
    MISSING,
    factor_with_interval,
    host_line,
    size,
    table,
    time_with_interval,
)
from gil_tui.text import clean

__all__ = [
    "MISSING",
    "complain",
    "factor_with_interval",
    "host_line",
    "print_json",
    "print_lines",
    "size",
    "table",
    "time_with_interval",
]


def print_json(document: Mapping[str, Any]) -> None:
    """The document and nothing else; on a terminal indented, since a person reads it there."""
    json.dump(finite(document), sys.stdout, allow_nan=False, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write("\n")


def print_long_json(
    head: Mapping[str, Any], values: tuple[str, Iterable[Any]], pairs: tuple[str, Iterable[tuple[str, Any]]]
) -> None:
    """`head` with an array and an object behind it as one document that is never all in memory."""

    def text(value: Any) -> str:
        return json.dumps(finite(value), allow_nan=False)

    put = sys.stdout.write
    put(f"{text(head)[:-1]}, {text(values[0])}: [")
    for number, value in enumerate(values[1]):
        put(f"{', ' if number else ''}{text(value)}")
    put(f"], {text(pairs[0])}: {{")
    for number, (name, value) in enumerate(pairs[1]):
        put(f"{', ' if number else ''}{text(name)}: {text(value)}")
    put("}}\n")


def print_lines(lines: Iterable[str]) -> None:
    """Lines for a person. Whatever has got into one, there is nothing left in it that a terminal obeys."""
    sys.stdout.writelines(f"{clean(line)}\n" for line in lines)
    sys.stdout.flush()


def complain(what: object) -> None:
    """One line on stderr."""
    print(f"gil-tui: {clean(str(what))}", file=sys.stderr)
