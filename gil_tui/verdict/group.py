"""Runs of the same work beside each other: the baseline, each executor's best, and the one to use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gil_tui.verdict.experiment import waits_mostly
from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.limits import CPUS_FULL
from gil_tui.verdict.scaling import WITHIN_BEST, BestWorkers, best_workers
from gil_tui.verdict.statistics import Interval

GAINS = 1.1
"""Speed-up from which another executor is worth naming."""
CHEAPEST_FIRST = ("sequential", "asyncio", "threads", "interpreters", "dask", "processes")

Best = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of the same work: the sequential baseline, and for each executor its best worker count."""

    runs: tuple[RunFacts, ...]
    usable: tuple[RunFacts, ...]
    baseline: RunFacts | None
    bests: Mapping[str, BestWorkers]

    @classmethod
    def of(cls, runs: Sequence[RunFacts]) -> "Group":
        """Sort the runs; without a sequential one the run with the fewest workers is the baseline."""
        usable = [run for run in runs if not run.failed]
        baseline = next((run for run in usable if run.is_baseline), None)
        if baseline is None and len(usable) > 1:
            baseline = min(usable, key=lambda run: run.workers)
            usable = [_against(run, baseline) for run in usable]
        curves: dict[str, dict[int, Interval]] = {}
        for run in usable:
            if run.speedup and not (baseline and run.label == baseline.label):
                curves.setdefault(run.spread, {})[run.workers] = run.speedup
        bests = {spread: best for spread, curve in curves.items() if (best := best_workers(curve))}
        return cls(tuple(runs), tuple(usable), baseline, bests)

    @property
    def gil_enabled(self) -> bool:
        """True when a GIL is known to be there."""
        return any(run.gil_enabled for run in self.usable)

    @property
    def waits(self) -> bool:
        """True when the work is known to wait more than it computes."""
        return waits_mostly(self.baseline)

    @property
    def cpus(self) -> float:
        """CPUs that all these runs may use."""
        return self.usable[0].cpus_effective

    def run(self, spread: str) -> RunFacts:
        """The run of an executor at its best worker count."""
        workers = self.bests[spread].workers
        return next(run for run in self.usable if run.spread == spread and run.workers == workers)

    def most(self, *executors: str) -> RunFacts | None:
        """The run with the most workers of the first of these executors that has one with several."""
        for executor in executors:
            mine = [run for run in self.usable if run.executor == executor and run.spread in self.bests]
            found = [run for run in mine if run.speedup and run.workers > 1]
            if found:
                return max(found, key=lambda run: run.workers)
        return None

    @property
    def choice(self) -> RunFacts | None:
        """The cheapest executor within 5 % of the best; None where nothing is faster than one worker."""
        if not self.bests:
            return None
        reach = max(best.speedup.median for best in self.bests.values())
        if reach < GAINS:
            return None
        good = [self.run(s) for s, best in self.bests.items() if best.speedup.median >= WITHIN_BEST * reach]
        return min(good, key=lambda run: (_price(run), run.workers))

    def resolved(self, run: RunFacts) -> bool:
        """False when more workers than were measured may be better still."""
        computing = run.computing
        full = computing is not None and computing >= CPUS_FULL * self.cpus
        return self.bests[run.spread].resolved or full

    def best_document(self) -> Best:
        """The contract's `best`: worker count with its interval, speed-up, and costs."""
        run = self.choice
        assert run is not None
        best = self.bests[run.spread]
        return {
            "executor": run.spread,
            "workers": run.workers,
            "low": best.low,
            "high": best.high,
            "speedup": best.speedup.to_json(),
            "resolved": self.resolved(run),
            "extra_bytes": self.extra_bytes(run),
            "startup_s": run.startup_s,
        }

    def extra_bytes(self, run: RunFacts) -> int | None:
        """Memory that these workers take beyond the baseline; None where one of both is not known."""
        alone = self.baseline.peak_bytes if self.baseline else None
        return run.peak_bytes - alone if run.peak_bytes is not None and alone is not None else None


def _price(run: RunFacts) -> int:
    return CHEAPEST_FIRST.index(run.executor) if run.executor in CHEAPEST_FIRST else len(CHEAPEST_FIRST)


def _against(run: RunFacts, baseline: RunFacts) -> RunFacts:
    """The speed-up against another run than a sequential one, from the ends of both intervals."""
    if run.speedup or run.wall_s is None or baseline.wall_s is None or run.wall_s.low <= 0:
        return run
    ours, theirs = run.wall_s, baseline.wall_s
    level = max(0.0, ours.level + theirs.level - 1)
    gained = Interval(theirs.median / ours.median, theirs.low / ours.high, theirs.high / ours.low, level)
    return replace(run, speedup=gained, against=baseline.label)
