"""Runs and sweeps of the history, held against each other."""

from collections.abc import Sequence
from dataclasses import replace

from gil_tui.bench.spec import Experiment
from gil_tui.lab.errors import LabError
from gil_tui.lab.judge import run_facts
from gil_tui.lab.records import Run
from gil_tui.verdict.comparison import (
    Comparison,
    IncomparableError,
    Side,
    SweepComparison,
    compare_runs,
    family_level,
)
from gil_tui.verdict.experiment import disturbed
from gil_tui.verdict.noise import floor_between, noise_floor
from gil_tui.verdict.statistics import LEVEL
from gil_tui.verdict.words import seconds

SHORT_ID = 8
"""Characters of a sweep's id by which it is called."""


def compared_runs(a: Run, b: Run, beside_a: Sequence[Run], beside_b: Sequence[Run]) -> Comparison:
    """Run `b` against `a`; `beside_a` and `beside_b` are all runs of their sweeps, whose noise is the floor.

    Raises LabError for runs that have no common measure.
    """
    try:
        return compare_runs(side_of(a), side_of(b), _floor(beside_a, beside_b))
    except IncomparableError as error:
        raise LabError(str(error)) from error


def compared_sweeps(a: Sequence[Run], b: Sequence[Run]) -> SweepComparison:
    """Each experiment of sweep `b` against the equal one of sweep `a`.

    Experiments are equal in workload, settings, executor, workers and interpreter. Two sweeps on one
    interpreter each may differ in that. Raises LabError when no pair can be compared.
    """
    if a[0].sweep_id == b[0].sweep_id:
        raise LabError(f"{a[0].sweep_id} and {b[0].sweep_id} are the same sweep: name another one")
    pairs, only_a, only_b = _pairs(a, b)
    noise = _floor(a, b, family_level(len(pairs)))
    compared, refused = [], []
    for one, other in pairs:
        try:
            compared.append(compare_runs(side_of(one), side_of(other), noise))
        except IncomparableError as error:
            refused.append(str(error))
    if not compared:
        why = refused[0] if refused else "no experiment of the one is in the other"
        raise LabError(f"sweeps {short(a)} and {short(b)} cannot be compared: {why}")
    labels_a, labels_b = ([_label(run) for run in runs] for runs in (only_a, only_b))
    return SweepComparison(
        short(a), short(b), tuple(compared), noise, tuple(labels_a), tuple(labels_b), tuple(refused)
    )


def side_of(run: Run) -> Side:
    """A run as it is compared."""
    experiment, facts = run.experiment, run_facts(run)
    results = [trial.result for trial in run.trials if trial.result]
    return Side(
        name=f"#{run.id}" if run.id is not None else experiment.label,
        label=experiment.label,
        workload=experiment.workload,
        facts=_facts(run, facts.python),
        walls_s=tuple(run.walls_s),
        size=experiment.size,
        tasks=experiment.tasks,
        knobs=_knobs(experiment),
        checksums=results[0].checksums if results else (),
        sweep_id=run.sweep_id,
        id=run.id,
        disturbed=disturbed(facts),
        mark=facts.mark,
        failure=(run.failure or {}).get("message", ""),
    )


def short(runs: Sequence[Run]) -> str:
    """What a sweep is called: the beginning of its id."""
    return runs[0].sweep_id[:SHORT_ID]


def _facts(run: Run, python: str) -> dict[str, str]:
    """What may differ between two runs of the same work, in words."""
    experiment = run.experiment
    switched = experiment.interpreter_key.removeprefix(experiment.interpreter)
    interval_s = experiment.switch_interval_s
    return {
        "workload": experiment.workload,
        "executor": experiment.label,
        "interpreter": f"{python or experiment.interpreter}{switched}",
        "size": str(experiment.size),
        "tasks": str(experiment.tasks),
        "settings": _knobs(experiment),
        "switch interval": seconds(interval_s) if interval_s is not None else "default",
        "host": run.host.name,
        "CPUs": f"{run.host.cpus_effective:g}",
        "gil-tui": run.version,
    }


def _floor(a: Sequence[Run], b: Sequence[Run], level: float = LEVEL) -> float | None:
    ours, theirs = ([run.walls_s for run in runs] for runs in (a, b))
    if a and b and a[0].sweep_id == b[0].sweep_id:
        return noise_floor(ours, level)
    return floor_between(ours, theirs, level)


def _pairs(a: Sequence[Run], b: Sequence[Run]) -> tuple[list[tuple[Run, Run]], list[Run], list[Run]]:
    """Equal experiments of both, and what is left over in each."""
    interpreters = [{run.experiment.interpreter_key for run in runs} for runs in (a, b)]
    one_each = all(len(found) == 1 for found in interpreters)
    partners = {_key(run, one_each): run for run in b}
    pairs = [(run, partners[_key(run, one_each)]) for run in a if _key(run, one_each) in partners]
    paired = {_key(run, one_each) for run, _ in pairs}
    only_a, only_b = ([run for run in runs if _key(run, one_each) not in paired] for runs in (a, b))
    return pairs, only_a, only_b


def _key(run: Run, any_interpreter: bool) -> Experiment:
    """What makes experiments equal: everything but how much work calibration gave them."""
    alike = replace(run.experiment, size=None, tasks=None)
    return replace(alike, interpreter="", gil=None, jit=None) if any_interpreter else alike


def _knobs(experiment: Experiment) -> str:
    return ", ".join(f"{name}={value}" for name, value in experiment.knobs)


def _label(run: Run) -> str:
    return f"{run.experiment.workload} {run.experiment.label}"
