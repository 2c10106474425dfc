"""An audit as text: the sentence on top, the nine points, and all that is known of each."""

from gil_tui.report.judgement import evidence_cells
from gil_tui.report.layout import indented, table
from gil_tui.text import clean, fit
from gil_tui.verdict.audit_fill import ALONE, WATCH
from gil_tui.verdict.audit_model import DONE, NOT_POSSIBLE, NOT_YET, Checklist, Fill, Point
from gil_tui.verdict.words import amount

GLYPHS = {DONE: "●", NOT_YET: "○", NOT_POSSIBLE: "–"}
WORDS = {DONE: "done", NOT_YET: "not yet", NOT_POSSIBLE: "not here"}
"""The states as short as a column is."""
WIDTH = 100


def audit_lines(checklist: Checklist) -> list[str]:
    """The whole audit: title and sentence, a line for each point, then each point with its evidence."""
    audit = checklist.audit
    title = clean(audit.title)
    subject = clean(audit.subject)
    about = f"{subject}, {audit.interpreter}" if audit.interpreter else subject
    lines = [title, *([about] if about != title else []), "", clean(checklist.sentence), ""]
    rows = [point_cells(point) for point in checklist.points]
    lines += [*table(rows), ""]
    for point in checklist.points:
        lines += [*point_lines(point), ""]
    return lines


def audit_rows(checklist: Checklist) -> list[tuple[str, str, str, str, str]]:
    """For a table: number, question, state, figure with its interval, the answer or what stands for it."""
    return [
        (str(point.number), point.question, point.state, figure_text(point), told(point))
        for point in checklist.points
    ]


def point_cells(point: Point) -> tuple[str, str, str, str]:
    """One point in a line: number, state by glyph and word, question, its figure."""
    state = f"{GLYPHS[point.state]} {WORDS[point.state]}"
    return str(point.number), state, point.question, figure_text(point)


def point_lines(point: Point) -> list[str]:
    """All that is known of one point, below its question."""
    lines = [f"{point.number}  {point.question}  {GLYPHS[point.state]} {point.state}"]
    lines += indented([told(point)])
    if point.evidence:
        lines += indented(table([evidence_cells(row) for row in point.evidence]))
    lines += indented([f"from {sources(point)}"]) if point.runs or point.watches else []
    if point.reproduce:
        lines += indented([f"{'reproduce' if point.state == DONE else 'measure'}: {clean(point.reproduce)}"])
    return lines


def told(point: Point) -> str:
    """The answer, or what stands in its place."""
    if point.state == DONE:
        return clean(point.answer)
    return clean(point.why) if point.why else needed(point.fill)


def needed(fill: Fill | None) -> str:
    """What a point that is not measured waits for: `a run will tell: threads, 2 workers`."""
    if fill is None:
        return "not measured yet"
    if fill.kind == WATCH:
        return "a watch of some seconds will tell"
    workers = " or ".join(map(str, fill.workers))
    several = f", {workers} workers" if fill.executors != ALONE else ""
    others = len(fill.interpreters) - 1
    on = f", on {others + 1} interpreters" if others > 0 else ""
    return f"a run will tell: {', '.join(fill.executors)}{several}{on}"


def figure_text(point: Point) -> str:
    """The figure with its interval, such as `98 % (97 % to 99 %)`; empty where there is none."""
    figure = point.figure
    if figure is None or figure.value is None:
        return ""
    text = amount(figure.value, figure.unit)
    if figure.low is None or figure.high is None:
        return text
    low, high = amount(figure.low, figure.unit), amount(figure.high, figure.unit)
    return text if low == high else f"{text} ({low} to {high})"


def short_figure(point: Point) -> str:
    """The figure alone."""
    figure = point.figure
    return amount(figure.value, figure.unit) if figure and figure.value is not None else ""


def sources(point: Point) -> str:
    """Such as `runs #12, #13 and watch 4`."""
    parts = []
    for name, ids in (("run", point.runs), ("watch", point.watches)):
        if ids:
            plural = {"run": "runs", "watch": "watches"}[name] if len(ids) > 1 else name
            parts.append(f"{plural} {', '.join(f'#{number}' for number in ids)}")
    return fit(" and ".join(parts), WIDTH)
