"""How far more workers can carry: speed-up laws and the bottleneck bound."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gil_tui.verdict.least_squares import Coefficients, fit_rational

USL_COUNTS = 3
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
class Usl:
    """The Universal Scalability Law, X(N) = gamma N / (1 + sigma (N - 1) + kappa N (N - 1)).

    `sigma` is contention, `kappa` what agreeing with each other costs, `gamma` the throughput of one
    worker (Gunther, Guerrilla Capacity Planning, Springer 2007).
    """

    sigma: float
    kappa: float
    gamma: float

    @property
    def peak(self) -> float | None:
        """Workers from which more carry less; None where kappa is 0: there is no such number."""
        return math.sqrt(max(0.0, 1 - self.sigma) / self.kappa) if self.kappa > 0 else None

    def throughput(self, workers: float) -> float:
        """Work a second of so many workers."""
        return self.gamma * workers / (1 + (workers - 1) * (self.sigma + self.kappa * workers))


def fit_usl(workers: Sequence[float], throughput: Sequence[float]) -> Usl:
    """The law of a curve, by least squares of the throughput with no coefficient below 0.

    The same as the R package usl computes, and as precise. `kappa` is 0, and there is no peak, where
    throughput only ever grows. Raises ValueError for fewer than three different worker counts, which do not
    determine it, and for what is not above 0.
    """
    points = list(zip(workers, throughput, strict=True))
    if any(not (n > 0 and x > 0 and math.isfinite(n * x)) for n, x in points):
        raise ValueError("worker counts and throughputs must be above 0")
    counts = len({n for n, _ in points})
    if counts < USL_COUNTS:
        raise ValueError(f"{counts} different worker counts do not determine the law: three are needed")
    return usl_of(fit_rational(points, quadratic=True, log=False))


def usl_of(coefficients: Coefficients) -> Usl:
    """The law whose n / X is a + b (n - 1) + c n (n - 1)."""
    a, b, c = coefficients
    return Usl(sigma=b / a, kappa=c / a, gamma=1 / a)


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
