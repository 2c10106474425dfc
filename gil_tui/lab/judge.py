"""From trials to intervals and verdicts: the bridge between what is kept and what it means."""

import statistics
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gil_tui.bench.spec import PythonFacts, TrialResult, switches
from gil_tui.lab.documents import (
    gil_document,
    merged,
    missing,
    observation_of,
    observed_document,
    threads_document,
)
from gil_tui.lab.observe import summarize
from gil_tui.lab.plan import work_of
from gil_tui.lab.plugins import workload_called
from gil_tui.lab.records import UNAVAILABLE, Host, Run, Sweep
from gil_tui.lab.trial import cores_used
from gil_tui.verdict.experiment import diagnose_run
from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.noise import common_rounds, noise_floor
from gil_tui.verdict.observation import Observation
from gil_tui.verdict.shapes import remarks
from gil_tui.verdict.statistics import ratio_interval, stopped_interval
from gil_tui.verdict.sweep import bests_of, bounds_elsewhere, diagnose_sweep, fits_of
from gil_tui.watch.frames import Frame, ThreadFrame

INTERIM_DRAWS = 200
"""While a sweep goes on; a tenth of the time that the final interval takes."""
FINAL_DRAWS = 2000


def with_intervals(run: Run, baseline: Run | None, draws: int = INTERIM_DRAWS) -> Run:
    """The run with its median wall time, and its speed-up against the sequential run of the same work.

    The speed-up is over the rounds that both took part in: a host that slows down then slows both.
    """
    walls_s = run.walls_s
    if not walls_s:
        return run
    baseline_s = baseline.walls_s if baseline else []
    speedup = None
    if baseline_s and min(walls_s) > 0:
        speedup = ratio_interval(*common_rounds(baseline_s, walls_s), draws=draws)
    return replace(run, wall_s=stopped_interval(walls_s), speedup=speedup)


def judged_run(run: Run, baseline: Run | None) -> Run:
    """The run at its end: intervals, what was watched over all trials, verdict."""
    run = with_intervals(run, baseline, FINAL_DRAWS)
    seen = _observation(run)
    if seen:
        why = missing(seen)
        run = replace(run, gil=gil_document(seen), threads=threads_document(seen), watch_why=why)
    elif not run.watch_why:
        reasons = [trial.observed["why"] for trial in run.trials if trial.observed]
        run = replace(run, watch_why=reasons[-1] if reasons else "no trial was watched to its end")
    said = (note for result in run.results for note in result.notes)
    notes = dict.fromkeys((*run.notes, *said, *remarks(run.walls_s)))
    run = replace(run, notes=tuple(notes))
    if run.status == UNAVAILABLE:
        return run
    verdict = diagnose_run(run_facts(run), run_facts(baseline) if baseline else None)
    return replace(run, verdict=verdict)


def judged_sweep(sweep_id: str, host: Host, runs: Sequence[Run]) -> Sweep:
    """The sweep with its verdict and its best executor and worker count."""
    facts = _facts_of(runs)
    if not facts:
        return Sweep(sweep_id, host, tuple(runs))
    verdict, best = diagnose_sweep(facts)
    noise = noise_floor(run.walls_s for run in runs)
    several = len({run.workload for run in facts}) > 1
    bests = bests_of(facts) if several else (best,) if best else ()
    return Sweep(sweep_id, host, tuple(runs), verdict, fits_of(facts), best, noise, bests)


def judge_sweep(runs: Sequence[Run]) -> tuple[Verdict, Mapping[str, Any] | None]:
    """The verdict on a sweep as far as it has come, and the best as in the contract, None without a winner.

    May be asked while the sweep goes on: what is still to come lowers the confidence.
    """
    return diagnose_sweep(_facts_of(runs), INTERIM_DRAWS)


def _facts_of(runs: Sequence[Run]) -> list[RunFacts]:
    """Of all runs but those that their interpreter cannot do: they tell nothing of the work."""
    return [run_facts(run) for run in runs if run.status != UNAVAILABLE]


def bounds_at(
    runs: Sequence[Run], cpus: float, executors: Sequence[str] = ()
) -> tuple[Mapping[str, Any], ...]:
    """How these executors, or all, could scale on a machine with so many CPUs, all else as on this one.

    Entries of `Sweep.fits`, for each workload on each interpreter whose sequential run tells enough: one
    trial of it will do, long before the others have run.
    """
    timed = [run if run.wall_s else with_intervals(run, None) for run in runs]
    return bounds_elsewhere(_facts_of(timed), cpus, executors)


