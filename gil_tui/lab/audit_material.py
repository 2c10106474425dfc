"""The runs of the history as an audit wants them, and the other interpreters that it may try."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gil_tui.bench.spec import Experiment
from gil_tui.lab.availability import executor_availability
from gil_tui.lab.documents import observation_of
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.judge import run_facts
from gil_tui.lab.records import UNAVAILABLE, Run
from gil_tui.lab.trial import cores_used
from gil_tui.verdict.audit_model import Audit, Material, OtherPython, RunSeen, WatchSeen
from gil_tui.watch.cores import effective_cpus

KINDS = ("free-threaded", "PyPy")


def material_of(
    audit: Audit, runs: Iterable[Run], watches: Sequence[WatchSeen], interpreters: Iterable[Interpreter] = ()
) -> Material:
    """What the audit has; `runs` and `watches` the newest first."""
    seen = tuple(run_seen(run) for run in runs if run.status not in (UNAVAILABLE, "running"))
    interpreters = tuple(interpreters)
    own = next((one for one in interpreters if one.key == audit.interpreter), None)
    more = ("interpreters",) if own and executor_availability("interpreters", own).ok else ()
    found = Material(seen, tuple(watches), others_of(audit, interpreters), effective_cpus().count)
    return replace(found, executors=(*found.executors, *more))


def run_seen(run: Run) -> RunSeen:
    """One run that has a number."""
    results, workers = run.results, run.experiment.workers
    observed = (observation_of(trial.observed) for trial in run.trials if trial.result and trial.observed)
    return RunSeen(
        id=run.id or 0,
        sweep_id=run.sweep_id,
        facts=run_facts(run),
        command=run_command_of(run.experiment),
        interpreter=run.experiment.interpreter_key,
        call_s=run.call_s,
        call_repeats=run.call_repeats,
        cpu_shares=tuple(cores_used(result) / workers for result in results if result.workers),
        observations=tuple(one for one in observed if one),
        startups_s=tuple(result.startup_s for result in results),
        handover_s=run.handover_s or {},
        gil_enabled_by=run.gil_enabled_by,
        cpus_online=run.host.cpus,
        cpus_limited_by=run.host.cpus_limited_by,
    )


def run_command_of(experiment: Experiment) -> str:
    """The command line that runs this experiment again, with as much work."""
    method = f":{experiment.start_method}" if experiment.start_method else ""
    words = ["gil-tui", "run", experiment.workload, "-e", experiment.executor + method]
    if experiment.executor != "sequential":
        words += ["-w", str(experiment.workers)]
    words += ["-i", experiment.interpreter_key]
    for option, value in (
        ("--size", experiment.size),
        ("--tasks", experiment.tasks),
        ("--switch-interval", experiment.switch_interval_s),
        ("--dask", experiment.cluster),
    ):
        words += [option, str(value)] if value is not None else []
    for name, value in experiment.knobs:
        words += ["--set", f"{name}={value}"]
    return shlex.join(words)


def others_of(audit: Audit, interpreters: Iterable[Interpreter]) -> tuple[OtherPython, ...]:
    """The first free-threaded interpreter and the first PyPy, as they are, beside the audit's own."""
    found: dict[str, str] = {}
    for one in interpreters:
        kind = KINDS[0] if one.free_threaded else KINDS[1] if one.implementation == "pypy" else ""
        if kind and one.key == one.path and one.key != audit.interpreter:
            found.setdefault(kind, one.path)
    return tuple(OtherPython(kind, path) for kind, path in found.items())
