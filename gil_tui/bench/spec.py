"""The contract between the application and the bench child.

The application writes one `Job` as a JSON line on the child's standard input; the child answers with
JSON lines on the pipe `Job.events_fd`. Both sides import this module: the application as
`gil_tui.bench.spec`, the child as `gil_tui_bench.spec` under any interpreter from Python 3.8 on.

Events, in order, each a JSON object with `event`, the job's `token` and `t_s` (CLOCK_MONOTONIC, seconds,
shared by all processes of the host):

=============  ==========================================================================================
`hello`        `pid` of the experiment process, `python` (see `PythonFacts`)
`calibrated`   `size`, `tasks`, `task_s`, `deterministic`, `call_s` of a unit of size (best of `call_repeats`)
`started`      (job `trial`) pool up and warm, the work begins: `startup_s`, `start_method`, `worker_pids`
`progress`     `done`, `total` tasks; a few a second at most
`finished`     (job `trial`) a `TrialResult`; its `t_s` is stamped after the work, its end is `work_end_s`
`handed_over`  (job `handover`) `handover_s`: seconds a task by bytes of its argument: {"0": 3e-5, ...}
`failed`       `kind` (one of `FAILURES`), `message` (one line), `traceback` (may be empty)
=============  ==========================================================================================

The last event is `calibrated`, `finished`, `handed_over` or `failed`. A child that ends without one crashed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING or not __name__.startswith("gil_tui_bench"):
    from dataclasses import asdict, dataclass, field
    from typing import Any, Dict, Mapping, Optional, Tuple, Union

    KnobValue = Union[bool, int, float, str]
else:  # the child: importing dataclasses and typing would cost as much as all else that it does
    from .plain import asdict, dataclass, field

EXECUTORS = (
    "sequential",
    "threads",
    "processes",
    "interpreters",
    "asyncio",
    "asyncio+threads",
    "dask",
    "loky",
)
START_METHODS = ("fork", "spawn", "forkserver")

TASK_TARGET_S = 0.020
"""Calibration aims at tasks of this length."""
TRIAL_TARGET_S = 0.100
"""A trial lasts at least this long."""
TASKS_PER_WORKER = 10
HANDOVER_BYTES = (0, 1_000, 1_000_000)
"""Sizes of a task's argument for which the hand-over is measured."""

FAILURES = {
    "usage": "the job cannot be run as asked",
    "import": "the module or file cannot be imported",
    "missing": "the function is not there",
    "raised": "the function raised",
    "worker": "a worker process ended by itself",
    "workload": "the workload could not be set up",
    "unavailable": "this interpreter lacks what it takes",
    "internal": "the bench itself failed",
}


@dataclass(frozen=True)
class Knob:
    """One setting of a workload: `name`, `default`, `unit` and what it does."""

    name: str
    default: KnobValue
    unit: str
    help: str


@dataclass(frozen=True)
class Experiment:
    """What is run: workload x size x tasks x executor x workers x interpreter.

    `workload` is a built-in name or `package.module:function` or `path/file.py:function`.
    `interpreter` is the path of an executable. `size` and `tasks` of None are calibrated.
    `start_method` of None is the interpreter's own default (processes only). `gil` and `jit` switch what
    the interpreter lets one switch (PYTHON_GIL, PYTHON_JIT), None leaves it as it is. `cluster` is the
    address of a Dask scheduler; None has one started here.
    """

    workload: str
    executor: str
    workers: int = 1
    interpreter: str = ""
    size: Optional[int] = None
    tasks: Optional[int] = None
    start_method: Optional[str] = None
    switch_interval_s: Optional[float] = None
    knobs: Tuple[Tuple[str, KnobValue], ...] = ()
    gil: Optional[bool] = None
    jit: Optional[bool] = None
    cluster: Optional[str] = None

    def to_json(self) -> Dict[str, Any]:
        """As a JSON object; `knobs` becomes an object."""
        document = asdict(self)
        document["knobs"] = dict(self.knobs)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Experiment":
        """The inverse of `to_json`; unknown keys are ignored."""
        known = _known(cls, document)
        known["knobs"] = tuple(sorted(dict(known.get("knobs") or {}).items()))
        return cls(**known)

    @property
    def label(self) -> str:
        """Short name of executor and workers: `threads x4`, `processes:spawn x2`, `threads@0.5ms x4`."""
        if self.executor == "sequential":
            return "sequential"
        method = ":" + self.start_method if self.start_method else ""
        interval_s = self.switch_interval_s
        interval = "@%gms" % (interval_s * 1000) if interval_s is not None else ""
        return "%s%s%s x%d" % (self.executor, method, interval, self.workers)

    @property
    def interpreter_key(self) -> str:
        """The interpreter with what is switched in it: `/usr/bin/python3.13t+gil`, `...+nojit`."""
        return self.interpreter + switches(self.gil, self.jit)


