"""Text to be read in a dialog of any width: prose is wrapped, the lines of a table stay whole."""

import re
import textwrap
from collections.abc import Sequence

NARROWEST = 16
COLUMNS = re.compile(r"\S {2,}\S")
"""Words further apart than in prose."""


def is_tabular(line: str) -> bool:
    """Whether the line has columns: wrapped it could not be read."""
    return COLUMNS.search(line) is not None


def reading_rows(lines: Sequence[str], width: int) -> list[tuple[str, bool]]:
    """Rows of at most `width` cells but for tables, and whether each is a heading.

    The first line and those above indented ones are headings. What is wrapped goes on one step further in.
    """
    rows: list[tuple[str, bool]] = []
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        heading = number == 0 or (bool(line) and not line.startswith(" ") and below.startswith("  "))
        if is_tabular(line) or len(line) <= width:
            rows.append((line, heading))
            continue
        indent = line[: len(line) - len(line.lstrip())]
        further = "" if heading else f"{indent}  "
        wrapped = textwrap.wrap(line, max(NARROWEST, width), subsequent_indent=further)
        rows += [(part, heading) for part in wrapped]
    return rows
