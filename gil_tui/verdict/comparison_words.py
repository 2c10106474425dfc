"""What a comparison says, as lines of text and as a document: for the command line and for the screen."""

from dataclasses import asdict
from typing import Any

from gil_tui.verdict import words
from gil_tui.verdict.comparison import Comparison, Side, SweepComparison
from gil_tui.verdict.statistics import Interval


def sentence(found: Comparison) -> str:
    """Such as `#41 is 1.92x (1.88 to 1.97) faster than #40; noise 2 %`."""
    a, b = found.a.name, found.b.name
    if found.outcome == "unstable":
        worst = max((found.a, found.b), key=lambda side: side.disturbed / len(side.walls_s))
        were = words.disturbed(worst.disturbed, len(worst.walls_s), f" of {worst.name}")
        what = f" ({worst.mark})" if worst.mark else ""
        return f"Unstable: {were}{what}; no winner is named ({_ratio(found.ratio)})"
    if found.outcome == "unresolved":
        return f"Too few trials to tell {b} from {a}: {_ratio(found.ratio)}, by chance or not"
    noise = "" if found.noise is None else f"; noise {words.share(found.noise)}"
    if found.outcome == "same":
        return f"{b} and {a} do not differ beyond the noise: {_ratio(found.ratio)}{noise}"
    gained = found.ratio if found.outcome == "faster" else inverted(found.ratio)
    return f"{b} is {_ratio(gained)} {found.outcome} than {a}{noise}"


def comparison_lines(found: Comparison) -> list[str]:
    """The sentence, both runs with their times, what differs, and what to know of it."""
    lines = [sentence(found), "", *map(_side_line, (found.a, found.b))]
    lines += [f"  {what}: {a} / {b}" for what, a, b in found.differs]
    lines += [f"note: {note}" for note in found.notes]
    test = found.t_test
    if test:
        says = "differ" if test.significant else "do not differ"
        figures = f"|t| {abs(test.t):.1f}, {test.critical:.2f} needed"
        lines.append(f"cross-check: by Student's t test the means {says} ({figures})")
    return lines


def sweep_sentence(found: SweepComparison) -> str:
    """Such as `2 of 4 experiments are faster in 9f3a, 1 slower; overall 1.21x (1.15 to 1.26) faster`."""
    if not found.pairs or found.overall is None:
        return f"Sweeps {found.a} and {found.b} have no experiment in common that can be compared"
    total = words.some(len(found.pairs), "experiment")
    faster, slower, unstable = map(found.count, ("faster", "slower", "unstable"))
    unsure = unstable + found.count("unresolved")
    changed = f"{faster} of {total} {words.verb(faster, 'is', 'are')} faster in {found.b}, {slower} slower"
    if unsure == len(found.pairs):
        return f"Nothing can be told of {total}: too many trials were disturbed, or too few made"
    if not faster and not slower:
        changed = f"None of {total} differs between {found.a} and {found.b} beyond the noise"
    if 0 < unsure < len(found.pairs):
        changed += f", {unsure} too unstable to tell"
    overall, than = (
        (found.overall, "faster") if found.overall.median >= 1 else (inverted(found.overall), "slower")
    )
    noise = "" if found.noise is None else f"; noise {words.share(found.noise)}"
    return f"{changed}; overall {_ratio(overall)} {than}{noise}"


def document(found: Comparison) -> dict[str, Any]:
    """As an entry of `pairs` of the JSON contract."""
    return {
        "a": found.a.to_json(),
        "b": found.b.to_json(),
        "by": found.by,
        "ratio": found.ratio.to_json(),
        "noise": found.noise,
        "outcome": found.outcome,
        "significant": found.significant,
        "sentence": sentence(found),
        "differs": [{"what": what, "a": a, "b": b} for what, a, b in found.differs],
        "notes": list(found.notes),
        "t_test": asdict(found.t_test) | {"significant": found.t_test.significant} if found.t_test else None,
    }


def result(found: Comparison) -> str:
    """The ratio and what it means, for a cell of a table: `1.92x (1.88 to 1.97) faster`."""
    if found.outcome == "slower":
        return f"{_ratio(inverted(found.ratio))} slower"
    meaning = {"faster": "faster", "same": "no difference"}.get(found.outcome, found.outcome)
    return f"{_ratio(found.ratio)} {meaning}"


def inverted(ratio: Interval) -> Interval:
    """The same ratio seen from the other side."""
    return Interval(1 / ratio.median, 1 / ratio.high, 1 / ratio.low, ratio.level)


def interval_words(interval: Interval, unit: str) -> str:
    """A median with its interval, such as `4.05 s (4.01 s to 4.10 s)`; a single trial has none."""
    bounds = f" ({words.amount(interval.low, unit)} to {words.amount(interval.high, unit)})"
    return words.amount(interval.median, unit) + (bounds if interval.level > 0 else "")


def _ratio(ratio: Interval) -> str:
    bounds = f" ({words.factor(ratio.low)} to {words.factor(ratio.high)})" if ratio.level > 0 else ""
    return f"{words.factor(ratio.median)}x{bounds}"


def _side_line(side: Side) -> str:
    trials = words.some(len(side.walls_s), "trial")
    return f"  {side.name} {side.workload} {side.label}: {interval_words(side.wall_s, 's')}, {trials}"
