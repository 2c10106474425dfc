"""Runs that belong together: of the same work on the same interpreter, and what the sweep knows of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gil_tui.lab.judge import python_name
from gil_tui.lab.records import Run, Sweep


@dataclass(frozen=True, slots=True)
class Work:
    """Runs of one workload on one interpreter, with the laws and bounds of the sweep that are theirs."""

    runs: tuple[Run, ...]
    fits: tuple[Mapping[str, Any], ...] = ()
    best: Mapping[str, Any] | None = None

    @property
    def baseline(self) -> Run | None:
        """The sequential run."""
        return next((run for run in self.runs if run.experiment.executor == "sequential"), None)


def works_of(sweep: Sweep) -> list[Work]:
    """The runs sorted so, in their order."""
    found: dict[tuple[str, ...], list[Run]] = {}
    for run in sweep.runs:
        experiment = run.experiment
        key = (experiment.workload, experiment.interpreter_key, str(experiment.size), str(experiment.tasks))
        found.setdefault(key, []).append(run)
    return [
        Work(tuple(runs), tuple(_own_fits(runs, sweep.fits)), _own_best(runs, sweep))
        for runs in found.values()
    ]


def spread_of(run: Run) -> str:
    """How tasks are spread, without the workers: `threads`, `processes:spawn`, `threads@0.5ms`."""
    return run.experiment.label.rsplit(" x", 1)[0]


def _own_fits(runs: Iterable[Run], fits: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    known = {(run.experiment.workload, python_name(run)) for run in runs}
    return [fit for fit in fits if (fit.get("workload"), fit.get("python")) in known]


def bests_of(sweep: Sweep) -> tuple[Mapping[str, Any], ...]:
    """What is recommended for each of its workloads; an older sweep has it for one alone."""
    return sweep.bests or ((sweep.best,) if sweep.best else ())


def _own_best(runs: Sequence[Run], sweep: Sweep) -> Mapping[str, Any] | None:
    """What is recommended for these runs; an older one says nothing of workload and interpreter."""
    for best in bests_of(sweep):
        for run in runs:
            facts = (run.experiment.workload, python_name(run), spread_of(run), run.experiment.workers)
            told = (best.get("workload", facts[0]), best.get("python", facts[1]))
            if (*told, best["executor"], best["workers"]) == facts:
                return best
    return None
