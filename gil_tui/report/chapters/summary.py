"""The summary for somebody who decides: the verdict, what to change, what it buys and costs, how sure."""

from collections.abc import Iterator, Mapping
from typing import Any

from gil_tui.report.chapters.speaker import Speaker, run_name
from gil_tui.report.chapters.works import bests_of
from gil_tui.report.data import Part, Report
from gil_tui.report.document import Block, English, Heading, Pairs, Paragraph, Typed
from gil_tui.report.recommendation import next_command
from gil_tui.text import clean
from gil_tui.verdict.model import CODES, Verdict
from gil_tui.verdict.recommendation_words import recommendation_rows


def subjects_of(report: Report) -> str:
    """The workloads and what was watched, each once, the first few of many."""
    subjects = [run.experiment.workload for run in report.runs] + [watch.subject for watch in report.watches]
    names = list(dict.fromkeys(map(clean, subjects)))
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def summary_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """What each sweep and each chosen run found."""
    for part in report.parts:
        if len(report.parts) > 1 or report.watches:
            yield Heading(3, speak.subjects(part.sweep.runs))
        yield from _whole(part, speak) if part.whole else _chosen(part, speak)


def sentence_of(verdict: Verdict | None, speak: Speaker) -> str:
    """The verdict's sentence, with the full stop that it lacks."""
    if verdict is None:
        return speak.say("No verdict: nothing was measured to its end.")
    text = speak.words(verdict.sentence)
    ended = text if text.endswith((".", "!", "?", "…")) else f"{text}."
    return English(ended) if isinstance(text, English) else ended


def verdict_page(verdict: Verdict | None, speak: Speaker) -> Iterator[Block]:
    """A verdict for somebody who decides: the sentence, what limits, what to change, how sure."""
    yield Paragraph(sentence_of(verdict, speak), "verdict")
    if verdict:
        yield Pairs(
            (
                (speak.say("What limits"), speak.say(CODES.get(verdict.code, verdict.code))),
                *_advised(verdict, speak),
                (speak.say("How sure"), speak.sure(verdict)),
            )
        )


def _whole(part: Part, speak: Speaker) -> Iterator[Block]:
    sweep = part.sweep
    yield Paragraph(sentence_of(sweep.verdict, speak), "verdict")
    if sweep.verdict is None:
        return
    limits = speak.say(CODES.get(sweep.verdict.code, sweep.verdict.code))
    sure = (speak.say("How sure"), _how_sure(part, sweep.verdict, speak))
    bests = bests_of(sweep)
    if bests and len({run.experiment.workload for run in sweep.runs}) > 1:
        yield Pairs(((speak.say("What limits"), limits), sure))
        for best in bests:
            yield Heading(4, clean(str(best.get("workload", ""))))
            yield Pairs(tuple(_recommended(best, part, speak)))
        return
    told = _recommended(bests[0], part, speak) if bests else _advised(sweep.verdict, speak)
    yield Pairs(((speak.say("What limits"), limits), *told, sure))


LABELS = {
    "use": "What to change",
    "buys": "What it buys",
    "costs": "What it costs",
    "sure": "Sure of the number",
    "at most": "Most that make sense",
    "next": "What to measure next",
}


def _recommended(best: Mapping[str, Any], part: Part, speak: Speaker) -> Iterator[tuple[str, str]]:
    for label, text in recommendation_rows(best):
        told = f"Use {text}" if label == "use" else text
        yield speak.say(LABELS.get(label, label)), speak.words(told)
    command = next_command(part.sweep.runs, best)
    if command:
        yield speak.say("The command for that"), Typed(clean(command))


def _advised(verdict: Verdict, speak: Speaker) -> list[tuple[str, str]]:
    """Where no winner is named: the first advice, or that there is none."""
    if not verdict.advice:
        none = speak.say("nothing that was tried here is known to be better")
        return [(speak.say("What to change"), none)]
    first = verdict.advice[0]
    rows = [(speak.say("What to change"), speak.words(first.action))]
    if first.gain is not None:
        gained = speak.say("up to {speedup} the work in the same time", speedup=speak.amount(first.gain, "x"))
        rows.append((speak.say("What it buys"), gained))
    if first.cost:
        rows.append((speak.say("What it costs"), speak.words(first.cost)))
    return rows


def _how_sure(part: Part, verdict: Verdict, speak: Speaker) -> str:
    noise = part.sweep.noise
    if noise is None:
        return speak.sure(verdict)
    floor = speak.say("differences below {noise} are noise here", noise=speak.amount(noise, "share"))
    return speak.joined([speak.sure(verdict), floor])


def _chosen(part: Part, speak: Speaker) -> Iterator[Block]:
    for run in part.sweep.runs:
        yield Heading(4, run_name(run))
        yield from verdict_page(run.verdict, speak)
    if part.on_sweep:
        yield Paragraph(speak.say("All runs of the sweep that these are of:"), "note")
        yield Paragraph(sentence_of(part.on_sweep, speak))
