"""What the watcher process streams: frames, a few a second, each what was seen since the one before.

All shares are of wall time, from 0 to 1. A value that could not be measured is None, its reason beside
it in `why`. Frames travel as JSON lines from `python -m gil_tui.watch` to the screen and the commands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STATES = ("cpu", "run_queue", "gil", "lock", "network", "disk", "sleep", "idle")
"""States of a thread, in the order in which they are drawn; `io` is network + disk + sleep."""


@dataclass(frozen=True, slots=True)
class GilFrame:
    """One GIL over the frame: `held` share, mean `waiting` threads and their distribution.

    `waiting_counts[k]` is the number of samples that saw k threads waiting. `holders` maps a thread id
    to its share of the samples with the GIL held. `enabled` is False on a free-threaded interpreter
    that runs without it. `interpreter` is 0 for the main interpreter.
    """

    pid: int
    interpreter: int
    available: bool
    why: str = ""
    enabled: bool | None = None
    held: float | None = None
    waiting: float | None = None
    waiting_counts: tuple[int, ...] = ()
    switches_per_s: float | None = None
    samples: int = 0
    holders: Mapping[int, float] | None = None


@dataclass(frozen=True, slots=True)
class ThreadFrame:
    """One thread over the frame: shares of wall time by state (`STATES`), adding up to 1.

    `now` is the state last seen. `lock` is the address of the lock most waited for, None if none.
    `counted_only` says that only CPU and run queue could be had.
    """

    pid: int
    tid: int
    name: str
    shares: Mapping[str, float]
    now: str
    lock: int | None = None
    counted_only: bool = False
    schedules_per_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ProcessFrame:
    """One process of the tree: `python` such as `CPython 3.13.2`, None if it is not one."""

    pid: int
    parent_pid: int
    command: str
    python: str | None
    free_threaded: bool | None
    cpu_share: float
    rss_bytes: int
    pss_bytes: int | None
    threads: int


@dataclass(frozen=True, slots=True)
class CpuFrame:
    """The host's cores (`busy` share each) and what this subject may use and got."""

    busy: tuple[float, ...]
    cores_effective: float
    limited_by: str
    cores_used: float
    steal_share: float | None
    throttled_share: float | None
    pressure_share: float | None


@dataclass(frozen=True, slots=True)
class ObserverFrame:
    """The instrument on itself: own CPU in cores, achieved rates, samples that failed."""

    cpu_share: float
    gil_rate_hz: float
    lane_rate_hz: float
    failed_samples: int


def _plain(item: Any) -> dict[str, Any]:
    """One level of a dataclass: `asdict` copies deeply, which costs ten times as much for 500 threads."""
    return {name: getattr(item, name) for name in item.__slots__}


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything seen from `start_s` to `end_s` (CLOCK_MONOTONIC seconds).

    `ended` says that the watched process is gone: this is its last frame. `why` is the one line a
    person reads when parts are missing (permission, not Python, musl), else empty.
    """

    start_s: float
    end_s: float
    gils: tuple[GilFrame, ...]
    threads: tuple[ThreadFrame, ...]
    processes: tuple[ProcessFrame, ...]
    cpu: CpuFrame
    observer: ObserverFrame
    ended: bool = False
    why: str = ""

    @property
    def has_python(self) -> bool:
        """One of the processes runs Python, as far as could be seen."""
        return any(process.python for process in self.processes)

    @property
    def has_gauge(self) -> bool:
        """A GIL was read."""
        return any(gil.available for gil in self.gils)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        document = _plain(self)
        for name in ("gils", "threads", "processes"):
            document[name] = [_plain(item) for item in document[name]]
        return document | {"cpu": _plain(self.cpu), "observer": _plain(self.observer)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Frame":
        """The inverse of `to_json`; ValueError for anything else."""
        try:
            return cls._from(document)
        except (TypeError, LookupError, AttributeError, OverflowError) as error:
            raise ValueError(f"no frame: {error!r}") from error

    @classmethod
    def _from(cls, document: Mapping[str, Any]) -> "Frame":
        def gil(item: Mapping[str, Any]) -> GilFrame:
            holders = item.get("holders")
            return GilFrame(
                **{
                    **item,
                    "waiting_counts": tuple(item.get("waiting_counts", ())),
                    "holders": {int(tid): share for tid, share in holders.items()} if holders else None,
                }
            )

        return cls(
            start_s=document["start_s"],
            end_s=document["end_s"],
            gils=tuple(gil(item) for item in document["gils"]),
            threads=tuple(ThreadFrame(**item) for item in document["threads"]),
            processes=tuple(ProcessFrame(**item) for item in document["processes"]),
            cpu=CpuFrame(**{**document["cpu"], "busy": tuple(document["cpu"]["busy"])}),
            observer=ObserverFrame(**document["observer"]),
            ended=document.get("ended", False),
            why=document.get("why", ""),
        )
