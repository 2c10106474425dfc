"""The verdict: what limits the program, on what evidence, and what to change."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

CODES: dict[str, str] = {
    "gil": "threads wait for the GIL",
    "serial": "one thread is busy, nobody waits",
    "cores": "the CPUs this process may use are full",
    "lock": "threads wait for an application lock",
    "io": "threads wait for disk, network or sleep",
    "idle": "nothing happens",
    "throttled": "the cgroup quota stops it",
    "overhead": "start-up, pickling or hand-over costs more than the work",
    "scales": "speed-up follows the workers",
    "unsure": "the numbers do not decide",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number: `value` in `unit`, its 95 % interval where there is one, and `how` it was got.

    Units: `share` (0 to 1), `threads`, `CPUs`, `x` (a factor), `s`, `bytes`, `1/s`; empty for a plain
    number. `words.evidence_text` writes one as a person reads it.
    """

    name: str
    value: float | None
    unit: str
    how: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """One change: what to do, the predicted `gain` (a factor of throughput), and its cost in words."""

    action: str
    gain: float | None = None
    cost: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What limits the program; `confidence` from 0 to 1; advice in order of pay-off.

    `needs_dump` asks for one non-blocking look at the stacks of the threads that wait for a lock, since
    a contended lock and a pool without work look alike from outside.
    """

    code: str
    confidence: float
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    advice: tuple[Advice, ...] = ()
    would_change: tuple[str, ...] = ()
    needs_dump: bool = False

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Verdict":
        """The inverse of `to_json`."""
        return cls(
            code=document["code"],
            confidence=document["confidence"],
            sentence=document["sentence"],
            evidence=tuple(Evidence(**item) for item in document.get("evidence", ())),
            advice=tuple(Advice(**item) for item in document.get("advice", ())),
            would_change=tuple(document.get("would_change", ())),
            needs_dump=document.get("needs_dump", False),
        )
