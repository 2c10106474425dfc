"""One trial: pool up, workers warm, the work timed, and what it took accounted for."""

from __future__ import annotations

import os
import sys
import time

from . import executors
from .accounting import peak_pss_bytes, usage
from .counters import Counters
from .failures import JobError
from .gil import gil_enabled
from .spec import PythonFacts, TrialResult, WorkerResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Sequence, Tuple

    from .events import Events
    from .executors.work import Record
    from .gil import Gil
    from .spec import Job
    from .workloads.base import Workload

NS = 1e-9
PERCENTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1.0}


def trial(job: Job, workload: Workload, events: Events, begun_s: float) -> TrialResult:
    """Run the experiment once; tells `events` when the work begins and how far it is.

    `begun_s` is when the set-up of `workload` began, by the monotonic clock. Raises JobError, after which
    this process is to end without further ado.
    """
    experiment = job.experiment
    size, tasks = experiment.size, experiment.tasks
    if size is None or tasks is None:
        raise JobError("usage", "a trial needs a size and a number of tasks: calibrate first")
    executor = executors.create(job, size, workload)
    counters = Counters.start() if job.counters else Counters()
    try:
        idle = usage(workload.helpers)
        pool_s = time.monotonic()
        executor.start()
        startup_s = time.monotonic() - pool_s
        starting = usage(workload.helpers) - idle
        gils = executor.warm(job.warmup_s)
        events.send(
            "started",
            startup_s=startup_s,
            start_method=executor.start_method,
            worker_pids=sorted({pid for pid, _ in executor.seats if pid > 0}),
        )
        before = usage(workload.helpers)
        counters.enable()
        start_s = time.monotonic()
        records = executor.run(tasks, events.progress)
        end_s = time.monotonic()
        counters.disable()
        working = usage(workload.helpers) - before
        peak = peak_pss_bytes(workload.helpers, guardian=os.getppid())
        figures = {**executor.figures(), **workload.figures()}
        counted = counters.take()
        executor.close()
    except BaseException:
        executor.abort()
        raise
    return TrialResult(
        wall_s=end_s - start_s,
        startup_s=startup_s,
        cpu_s=starting.cpu_s + working.cpu_s,
        throughput_per_s=tasks / (end_s - start_s),
        latency_s=latencies(records),
        workers=tuple(worker_results(executor.seats, gils, records)),
        peak_pss_bytes=peak,
        context_switches={"voluntary": working.voluntary, "involuntary": working.involuntary},
        work_start_s=start_s,
        work_end_s=end_s,
        checksums=tuple(record[4] for record in records) if job.deterministic else (),
        setup_s=pool_s - begun_s,
        figures=figures,
        counters=counted,
        counters_why=counters.why,
        gil_enabled_by=next((gil for gil in gils if isinstance(gil, str)), ""),
        notes=(*workload.notes, *executor.notes),
    )


def latencies(records: Sequence[Record]) -> Dict[str, float]:
    """Percentiles (nearest rank) of the tasks' own times, in seconds."""
    ordered = sorted(end_ns - start_ns for _, start_ns, end_ns, _, _ in records)
    last = len(ordered) - 1
    return {name: ordered[round(last * share)] * NS for name, share in PERCENTILES.items()}


def worker_results(
    seats: Sequence[Tuple[int, int]], gils: Sequence[Gil], records: Sequence[Record]
) -> List[WorkerResult]:
    """What each worker did, by seat; one that got no task is there too."""
    tasks, busy_ns, cpu_ns = ([0] * len(seats) for _ in range(3))
    for seat, start_ns, end_ns, task_cpu_ns, _ in records:
        tasks[seat] += 1
        busy_ns[seat] += end_ns - start_ns
        cpu_ns[seat] += task_cpu_ns
    return [
        WorkerResult(seat, pid, tid, tasks[seat], busy_ns[seat] * NS, cpu_ns[seat] * NS, bool(gils[seat]))
        for seat, (pid, tid) in enumerate(seats)
    ]


def python_facts() -> PythonFacts:
    """What this interpreter is, and whether it has a GIL now."""
    version = ".".join(str(number) for number in sys.version_info[:3])
    level = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(sys.version_info.releaselevel)
    return PythonFacts(
        implementation=sys.implementation.name,
        version="%s%s%d" % (version, level, sys.version_info.serial) if level else version,
        executable=sys.executable,
        free_threaded="t" in getattr(sys, "abiflags", ""),
        gil_enabled=bool(gil_enabled()),
        jit=_jit_enabled(),
    )


def _jit_enabled() -> Optional[bool]:
    """None for a build without one; CPython tells from 3.14 on."""
    if sys.implementation.name == "pypy":
        built = getattr(sys, "pypy_translation_info", {}).get("translation.jit")
        return not os.environ.get("PYPY_DISABLE_JIT") if built else None
    jit = getattr(sys, "_jit", None)
    return bool(jit.is_enabled()) if jit and jit.is_available() else None
