"""The rows of a self-test: a figure against the truth, whether it passed, and what all of them come to."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gil_tui.verdict import words

PASSED, FAILED, DISTURBED, NOT_POSSIBLE = "passed", "failed", "disturbed", "not possible"
STATES = (PASSED, FAILED, DISTURBED, NOT_POSSIBLE)
PARTS = ("gauge", "lanes", "speed-up", "bound")

NOT_COUNTED = "this kernel does not count what it takes to know the truth"
ROUNDING = 1e-9

Band = tuple[float, float]
"""The truth lies from here to there; both are the same where it is a number."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure against the truth: `state` is one of `STATES`, `part` one of `PARTS`.

    It may be outside of `truth` by `within`, which is the bound that is promised, and by `chance`: two
    standard errors of so many samples. None for what could not be had, `note` then saying why; for a
    disturbed one it says by what. Units: share, threads, 1/s, x.
    """

    part: str
    subject: str
    quantity: str
    unit: str
    state: str
    measured: float | None = None
    truth: Band | None = None
    within: float | None = None
    chance: float | None = None
    note: str = ""

    @property
    def error(self) -> float | None:
        """How far the figure is below (-) or above the truth, 0 within it."""
        return None if self.measured is None or self.truth is None else outside(self.measured, self.truth)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object, with the `error` beside."""
        return asdict(self) | {"truth": list(self.truth) if self.truth else None, "error": self.error}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Check":
        """The inverse of `to_json`."""
        known = {name: value for name, value in document.items() if name in cls.__slots__}
        truth = known.get("truth")
        return cls(**known | {"truth": (truth[0], truth[1]) if truth else None})


def outside(value: float, band: Band) -> float:
    """How far a value is below (-) or above a band, 0 within."""
    return value - min(max(value, band[0]), band[1])


def decided(row: Check, marks: Sequence[str], why: str = "") -> Check:
    """The row with its state; `why` it could not be had, `marks` of what disturbed it."""
    if why or row.measured is None or row.truth is None:
        return Check(row.part, row.subject, row.quantity, row.unit, NOT_POSSIBLE, note=why or NOT_COUNTED)
    allowed = (row.within or 0.0) + (row.chance or 0.0)
    good = abs(outside(row.measured, row.truth)) <= allowed + ROUNDING
    state = PASSED if good else DISTURBED if marks else FAILED
    return replace(row, state=state, note="; ".join(marks) if state == DISTURBED else "")


def in_order(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Part after part, each in the order in which it was measured."""
    return tuple(sorted(checks, key=lambda check: PARTS.index(check.part)))


def all_passed(checks: Sequence[Check]) -> bool:
    """Every check that was possible has passed, and one was."""
    states = {check.state for check in checks}
    return PASSED in states and not states & {FAILED, DISTURBED}


def conclusion(checks: Sequence[Check]) -> str:
    """The result in words, such as `18 of 18 checks passed`."""
    number = {state: sum(check.state == state for check in checks) for state in STATES}
    possible = len(checks) - number[NOT_POSSIBLE]
    parts = [f"{number[PASSED]} of {words.some(possible, 'check')} passed"]
    parts += [f"{number[FAILED]} failed"] if number[FAILED] else []
    if number[DISTURBED]:
        parts.append(f"{number[DISTURBED]} disturbed: measure again when the host is quiet")
    text = ", ".join(parts)
    return f"{text}; {number[NOT_POSSIBLE]} not possible here" if number[NOT_POSSIBLE] else text
