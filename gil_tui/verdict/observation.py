"""What the watch saw, as numbers: one subject (a process or a tree) over one stretch of time."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

QUIET = 0.05
"""Mean threads below which a tax is noise and counts as 0."""


@dataclass(frozen=True, slots=True)
class Place:
    """A function with its file and line; `line` is 0 where it is not known."""

    function: str
    file: str
    line: int = 0

    @property
    def short(self) -> str:
        """As written in a sentence, such as `render` in views.py."""
        return f"`{self.function}` in {self.file.rsplit('/', 1)[-1]}" if self.file else f"`{self.function}`"


@dataclass(frozen=True, slots=True)
class HotFunction:
    """Where time goes: `share` of the samples with the GIL held (`holds_gil`), else of those without it."""

    function: str
    file: str
    line: int
    holds_gil: bool
    share: float

    @property
    def place(self) -> Place:
        """The function alone."""
        return Place(self.function, self.file, self.line)

    def to_json(self) -> dict[str, Any]:
        """As the `hot` entry of the JSON contract."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "HotFunction":
        """The inverse of `to_json`."""
        return cls(**document)


@dataclass(frozen=True, slots=True)
class LockGroup:
    """Threads that waited for the lock at `address`: how many did, most at once, and mean waiting."""

    pid: int
    address: int
    members: int
    most_waiting: int
    waiting: float


@dataclass(frozen=True, slots=True)
class ThreadSeen:
    """One thread: shares of its own time by state, `io` being network + disk + sleep.

    `holder_share` is its share of the samples with the GIL held, None where holders are not known.
    """

    pid: int
    tid: int
    name: str
    seen_s: float
    cpu: float
    run_queue: float
    gil: float
    lock: float
    io: float
    idle: float
    holder_share: float | None = None
    schedules_per_s: float = 0.0
    counted_only: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSeen:
    """One process of the tree as it was last seen."""

    pid: int
    parent_pid: int
    command: str
    python: str | None
    cpu_share: float
    rss_bytes: int
    pss_bytes: int | None
    threads: int


@dataclass(frozen=True, slots=True)
class Observation:
    """Sums over `seconds`: `cpu` to `unknown` are mean numbers of threads in that state.

    `unknown` are threads whose waits could not be told apart. `held`, `contended` (share of samples with
    somebody waiting), `waiting_counts` (at position k the samples that saw k threads waiting) and
    `held_off_cpu` (share of time in which the GIL was held, at least, by a thread neither on a CPU nor in the
    run queue) are of the busiest GIL, `waiting` and `held_sum` of all GILs together; None with the reason in
    `held_why`. `busiest_cpu` is the CPU share of the busiest thread
    (`busiest_running` with its time in the run queue), `victims` the threads of its process that need
    little CPU and wait for the GIL, `victims_gil` their mean share of it. `others_used` are CPUs of the
    host in use by other programs, `throttled_share` is of the quota's periods. `parts_sum_error` is how
    far a thread's parts are from adding up to 1.
    """

    seconds: float = 0.0
    samples: int = 0
    python: str = ""
    free_threaded: bool = False
    gil_enabled: bool | None = None
    processes: int = 1
    process_bytes: int | None = None

    cpu: float = 0.0
    run_queue: float = 0.0
    gil: float = 0.0
    lock: float = 0.0
    network: float = 0.0
    disk: float = 0.0
    sleep: float = 0.0
    idle: float = 0.0
    unknown: float = 0.0
    parts_sum_error: float = 0.0

    held: float | None = None
    held_why: str = ""
    held_sum: float | None = None
    held_off_cpu: float | None = None
    waiting: float | None = None
    contended: float | None = None
    waiting_counts: tuple[int, ...] = ()
    busy_gils: int = 0
    switches_per_s: float | None = None
    gil_rate_hz: float | None = None

    busiest_cpu: float = 0.0
    busiest_running: float = 0.0
    busiest_name: str = ""
    victims: float = 0.0
    victims_gil: float = 0.0
    schedules_per_s: float = 0.0
    locks: tuple[LockGroup, ...] = ()

    cpus_effective: float = 1.0
    cpus_limited_by: str = ""
    cores_used: float | None = None
    others_used: float | None = None
    throttled_share: float | None = None
    steal_share: float | None = None

    hot: tuple[HotFunction, ...] = ()
    threads: tuple[ThreadSeen, ...] = ()
    members: tuple[ProcessSeen, ...] = ()
    observer_cpu_share: float | None = None
    ended: bool = False
    why: str = ""

    @property
    def io(self) -> float:
        """Threads that wait for network, disk or sleep."""
        return self.network + self.disk + self.sleep

    @property
    def gil_waiting(self) -> float:
        """Threads that wait for the GIL, from the lanes; from the gauge where lanes are missing."""
        if self.unknown > QUIET and self.waiting is not None:
            return max(self.gil, self.waiting)
        return self.gil

    @property
    def wanting(self) -> float:
        """Threads that would compute if they could: on CPU, in the run queue or waiting for the GIL."""
        return self.cpu + self.run_queue + self.gil_waiting

    @property
    def active(self) -> float:
        """Threads that are not idle."""
        return self.wanting + self.lock + self.io

    @property
    def count(self) -> float:
        """All threads."""
        return self.cpu + self.run_queue + self.gil + self.lock + self.io + self.idle + self.unknown

    @property
    def gil_tax(self) -> float:
        """Share of the time of threads that want to compute which is lost to the GIL (GIL wait share)."""
        return _tax(self.gil_waiting, self.wanting)

    @property
    def run_queue_tax(self) -> float:
        """Share of the time of threads that have the GIL or need none which is lost to full CPUs."""
        return _tax(self.run_queue, self.cpu + self.run_queue)

    @property
    def lock_tax(self) -> float:
        """Share of thread time, I/O left out, which is lost to application locks."""
        return _tax(self.lock, self.wanting + self.lock)

    @property
    def cpu_fill(self) -> float:
        """Share of the effective CPUs that is used."""
        return self.cpu / max(self.cpus_effective, 0.01)

    @property
    def hottest(self) -> HotFunction | None:
        """The function that holds the GIL most, None if not known."""
        return hottest(self.hot)


def hottest(functions: Iterable[HotFunction]) -> HotFunction | None:
    """The function with the largest share among those that hold the GIL."""
    holding = [function for function in functions if function.holds_gil]
    return max(holding, key=lambda function: function.share) if holding else None


def _tax(lost: float, total: float) -> float:
    return lost / total if total > QUIET else 0.0
