"""An engine that plays a recorded sweep back: no clock, no children, no /proc."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gil_tui.bench.spec import Experiment, Knob, PythonFacts, TrialResult
from gil_tui.history import History
from gil_tui.lab.auditing import OnEvent as OnAuditEvent
from gil_tui.lab.availability import Availability
from gil_tui.lab.events import (
    Calibrating,
    LabEvent,
    Progressed,
    RunEnded,
    SweepEnded,
    SweepStarted,
    TrialEnded,
    TrialStarted,
    Watched,
)
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.records import Host, Run, Sweep, Trial
from gil_tui.tui.engine import Engine, Executor, Known, OnEvent, Selection, Workload
from gil_tui.tui.settings import Settings
from gil_tui.tui.watch_engine import WatchEngine
from gil_tui.verdict.audit_model import Audit, Fill
from gil_tui.verdict.model import Advice, Evidence, Verdict
from gil_tui.verdict.statistics import Interval
from gil_tui.watch.cores import EffectiveCpus, HostCpu
from gil_tui.watch.frames import CpuFrame, Frame, GilFrame, ObserverFrame, ThreadFrame

PYTHON = "/usr/bin/python3.11"
PYTHON_T = "/opt/python3.13t/bin/python3.13t"
HOST = Host("web-01", "Linux 6.1", "x86_64", 8, 2.0, "quota", 8_600_000_000)
FACTS = PythonFacts("CPython", "3.11.7", PYTHON, False, True)
VERSIONS = {
    PYTHON_T: PythonFacts("CPython", "3.13.15", PYTHON_T, True, False),
    "/usr/bin/python3.13": PythonFacts("CPython", "3.13.0", "/usr/bin/python3.13", False, True),
}
"""Facts of interpreters other than the default one."""
CREATED = "2026-03-01T14:02:00+00:00"

GIL_VERDICT = Verdict(
    "gil",
    0.99,
    "GIL-bound: 4 threads do the work of 1.02. Use 2 processes: 1.91x.",
    (
        Evidence("GIL held", 0.99, "share", "4,100 reads of the GIL", 0.98, 1.0),
        Evidence("threads that wait", 2.8, "threads", "condition variable of the GIL"),
        Evidence("threads x4 speed-up", 1.02, "x", "against sequential, 6 trials", 1.0, 1.04),
    ),
    (Advice("use 2 processes", 1.91, "+24 MB, 61 ms start"), Advice("use a free-threaded build", 1.8)),
    ("A task that spends most of its time in C code that releases the GIL.",),
)
SCALES_VERDICT = Verdict("scales", 0.97, "Scales: 2 processes do the work of 1.91.", (), (), ())

WALLS_S = {
    "sequential": {1: 0.84},
    "threads": {1: 0.84, 2: 0.85, 4: 0.86, 8: 0.88},
    "processes": {1: 0.86, 2: 0.44, 4: 0.43, 8: 0.44},
    "asyncio": {1: 0.85, 2: 0.85, 4: 0.86, 8: 0.85},
}


def result(wall_s: float) -> TrialResult:
    return TrialResult(
        wall_s=wall_s,
        startup_s=0.012,
        cpu_s=wall_s * 1.02,
        throughput_per_s=40 / wall_s,
        latency_s={"p50": 0.02, "p95": 0.021, "p99": 0.022, "max": 0.025},
        workers=(),
        peak_pss_bytes=24_000_000,
        context_switches={"voluntary": 10, "involuntary": 3},
        work_start_s=0.0,
        work_end_s=wall_s,
    )


def run_of(
    executor: str, workers: int, trials: int = 0, *, interpreter: str = PYTHON, workload: str = "countdown"
) -> Run:
    """A run with so many trials that spread by 1 %."""
    wall_s = WALLS_S[executor][workers]
    path, *switched = interpreter.split("+")
    walls = [wall_s * (1 + 0.01 * ((number % 3) - 1)) for number in range(trials)]
    return Run(
        Experiment(
            workload,
            executor,
            workers,
            path,
            size=100_000,
            tasks=40,
            gil={"gil": True, "nogil": False}.get("".join(switched)),
        ),
        HOST,
        CREATED,
        "sweep-1",
        version="0.1.0",
        python=VERSIONS.get(path, replace(FACTS, executable=path)),
        trials=tuple(Trial(number, result(wall)) for number, wall in enumerate(walls, 1)),
    )


def ended(run: Run) -> Run:
    """The same run with its intervals and its verdict."""
    speedup = WALLS_S["sequential"][1] / WALLS_S[run.experiment.executor][run.experiment.workers]
    wall_s = WALLS_S[run.experiment.executor][run.experiment.workers]
    is_bound = run.experiment.executor == "threads" and run.experiment.workers > 1
    return replace(
        run,
        status="done",
        wall_s=Interval(wall_s, wall_s * 0.99, wall_s * 1.01),
        speedup=Interval(speedup, speedup * 0.98, speedup * 1.02),
        verdict=GIL_VERDICT if is_bound else SCALES_VERDICT,
    )


def gil_frame(held: float, waiting: float) -> GilFrame:
    return GilFrame(41, 0, True, held=held, waiting=waiting, switches_per_s=178.0, samples=100)


def frame_of(experiment: Experiment, index: int) -> Frame:
    """What the watcher would see of the experiment: threads share one GIL, processes do not."""
    start_s = index * 0.25
    if experiment.executor == "threads":
        count = experiment.workers
        each = 0.98 / count
        threads = tuple(
            ThreadFrame(41, 42 + number, "", {"cpu": each, "gil": 0.98 - each, "idle": 0.02}, "gil")
            for number in range(count)
        )
        gils: tuple[GilFrame, ...] = (gil_frame(0.99, count - 1.2 if count > 1 else 0.0),)
    else:
        count = experiment.workers
        on_cpu = min(1.0, 2 / count) * 0.97
        threads = tuple(
            ThreadFrame(
                50 + number, 50 + number, "", {"cpu": on_cpu, "run_queue": 0.97 - on_cpu, "idle": 0.03}, "cpu"
            )
            for number in range(count)
        )
        gils = tuple(gil_frame(on_cpu, 0.0) for _ in range(count))
    return Frame(
        start_s,
        start_s + 0.25,
        gils,
        threads,
        (),
        CpuFrame((0.98, 0.11), 2.0, "quota", 1.0, 0.0, 0.0, 0.0),
        ObserverFrame(0.013, 100.0, 50.0, 0),
    )


def sweep_events(selection: Selection, rounds: int = 2) -> list[LabEvent]:
    """Everything that a sweep of this selection reports, in order."""
    runs = [
        run_of(executor.partition(":")[0], count, interpreter=path, workload=workload)
        for workload in selection.workloads
        for path in selection.interpreters
        for executor, counts in (
            ("sequential", (1,)),
            *((name, selection.workers) for name in selection.executors),
        )
        for count in counts
    ]
    events: list[LabEvent] = [SweepStarted("sweep-1", tuple(runs))]
    events += [
        Calibrating(workload, path) for workload in selection.workloads for path in selection.interpreters
    ]
    steps = rounds * len(runs)
    for number in range(1, rounds + 1):
        for index, run in enumerate(runs):
            experiment = run.experiment
            events.append(TrialStarted(experiment, number))
            events += [Watched(frame_of(experiment, step)) for step in range(3)]
            measured = run_of(
                experiment.executor,
                experiment.workers,
                number,
                interpreter=experiment.interpreter_key,
                workload=experiment.workload,
            )
            events.append(TrialEnded(measured, measured.trials[-1]))
            done = (number - 1) * len(runs) + index + 1
            events.append(Progressed(done / steps, (steps - done) * 0.4))
            if number == rounds:
                runs[index] = ended(measured)
                events.append(RunEnded(runs[index]))
    events.append(SweepEnded(Sweep("sweep-1", HOST, tuple(runs), GIL_VERDICT), interrupted=False))
    return events


@dataclass
class Player:
    """Plays events back one by one; `hold` keeps it after so many until `go` is set."""

    make_events: Callable[[Selection], Iterable[LabEvent]] = sweep_events
    every_s: float = 0.0
    hold: int | None = None
    go: asyncio.Event = field(default_factory=asyncio.Event)
    selections: list[Selection] = field(default_factory=list)
    cancelled: bool = False
    closed: bool = False

    async def prepare(self, on_event: OnEvent) -> None:
        """Nothing has to be started."""

    async def close(self) -> None:
        self.closed = True

    async def audit(
        self, audit: Audit, fills: Sequence[Fill], on_event: OnAuditEvent, history: History
    ) -> Audit:
        """Nothing is measured: tests of the Audit replace it."""
        return audit

    async def conduct(self, selection: Selection, on_event: OnEvent, history: History) -> Sweep:
        self.selections.append(selection)
        runs: tuple[Run, ...] = ()
        try:
            for index, event in enumerate(self.make_events(selection)):
                if index == self.hold:
                    await self.go.wait()
                if isinstance(event, SweepStarted):
                    runs = event.runs
                if isinstance(event, RunEnded):
                    event = RunEnded(event.run.with_id(history.add_run(event.run)))
                on_event(event)
                await asyncio.sleep(self.every_s)
        except asyncio.CancelledError:
            self.cancelled = True
            on_event(SweepEnded(Sweep("sweep-1", HOST, runs), interrupted=True))
            raise
        return Sweep("sweep-1", HOST, runs)


WORKLOADS = (
    Workload(
        "countdown",
        "Pure Python: it holds the GIL all the time, so threads do not make it faster.",
        "cpu",
        "decrements",
    ),
    Workload("primes", "Pure Python with small lists.", "cpu", "numbers tested"),
    Workload("sha256", "Native code that releases the GIL: threads make it faster.", "native", "blocks"),
    Workload(
        "numpy_matmul",
        "Matrix products in BLAS: it releases the GIL, and has threads of its own.",
        "native",
        "products",
        (Knob("blas_threads", 1, "", "how many threads BLAS may use"),),
    ),
    *(
        Workload(f"loop_{name}", f"The same loop in {name}.", "extension", "iterations")
        for name in ("python", "numpy", "pydll", "cdll", "cython", "nogil")
    ),
    Workload(
        "sleep",
        "Pure waiting: any executor makes it faster.",
        "io",
        "sleeps",
        (Knob("duration_ms", 20.0, "ms", "how long one sleep lasts"),),
    ),
    Workload("http", "Requests to a local server: waiting, with some Python between.", "io", "requests"),
    Workload(
        "lock_contended",
        "One lock for all.",
        "locks",
        "rounds",
        (
            Knob("share", 0.5, "", "part of the work in the critical section"),
            Knob("fair", False, "", "whether the lock is handed over in order"),
        ),
    ),
    Workload("web", "A request: parse, wait, render.", "mixed", "requests"),
)
EXECUTORS = tuple(
    Executor(name, means)
    for name, means in (
        ("threads", "a pool of threads; pure Python takes turns at the GIL"),
        ("processes", "a pool of processes; each has its own GIL"),
        ("processes:fork", "processes that are copies"),
        ("processes:spawn", "processes that start from nothing"),
        ("processes:forkserver", "processes copied from a clean server"),
        ("interpreters", "an interpreter and a GIL for each thread"),
        ("asyncio", "one thread and an event loop"),
        ("asyncio+threads", "an event loop that hands tasks to threads"),
        ("dask", "workers of a Dask cluster"),
        ("loky", "joblib's pool of processes"),
    )
)
OWN = Workload("", "Your own code, imported in the experiment's process only.", "yours", "calls")
NUMPY = Availability("needs numpy", "/usr/bin/python3.11 -m pip install numpy")
NEWER = Availability("needs Python 3.14 or newer", "uv python install 3.14")


def everything_but_numpy(
    workloads: Sequence[str], executors: Sequence[str], interpreters: Sequence[Interpreter]
) -> Known:
    """No interpreter has numpy, and none is new enough for subinterpreters."""
    found = {(name, one.key): Availability() for name in (*workloads, *executors) for one in interpreters}
    for one in interpreters:
        found[("numpy_matmul", one.key)] = NUMPY
        found[("interpreters", one.key)] = NEWER
    return found


def check(workloads: Sequence[str], settings: Settings) -> str:
    """Sizes are whole numbers; nothing else is looked at."""
    for name, text in settings:
        if name == "size" and not text.isdecimal():
            return f"size takes a whole number, not {text!r}"
    return ""


def judge(runs: Sequence[Run]) -> Sweep:
    """Everything scales."""
    return Sweep("sweep-1", HOST, tuple(runs), SCALES_VERDICT, best={"executor": "processes", "workers": 2})


def bounds(runs: Sequence[Run], cpus: float, executors: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Threads stay at one, all else grows to the cores."""
    return tuple(bound_of(executor, cpus) for executor in executors)


