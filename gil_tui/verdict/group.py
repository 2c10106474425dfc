"""Runs of the same work beside each other: the baseline, each executor's best, and the one to use."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gil_tui.verdict.bound import EXECUTORS, Site, bounds_of, demand_of, predicted
from gil_tui.verdict.experiment import waits_mostly
from gil_tui.verdict.facts import PROCESS_LIKE, RunFacts
from gil_tui.verdict.laws import Law, fit_laws
from gil_tui.verdict.limits import CPUS_FULL
from gil_tui.verdict.recommend import (
    DRAWS,
    WITHIN_BEST,
    BestWorkers,
    Cap,
    best_workers,
    caps,
    pays_from_tasks,
    worker_bytes,
)
from gil_tui.verdict.statistics import Interval

GAINS = 1.1
"""Speed-up from which another executor is worth naming."""
CHEAPEST_FIRST = (
    "sequential",
    "asyncio",
    "threads",
    "asyncio+threads",
    "interpreters",
    "processes",
    "loky",
    "dask",
)
DRAWN_TO = 8
"""Workers up to which a bound is drawn at least."""

Best = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of the same work: the sequential baseline, and for each executor its law and best worker count."""

    runs: tuple[RunFacts, ...]
    usable: tuple[RunFacts, ...]
    baseline: RunFacts | None
    bests: Mapping[str, BestWorkers]
    laws: Mapping[str, Law]

    @classmethod
    def of(cls, runs: Sequence[RunFacts], draws: int = DRAWS) -> "Group":
        """Sort the runs; without a sequential one the run with the fewest workers is the baseline."""
        usable = [run for run in runs if not run.failed]
        baseline = next((run for run in usable if run.is_baseline), None)
        if baseline is None and len(usable) > 1:
            baseline = min(usable, key=lambda run: run.workers)
            usable = [_against(run, baseline) for run in usable]
        spreads: dict[str, list[RunFacts]] = {}
        for run in usable:
            if run.speedup and run.walls_s and not (baseline and run.label == baseline.label):
                spreads.setdefault(run.spread, []).append(run)
        laws = {spread: law for spread, own in spreads.items() if (law := _law(own, baseline))}
        bests = {
            spread: best
            for spread, own in spreads.items()
            if (best := _best(own, baseline, laws.get(spread), draws))
        }
        return cls(tuple(runs), tuple(usable), baseline, bests, laws)

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

    def speedup(self, spread: str) -> Interval:
        """The speed-up of an executor at its best worker count."""
        speedup = self.run(spread).speedup
        assert speedup is not None
        return speedup

    @property
    def choice(self) -> RunFacts | None:
        """The cheapest executor within 5 % of the best; None where nothing is faster than one worker."""
        if not self.bests:
            return None
        reach = max(self.speedup(spread).median for spread in self.bests)
        if reach < GAINS:
            return None
        good = [self.run(s) for s in self.bests if self.speedup(s).median >= WITHIN_BEST * reach]
        return min(good, key=lambda run: (_price(run), run.workers))

    def best_document(self) -> Best:
        """The contract's `best`: worker count with its interval, speed-up, costs, and what bounds it."""
        run = self.choice
        assert run is not None
        best = self.bests[run.spread]
        return {
            "workload": run.workload,
            "python": run.python,
            "executor": run.spread,
            "workers": run.workers,
            "low": best.low,
            "high": best.high,
            "sure": best.sure,
            "regret": best.regret,
            "speedup": self.speedup(run.spread).to_json(),
            "resolved": best.resolved,
            "next_workers": list(best.next_workers),
            "cap": best.cap.to_json() if best.cap else None,
            "capped": best.capped,
            "pays_from_tasks": self.pays_from_tasks(run),
            "extra_bytes": self.extra_bytes(run),
            "startup_s": run.startup_s,
        }

    def fits(self) -> tuple[dict[str, Any], ...]:
        """The entries of `Sweep.fits`: the law of each executor, and the bounds seen from one worker."""
        most = max([DRAWN_TO, *(run.workers for run in self.usable)])
        documents = [self._about | law.to_json(spread, most) for spread, law in self.laws.items()]
        return (*documents, *self.bounds(self.site, most))

    def bounds(self, site: Site, most: int, executors: Sequence[str] = ()) -> tuple[dict[str, Any], ...]:
        """What the baseline foretells of these executors, or all, at a site; none where it cannot."""
        if self.baseline is None:
            return ()
        executors = executors or tuple(dict.fromkeys((*EXECUTORS, *self.laws, *self.bests)))
        return tuple(self._about | one for one in bounds_of(self.baseline, most, site, executors))

    def bounds_elsewhere(self, cpus: float, executors: Sequence[str] = ()) -> tuple[dict[str, Any], ...]:
        """The same on a machine with so many CPUs, all else as here, up to as many workers."""
        most = max([DRAWN_TO, math.ceil(cpus), *(run.workers for run in self.runs)])
        return self.bounds(replace(self.site, cpus=cpus), most, executors)

    @property
    def _about(self) -> dict[str, Any]:
        return {"workload": self.runs[0].workload, "python": self.runs[0].python}

    @property
    def site(self) -> Site:
        """This host as the bound wants it."""
        handed = [run.handover_s for run in self.usable if run.handover_s and run.executor in PROCESS_LIKE]
        return Site(self.cpus, handover_s=statistics.median(handed) if handed else 0.0)

    def foretold(self, run: RunFacts) -> float | None:
        """The speed-up of these workers that the baseline alone foretells; None where it tells too little."""
        task = demand_of(self.baseline) if self.baseline else None
        if task is None:
            return None
        return predicted(run.executor, task, run.workers, self.site) * task.wall_s

    def pays_from_tasks(self, run: RunFacts) -> int | None:
        """Tasks of this size from which on these workers are faster than one, their start included."""
        alone = self.baseline
        if alone is None or alone.wall_s is None or run.wall_s is None or run.executor not in PROCESS_LIKE:
            return None
        if run.startup_s is None or not run.tasks or not alone.tasks or alone.workers != 1:
            return None
        task_s, pooled_s = alone.wall_s.median / alone.tasks, run.wall_s.median / run.tasks
        return pays_from_tasks(run.startup_s, task_s, pooled_s, run.workers)

    def extra_bytes(self, run: RunFacts) -> int | None:
        """Memory that these workers take beyond the baseline; None where one of both is not known."""
        alone = self.baseline.peak_bytes if self.baseline else None
        return run.peak_bytes - alone if run.peak_bytes is not None and alone is not None else None


