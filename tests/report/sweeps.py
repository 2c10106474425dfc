"""A sweep as it comes out of the Lab on two CPUs, made of plain figures and judged as a real one is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gil_tui.bench.spec import Experiment, WorkerResult
from gil_tui.history import History
from gil_tui.lab.documents import observed_document
from gil_tui.lab.judge import judged_run, judged_sweep
from gil_tui.lab.records import Host, Run, Sweep, Trial
from gil_tui.report.data import Part, Report
from gil_tui.verdict.observation import Observation
from tests.history.samples import PYTHON, a_full_trial
from tests.verdict.builders import watched

SWEEP_ID = "5eed0c0ffee0"
HOST = Host("web-01.example.org", "Linux 6.1.0", "x86_64", 2, 2.0, "online", 8 << 30, 4 << 30, "host")
SPREAD = (0.0, 0.004, -0.004, 0.008, -0.007, 0.002)
"""Six trials, so far off the median."""
ALONE_S = 1.6
SPEEDUPS: Mapping[tuple[str, int], float] = {
    ("sequential", 1): 1.0,
    ("threads", 1): 0.995,
    ("threads", 2): 0.99,
    ("threads", 4): 0.97,
    ("threads", 8): 0.94,
    ("processes", 1): 0.98,
    ("processes", 2): 1.91,
    ("processes", 4): 1.93,
    ("processes", 8): 1.88,
}


def seen(executor: str, workers: int) -> Observation:
    """What the watch sees of work that holds the GIL."""
    if executor == "threads" and workers > 1:
        waiting = workers - 1.2
        return watched(
            cpu=1.0, run_queue=0.2, gil=waiting, held=0.99, held_sum=0.99, waiting=waiting, busy_gils=1,
            switches_per_s=178.0, gil_rate_hz=100.0,
        )  # fmt: skip
    busy = min(2, workers)
    waiting = workers - busy if executor == "processes" else 0
    return watched(
        cpu=0.98 * busy, run_queue=waiting + 0.02, held=0.99, held_sum=0.99 * busy, waiting=0.0,
        busy_gils=busy, busiest_cpu=0.98, switches_per_s=2.0, gil_rate_hz=100.0,
    )  # fmt: skip


def a_sweep_trial(number: int, wall_s: float, executor: str, workers: int) -> Trial:
    trial = a_full_trial(number, wall_s)
    assert trial.result is not None
    result = replace(
        trial.result,
        startup_s=0.03 + 0.008 * workers if executor == "processes" else 0.0004 * workers,
        cpu_s=ALONE_S,
        throughput_per_s=40 / wall_s,
        peak_pss_bytes=11_000_000 + (7_400_000 * workers if executor == "processes" else 150_000 * workers),
        workers=tuple(
            WorkerResult(n, 100 + n, 100 + n, 40 // workers, wall_s, ALONE_S / workers)
            for n in range(workers)
        ),
        gil_enabled_by="",
        notes=(),
    )
    observed = observed_document(seen(executor, workers))
    return replace(trial, result=result, stdout="", marks=(), observed=observed)


def a_sweep_run(executor: str, workers: int, speedup: float, **changes: Any) -> Run:
    experiment = Experiment("countdown", executor, workers, "/usr/bin/python3.13", 1_000_000, 40)
    walls_s = [ALONE_S / speedup * (1 + off) for off in SPREAD]
    trials = [a_sweep_trial(n, wall_s, executor, workers) for n, wall_s in enumerate(walls_s, 1)]
    run = Run(
        experiment=replace(experiment, **changes),
        host=HOST,
        created_at="2026-03-01T14:02:03+00:00",
        sweep_id=SWEEP_ID,
        status="done",
        version="0.1.0",
        python=PYTHON,
        trials=tuple(trials),
        seed=7,
        call_s=2.1e-8,
        call_repeats=5,
    )
    handed = {"0": 5.2e-5, "1000": 5.9e-5, "1000000": 9.1e-4} if executor == "processes" else None
    return replace(run, handover_s=handed)


def a_judged_sweep(first_id: int = 1, **changes: Any) -> Sweep:
    """Threads that gain nothing and processes that do; `changes` go to every experiment."""
    runs = [a_sweep_run(*key, speedup, **changes) for key, speedup in SPEEDUPS.items()]
    judged = [judged_run(run, runs[0]).with_id(number) for number, run in enumerate(runs, first_id)]
    return judged_sweep(SWEEP_ID, HOST, judged)


def a_report(sweep: Sweep | None = None, **changes: Any) -> Report:
    report = Report("", (Part(sweep or a_judged_sweep()),), "2026-03-01T15:00:00+00:00", "0.1.0")
    return replace(report, **changes)


def keep(history: History, sweep: Sweep) -> list[int]:
    """Put the sweep into a history; returns the numbers of its runs."""
    ids = []
    for run in sweep.runs:
        number = history.add_run(replace(run, id=None))
        history.finish_run(run.with_id(number))
        ids.append(number)
    history.finish_sweep(sweep)
    return ids
