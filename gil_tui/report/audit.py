"""An audit as text: the sentence on top, the nine points, and all that is known of each."""

from gil_tui.language.spoken import say, sentence, some
from gil_tui.report.judgement import evidence_cells
from gil_tui.report.layout import indented, interval_told, table
from gil_tui.report.layout import told as in_words
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
    lines = [title, *([about] if about != title else []), "", sentence(clean(checklist.sentence)), ""]
    rows = [point_cells(point) for point in checklist.points]
    lines += [*table(rows), ""]
    for point in checklist.points:
        lines += [*point_lines(point), ""]
    return lines


def audit_rows(checklist: Checklist) -> list[tuple[str, str, str, str, str]]:
    """For a table: number, question, state, figure with its interval, the answer or what stands for it."""
    return [
        (str(point.number), sentence(point.question), sentence(point.state), figure_text(point), told(point))
        for point in checklist.points
    ]


def point_cells(point: Point) -> tuple[str, str, str, str]:
    """One point in a line: number, state by glyph and word, question, its figure."""
    state = f"{GLYPHS[point.state]} {state_word(point.state)}"
    return str(point.number), state, sentence(point.question), figure_text(point)


def state_word(state: str) -> str:
    """One of `WORDS` in the language that is spoken."""
    return sentence(WORDS[state])


def point_lines(point: Point) -> list[str]:
    """All that is known of one point, below its question."""
    state = f"{GLYPHS[point.state]} {sentence(point.state)}"
    lines = [f"{point.number}  {sentence(point.question)}  {state}"]
    lines += indented([told(point)])
    if point.evidence:
        lines += indented(table([evidence_cells(row) for row in point.evidence]))
    if point.runs or point.watches:
        lines += indented([say("from {sources}", sources=sources(point))])
    if point.reproduce:
        command = clean(point.reproduce)
        again = say("reproduce: {command}", command=command)
        lines += indented([again if point.state == DONE else say("measure: {command}", command=command)])
    return lines


def told(point: Point) -> str:
    """The answer, or what stands in its place."""
    if point.state == DONE:
        return sentence(clean(point.answer))
    return sentence(clean(point.why)) if point.why else needed(point.fill)


def needed(fill: Fill | None) -> str:
    """What a point that is not measured waits for: `a run will tell: threads, 2 workers`."""
    if fill is None:
        return say("not measured yet")
    if fill.kind == WATCH:
        return say("a watch of some seconds will tell")
    parts = list(fill.executors)
    if fill.executors != ALONE:
        parts.append(say("{counts} workers", counts=say(" or ").join(map(str, fill.workers))))
    if len(fill.interpreters) > 1:
        parts.append(say("on {interpreters} interpreters", interpreters=len(fill.interpreters)))
    return say("a run will tell: {what}", what=", ".join(parts))


def figure_text(point: Point) -> str:
    """The figure with its interval, such as `98 % (97 % to 99 %)`; empty where there is none."""
    figure = point.figure
    if figure is None or figure.value is None:
        return ""
    text = in_words(amount(figure.value, figure.unit))
    if figure.low is None or figure.high is None:
        return text
    low, high = amount(figure.low, figure.unit), amount(figure.high, figure.unit)
    return text if low == high else f"{text} ({interval_told(low, high)})"


def short_figure(point: Point) -> str:
    """The figure alone."""
    figure = point.figure
    known = figure is not None and figure.value is not None
    return in_words(amount(figure.value, figure.unit)) if figure and known else ""


def sources(point: Point) -> str:
    """Such as `runs #12, #13 and watch 4`."""
    runs, watches = (", ".join(f"#{number}" for number in ids) for ids in (point.runs, point.watches))
    parts = []
    if runs:
        parts.append(some("run {numbers}", "runs {numbers}", len(point.runs), numbers=runs))
    if watches:
        parts.append(some("watch {numbers}", "watches {numbers}", len(point.watches), numbers=watches))
    return fit(say(" and ").join(parts), WIDTH)
