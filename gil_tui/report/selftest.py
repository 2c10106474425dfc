"""A self-test as text that can be attached to a report."""

from gil_tui.lab.selftest import Selftest
from gil_tui.report.layout import MISSING, host_line, table
from gil_tui.text import clean, count
from gil_tui.text import seconds as duration
from gil_tui.verdict.selftest import NOT_POSSIBLE, Band, Check

HEADING = ("part", "what", "figure", "measured", "true", "error", "allowed", "result")
RIGHT = (3, 4, 5, 6)
EXPLAINED = (
    "Allowed is the bound that is promised, + two standard errors of so many samples. What is true",
    "was counted meanwhile by the loads and the kernel; where that leaves room it is a band, and the",
    "error is from its edge.",
)


def selftest_lines(found: Selftest) -> list[str]:
    """Host, day and interpreter; a row a check; what is to be known of some; the result in words."""
    interpreter = found.python or "an interpreter that told nothing of itself"
    shape = "quick self-test" if found.quick else "self-test"
    heading = [
        host_line(found.host, found.version),
        f"{found.created_at}: {shape} of {duration(found.seconds)} with {interpreter}, {found.interpreter}",
    ]
    rows = [HEADING, *map(_cells, found.checks)]
    lines = [*heading, "", *table(rows, RIGHT), "", *EXPLAINED]
    notes = _notes(found)
    return [clean(line) for line in [*lines, *([""] if notes else []), *notes, "", found.sentence]]


def _cells(check: Check) -> tuple[str, ...]:
    """What was not possible says why below the table, once for all that it concerns."""
    names = (check.part, check.subject, check.quantity)
    if check.state == NOT_POSSIBLE or check.measured is None or check.truth is None:
        return (*names, *(MISSING,) * 4, check.state)
    figures = (
        f"{_figure(check.measured, check.unit)}{_SIGNS.get(check.unit, '')}",
        _band(check.truth, check.unit),
        f"{check.error:+.{_DECIMALS[check.unit]}f}",
        _allowed(check),
    )
    return (*names, *figures, check.state)


_DECIMALS = {"share": 3, "threads": 2, "1/s": 1, "x": 2}
_SIGNS = {"x": "x", "1/s": "/s"}


def _figure(value: float, unit: str) -> str:
    return f"{value:.{_DECIMALS[unit]}f}"


def _band(truth: Band, unit: str) -> str:
    low, high = (_figure(value, unit) for value in truth)
    return low if low == high else f"{low} to {high}"


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
    first = f"{checks[0].part}, {checks[0].subject}"
    who = f"{first}, {checks[0].quantity}" if len(checks) == 1 else f"{count(len(checks))} checks"
    return f"{state}: {note} ({who})" if state in (NOT_POSSIBLE, "disturbed") else f"{first}: {note}"
