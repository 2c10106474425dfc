"""Two runs, or two sweeps, held against each other: how many times faster, and is that more than noise?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gil_tui.verdict import words
from gil_tui.verdict.experiment import UNSTABLE
from gil_tui.verdict.noise import TTest, common_rounds, t_test
from gil_tui.verdict.shapes import remarks
from gil_tui.verdict.statistics import LEVEL, Interval, ratio_interval, stopped_interval

FEW = 6
"""Fewer trials do not make a 95 % interval."""
Z_95 = 1.96


class IncomparableError(ValueError):
    """Two runs that have no common measure: one line that says why."""


@dataclass(frozen=True, slots=True)
class Side:
    """One run as it is compared.

    `name` is how it is called, `label` its executor and workers. `facts` are what may differ between two
    runs of the same work, by name: executor, interpreter, host. `units` is how much work a trial does
    (size x tasks), `checksums` what it gave, empty where that is not the same each time. `walls_s` are in
    the order of the trials, of which `disturbed` were so, mostly by `mark`; `failure` says why there are
    none.
    """

    name: str
    label: str
    workload: str
    facts: Mapping[str, str]
    walls_s: tuple[float, ...]
    size: int | None = None
    tasks: int | None = None
    knobs: str = ""
    checksums: tuple[int, ...] = ()
    sweep_id: str = ""
    id: int | None = None
    disturbed: int = 0
    mark: str = ""
    failure: str = ""

    @property
    def units(self) -> int | None:
        """Units of work a trial, None where it was never calibrated."""
        return self.size * self.tasks if self.size and self.tasks else None

    @property
    def wall_s(self) -> Interval:
        """The median wall time."""
        return stopped_interval(self.walls_s)

    def to_json(self) -> dict[str, Any]:
        """As in the document of `compare --json`."""
        return {
            "id": self.id,
            "sweep_id": self.sweep_id,
            "workload": self.workload,
            "label": self.label,
            "size": self.size,
            "tasks": self.tasks,
            "trials": len(self.walls_s),
            "disturbed": self.disturbed,
            "wall_s": self.wall_s.to_json(),
            "throughput_per_s": self.units / self.wall_s.median if self.units else None,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """`b` against `a`: `ratio` is how many times faster b is, below 1 when it is slower.

    `by` is `time`, or `throughput` in units of work a second where the two did different amounts. `noise`
    is the share below which a difference is none, None where nothing is known of it. `outcome` is one of
    `OUTCOMES`. `differs` names what else differs, with both values. `t_test` is another method's answer on
    the same trials: Student's, on means, as pyperf has it.
    """

    a: Side
    b: Side
    by: str
    ratio: Interval
    noise: float | None
    outcome: str
    differs: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[str, ...] = ()
    t_test: TTest | None = None

    @property
    def significant(self) -> bool:
        """True when one is faster, beyond chance and noise."""
        return self.outcome in ("faster", "slower")


OUTCOMES = {
    "faster": "b is faster than a, beyond the noise",
    "slower": "b is slower than a, beyond the noise",
    "same": "they do not differ beyond the noise",
    "unstable": "too many trials were disturbed to name a winner",
    "unresolved": "too few trials to tell",
}


def compare_runs(a: Side, b: Side, floor: float | None, *, draws: int = 2000) -> Comparison:
    """Hold `b` against `a`; `floor` is the noise of their sweeps (`noise.noise_floor`, `floor_between`).

    A difference counts when the 95 % interval of the ratio (both arms resampled) leaves out 1 and the ratio
    itself is beyond the floor. Trials of one sweep are compared round by round as far as both have gone.
    Raises IncomparableError for runs that have no common measure.
    """
    by = _measure(a, b)
    ours, theirs = a.walls_s, b.walls_s
    if a.sweep_id and a.sweep_id == b.sweep_id:
        ours, theirs = map(tuple, common_rounds(ours, theirs))
    costs = [_costs(ours, a, by), _costs(theirs, b, by)]
    ratio = ratio_interval(*costs, draws=draws)
    differs = tuple((what, a.facts[what], b.facts.get(what, "")) for what in a.facts if _differ(a, b, what))
    return Comparison(
        a, b, by, ratio, floor, _outcome(a, b, ratio, floor), differs, _notes(a, b, by), t_test(*costs)
    )


def _measure(a: Side, b: Side) -> str:
    """By what two runs can be compared."""
    if a.id is not None and a.id == b.id:
        raise IncomparableError(f"{a.name} and {b.name} are the same run: name another one")
    for side in (a, b):
        if not side.walls_s or min(side.walls_s) <= 0:
            why = f" ({side.failure})" if side.failure else ""
            raise IncomparableError(f"{side.name} has no finished trial{why}: there is nothing to compare")
    if a.workload != b.workload and not (_own_code(a) and _own_code(b)):
        raise IncomparableError(
            f"{a.name} ran {a.workload}, {b.name} ran {b.workload}: different work has no common measure; "
            "only functions of one's own are compared, call by call"
        )
    if (a.size, a.tasks) == (b.size, b.tasks):
        return "time"
    if a.units is None or b.units is None:
        side = a if a.units is None else b
        raise IncomparableError(f"{side.name} does not say how much work it did: it was never calibrated")
    return "throughput"


def _own_code(side: Side) -> bool:
    return ":" in side.workload


def _costs(walls_s: Sequence[float], side: Side, by: str) -> list[float]:
    """Seconds a trial, or seconds a unit of work."""
    units = side.units if by == "throughput" and side.units else 1
    return [wall_s / units for wall_s in walls_s]


def _differ(a: Side, b: Side, what: str) -> bool:
    return a.facts[what] != b.facts.get(what, "")


def _outcome(a: Side, b: Side, ratio: Interval, floor: float | None) -> str:
    if any(side.disturbed / len(side.walls_s) > UNSTABLE for side in (a, b)):
        return "unstable"
    if floor is None or ratio.level == 0:
        return "unresolved"
    beyond = abs(math.log(ratio.median)) > math.log1p(floor)
    if beyond and ratio.low > 1:
        return "faster"
    return "slower" if beyond and ratio.high < 1 else "same"


def _notes(a: Side, b: Side, by: str) -> tuple[str, ...]:
    notes = []
    if by == "throughput":
        amounts = (f"{side.name} did {side.size} x {side.tasks}" for side in (a, b))
        notes.append(f"compared by units of work a second: {', '.join(amounts)} (size x tasks)")
    if a.workload != b.workload:
        notes.append("other code: compared call by call, as if both were to do the same")
    if a.knobs != b.knobs:
        notes.append("the settings of the work differ: the difference may be theirs")
    if by == "time" and a.checksums and b.checksums and a.checksums != b.checksums:
        notes.append("the results differ: the two do not compute the same")
    few = [side for side in (a, b) if len(side.walls_s) < FEW]
    if few:
        counts = words.listed([f"{side.name} {words.some(len(side.walls_s), 'trial')}" for side in few])
        notes.append(f"few trials ({counts}): {FEW} make a {LEVEL:.0%} interval")
    for side in (a, b):
        notes += [f"{side.name}: {remark}" for remark in remarks(side.walls_s)]
        if side.disturbed:
            what = f" ({side.mark})" if side.mark else ""
            trials = words.some(len(side.walls_s), "trial")
            notes.append(f"{side.name}: {side.disturbed} of {trials} disturbed{what}")
    if a.sweep_id != b.sweep_id:
        notes.append("made in different sweeps: what changed on the host between them is not in the noise")
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class SweepComparison:
    """The equal experiments of two sweeps, pair by pair.

    `a` and `b` name the sweeps; `only_a` and `only_b` what has no partner, `refused` why a pair could not
    be compared. `noise` is the floor of each pair, wide enough that all together raise a false alarm in 5 of
    100 cases. `overall` is the geometric mean of the ratios, None without a pair.
    """

    a: str
    b: str
    pairs: tuple[Comparison, ...]
    noise: float | None
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def overall(self) -> Interval | None:
        """The geometric mean of the ratios, its interval from those of the pairs, as independent errors."""
        if not self.pairs:
            return None
        count = len(self.pairs)
        mean = math.fsum(math.log(pair.ratio.median) for pair in self.pairs) / count
        errors = [math.log(pair.ratio.high / pair.ratio.low) / (2 * Z_95) for pair in self.pairs]
        half = Z_95 * math.hypot(*errors) / count
        level = min(pair.ratio.level for pair in self.pairs)
        return Interval(math.exp(mean), math.exp(mean - half), math.exp(mean + half), level)

    def count(self, outcome: str) -> int:
        """How many pairs came out so."""
        return sum(pair.outcome == outcome for pair in self.pairs)


def family_level(pairs: int) -> float:
    """The level of each of several comparisons at which all of them together hold at 95 % (Bonferroni)."""
    return 1 - (1 - LEVEL) / max(1, pairs)
