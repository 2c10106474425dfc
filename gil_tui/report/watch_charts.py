"""The chart of a watch that runs have not: how many threads waited for the GIL at a time, as SVG."""

from collections.abc import Sequence

from gil_tui.language import Language
from gil_tui.report import svg
from gil_tui.report.charts import BAR_LEFT, BAR_RIGHT, ROW, WIDTH, box
from gil_tui.text import percent

MOST_WAITING = 8
"""From so many waiting threads on they share a bar."""


def waiting_chart(counts: Sequence[int], title: str, language: Language, name: str) -> str:
    """A bar for each number of waiting threads: the share of the samples that saw so many.

    `counts[k]` is the number of samples that saw k threads waiting, at least one of them.
    """
    shown = [*counts[:MOST_WAITING], *([sum(counts[MOST_WAITING:])] if len(counts) > MOST_WAITING else [])]
    full, total = WIDTH - BAR_LEFT - BAR_RIGHT, sum(shown)
    parts = [svg.fillings(name), svg.text(16, 20, title, size=15, weight="bold")]
    for number, count in enumerate(shown):
        y, width = 34 + ROW * number, full * count / total
        parts.append(svg.text(BAR_LEFT - 8, y + 15, _label(number, language), "end"))
        parts.append(box(BAR_LEFT, y, max(width, 0.8), ROW - 6, f"{name}-{'gil' if number else 'idle'}"))
        share = language.figure(percent(count / total))
        parts.append(svg.text(BAR_LEFT + width + 8, y + 15, share))
    return svg.picture(WIDTH, 44 + ROW * len(shown), parts, title, name)


def _label(number: int, language: Language) -> str:
    if number == 0:
        return language.say("nobody waits")
    if number == MOST_WAITING:
        return language.say("{count} threads or more", count=number)
    return language.some("{count} thread waits", "{count} threads wait", number)
