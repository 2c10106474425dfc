"""Runs to keep, made of plain figures."""

from dataclasses import replace
from typing import Any

from gil_tui.bench.spec import Experiment, PythonFacts, TrialResult, WorkerResult
from gil_tui.lab.records import Host, Run, Trial
from gil_tui.verdict.model import Advice, Evidence, Verdict
from gil_tui.verdict.statistics import Interval

HOST = Host("web-01", "Linux 6.1", "x86_64", 8, 2.0, "quota", 8 << 30)
PYTHON = PythonFacts("CPython", "3.13.2", "/usr/bin/python3.13", free_threaded=False, gil_enabled=True)
VERDICT = Verdict(
    "gil",
    0.97,
    "GIL-bound: 4 threads do the work of 1.",
    (Evidence("held", 0.99, "share", "gauge at 100 Hz", 0.98, 1.0),),
    (Advice("Use 2 processes", 1.9, "24 MB"),),
    ("a free-threaded build",),
)


def a_trial(number: int = 1, wall_s: float = 2.0) -> Trial:
    result = TrialResult(
        wall_s=wall_s,
        startup_s=0.06,
        cpu_s=wall_s * 1.5,
        throughput_per_s=40 / wall_s,
        latency_s={"p50": 0.02, "p95": 0.03, "p99": 0.04, "max": 0.05},
        workers=(WorkerResult(0, 100, 101, 40, wall_s, wall_s),),
        peak_pss_bytes=20_000_000,
        context_switches={"voluntary": 3, "involuntary": 4},
        work_start_s=10.0,
        work_end_s=10.0 + wall_s,
        checksums=(1, 2, 3),
    )
    return Trial(number, result, stdout="hello", marks=("steal",), overhead_s=0.02)


def a_full_trial(number: int = 1, wall_s: float = 2.0) -> Trial:
    """A trial of a workload that measures more, on an interpreter whose GIL an import switched on."""
    trial = a_trial(number, wall_s)
    assert trial.result is not None
    result = replace(
        trial.result,
        setup_s=0.05,
        figures={"pings_p50_s": 0.0002, "pings_p99_s": 0.0051, "requests": 400.0},
        counters={
            "task_clock_s": 1.98,
            "context_switches": 412.0,
            "cpu_migrations": 3.0,
            "page_faults": 12_345.0,
            "cycles": 5.9e9,
            "instructions": 1.18e10,
        },
        gil_enabled_by="oldmodule",
        notes=("BLAS threads are pinned to 1",),
    )
    return replace(trial, result=result)


def a_failed_trial(number: int = 1) -> Trial:
    return Trial(number, None, {"kind": "raised", "message": "ValueError: no", "traceback": "…"})


def a_run(**changes: Any) -> Run:
    """A run that has begun; `executor`, `workload` and `workers` go to its experiment."""
    experiment = Experiment("countdown", "threads", 4, "/usr/bin/python3.13", 1000, 40)
    own = {name: changes.pop(name) for name in ("executor", "workload", "workers") if name in changes}
    run = Run(
        experiment=replace(experiment, **own),
        host=HOST,
        created_at="2026-03-01T14:02:03+00:00",
        sweep_id="sweep-1",
        version="0.1.0",
        python=PYTHON,
    )
    return replace(run, **changes)


def finished(run: Run, *trials: Trial) -> Run:
    return replace(
        run,
        status="done",
        trials=trials or (a_trial(1), a_trial(2, 2.1)),
        wall_s=Interval(2.0, 1.9, 2.1, 0.95),
        speedup=Interval(0.99, 0.97, 1.01, 0.95),
        gil={"held": 0.99, "waiting": 2.8, "wait_share": 0.7, "switches_per_s": 178.0, "samples": 200},
        threads={"cpu": 0.25, "run_queue": 0.01, "gil": 0.7, "lock": 0.0, "io": 0.0, "idle": 0.04},
        verdict=VERDICT,
    )
