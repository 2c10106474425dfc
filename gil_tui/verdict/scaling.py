"""How far more workers can carry: speed-up laws, the bottleneck bound, and the worker count to use."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gil_tui.verdict.statistics import Interval

WITHIN_BEST = 0.95
"""A worker count is as good as the best from this share of the best speed-up on."""
TINY = 1e-9


def efficiency(speedup: float, workers: int) -> float:
    """Speed-up a worker: 1 for a perfect one."""
    return speedup / workers


def serial_fraction(speedup: float, workers: int) -> float | None:
    """Share of the work that did not run in parallel, as measured; None for a single worker.

    e = (1/s - 1/p) / (1 - 1/p) (Karp and Flatt, Measuring Parallel Processor Performance, CACM 33(5),
    1990). Above 1 when the workers made it slower, below 0 when they gained more than their number.
    """
    if workers < 2 or speedup <= 0:
        return None
    return (1 / speedup - 1 / workers) / (1 - 1 / workers)


def amdahl_speedup(serial: float, workers: float) -> float:
    """Speed-up of `workers` when the share `serial` cannot run in parallel (Amdahl 1967)."""
    return 1 / (serial + (1 - serial) / workers)


def amdahl_ceiling(serial: float) -> float:
    """Speed-up that no number of workers exceeds; infinite where nothing is serial."""
    return 1 / serial if serial > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Demand:
    """What one task needs, in seconds: wall time alone, GIL held, CPU, an application lock held.

    Any unit will do as long as it is the same: the watch uses the seconds spent in each second.
    """

    wall_s: float
    gil_s: float
    cpu_s: float
    lock_s: float = 0.0


def threads_bound(demand: Demand, workers: float, cpus: float) -> float:
    """Most tasks a second of `workers` threads: min(N/R, 1/h, C/c, 1/l) (Denning and Buzen 1978)."""
    return min(
        _over(workers, demand.wall_s),
        _over(1.0, demand.gil_s),
        _over(cpus, demand.cpu_s),
        _over(1.0, demand.lock_s),
    )


def processes_bound(demand: Demand, workers: float, cpus: float) -> float:
    """Most tasks a second of `workers` processes, each with a GIL of its own: min(N/R, N/h, C/c)."""
    return min(_over(workers, demand.wall_s), _over(workers, demand.gil_s), _over(cpus, demand.cpu_s))


def _over(supply: float, demand: float) -> float:
    return supply / demand if demand > TINY else math.inf


@dataclass(frozen=True, slots=True)
class BestWorkers:
    """The worker count to use, with what could also be it.

    `workers` is the smallest count whose median speed-up is within 5 % of the best one. `low` and `high`
    are the smallest counts whose interval may reach and surely reaches that; `high` is None when none
    surely does. `resolved` is False when the best is the largest count measured: more may be better.
    """

    workers: int
    speedup: Interval
    low: int
    high: int | None
    resolved: bool


def best_workers(speedups: Mapping[int, Interval]) -> BestWorkers | None:
    """Choose among speed-ups by worker count; None without any."""
    if not speedups:
        return None
    counts = sorted(speedups)
    best = max(counts, key=lambda count: speedups[count].median)
    reach = WITHIN_BEST * speedups[best].median
    workers = next(count for count in counts if speedups[count].median >= reach)
    low = next(count for count in counts if speedups[count].high >= reach)
    high = next((count for count in counts if speedups[count].low >= reach), None)
    return BestWorkers(workers, speedups[workers], low, high, resolved=best < counts[-1] or workers < best)