def run_facts(run: Run) -> RunFacts:
    """A run as the verdict wants it."""
    experiment, results = run.experiment, [trial.result for trial in run.trials if trial.result]
    marks = Counter(mark for trial in run.trials for mark in trial.marks[:1])
    peaks = [result.peak_pss_bytes for result in results if result.peak_pss_bytes is not None]
    size, tasks = experiment.size, experiment.tasks
    workload = workload_called(experiment.workload)
    return RunFacts(
        executor=experiment.executor,
        workers=experiment.workers,
        label=experiment.label,
        workload=experiment.workload,
        work=" ".join((*work_of(experiment), str(size), str(tasks))),
        units=float(size * tasks) if size and tasks else None,
        python=python_name(run),
        free_threaded=bool(run.python and run.python.free_threaded),
        gil_enabled=_gil_enabled(run.python, results),
        cpus_effective=run.host.cpus_effective,
        status=run.status,
        failure=(run.failure or {}).get("message", ""),
        trials=len(results),
        marked=sum(bool(trial.marks) for trial in run.trials if trial.result),
        mark=marks.most_common(1)[0][0] if marks else "",
        wall_s=run.wall_s,
        speedup=run.speedup,
        startup_s=_median([result.startup_s for result in results]),
        cores_used=_median([cores_used(result) for result in results]),
        tasks=tasks,
        task_s=_median([result.latency_s["p50"] for result in results if "p50" in result.latency_s]),
        peak_bytes=round(statistics.median(peaks)) if peaks else None,
        observation=_observation(run),
        watch_why=run.watch_why,
        walls_s=tuple(run.walls_s),
        peaks_bytes=tuple(peaks),
        handover_s=min(run.handover_s.values()) if run.handover_s else None,
        lock_s=_lock_s(results, tasks),
        available_bytes=run.host.memory_available_bytes,
        family=workload.family if workload else "",
        unit=workload.size_unit if workload else "",
    )


def observed(
    frames: Sequence[Frame], experiment_pid: int, result: TrialResult, helpers: bool
) -> Mapping[str, Any]:
    """What the watch saw of one trial's work, as `Trial.observed`.

    Threads of the experiment's process that are no workers only hand out work and wait for its end, as do
    processes in which no worker is, and the other threads of a process whose worker is not its main thread
    (Dask's event loop): their waits are idle, their computing counts. With `helpers`, processes that are no
    workers (the server of `http`) are not of the subject.
    """
    seats = {(worker.pid, worker.tid) for worker in result.workers}
    pids = {pid for pid, _ in seats}

    def coordinates(thread: ThreadFrame) -> bool:
        if thread.pid not in pids or (thread.pid, thread.tid) in seats:
            return thread.pid not in pids
        if thread.pid == experiment_pid:
            return thread.tid == experiment_pid
        return (thread.pid, thread.pid) not in seats

    left_out: Collection[int] = ()
    if helpers:
        everybody = {process.pid for frame in frames for process in frame.processes}
        left_out = everybody - pids - {experiment_pid}
    return observed_document(summarize(frames, left_out=left_out, coordinates=coordinates))


def _observation(run: Run) -> Observation | None:
    return merged(
        [
            seen
            for trial in run.trials
            if trial.result and trial.observed and (seen := observation_of(trial.observed))
        ]
    )


def _lock_s(results: Sequence[TrialResult], tasks: int | None) -> float | None:
    """How long a task holds the workload's lock, by the figure `lock_held_s` of those that tell it."""
    held_s = [result.figures["lock_held_s"] for result in results if "lock_held_s" in result.figures]
    return statistics.median(held_s) / tasks if held_s and tasks else None


def _gil_enabled(python: PythonFacts | None, results: Sequence[TrialResult]) -> bool | None:
    """As the workers found it: an extension module can switch the GIL on after the start."""
    found = [worker.gil_enabled for result in results for worker in result.workers]
    if found:
        return any(found)
    return python.gil_enabled if python else None


def python_name(run: Run) -> str:
    """The interpreter with what is switched in it, such as `CPython 3.13.5t +gil`."""
    python, experiment = run.python, run.experiment
    if python is None:
        return ""
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(python.implementation, python.implementation)
    switched = switches(experiment.gil, experiment.jit)
    version = f"{python.version}{'t' if python.free_threaded else ''}"
    return " ".join(part for part in (name, version, switched) if part)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
