"""A sweep over several workloads in the verdict's pane: a table with a row for each."""

from collections.abc import Sequence

from gil_tui.language.spoken import say, sentence
from gil_tui.text import clean, fit
from gil_tui.tui.model import Part
from gil_tui.tui.widgets.legend import short_name
from gil_tui.tui.widgets.lines import Row, Span
from gil_tui.tui.widgets.verdict import badge, wrapped
from gil_tui.tui.wording import factor

NARROW = 64
"""Below this width short names are used, and the numbers of workers left out."""
GAP = "  "


def part_rows(
    parts: Sequence[Part], summary: str, lines: Sequence[tuple[str, str]], width: int, height: int
) -> list[Row]:
    """A heading and a row for each part, the summary above and the lines below where there is room.

    Says how many parts are left out. The gain of one worker is against one of the first workload, those
    of the executors are against one worker.
    """
    head, *cells = _cells(parts, width)
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    badges = [badge(part.code) if part.code else ("", "muted") for part in parts]
    badge_width = max((len(word) + 1 for word, _ in badges if word), default=0)
    rows: list[Row] = [((" " * badge_width, ""), *_row(head, widths, width - badge_width, "muted"))]
    for part, (word, role), row in zip(parts, badges, cells, strict=True):
        left: tuple[Span, ...] = ((word, role), (" " * (badge_width - len(word)), ""))
        room = width - badge_width
        if part.trouble:
            words = fit(f"– {sentence(part.trouble)}", max(0, room - widths[0] - len(GAP)))
            rows.append((*left, (f"{row[0]:<{widths[0]}}{GAP}", "strong"), (words, "muted")))
        else:
            rows.append((*left, *_row(row, widths, room, "text")))
    if len(rows) > height:
        hidden = len(rows) - height + 1
        more = fit(say("and {count} more: w shows each", count=hidden), width)
        rows = [*rows[: max(0, height - 1)], ((more, "muted"),)]
    above = wrapped(clean(summary), width) if summary else []
    if len(above) <= height - len(rows):
        rows = [*(((line, "strong"),) for line in above), *rows]
    rows += [((fit(clean(text), width), role),) for text, role in lines]
    return rows[: max(1, height)]


def _cells(parts: Sequence[Part], width: int) -> list[list[str]]:
    """The table, its heading first; without the gain of one worker where no two can be compared."""
    brief = width < NARROW
    executors = list(dict.fromkeys(best.executor for part in parts for best in part.bests))
    has_gain = any(part.alone is not None for part in parts)
    named = short_name if brief else clean
    alone = say("alone") if brief else say("one worker")
    table = [["", *([alone] * has_gain), *map(named, executors)]]
    for part in parts:
        bests = {best.executor: best for best in part.bests}
        row = [fit(part.workload, max(8, width // 3))]
        row += [factor(part.alone)] if has_gain else []
        for executor in executors:
            best = bests.get(executor)
            workers = "" if brief or best is None else f" ({best.workers})"
            row.append(f"{factor(best.speedup)}{workers}" if best else "–")
        table.append(row)
    return table


def _row(cells: Sequence[str], widths: Sequence[int], room: int, role: str) -> Row:
    """As many cells as fit whole, the first at the left, numbers at the right."""
    row: list[Span] = [(f"{cells[0]:<{widths[0]}}", "strong" if role == "text" else role)]
    taken = widths[0]
    for cell, width in zip(cells[1:], widths[1:], strict=True):
        if taken + len(GAP) + width > room:
            row.append((fit(" …", room - taken), "muted"))
            break
        row.append((f"{GAP}{cell:>{width}}", role))
        taken += len(GAP) + width
    return tuple(row)
