"""What every command prints with: JSON documents, aligned tables, and figures with their unit."""

import json
import sys
from collections.abc import Mapping
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

__all__ = [
    "MISSING",
    "factor_with_interval",
    "host_line",
    "print_json",
    "size",
    "table",
    "time_with_interval",
]


def print_json(document: Mapping[str, Any]) -> None:
    """The document and nothing else; on a terminal indented, since a person reads it there."""
    json.dump(finite(document), sys.stdout, allow_nan=False, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write("\n")
