"""The verdicts with what they rest on: each figure with its interval and how it was got, advice, doubts."""

from collections.abc import Iterable, Iterator

from gil_tui.lab.records import Run
from gil_tui.report.chapters.speaker import Speaker, run_name
from gil_tui.report.chapters.summary import sentence_of
from gil_tui.report.data import Report
from gil_tui.report.document import Block, Bullets, Heading, Paragraph, Table
from gil_tui.report.layout import MISSING
from gil_tui.report.sweep import failure_lines, unavailable_lines
from gil_tui.text import clean
from gil_tui.verdict.model import CODES, Evidence, Verdict


def evidence_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """A section for each sweep, or for each run where runs were chosen."""
    if not report.parts:
        return
    yield Heading(2, speak.say("Verdicts and evidence"), "evidence")
    for part in report.parts:
        yield Heading(3, speak.subjects(part.sweep.runs))
        if part.whole and part.sweep.verdict:
            yield from judged_blocks(part.sweep.verdict, speak)
        for run in part.sweep.runs if not part.whole else ():
            if run.verdict:
                yield Heading(4, run_name(run))
                yield from judged_blocks(run.verdict, speak)
        yield from _each_run(part.sweep.runs, speak)
        troubles = [*failure_lines(part.sweep.runs), *unavailable_lines(part.sweep.runs)]
        if troubles:
            yield Heading(4, speak.say("What could not be measured"))
            yield Bullets(tuple(speak.words(line) for line in troubles))


def judged_blocks(verdict: Verdict, speak: Speaker) -> Iterator[Block]:
    """A verdict with its evidence, advice and doubts."""
    yield Paragraph(sentence_of(verdict, speak))
    sure = speak.say("Verdict {code}, {sure}.", code=clean(verdict.code), sure=speak.sure(verdict))
    yield Paragraph(sure, "note")
    if verdict.evidence:
        yield evidence_table(verdict.evidence, speak)
    if verdict.advice:
        heading = ("What to do", "Gain", "Cost", "Why")
        advised = tuple(
            (
                speak.words(item.action),
                speak.amount(item.gain, "x") if item.gain is not None else MISSING,
                speak.words(item.cost) if item.cost else MISSING,
                speak.words(item.why) if item.why else MISSING,
            )
            for item in verdict.advice
        )
        yield Table(
            speak.say("Advice, what gains most first"),
            tuple(map(speak.say, heading)),
            advised,
            frozenset((1,)),
        )
    if verdict.would_change:
        yield Heading(4, speak.say("What would change this verdict"))
        yield Bullets(tuple(map(speak.words, verdict.would_change)))


def evidence_table(evidence: Iterable[Evidence], speak: Speaker) -> Table:
    """Each figure with its interval and how it was got."""
    heading = ("What was measured", "Value", "95 % interval", "How it was got")
    rows = tuple(_evidence(item, speak) for item in evidence)
    return Table(speak.say("Evidence"), tuple(map(speak.say, heading)), rows, frozenset((1, 2)))


def _evidence(item: Evidence, speak: Speaker) -> tuple[str, ...]:
    interval = MISSING
    if item.low is not None and item.high is not None:
        ends = (speak.amount(item.low, item.unit), speak.amount(item.high, item.unit))
        interval = speak.say("{low} to {high}", low=ends[0], high=ends[1])
    return (speak.words(item.name), speak.amount(item.value, item.unit), interval, speak.words(item.how))


def _each_run(runs: Iterable[Run], speak: Speaker) -> Iterator[Block]:
    judged = [(run, run.verdict) for run in runs if run.verdict]
    if len(judged) < 2:
        return
    rows = tuple(
        (
            run_name(run),
            speak.say(CODES.get(verdict.code, verdict.code)),
            speak.figure(f"{verdict.confidence:.2f}") if verdict.code != "unsure" else MISSING,
            sentence_of(verdict, speak),
        )
        for run, verdict in judged
    )
    heading = tuple(map(speak.say, ("Run", "What limits it", "Sure", "In words")))
    yield Table(speak.say("The verdict on each run"), heading, rows, frozenset((2,)))
