"""The whole matrix: every workload under every executor, and the classic three on every interpreter.

What this host lacks ends as `unavailable` with its reason, which is printed; everything else has to be done,
with the checksums of the sequential run (the conductor fails a run whose checksums differ).
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest

from gil_tui.bench.spec import EXECUTORS
from gil_tui.bench.workloads import WORKLOADS
from gil_tui.lab.availability import executor_availability, workload_availability
from gil_tui.lab.conduct import conduct
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.plan import Plan, plan_sweep
from gil_tui.lab.records import Run
from gil_tui.verdict.experiment import UNSTABLE
from gil_tui.watch.cores import effective_cpus

pytestmark = pytest.mark.real

SPREADS = [name for name in EXECUTORS if name not in ("sequential", "dask")]
"""Dask takes a second to start: it is tried on three workloads only."""
AT_ONCE = 2
ATTEMPTS = 3
BATCH = 5
BATCHES = [list(WORKLOADS)[first : first + BATCH] for first in range(0, len(WORKLOADS), BATCH)]
SMALL = {"size": 1, "tasks": 4, "repeats": 1, "timeout_s": 60.0}
TWO_CPUS = pytest.mark.skipif(
    effective_cpus().count < 2, reason="needs two CPUs to see anything run side by side"
)


def runs_of(
    workloads: Sequence[str],
    executors: Sequence[str],
    workers: Sequence[int],
    interpreters: Sequence[Interpreter],
    **options: object,
) -> list[Run]:
    plan = unwatched(workloads, executors, workers, interpreters, **options)
    return list(asyncio.run(conduct(plan, lambda event: None)).runs)


def undisturbed(
    workloads: Sequence[str],
    executors: Sequence[str],
    workers: Sequence[int],
    interpreters: Sequence[Interpreter],
) -> list[Run]:
    """Runs of which others took no CPU away, so that some can be said to be faster; skips where all are."""
    for _ in range(ATTEMPTS):
        runs = runs_of(workloads, executors, workers, interpreters, repeats=3, tasks=20)
        trials = [trial for run in runs for trial in run.trials]
        marked = [trial for trial in trials if trial.marks]
        if len(marked) <= UNSTABLE * len(trials):
            return runs
    pytest.skip(f"the host is busy: {marked[0].marks[0]}")


def unwatched(
    workloads: Sequence[str],
    executors: Sequence[str],
    workers: Sequence[int],
    interpreters: Sequence[Interpreter],
    **options: object,
) -> Plan:
    plainly = {"watch": False, "handover": False} | options
    return plan_sweep(workloads, executors, workers, interpreters, **plainly)  # type: ignore[arg-type]


def runs_of_each(plans: Sequence[Plan]) -> list[list[Run]]:
    """The runs of several sweeps, two at a time: nothing here is about how long they take."""

    async def every() -> list[list[Run]]:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(plan: Plan) -> list[Run]:
            async with places:
                return list((await conduct(plan, lambda event: None)).runs)

        return await asyncio.gather(*map(one, plans))

    return asyncio.run(every())


def done_or_unavailable(runs: Sequence[Run]) -> list[Run]:
    """The runs that were done; fails for any that neither was done nor could not be."""
    done = []
    for run in runs:
        label = f"{run.experiment.workload} {run.experiment.label} on {run.experiment.interpreter_key}"
        if run.status == "unavailable":
            print(f"{label}: {(run.failure or {}).get('message')}", file=sys.stderr)
            assert (run.failure or {}).get("message"), label
        else:
            assert (run.status, run.failure) == ("done", None), label
            done.append(run)
    return done


def executors_of(interpreter: Interpreter) -> list[str]:
    """Those of `SPREADS` that work there; what keeps the others from it is printed."""
    missing = {name: executor_availability(name, interpreter) for name in SPREADS}
    for name, here in missing.items():
        if not here.ok:
            print(f"{name} on {interpreter.label}: {here.why}; {here.remedy}", file=sys.stderr)
    return [name for name, here in missing.items() if here.ok]


def those_that_run(workloads: Sequence[str], interpreter: Interpreter) -> list[str]:
    """Those of the workloads that the interpreter has what it takes for; what others lack is printed."""
    missing = {name: workload_availability(name, interpreter) for name in workloads}
    for name, here in missing.items():
        if not here.ok:
            print(f"{name} {here.why} on {interpreter.label}: {here.remedy}", file=sys.stderr)
    return [name for name, here in missing.items() if here.ok]


def speedups(runs: Sequence[Run]) -> dict[str, float]:
    return {run.experiment.label: run.speedup.median for run in runs if run.speedup}


@pytest.mark.parametrize("workloads", BATCHES, ids=lambda batch: f"{batch[0]}-{batch[-1]}")
def test_workloads_do_the_same_under_every_executor(
    workloads: list[str], interpreters: list[Interpreter]
) -> None:
    here, executors = interpreters[:1], executors_of(interpreters[0])
    plans = [unwatched([name], executors, [2], here, **SMALL) for name in those_that_run(workloads, here[0])]
    for runs in runs_of_each(plans):
        done = done_or_unavailable(runs)
        workload, labels = done[0].experiment.workload, {run.experiment.label for run in done}
        assert {"sequential", "threads x2", "processes x2", "asyncio x2", "asyncio+threads x2"} <= labels, (
            workload
        )
        assert len(checksums_of(done)) == 1, workload


def test_dask_does_the_same(interpreters: list[Interpreter]) -> None:
    here = executor_availability("dask", interpreters[0])
    if not here.ok:
        pytest.skip(f"dask {here.why}: {here.remedy}")
    plans = [
        unwatched([workload], ["dask"], [2], interpreters[:1], **SMALL)
        for workload in ("countdown", "sha256", "sleep")
    ]
    for runs in runs_of_each(plans):
        done = done_or_unavailable(runs)
        assert len(done) == 2
        assert len(checksums_of(done)) == 1


def checksums_of(runs: Sequence[Run]) -> set[tuple[int, ...]]:
    """All different ones; every trial must have some."""
    assert all(trial.result for run in runs for trial in run.trials)
    return {trial.result.checksums for run in runs for trial in run.trials if trial.result}


def test_subinterpreters_do_the_same_for_all_that_needs_no_package(interpreters: list[Interpreter]) -> None:
    newest = [one for one in interpreters if one.implementation == "cpython" and _version(one) >= (3, 14)]
    if not newest:
        pytest.skip("no CPython 3.14 here")
    plain = [
        name for name in WORKLOADS if not name.startswith(("numpy", "pandas", "loop_numpy", "loop_cython"))
    ]
    done = done_or_unavailable(runs_of(plain, ["interpreters"], [2], newest[:1], **SMALL))
    spread = [run for run in done if run.experiment.executor == "interpreters"]
    assert {run.experiment.workload for run in spread} >= {
        "countdown",
        "sha256",
        "sleep",
        "json",
        "lock_contended",
    }


def test_every_interpreter_gives_the_same(interpreters: list[Interpreter]) -> None:
    plans = [
        unwatched([workload], ["threads", "processes"], [2], interpreters, **SMALL)
        for workload in ("countdown", "sha256", "sleep")
    ]
    for runs in runs_of_each(plans):
        done = done_or_unavailable(runs)
        assert {run.experiment.interpreter for run in done} == {one.path for one in interpreters}
        assert len(checksums_of(done)) == 1


@TWO_CPUS
@pytest.mark.alone
def test_the_directions_are_right_with_a_gil(interpreters: list[Interpreter]) -> None:
    with_gil = [one for one in interpreters if one.implementation == "cpython" and not one.free_threaded]
    sleeping = speedups(runs_of(["sleep"], ["threads", "asyncio"], [4], with_gil[:1], repeats=3, tasks=20))
    assert sleeping["threads x4"] > 2 and sleeping["asyncio x4"] > 2
    counting = speedups(undisturbed(["countdown"], ["threads", "processes"], [2], with_gil[:1]))
    assert counting["threads x2"] < 1.5
    assert counting["processes x2"] > counting["threads x2"]
    hashing = speedups(undisturbed(["sha256"], ["threads"], [2], with_gil[:1]))
    assert hashing["threads x2"] > counting["threads x2"]


@TWO_CPUS
@pytest.mark.alone
def test_subinterpreters_speed_counting_up(interpreters: list[Interpreter]) -> None:
    able = [
        one for one in interpreters if executor_availability("interpreters", one).ok and not one.free_threaded
    ]
    if not able:
        pytest.skip("no CPython 3.14 here")
    gained = speedups(undisturbed(["countdown"], ["threads", "interpreters"], [2], able[:1]))
    assert gained["interpreters x2"] > gained["threads x2"]


@TWO_CPUS
@pytest.mark.alone
def test_threads_speed_counting_up_where_there_is_no_gil(interpreters: list[Interpreter]) -> None:
    without = [one for one in interpreters if one.free_threaded]
    if not without:
        pytest.skip("no free-threaded Python here")
    both = [without[0], replace(without[0], gil=True)]
    runs = undisturbed(["countdown"], ["threads"], [2], both)
    gained = {
        run.experiment.gil: run.speedup.median for run in runs if run.speedup and run.experiment.workers > 1
    }
    assert gained[None] > gained[True]


def _version(interpreter: Interpreter) -> tuple[int, int]:
    major, minor = interpreter.version.split(".")[:2]
    return int(major), int(minor)


def test_the_matrix_is_what_was_promised() -> None:
    promised = """countdown primes json regex mandelbrot
        sha256 zlib numpy_matmul numpy_ufunc pandas_groupby sqlite
        loop_python loop_numpy loop_c_held loop_c_released loop_cython loop_cython_nogil
        sleep http files csv lock_contended lock_free queue web convoy"""
    assert set(promised.split()) <= set(WORKLOADS)
    promised = "sequential threads processes interpreters asyncio asyncio+threads dask"
    assert set(promised.split()) <= set(EXECUTORS)
