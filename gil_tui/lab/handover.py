"""What handing a task over costs: measured once for every kind of pool in a sweep."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gil_tui.bench.spec import Experiment, Job
from gil_tui.lab.child import ChildReport
from gil_tui.lab.trial import ChildRunner

USUAL_S = 1.5
"""What it takes on an idle machine, for the estimate of the time that is left."""

Pool = tuple[str, str, str | None, str | None]
"""Interpreter, executor, start method and cluster: where these are equal, handing over costs the same."""


@dataclass(frozen=True, slots=True)
class Handover:
    """Seconds a task by bytes of its argument, None with the reason in `why`; `took_s` is what it took."""

    seconds: Mapping[str, float] | None
    why: str
    took_s: float


def pool_of(experiment: Experiment) -> Pool | None:
    """The kind of pool that an experiment has, None for one that hands nothing over."""
    if experiment.executor == "sequential":
        return None
    return experiment.interpreter_key, experiment.executor, experiment.start_method, experiment.cluster


def smallest_pools(experiments: Iterable[Experiment]) -> dict[Pool, Experiment]:
    """For each kind of pool the experiment with the fewest workers, which is where it is measured."""
    found: dict[Pool, Experiment] = {}
    for experiment in experiments:
        pool = pool_of(experiment)
        if pool and (pool not in found or experiment.workers < found[pool].workers):
            found[pool] = experiment
    return found


async def measure(child: ChildRunner, job: Job, timeout_s: float) -> Handover:
    """Run `job`, of kind `handover`; one that goes wrong is an answer too."""
    report = await child(job, lambda event: None, timeout_s)
    took_s = report.ended_s - report.started_s
    seconds = _seconds(report)
    if seconds:
        return Handover(seconds, "", took_s)
    failure = report.failure or {}
    return Handover(None, failure.get("message") or "the child told nothing", took_s)


def _seconds(report: ChildReport) -> dict[str, float]:
    """What was told, without what is no number of seconds."""
    told = report.answer.get("handover_s") if report.answer and not report.failure else None
    items = told.items() if isinstance(told, Mapping) else ()
    return {str(size): float(value) for size, value in items if isinstance(value, int | float)}
