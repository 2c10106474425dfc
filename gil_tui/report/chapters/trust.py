"""How far the figures can be trusted: noise, disturbed trials, remarks, and the self-test."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from gil_tui.report.chapters.speaker import Speaker
from gil_tui.report.data import Part, Report
from gil_tui.report.document import Block, Bullets, Heading, Listing, Paragraph, Table
from gil_tui.report.layout import MISSING
from gil_tui.report.sweep import note_lines
from gil_tui.text import clean

SELFTEST_SCHEMA = "gil-tui/selftest/1"
MOST_MARKS = 5


def trust_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """Noise and marks of each sweep, then the self-test."""
    yield Heading(2, speak.say("Noise and self-test"), "trust")
    for part in report.parts:
        if len(report.parts) > 1:
            yield Heading(3, speak.subjects(part.sweep.runs))
        yield Bullets(tuple(_noise(part, speak)))
    if not report.parts:
        yield Paragraph(speak.say("A watch is a single look: how far two of them would differ is not known."))
    yield Heading(3, speak.say("Self-test of the instrument"))
    if report.selftest is None:
        yield Paragraph(speak.say("None is attached. These commands make one and attach it:"), "note")
        yield Listing(
            ("gil-tui selftest --json > selftest.json", f"{_again(report)} --selftest selftest.json"), True
        )
        return
    yield from _selftest(report.selftest, speak)


def _again(report: Report) -> str:
    """The command that makes this report."""
    words = ["gil-tui", "report"]
    if report.audit:
        words += ["--audit", str(report.audit.audit.id)]
    else:
        words += [part.sweep.id for part in report.parts if part.whole]
        words += [str(run.id) for part in report.parts if not part.whole for run in part.sweep.runs]
        words += [f"watch:{watch.id}" for watch in report.watches]
    return shlex.join(map(clean, words))


def _noise(part: Part, speak: Speaker) -> Iterator[str]:
    noise = part.sweep.noise
    if noise is None:
        yield speak.say("The noise floor is not known.")
    else:
        figure = speak.amount(noise, "share")
        yield speak.say("Noise floor: two equal experiments may differ by {noise} here.", noise=figure)
    trials = [trial for run in part.sweep.runs for trial in run.trials if trial.result]
    marked = [trial for trial in trials if trial.marks]
    yield speak.some(
        "{count} of {total} trials was disturbed.",
        "{count} of {total} trials were disturbed.",
        len(marked),
        total=len(trials),
    )
    marks = Counter(_kind(mark) for trial in marked for mark in trial.marks)
    for mark, count in marks.most_common(MOST_MARKS):
        trials_of = speak.some("in {count} trial", "in {count} trials", count)
        yield speak.joined([speak.words(mark), trials_of], ", ")
    far_off = sum(len(run.outlier_numbers) for run in part.sweep.runs)
    if far_off:
        yield speak.some(
            "{count} trial lies far off the others; it is kept.",
            "{count} trials lie far off the others; they are kept.",
            far_off,
        )
    notes = note_lines(part.sweep.runs)
    notes += [f"note: {clean(note)}" for run in part.sweep.runs for note in run.notes]
    yield from dict.fromkeys(speak.words(note.removeprefix("note: ")) for note in notes)


def _kind(mark: str) -> str:
    """A mark without its figures, so that marks of a kind are counted together."""
    for kind in ("steal", "throttled", "other programs", "CPU clock", "gil-tui did not run"):
        if mark.startswith(kind):
            return f"mark: {kind}"
    return mark


def _selftest(document: Mapping[str, Any], speak: Speaker) -> Iterator[Block]:
    checks = [check for check in document.get("checks") or () if isinstance(check, Mapping)]
    told = document.get("sentence") or document.get("conclusion")
    if isinstance(told, str):
        yield Paragraph(speak.words(told))
    heading = (
        "What was checked",
        "Load",
        "Figure",
        "Measured",
        "Truth",
        "Error",
        "Allowed",
        "Result",
        "Remarks",
    )
    rows = tuple(_check(check, speak) for check in checks)
    if rows:
        caption = speak.say("Known loads measured on the day of the self-test")
        yield Table(caption, tuple(map(speak.say, heading)), rows, frozenset((3, 4, 5, 6)))


def _check(check: Mapping[str, Any], speak: Speaker) -> tuple[str, ...]:
    unit = str(check.get("unit") or "")
    truth = check.get("truth")
    allowed = [check.get(name) for name in ("within", "chance")]
    known = [float(value) for value in allowed if isinstance(value, int | float)]
    state, note = clean(str(check.get("state") or "")), clean(str(check.get("note") or ""))
    return (
        speak.words(str(check.get("part") or "")),
        speak.words(str(check.get("subject") or "")),
        speak.words(str(check.get("quantity") or "")),
        _value(check.get("measured"), unit, speak),
        _band(truth, unit, speak),
        _value(check.get("error"), unit, speak),
        _value(sum(known) if known else None, unit, speak),
        speak.words(state),
        speak.words(note) if note else "",
    )


def _value(value: object, unit: str, speak: Speaker) -> str:
    return speak.amount(float(value), unit) if isinstance(value, int | float) else MISSING


def _band(truth: object, unit: str, speak: Speaker) -> str:
    if not isinstance(truth, list | tuple) or len(truth) != 2:
        return MISSING
    low, high = (_value(end, unit, speak) for end in truth)
    return low if low == high else speak.say("{low} to {high}", low=low, high=high)
