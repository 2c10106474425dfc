"""A verdict as text: the sentence, every number with how it was got, advice, and doubts."""

from gil_tui.language.spoken import figure, say, sentence
from gil_tui.report.layout import indented, interval_told, semicolons, table, told
from gil_tui.text import clean, factor
from gil_tui.verdict.model import Advice, Evidence, Verdict
from gil_tui.verdict.words import amount


def verdict_line(verdict: Verdict | None, measured: bool) -> str:
    """The sentence, and how sure it is; what decides nothing is not sure of anything."""
    if verdict is None:
        return say("No verdict.") if measured else say("No verdict: nothing was measured to its end.")
    said = sentence(clean(verdict.sentence))
    if verdict.code == "unsure":
        return said
    return say("{sentence} (sure {share})", sentence=said, share=figure(f"{verdict.confidence:.2f}"))


def verdict_lines(verdict: Verdict) -> list[str]:
    """All below the sentence, each part under its heading and before an empty line."""
    lines = []
    if verdict.evidence:
        lines += [say("evidence"), *indented(table([evidence_cells(item) for item in verdict.evidence])), ""]
    if verdict.advice:
        lines += [say("advice"), *indented([advice_line(item) for item in verdict.advice]), ""]
    if verdict.would_change:
        doubts = [sentence(clean(item)) for item in verdict.would_change]
        lines += [say("what would change this verdict"), *indented(doubts), ""]
    return lines


def evidence_cells(evidence: Evidence) -> tuple[str, str, str, str]:
    """Name, value with its unit, interval, and how it was got."""
    interval = ""
    if evidence.low is not None and evidence.high is not None:
        ends = (amount(evidence.low, evidence.unit), amount(evidence.high, evidence.unit))
        interval = f"({interval_told(*map(clean, ends))})"
    return (
        sentence(clean(evidence.name)),
        told(clean(amount(evidence.value, evidence.unit))),
        interval,
        sentence(clean(evidence.how)),
    )


def advice_line(advice: Advice) -> str:
    """What to do, what it gains and costs, and why."""
    parts = [sentence(clean(advice.action))]
    parts += [say("gain {factor}", factor=figure(factor(advice.gain)))] if advice.gain is not None else []
    parts += [say("cost {cost}", cost=sentence(clean(advice.cost)))] if advice.cost else []
    parts += [sentence(clean(advice.why))] if advice.why else []
    return semicolons(parts)