def bound_of(executor: str, cpus: float) -> dict[str, Any]:
    """The bound of one executor as a sweep has it."""
    counts = range(1, max(8, round(cpus)) + 1)
    curve = [[count, 1.0 if executor == "threads" else min(float(count), cpus)] for count in counts]
    about = {"workload": "countdown", "python": "CPython 3.11.7", "executor": executor}
    return {**about, "model": "bound", "curve": curve, "refused": None}


def following(runs: Sequence[Run], best: Mapping[str, Any]) -> Selection | None:
    """Only the counts that are asked for."""
    counts = tuple(best["next_workers"])
    return Selection(("countdown",), (str(best["executor"]),), counts, (PYTHON,), (("size", "1000"),))


def fake_engine(
    player: Player | None = None,
    *,
    history: Callable[[], History] = History.in_memory,
    interpreters: Sequence[Interpreter] = (
        Interpreter(PYTHON, "cpython", "3.11.7", False, "3.11", "running"),
        Interpreter("/usr/bin/python3.13", "cpython", "3.13.0", False, "3.13", "path"),
        Interpreter(PYTHON_T, "cpython", "3.13.15", True, "3.13t", "opt"),
    ),
    busy: tuple[float, ...] = (0.98, 0.11),
    cpus: EffectiveCpus | None = None,
    watching: Callable[[], WatchEngine] | None = None,
) -> Engine:
    """An engine for tests: `busy` is what every look at the cores sees."""
    player = player or Player()

    async def conduct(selection: Selection, on_event: OnEvent, store: History) -> Sweep:
        return await player.conduct(selection, on_event, store)

    return Engine(
        workloads=lambda: WORKLOADS,
        executors=lambda: EXECUTORS,
        own=lambda: OWN,
        catalogue=lambda: (WORKLOADS, EXECUTORS),
        availability=everything_but_numpy,
        check=check,
        judge=judge,
        bounds=bounds,
        following=following,
        running_interpreter=lambda: interpreters[0],
        find_interpreters=lambda: interpreters,
        conduct=conduct,
        cores=lambda: HostCpu(busy, sum(busy), 0.0),
        effective_cpus=lambda: cpus or EffectiveCpus(2.0, 8, "quota"),
        open_history=history,
        load=lambda: 0.4,
        host_name="web-01",
        watching=watching or WatchEngine,
        auditing=player.audit,
        prepare=player.prepare,
        close=player.close,
    )