def switches(gil: Optional[bool], jit: Optional[bool]) -> str:
    """What is switched, as it stands behind an interpreter: ``, `+gil`, `+nogil`, `+jit`, `+nogil+nojit`."""
    names = (("gil", gil), ("jit", jit))
    return "".join("+%s%s" % ("" if on else "no", name) for name, on in names if on is not None)


@dataclass(frozen=True)
class Job:
    """One order to the child: `kind` is `calibrate`, `trial` or `handover`.

    `max_workers` (calibrate) is the largest worker count of the sweep: every worker is to get
    `TASKS_PER_WORKER` tasks. `warmup_s` is the least warm-up of each worker; one task at least is run.
    `events_fd` is the pipe for events, `switch_fd` the read end of the pipe whose closing ends the child.
    `deterministic` (trial) is what calibration found: when False no checksums are sent. `counters` (trial)
    asks for the kernel's counters of the work. `plugins` maps names of workloads and executors that others
    provide to `module:Class`, found in `plugin_folders` where the interpreter does not have them itself.
    `token` stands in every event of this job: the function has the pipe too, and may write into it.
    """

    kind: str
    experiment: Experiment
    events_fd: int
    switch_fd: int
    max_workers: int = 1
    warmup_s: float = 0.0
    directory: str = "."
    deterministic: bool = True
    counters: bool = False
    plugins: Mapping[str, str] = field(default_factory=dict)
    plugin_folders: Tuple[str, ...] = ()
    token: str = ""

    def to_json(self) -> Dict[str, Any]:
        """As a JSON object."""
        document = asdict(self)
        document["experiment"] = self.experiment.to_json()
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Job":
        """The inverse of `to_json`; unknown keys are ignored."""
        known = _known(cls, document)
        known["experiment"] = Experiment.from_json(known["experiment"])
        known["plugin_folders"] = tuple(known.get("plugin_folders") or ())
        return cls(**known)


@dataclass(frozen=True)
class PythonFacts:
    """The interpreter that runs the experiment; `gil_enabled` is what is true at run time."""

    implementation: str
    version: str
    executable: str
    free_threaded: bool
    gil_enabled: bool
    jit: Optional[bool] = None

    def to_json(self) -> Dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "PythonFacts":
        """The inverse of `to_json`; unknown keys are ignored."""
        return cls(**_known(cls, document))


@dataclass(frozen=True)
class WorkerResult:
    """One worker of a trial; `cpu_s` is its thread's (threads) or process's CPU time in the work."""

    worker: int
    pid: int
    tid: int
    tasks: int
    busy_s: float
    cpu_s: float
    gil_enabled: bool = True


@dataclass(frozen=True)
class TrialResult:
    """What one fresh process measured of one repetition.

    `wall_s` runs from the hand-over of the first task to the last result, the pool being up and warm;
    `startup_s` is what the pool took to come up. `cpu_s` is the CPU time of the whole tree, start of
    the pool included, servers of the workload excluded. `latency_s` is a task's own time, from its
    start in the worker to its end, as p50, p95, p99, max. `peak_pss_bytes` is the tree's PSS with the
    pool still up, plus what its members had given back since their own peak; None where the kernel
    does not tell. `checksums` are the tasks' in order, empty when the function is not deterministic.
    `setup_s` went before `startup_s`: importing the function's module and the executor's library, and
    setting up what the workload needs. `figures` is what the workload measured besides, units in the names.
    `counters` is what the kernel counted of the work (perf stat), None with the reason in `counters_why`.
    `gil_enabled_by` names the module whose import switched the GIL back on. `notes` are for the reader.
    """

    wall_s: float
    startup_s: float
    cpu_s: float
    throughput_per_s: float
    latency_s: Mapping[str, float]
    workers: Tuple[WorkerResult, ...]
    peak_pss_bytes: Optional[int]
    context_switches: Mapping[str, int]
    work_start_s: float
    work_end_s: float
    checksums: Tuple[int, ...] = ()
    setup_s: float = 0.0
    figures: Mapping[str, float] = field(default_factory=dict)
    counters: Optional[Mapping[str, float]] = None
    counters_why: str = ""
    gil_enabled_by: str = ""
    notes: Tuple[str, ...] = ()

    def to_json(self) -> Dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "TrialResult":
        """The inverse of `to_json`; unknown keys are ignored."""
        known = _known(cls, document)
        known["workers"] = tuple(WorkerResult(**_known(WorkerResult, w)) for w in known["workers"])
        known["checksums"] = tuple(known.get("checksums") or ())
        known["notes"] = tuple(known.get("notes") or ())
        return cls(**known)


def _known(cls: Any, document: Mapping[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in document.items() if name in cls.__annotations__}
