"""A verdict as text: the sentence, every number with how it was got, advice, and doubts."""

from gil_tui.report.layout import indented, table
from gil_tui.text import clean, factor
from gil_tui.verdict.model import Advice, Evidence, Verdict
from gil_tui.verdict.words import amount


def verdict_line(verdict: Verdict | None, measured: bool) -> str:
    """The sentence, and how sure it is; what decides nothing is not sure of anything."""
    if verdict is None:
        return "No verdict." if measured else "No verdict: nothing was measured to its end."
    sure = "" if verdict.code == "unsure" else f" (sure {verdict.confidence:.2f})"
    return f"{clean(verdict.sentence)}{sure}"


def verdict_lines(verdict: Verdict) -> list[str]:
    """All below the sentence, each part under its heading and before an empty line."""
    lines = []
    if verdict.evidence:
        lines += ["evidence", *indented(table([evidence_cells(item) for item in verdict.evidence])), ""]
    if verdict.advice:
        lines += ["advice", *indented([advice_line(item) for item in verdict.advice]), ""]
    if verdict.would_change:
        doubts = [clean(item) for item in verdict.would_change]
        lines += ["what would change this verdict", *indented(doubts), ""]
    return lines


def evidence_cells(evidence: Evidence) -> tuple[str, str, str, str]:
    """Name, value with its unit, interval, and how it was got."""
    interval = ""
    if evidence.low is not None and evidence.high is not None:
        ends = (amount(evidence.low, evidence.unit), amount(evidence.high, evidence.unit))
        interval = f"({ends[0]} to {ends[1]})"
    return (
        clean(evidence.name),
        clean(amount(evidence.value, evidence.unit)),
        clean(interval),
        clean(evidence.how),
    )


def advice_line(advice: Advice) -> str:
    """What to do, what it gains and costs, and why."""
    parts = [clean(advice.action)]
    parts += [f"gain {factor(advice.gain)}"] if advice.gain is not None else []
    parts += [f"cost {clean(advice.cost)}"] if advice.cost else []
    parts += [clean(advice.why)] if advice.why else []
    return "; ".join(parts)
