"""The verdict: what limits the program in one sentence, the evidence and the advice below it."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gil_tui.language.spoken import figure, say, sentence, to_say
from gil_tui.report.judgement import verdict_line, verdict_lines
from gil_tui.report.layout import interval_told, told
from gil_tui.text import clean, factor, fit
from gil_tui.tui.theme import VERDICT_STATES
from gil_tui.tui.widgets.lines import Lines, Row
from gil_tui.verdict.model import CODES, Advice, Evidence, Verdict
from gil_tui.verdict.words import amount

BADGES = {
    "gil": to_say("GIL"),
    "serial": to_say("SERIAL"),
    "cores": to_say("CPUS FULL"),
    "lock": to_say("LOCK"),
    "io": to_say("I/O"),
    "idle": to_say("IDLE"),
    "throttled": to_say("THROTTLED"),
    "overhead": to_say("OVERHEAD"),
    "scales": to_say("SCALES"),
    "unsure": to_say("UNSURE"),
}
"""One word for each code of a verdict."""

LABEL_WIDTH = 9
ROOM_FOR_PLAN = 5
"""From so many rows on there is one for what stands behind the workers to use."""
MARGIN = "   "


def badge(code: str) -> tuple[str, str]:
    """The code as a word on its colour."""
    return f" {say(BADGES.get(code, clean(code)))} ", f"state-{VERDICT_STATES.get(code, 'idle')} reverse bold"


def evidence_line(evidence: Evidence) -> str:
    """One number with its unit and, where there is one, its interval."""
    text = f"{sentence(clean(evidence.name))} {told(amount(evidence.value, evidence.unit))}"
    if evidence.low is None or evidence.high is None:
        return text
    low, high = amount(evidence.low, evidence.unit), amount(evidence.high, evidence.unit)
    return f"{text} ({interval_told(low, high)})"


def advice_text(advice: Advice) -> str:
    """What to do, what it gains and what it costs."""
    text = sentence(clean(advice.action))
    if advice.gain is not None:
        text = say("{name}: {text}", name=text, text=figure(factor(advice.gain)))
    return f"{text} ({sentence(clean(advice.cost))})" if advice.cost else text


def plan_of(best: Mapping[str, Any] | None) -> list[str]:
    """How sure the workers to use are and what bounds them, beyond what sentence and advice say."""
    if not best:
        return []
    from gil_tui.verdict.recommendation_words import recommendation_rows

    rows = dict(recommendation_rows(best))
    behind = [rows.get(label, "").partition("; ")[2] for label in ("use", "costs")]
    most = [f"at most {rows['at most']}"] if "at most" in rows else []
    sure = rows.get("sure", "").replace(" to be ", " sure to be ", 1)
    return [sentence(text) for text in (sure, *most, *behind) if text]


def verdict_rows(
    verdict: Verdict, failures: Sequence[str], width: int, height: int, plan: Sequence[str] = ()
) -> list[Row]:
    """Sentence, failures, evidence, advice and `plan` in at most `height` rows; the sentence first of all."""
    word, role = badge(verdict.code)
    lines = wrapped(sentence(clean(verdict.sentence)), width, len(word) + 2)
    if len(lines) > max(1, height):
        lines = [*lines[: max(1, height) - 1], fit(" ".join(lines[max(1, height) - 1 :]), width)]
    rows: list[Row] = [((word, role), ("  ", ""), (lines[0], "strong"))]
    rows += [((line, "strong"),) for line in lines[1:]]
    rows += _labelled(say("failed"), failures, width, min(2, height - len(rows)), one_a_row=True)
    room = height - len(rows)
    because = [evidence_line(item) for item in verdict.evidence if item.value is not None]
    todo = [advice_text(item) for item in verdict.advice]
    for_plan = 1 if plan and height >= ROOM_FOR_PLAN else 0
    for_advice = min(room, 1) if todo else 0
    rows += _labelled(say("because"), because, width, room - for_advice - for_plan)
    rows += _labelled(say("do"), todo, width, height - len(rows) - for_plan, one_a_row=True)
    rows += _labelled("N*", plan if for_plan else (), width, height - len(rows))
    return rows[: max(1, height)]


def wrapped(text: str, width: int, first_indent: int = 0) -> list[str]:
    """The text in lines of `width`, the first one shorter by `first_indent`; at least one line."""
    lines = textwrap.wrap(text, max(8, width), initial_indent=" " * min(first_indent, max(0, width - 8)))
    return [lines[0].lstrip(), *lines[1:]] if lines else [""]


def _labelled(
    label: str, items: Sequence[str], width: int, height: int, *, one_a_row: bool = False
) -> list[Row]:
    """Items behind a label, as many as fit whole; the last one that fits may be cut."""
    if not items or height < 1:
        return []
    room = max(8, width - LABEL_WIDTH)
    lines = list(items) if one_a_row else _filled(items, room)
    return [
        ((f"{label if number == 0 else '':<{LABEL_WIDTH}}", "muted"), (fit(line, room), "text"))
        for number, line in enumerate(lines[:height])
    ]


def _filled(items: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(MARGIN) + len(item) <= width:
            lines[-1] += MARGIN + item
        else:
            lines.append(item)
    return lines


def verdict_report(verdict: Verdict) -> list[str]:
    """The whole verdict as lines of text: each number with how it was got, all advice, all doubt."""
    code = clean(verdict.code)
    meaning = say("{name}: {text}", name=code, text=say(CODES[code]) if code in CODES else "")
    return [verdict_line(verdict, measured=True), "", meaning, "", *verdict_lines(verdict)]


class VerdictPane(Lines, can_focus=True):
    """The verdict, or what there is to say before there is one."""

    HELP = """
    ### Verdict
    What limits the program, in one sentence, with the numbers that say so and what to change.
    `e` shows all of the evidence, how each number was got, and what would change the verdict.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._verdict: Verdict | None = None
        self._failures: tuple[str, ...] = ()
        self._plan: tuple[str, ...] = ()
        self._notes: tuple[tuple[str, str], ...] = ()
        self._drawn: Callable[[int, int], list[Row]] | None = None
        self._state = "none"
        self.title = say("Verdict")

    def show_verdict(
        self, verdict: Verdict, failures: Sequence[str] = (), best: Mapping[str, Any] | None = None
    ) -> None:
        """Show a verdict, and beside it which runs failed, and what stands behind the `Sweep.best`."""
        self._verdict, self._failures, self._plan = verdict, tuple(failures), tuple(plan_of(best))
        sure = say("sure {share}", share=figure(f"{verdict.confidence:.2f}"))
        self._dress(VERDICT_STATES.get(verdict.code, "idle"), sure)

    def show_rows(self, drawn: Callable[[int, int], list[Row]], code: str = "") -> None:
        """Show what `drawn` makes of width and height, in the colour of a verdict's `code`."""
        self._verdict, self._drawn = None, drawn
        self._dress(VERDICT_STATES.get(code, "idle") if code else "none", "")

    def show_notes(self, *notes: tuple[str, str]) -> None:
        """Show lines of text, each with its role, in place of a verdict."""
        self._verdict, self._drawn, self._notes = None, None, notes
        self._dress("none", "")

    def on_resize(self) -> None:
        """Wrap anew."""
        self._redraw()

    def _dress(self, state: str, subtitle: str) -> None:
        if state != self._state:
            self.remove_class(f"-{self._state}")
            self._state = state
            self.add_class(f"-{state}")
        self.entitle(self.title, subtitle)
        self._redraw()

    def _redraw(self) -> None:
        width, height = self.size
        if self._verdict:
            self.show(verdict_rows(self._verdict, self._failures, width, height, self._plan))
            return
        if self._drawn:
            self.show(self._drawn(width, height))
            return
        rows: list[Row] = []
        for text, role in self._notes:
            rows += [((line, role),) for line in wrapped(text, width)]
        self.show(rows[: max(1, height)])
