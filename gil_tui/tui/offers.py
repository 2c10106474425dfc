"""What can be chosen, as a person reads it: what each thing means, and why it cannot be used here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gil_tui.lab.interpreters import Interpreter
from gil_tui.text import clean
from gil_tui.tui.engine import Executor, Known, Workload
from gil_tui.tui.settings import fields_of
from gil_tui.verdict.words import listed

MOST_REMEDIES = 2
"""More commands than these are not told at once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line to choose from: `note` stands beside its `label`, `about` is told when the cursor is at it.

    `unavailable` is the reason why it cannot be used where that is so, `remedies` what would change it.
    """

    key: str
    group: str
    label: str
    note: str = ""
    about: tuple[str, ...] = ()
    unavailable: str = ""
    remedies: tuple[str, ...] = ()

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every word is somewhere in its texts."""
        text = " ".join((self.group, self.label, self.note, *self.about)).casefold()
        return all(word.casefold() in text for word in words)


def off_everywhere(names: Iterable[str], chosen: Sequence[Interpreter], known: Known) -> frozenset[str]:
    """Those of the names that none of the chosen interpreters can use, as far as that is known."""
    return frozenset(
        name
        for name in names
        if chosen and all((found := known.get((name, one.key))) and found.why for one in chosen)
    )


def why_not(name: str, chosen: Sequence[Interpreter], known: Known) -> str:
    """Why it cannot be used and where: `needs numpy (3.8 and 3.9)`; empty when it can everywhere."""
    reasons: dict[str, list[str]] = {}
    for one in chosen:
        found = known.get((name, one.key))
        if found and found.why:
            reasons.setdefault(clean(found.why), []).append(one.label)
    parts = []
    for why, labels in reasons.items():
        where = "" if len(labels) == len(chosen) == 1 else f" ({_where(labels, len(chosen))})"
        parts.append(f"{why}{where}")
    return "; ".join(parts)


def _where(labels: Sequence[str], of: int) -> str:
    if len(labels) == of:
        return f"all {of} chosen"
    return listed(list(labels)) if len(labels) <= 3 else f"{labels[0]} and {len(labels) - 1} others"


def remedies_of(name: str, chosen: Sequence[Interpreter], known: Known) -> tuple[str, ...]:
    """The commands that would make it available."""
    found = (known.get((name, one.key)) for one in chosen)
    return tuple(dict.fromkeys(clean(one.remedy) for one in found if one and one.remedy))


def workload_entries(
    workloads: Sequence[Workload], chosen: Sequence[Interpreter], known: Known
) -> list[Entry]:
    """Workloads by family: what each shows, what its size is, its knobs."""
    return [
        Entry(
            workload.name,
            workload.family,
            workload.name,
            workload.shows,
            tuple(filter(None, (workload.shows, _what_can_be_set(workload)))),
            why_not(workload.name, chosen, known),
            remedies_of(workload.name, chosen, known),
        )
        for workload in workloads
    ]


def _what_can_be_set(workload: Workload) -> str:
    size = f"size in {workload.size_unit}" if workload.size_unit else ""
    knobs = [
        f"{field.name} {field.default}{f' {field.unit}' if field.unit else ''}"
        for field in fields_of(workload.knobs)
        if field.is_knob
    ]
    return " · ".join(filter(None, (size, ", ".join(knobs))))


def executor_entries(
    executors: Sequence[Executor], chosen: Sequence[Interpreter], known: Known
) -> list[Entry]:
    """Executors, ways to start processes in a group of their own."""
    return [
        Entry(
            executor.name,
            "start methods" if ":" in executor.name else "executors",
            executor.name,
            executor.means,
            (executor.means,),
            why_not(executor.name, chosen, known),
            remedies_of(executor.name, chosen, known),
        )
        for executor in sorted(executors, key=lambda one: ":" in one.name)
    ]


def interpreter_entries(interpreters: Sequence[Interpreter]) -> list[Entry]:
    """Interpreters by kind: where each is and how it was found."""
    return [
        Entry(
            one.key,
            _kind(one),
            one.label,
            f"{one.version}  {one.path}",
            (one.path, f"{one.implementation} {one.version}, found by {_found_by(one)}{_switched(one)}"),
        )
        for one in sorted(interpreters, key=_kind_order)
    ]


KINDS = ("with a GIL", "free-threaded", "PyPy and others")


def _kind(one: Interpreter) -> str:
    if one.implementation != "cpython":
        return KINDS[2]
    return KINDS[1] if one.free_threaded else KINDS[0]


def _kind_order(one: Interpreter) -> int:
    return KINDS.index(_kind(one))


def _found_by(one: Interpreter) -> str:
    words = {
        "running": "running gil-tui",
        "active": "the active environment",
        "path": "PATH",
        "opt": "looking into /opt",
        "named": "its name",
    }
    return words.get(one.source, one.source)


def _switched(one: Interpreter) -> str:
    words = [
        f"{name} switched {'on' if on else 'off'}"
        for name, on in (("GIL", one.gil), ("JIT", one.jit))
        if on is not None
    ]
    return f"; {listed(words)}" if words else ""


def about_lines(entry: Entry) -> list[tuple[str, str]]:
    """What is told of an entry, each line with its role, the reason and its remedy first."""
    lines = [(f"– not available: {entry.unavailable}", "strong")] if entry.unavailable else []
    lines += [(f"  {remedy}", "accent") for remedy in entry.remedies[:MOST_REMEDIES]]
    more = len(entry.remedies) - MOST_REMEDIES
    lines += [(f"  and {more} more like it", "muted")] if more > 0 else []
    return [*lines, *((clean(line), "muted") for line in entry.about if line)]


def refusal(entry: Entry) -> str:
    """One line for whoever wants it all the same: the reason and the first remedy."""
    remedy = f": {entry.remedies[0]}" if entry.remedies else ""
    return f"{clean(entry.label)} is not available here, it {entry.unavailable}{remedy}"
