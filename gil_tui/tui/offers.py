"""What can be chosen, as a person reads it: what each thing means, and why it cannot be used here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gil_tui.lab.interpreters import Interpreter
from gil_tui.language.spoken import say, sentence, to_say
from gil_tui.text import clean
from gil_tui.tui.engine import Executor, Known, Workload
from gil_tui.tui.settings import fields_of, said
from gil_tui.tui.wording import enumerated

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
        parts.append(f"{sentence(why)}{where}")
    return "; ".join(parts)


def _where(labels: Sequence[str], of: int) -> str:
    if len(labels) == of:
        return say("all {count} chosen", count=of)
    if len(labels) <= 3:
        return enumerated(labels)
    return say("{name} and {count} others", name=labels[0], count=len(labels) - 1)


def remedies_of(name: str, chosen: Sequence[Interpreter], known: Known) -> tuple[str, ...]:
    """The commands that would make it available."""
    found = (known.get((name, one.key)) for one in chosen)
    return tuple(dict.fromkeys(sentence(clean(one.remedy)) for one in found if one and one.remedy))


def workload_entries(
    workloads: Sequence[Workload], chosen: Sequence[Interpreter], known: Known
) -> list[Entry]:
    """Workloads by family: what each shows, what its size is, its knobs."""
    return [
        Entry(
            workload.name,
            said(workload.family),
            workload.name,
            said(workload.shows),
            tuple(filter(None, (said(workload.shows), _what_can_be_set(workload)))),
            why_not(workload.name, chosen, known),
            remedies_of(workload.name, chosen, known),
        )
        for workload in workloads
    ]


def _what_can_be_set(workload: Workload) -> str:
    size = say("size in {unit}", unit=say(workload.size_unit)) if workload.size_unit else ""
    knobs = [
        f"{field.name} {field.default}{f' {said(field.unit)}' if field.unit else ''}"
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
            say("start methods") if ":" in executor.name else say("executors"),
            executor.name,
            said(executor.means),
            (said(executor.means),),
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
            say(_kind(one)),
            one.label,
            f"{one.version}  {one.path}",
            (one.path, _origin_of(one)),
        )
        for one in sorted(interpreters, key=_kind_order)
    ]


KINDS = (to_say("with a GIL"), to_say("free-threaded"), to_say("PyPy and others"))
FOUND = {
    "running": to_say("{python}, running gil-tui"),
    "active": to_say("{python}, found as the active environment's"),
    "path": to_say("{python}, found on PATH"),
    "opt": to_say("{python}, found in /opt"),
    "named": to_say("{python}, found by its name"),
}


def _kind(one: Interpreter) -> str:
    if one.implementation != "cpython":
        return KINDS[2]
    return KINDS[1] if one.free_threaded else KINDS[0]


def _kind_order(one: Interpreter) -> int:
    return KINDS.index(_kind(one))


def _origin_of(one: Interpreter) -> str:
    """What it is, how it was found, what is switched."""
    python = f"{one.implementation} {one.version}"
    if one.source in FOUND:
        found = say(FOUND[one.source], python=python)
    else:
        found = say("{python}, found by {tool}", python=python, tool=one.source)
    switched = [
        say("{name} switched on", name=name) if on else say("{name} switched off", name=name)
        for name, on in (("GIL", one.gil), ("JIT", one.jit))
        if on is not None
    ]
    return "; ".join([found, *([enumerated(switched)] if switched else [])])


def about_lines(entry: Entry) -> list[tuple[str, str]]:
    """What is told of an entry, each line with its role, the reason and its remedy first."""
    off = say("– not available: {why}", why=entry.unavailable)
    lines = [(off, "strong")] if entry.unavailable else []
    lines += [(f"  {remedy}", "accent") for remedy in entry.remedies[:MOST_REMEDIES]]
    more = len(entry.remedies) - MOST_REMEDIES
    lines += [("  " + say("and {count} more like it", count=more), "muted")] if more > 0 else []
    return [*lines, *((clean(line), "muted") for line in entry.about if line)]


def refusal(entry: Entry) -> str:
    """One line for whoever wants it all the same: the reason and the first remedy."""
    refused = say("{name} is not available here, it {why}", name=clean(entry.label), why=entry.unavailable)
    return ": ".join([refused, *entry.remedies[:1]])
