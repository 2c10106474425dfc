"""A self-test as text that can be attached to a report."""

from gil_tui.lab.selftest import Selftest
from gil_tui.language.spoken import figure, say, sentence, some, to_say
from gil_tui.report.layout import MISSING, host_line, interval_told, table
from gil_tui.text import clean
from gil_tui.text import seconds as duration
from gil_tui.verdict.selftest import DISTURBED, NOT_POSSIBLE, Band, Check

HEADING = ("part", "what", "figure", "measured", "true", "error", "allowed", "result")
RIGHT = (3, 4, 5, 6)
EXPLAINED = to_say(
    "Allowed is the bound that is promised, + two standard errors of so many samples. What is true\n"
    "was counted meanwhile by the loads and the kernel; where that leaves room it is a band, and the\n"
    "error is from its edge."
)


def selftest_lines(found: Selftest) -> list[str]:
    """Host, day and interpreter; a row a check; what is to be known of some; the result in words."""
    python = clean(found.python) if found.python else say("an interpreter that told nothing of itself")
    time = figure(duration(found.seconds))
    made = say("{date}: self-test of {time} with {python}", date=found.created_at, time=time, python=python)
    if found.quick:
        made = say(
            "{date}: quick self-test of {time} with {python}", date=found.created_at, time=time, python=python
        )
    rows = [tuple(map(say, HEADING)), *map(_cells, found.checks)]
    lines = [host_line(found.host, found.version), f"{made}, {clean(found.interpreter)}", ""]
    lines += [*table(rows, RIGHT), "", *say(EXPLAINED).splitlines()]
    notes = _notes(found)
    return [*lines, *([""] if notes else []), *notes, "", sentence(clean(found.sentence))]


def _cells(check: Check) -> tuple[str, ...]:
    """What was not possible says why below the table, once for all that it concerns."""
    names = tuple(sentence(clean(text)) for text in (check.part, check.subject, check.quantity))
    state = sentence(check.state)
    if check.state == NOT_POSSIBLE or check.measured is None or check.truth is None:
        return (*names, *(MISSING,) * 4, state)
    figures = (
        figure(f"{_figure(check.measured, check.unit)}{_SIGNS.get(check.unit, '')}"),
        _band(check.truth, check.unit),
        figure(f"{check.error:+.{_DECIMALS[check.unit]}f}"),
        figure(_allowed(check)),
    )
    return (*names, *figures, state)


_DECIMALS = {"share": 3, "threads": 2, "1/s": 1, "x": 2}
_SIGNS = {"x": "x", "1/s": "/s"}


def _figure(value: float, unit: str) -> str:
    return f"{value:.{_DECIMALS[unit]}f}"


def _band(truth: Band, unit: str) -> str:
    low, high = (_figure(value, unit) for value in truth)
    return figure(low) if low == high else interval_told(low, high)


def _allowed(check: Check) -> str:
    within = _figure(check.within or 0.0, check.unit)
    return f"{within} + {_figure(check.chance, check.unit)}" if check.chance else within


def _notes(found: Selftest) -> list[str]:
    """What disturbed checks, why others were not possible, what is to be known of the rest."""
    by_note: dict[tuple[str, str], list[Check]] = {}
    for check in found.checks:
        if check.note:
            by_note.setdefault((check.state, check.note), []).append(check)
    return [_note(state, note, checks) for (state, note), checks in by_note.items()]


def _note(state: str, note: str, checks: list[Check]) -> str:
    part, subject, quantity = (
        sentence(clean(text)) for text in (checks[0].part, checks[0].subject, checks[0].quantity)
    )
    said = sentence(clean(note))
    if state not in (NOT_POSSIBLE, DISTURBED):
        return say("{name}: {text}", name=f"{part}, {subject}", text=said)
    one, several = f"{part}, {subject}, {quantity}", some("{count} check", "{count} checks", len(checks))
    who = one if len(checks) == 1 else several
    return say("{state}: {note} ({who})", state=sentence(state), note=said, who=who)
