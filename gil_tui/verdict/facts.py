"""One run of the Lab as plain facts: what was run, what was measured, what was watched."""

from dataclasses import dataclass

from gil_tui.verdict.observation import Observation
from gil_tui.verdict.statistics import Interval

PROCESS_LIKE = ("processes", "interpreters", "loky", "dask")
"""Executors that hand work over by copying it, and whose start-up is not free."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Medians over the trials that finished, unless said otherwise; None where nothing was measured.

    `label` names executor and workers, such as `threads x4`. `work` tells apart what may be compared:
    equal for runs of the same workload, size, tasks and interpreter; `units` is how much of it one trial
    does (size x tasks), to compare interpreters. `marked` trials were disturbed, `mark` says how.
    `startup_s` is what the pool took to come up, `cores_used` the CPU time of the workers in each second
    of work, `task_s` one task's own time, `peak_bytes` the memory of the whole tree. `speedup` is against
    the sequential run of the same work, or the run that `against` names. `walls_s` and `peaks_bytes` are of
    each trial. `handover_s` is what handing one small task over takes, `lock_s` how long a task holds a
    lock that all workers need, where the workload says so; `available_bytes` the memory that
    was free for the sweep. Workloads of one `family` whose sizes have the same `unit` may be compared.
    """

    executor: str
    workers: int
    label: str
    workload: str = ""
    work: str = ""
    units: float | None = None
    python: str = ""
    free_threaded: bool = False
    gil_enabled: bool | None = None
    cpus_effective: float = 1.0
    status: str = "done"
    failure: str = ""
    trials: int = 0
    marked: int = 0
    mark: str = ""
    wall_s: Interval | None = None
    speedup: Interval | None = None
    against: str = "sequential"
    startup_s: float | None = None
    cores_used: float | None = None
    tasks: int | None = None
    task_s: float | None = None
    peak_bytes: int | None = None
    observation: Observation | None = None
    watch_why: str = ""
    walls_s: tuple[float, ...] = ()
    peaks_bytes: tuple[int, ...] = ()
    handover_s: float | None = None
    lock_s: float | None = None
    available_bytes: int | None = None
    family: str = ""
    unit: str = ""

    @property
    def failed(self) -> bool:
        """It ended without a result, or with a failure that makes its result worthless."""
        return self.status in ("failed", "timeout") or self.wall_s is None

    @property
    def finished(self) -> bool:
        """No further trial will come."""
        return self.status not in ("running", "interrupted")

    @property
    def spread(self) -> str:
        """How tasks are spread, without the number of workers, such as `threads` or `processes:spawn`."""
        return self.label.rsplit(" x", 1)[0]

    @property
    def rate(self) -> float | None:
        """Units of work a second, None where it is not known."""
        return self.units / self.wall_s.median if self.units and self.wall_s and self.wall_s.median else None

    @property
    def is_baseline(self) -> bool:
        """The run that the others are held against."""
        return self.executor == "sequential"

    @property
    def computing(self) -> float | None:
        """Mean CPUs in use during the work: as watched, else from the workers' own CPU time."""
        return self.observation.cpu if self.observation else self.cores_used