def _law(own: Sequence[RunFacts], baseline: RunFacts | None) -> Law | None:
    """The law of an executor's speed-ups; one worker is its own, or the baseline where it has none."""
    if baseline is None or not baseline.walls_s:
        return None
    alone_s = statistics.median(baseline.walls_s)
    measured = {run.workers: run for run in (baseline, *own)}
    curve = {count: [alone_s / wall_s for wall_s in run.walls_s] for count, run in measured.items()}
    return next(iter(fit_laws(curve)), None)


def _best(
    own: Sequence[RunFacts], baseline: RunFacts | None, law: Law | None, draws: int
) -> BestWorkers | None:
    walls_s = {run.workers: run.walls_s for run in own}
    return best_workers(walls_s, cap=_cap(own, baseline), law=law, draws=draws)


def _cap(own: Sequence[RunFacts], baseline: RunFacts | None) -> Cap | None:
    """What bounds the workers of one executor on this host."""
    alone = baseline if baseline and baseline.workers == 1 else None
    peaks = {run.workers: run.peaks_bytes for run in own if run.peaks_bytes}
    if len(peaks) == 1 and alone and alone.peaks_bytes:
        peaks = {1: alone.peaks_bytes} | peaks
    each = worker_bytes(peaks)
    base = [peak - (count - 1) * each for count, values in peaks.items() for peak in values] if each else []
    cap = caps(
        cpus=own[0].cpus_effective,
        cpu_share=alone.computing if alone else None,
        available_bytes=own[0].available_bytes,
        base_bytes=round(statistics.median(base)) if base else None,
        worker_bytes=each,
    )
    most = max(own, key=lambda run: run.workers)
    full = most.computing is not None and most.computing >= CPUS_FULL * most.cpus_effective
    if full and (cap is None or cap.workers > most.workers):
        return replace(cap or Cap("cpus", 0), by="cpus", workers=most.workers, cpu_workers=most.workers)
    return cap


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
