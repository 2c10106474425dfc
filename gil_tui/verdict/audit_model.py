"""An audit: one subject, nine questions, and for each what was measured, or what would measure it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.model import Evidence, Verdict
from gil_tui.verdict.observation import Observation

AUDIT_SCHEMA = "gil-tui/audit/1"
FUNCTION, PROCESS = "function", "process"
KINDS = (FUNCTION, PROCESS)
DONE, NOT_YET, NOT_POSSIBLE = "done", "not yet", "not possible here"
STATES = (DONE, NOT_YET, NOT_POSSIBLE)

QUESTIONS: dict[int, str] = {
    1: "Is it CPU or I/O?",
    2: "Which function costs most?",
    3: "Is the GIL waited for, and by whom?",
    4: "Threads or processes?",
    5: "Would native code help?",
    6: "What do more workers cost?",
    7: "Are locks waited for?",
    8: "Free-threading or PyPy?",
    9: "What does the host allow?",
}
"""The nine points, by their number."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What is audited: `subject` is a workload, own code as `module:function`, or a process's command line.

    `kind` is one of `KINDS`. `interpreter` is the one that the function is measured on, empty for the
    default one, `directory` where own code is looked for. `refusals` say by number of the point why it
    could not be measured when that was tried. `pid` is that of the process, as long as it lives.
    """

    title: str
    subject: str
    kind: str
    created_at: str
    interpreter: str = ""
    directory: str = "."
    pid: int | None = None
    id: int | None = None
    refusals: Mapping[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"refusals": {str(number): why for number, why in self.refusals.items()}}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Audit":
        """The inverse of `to_json`."""
        refusals = {int(number): why for number, why in document.get("refusals", {}).items()}
        return cls(**{**document, "refusals": refusals})


@dataclass(frozen=True, slots=True)
class RunSeen:
    """One run of the history: its facts, and of each trial that finished what intervals are made of.

    `interpreter` is `Experiment.interpreter_key`. `cpu_shares` is the workers' CPU time over workers x wall
    time. `handover_s` is by bytes of a task's argument. `command` runs the same again.
    """

    id: int
    sweep_id: str
    facts: RunFacts
    command: str
    interpreter: str = ""
    call_s: float | None = None
    call_repeats: int = 0
    cpu_shares: tuple[float, ...] = ()
    observations: tuple[Observation, ...] = ()
    startups_s: tuple[float, ...] = ()
    handover_s: Mapping[str, float] = field(default_factory=dict)
    gil_enabled_by: str = ""
    cpus_online: int = 1
    cpus_limited_by: str = ""

    @property
    def measured(self) -> bool:
        """Whether it has a result that may be told."""
        return not self.facts.failed and self.facts.wall_s is not None


@dataclass(frozen=True, slots=True)
class WatchSeen:
    """A watch that was kept: its document (gil-tui/watch/1)."""

    id: int
    document: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        """How long it was."""
        return float(self.document["seconds"])

    @property
    def verdict(self) -> Verdict | None:
        """Its verdict, where there is one."""
        told = self.document.get("verdict")
        return Verdict.from_json(told) if told else None

    def threads_in(self, state: str) -> float | None:
        """Mean number of threads in a state of the document; None where it is not known of any."""
        known = [one for one in self.document["threads"] if one.get(state) is not None]
        if not known or self.seconds <= 0:
            return None
        return float(sum(one[state] * one["seen_s"] for one in known)) / self.seconds


@dataclass(frozen=True, slots=True)
class OtherPython:
    """An interpreter of this host to be tried besides: `kind` is free-threaded or PyPy."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Material:
    """All that an audit has: runs and watches, the newest first, and the other interpreters of this host.

    `executors` are those that point 4 compares, as far as the subject's interpreter has them.
    """

    runs: tuple[RunSeen, ...] = ()
    watches: tuple[WatchSeen, ...] = ()
    others: tuple[OtherPython, ...] = ()
    cpus: float = 1.0
    executors: tuple[str, ...] = ("threads", "processes", "asyncio")

    def of(self, subject: str) -> list[RunSeen]:
        """The runs of one workload that have a result, the newest first."""
        return [run for run in self.runs if run.facts.workload == subject and run.measured]


@dataclass(frozen=True, slots=True)
class Fill:
    """What would fill points: a `sweep` of `workloads`, or a `watch`; `command` does the same by hand.

    `interpreters` are labels, none for the audit's own.
    """

    points: tuple[int, ...]
    kind: str
    command: str
    workloads: tuple[str, ...] = ()
    executors: tuple[str, ...] = ()
    workers: tuple[int, ...] = ()
    interpreters: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Point:
    """One of the nine: `state` of `STATES`, `answer` in one sentence, `figure` its number.

    `why` says why it is not possible here. `runs` and `watches` are the numbers of those that the answer
    comes from, `reproduce` the command that measures it again, `fill` what would measure it, None where
    nothing can.
    """

    number: int
    state: str
    answer: str = ""
    figure: Evidence | None = None
    evidence: tuple[Evidence, ...] = ()
    runs: tuple[int, ...] = ()
    watches: tuple[int, ...] = ()
    reproduce: str = ""
    why: str = ""
    fill: Fill | None = None

    @property
    def question(self) -> str:
        """What is asked."""
        return QUESTIONS[self.number]

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"question": self.question, "fill": self.fill.to_json() if self.fill else None}


@dataclass(frozen=True, slots=True)
class Checklist:
    """An audit as far as it has come: the verdict on its subject, None before anything was measured."""

    audit: Audit
    points: tuple[Point, ...]
    verdict: Verdict | None = None

    @property
    def done(self) -> int:
        """How many of the points are measured."""
        return sum(point.state == DONE for point in self.points)

    @property
    def missing(self) -> tuple[Point, ...]:
        """The points that can still be measured."""
        return tuple(point for point in self.points if point.state == NOT_YET and point.fill)

    @property
    def sentence(self) -> str:
        """What the audit says so far, and how far it has come."""
        impossible = sum(point.state == NOT_POSSIBLE for point in self.points)
        far = f"{self.done} of {len(self.points)} points measured"
        far += f", {impossible} not possible here" if impossible else ""
        if self.verdict:
            return f"{self.verdict.sentence} ({far})"
        why = next(iter(self.audit.refusals.values()), "")
        return (
            f"Nothing could be measured: {why}" if why and not self.done else f"Nothing measured yet: {far}"
        )

    def to_json(self) -> dict[str, Any]:
        """The document of `audit --json`."""
        return {
            "schema": AUDIT_SCHEMA,
            "audit": self.audit.to_json(),
            "sentence": self.sentence,
            "verdict": self.verdict.to_json() if self.verdict else None,
            "points": [point.to_json() for point in self.points],
        }
