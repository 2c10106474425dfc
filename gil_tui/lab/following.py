"""What to measure next: the sweep that a recommendation asks for, as experiments and as a command."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gil_tui.bench.spec import Experiment
from gil_tui.lab.judge import python_name
from gil_tui.lab.records import Run


def next_experiments(runs: Sequence[Run], best: Mapping[str, Any] | None) -> tuple[Experiment, ...]:
    """The baseline, the best count so far and the counts that `best` of a sweep asks for; else none.

    The best count so far is measured again: alone, a larger one could not be said to be better. The size of
    the work stays, and the number of tasks is found anew, since more workers need more.
    """
    if not best or not best.get("next_workers"):
        return ()
    found = next((run for run in runs if _is_best(run, best)), None)
    if found is None:
        return ()
    one = replace(found.experiment, tasks=None)
    alone = replace(one, executor="sequential", workers=1)
    alone = replace(alone, start_method=None, switch_interval_s=None, cluster=None)
    counts = sorted({one.workers, *best["next_workers"]})
    return (alone, *(replace(one, workers=count) for count in counts))


def command_of(experiments: Sequence[Experiment], default_interpreter: str = "") -> str:
    """The command line that runs the experiments of `next_experiments`; empty for none.

    The interpreter is named where it is not the `default_interpreter`.
    """
    if not experiments:
        return ""
    one = experiments[-1]
    counts = ",".join(str(each.workers) for each in experiments[1:])
    spread = f"{one.executor}:{one.start_method}" if one.start_method else one.executor
    words = ["gil-tui", "run", one.workload, "-e", spread, "-w", counts]
    words += ["-i", one.interpreter_key] if one.interpreter_key != default_interpreter else []
    words += ["--size", str(one.size)] if one.size is not None else []
    words += ["--switch-interval", f"{one.switch_interval_s:g}"] if one.switch_interval_s is not None else []
    words += ["--dask", one.cluster] if one.cluster else []
    for name, value in one.knobs:
        words += ["--args", str(value)] if name == "args" else ["--set", f"{name}={value}"]
    return shlex.join(words)


def _is_best(run: Run, best: Mapping[str, Any]) -> bool:
    """Whether it is the run that `best` is of; an older one says nothing of workload and interpreter."""
    experiment = run.experiment
    return (
        bool(run.walls_s)
        and experiment.workers == best["workers"]
        and experiment.label.rsplit(" x", 1)[0] == best["executor"]
        and best.get("workload", experiment.workload) == experiment.workload
        and best.get("python", python_name(run)) == python_name(run)
    )
