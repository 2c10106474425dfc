"""A comparison as text that can be pasted into a ticket, and as the document of `compare --json`."""

from typing import Any

from gil_tui.language.spoken import say, sentence
from gil_tui.report.layout import MISSING, table, time_with_interval, told
from gil_tui.text import clean
from gil_tui.verdict.comparison import Comparison, SweepComparison
from gil_tui.verdict.comparison_words import comparison_lines, document, result, sweep_sentence

SCHEMA = "gil-tui/compare/1"
HEADING = ("workload", "executor", "time of A", "time of B", "B against A", "runs")
RIGHT = (2, 3)


def run_lines(found: Comparison) -> list[str]:
    """Two runs: the sentence, both times, what differs, and what to know of it."""
    lines = map(clean, comparison_lines(found))
    return [line[: len(line) - len(line.lstrip())] + sentence(line.lstrip()) for line in lines]


def sweep_lines(found: SweepComparison) -> list[str]:
    """Two sweeps: the sentence, a line a pair, what differs in all of them, and what has no partner."""
    rows = [tuple(map(say, HEADING)), *map(_cells, found.pairs)]
    lines = [sentence(clean(sweep_sentence(found))), "", *table(rows, RIGHT), ""]
    lines += [sentence(clean(f"{what}: {a} / {b}")) for what, a, b in _differs_in_all(found)]
    for name, labels in ((found.a, found.only_a), (found.b, found.only_b)):
        only = clean(", ".join(labels))
        lines += [say("only in {name}: {labels}", name=clean(name), labels=only)] if labels else []
    lines += [say("not compared: {why}", why=sentence(clean(why))) for why in found.refused]
    lines += [sentence(clean(f"note: {note}")) for note in _notes(found)]
    if len(found.pairs) > 1:
        lines.append(say("The noise is that of {pairs} comparisons at once.", pairs=len(found.pairs)))
    return lines


def run_document(found: Comparison) -> dict[str, Any]:
    """Of two runs: one pair, its sentence on top."""
    pair = document(found)
    return {
        "schema": SCHEMA,
        "of": "runs",
        "a": found.a.name,
        "b": found.b.name,
        "sentence": pair["sentence"],
        "noise": found.noise,
        "overall": found.ratio.to_json(),
        "pairs": [pair],
        "only_a": [],
        "only_b": [],
        "refused": [],
    }


def sweep_document(found: SweepComparison) -> dict[str, Any]:
    """Of two sweeps: every pair of equal experiments."""
    return {
        "schema": SCHEMA,
        "of": "sweeps",
        "a": found.a,
        "b": found.b,
        "sentence": sweep_sentence(found),
        "noise": found.noise,
        "overall": found.overall.to_json() if found.overall else None,
        "pairs": [document(pair) for pair in found.pairs],
        "only_a": list(found.only_a),
        "only_b": list(found.only_b),
        "refused": list(found.refused),
    }


def _cells(pair: Comparison) -> tuple[str, ...]:
    a, b = pair.a, pair.b
    names = MISSING if a.id is None or b.id is None else f"{a.name} {b.name}"
    times = time_with_interval(a.wall_s), time_with_interval(b.wall_s)
    return clean(a.workload), clean(a.label), *map(told, times), sentence(result(pair)), clean(names)


def _differs_in_all(found: SweepComparison) -> list[tuple[str, str, str]]:
    """What differs between the sweeps; sizes and tasks, which calibration finds, are a note of each pair."""
    every = [difference for pair in found.pairs for difference in pair.differs]
    return [one for one in dict.fromkeys(every) if every.count(one) == len(found.pairs)]


def _notes(found: SweepComparison) -> list[str]:
    """What all pairs have in common, and where to read the rest."""
    every = [note for pair in found.pairs for note in pair.notes]
    common = [note for note in dict.fromkeys(every) if every.count(note) == len(found.pairs)]
    noted = next((pair for pair in found.pairs if set(pair.notes) - set(common)), None)
    if noted and noted.a.id is not None and noted.b.id is not None:
        common.append(
            f"there is more to know of single runs: see `gil-tui compare {noted.a.id} {noted.b.id}`"
        )
    return common
