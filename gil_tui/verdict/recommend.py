"""The worker count to use: how sure, what caps it, from when on it pays, and what to measure next."""

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gil_tui.verdict.laws import Law

WITHIN_BEST = 0.95
"""A worker count is as good as the best from this share of the best throughput on."""
SURE = 0.95
"""Share of the bootstrap draws in which it must be that."""
DRAWS = 1000
MEMORY_FILLED = 0.9
"""Share of the available memory that workers may take: the rest is for what grows with the data."""
BUSY = 0.9
"""Share of its time from which a worker only computes."""
WAITS_OVERLAP = 2
STEP_AT_MOST = 2
"""A law is trusted for so many times the workers that were measured, and no further."""
NEAR_PEAK = 0.99
"""The count to measure next is the smallest that should come so near to the best one in reach."""

Walls = Mapping[int, Sequence[float]]
"""Wall times of the trials of the same work, in seconds, by worker count."""


@dataclass(frozen=True, slots=True)
class Cap:
    """Most workers that this host carries: `by` is what says so, memory or cpus.

    `memory_workers` fit into `MEMORY_FILLED` of `available_bytes` at `worker_bytes` each, `cpu_workers`
    fill the CPUs; None where it is not known.
    """

    by: str
    workers: int
    memory_workers: int | None = None
    cpu_workers: int | None = None
    worker_bytes: int | None = None
    available_bytes: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BestWorkers:
    """The worker count to use.

    `workers` is the smallest count that is within 5 % of the best in 95 % of the draws, `sure` the share of
    the draws in which it is, no more than so few trials can cover; where no count is that sure, it is the
    surest. From `low` to `high` reach the smallest counts within 5 % of the best in 95 % of the draws.
    `regret` is the share of the best throughput that this count is expected to give away. `next_workers` are
    the counts to measure next where the best one may not have been measured, `capped` says that more workers
    would not fit.
    """

    workers: int
    low: int
    high: int
    sure: float
    regret: float
    next_workers: tuple[int, ...] = ()
    cap: Cap | None = None
    capped: bool = False

    @property
    def resolved(self) -> bool:
        """The counts measured have the best among them."""
        return not self.next_workers


def best_workers(
    walls_s: Walls, *, cap: Cap | None = None, law: Law | None = None, draws: int = DRAWS, seed: int = 1
) -> BestWorkers | None:
    """Choose among the worker counts that were measured; None without any that the memory allows.

    The trials of each count are drawn again with replacement (Efron 1979), so the choice carries their
    noise. `law` is one that fits these counts: it says where between and beyond them the best may be.
    """
    memory = cap.memory_workers if cap and cap.memory_workers is not None else math.inf
    allowed = _within_cpus([count for count in sorted(walls_s) if count <= memory and walls_s[count]], cap)
    if not allowed:
        return None
    source = random.Random(seed)
    good = dict.fromkeys(allowed, 0)
    lost = dict.fromkeys(allowed, 0.0)
    smallest: list[int] = []
    for _ in range(draws):
        drawn = {n: statistics.median(source.choices(walls_s[n], k=len(walls_s[n]))) for n in allowed}
        fastest = min(drawn.values())
        near = [n for n in allowed if fastest >= WITHIN_BEST * drawn[n]]
        smallest.append(near[0])
        for n in near:
            good[n] += 1
        for n in allowed:
            lost[n] += 1 - fastest / drawn[n]
    sure = [n for n in allowed if good[n] >= SURE * draws]
    workers = sure[0] if sure else max(allowed, key=lambda n: good[n])
    smallest.sort()
    tail = int(draws * (1 - SURE) / 2)
    medians = {n: statistics.median(walls_s[n]) for n in allowed}
    wanted = next_workers(medians, cap, law)
    return BestWorkers(
        workers,
        low=min(workers, smallest[tail]),
        high=max(workers, smallest[-1 - tail]),
        sure=min(good[workers] / draws, 1 - 2 * 0.5 ** min(len(walls_s[n]) for n in allowed)),
        regret=lost[workers] / draws,
        next_workers=wanted,
        cap=cap,
        capped=not wanted and cap is not None and workers == max(allowed) and workers * 2 > cap.workers,
    )


def _within_cpus(counts: list[int], cap: Cap | None) -> list[int]:
    """Without the counts beyond the first that fills the CPUs: what they seem to gain is noise."""
    if cap is None or cap.cpu_workers is None:
        return counts
    filling = next((count for count in counts if count >= cap.cpu_workers), math.inf)
    return [count for count in counts if count <= filling]


def next_workers(medians_s: Mapping[int, float], cap: Cap | None, law: Law | None) -> tuple[int, ...]:
    """The counts to measure next; none where the best of all is among those measured.

    That is so once the throughput no longer grows by more than 5 % to the largest count, or that count
    reaches the cap. A law that fits also says where between two counts more than 5 % may be gained.
    """
    counts = sorted(medians_s)
    most = counts[-1]
    limit = cap.workers if cap else STEP_AT_MOST * most
    best_s = min(medians_s.values())
    rest_s = min((medians_s[count] for count in counts[:-1]), default=math.inf)
    rising = medians_s[most] <= best_s < WITHIN_BEST * rest_s
    if law is not None and law.refused is None:
        within = range(1, min(limit, STEP_AT_MOST * most) + 1)
        wanted = law.enough(within[-1], NEAR_PEAK)
        gain = max(map(law.speedup, within)) / max(map(law.speedup, counts))
        if wanted not in medians_s and gain * WITHIN_BEST > 1:
            return (wanted,)
    return (min(2 * most, limit),) if rising and most < limit else ()


def caps(
    *,
    cpus: float,
    cpu_share: float | None,
    available_bytes: int | None = None,
    base_bytes: int | None = None,
    worker_bytes: int | None = None,
) -> Cap | None:
    """What bounds the number of workers; None where neither memory nor CPUs are known to.

    A worker computes `cpu_share` of its time; where it waits too, twice the workers that would fill the CPUs
    on average keep them filled. It takes `worker_bytes` beyond the `base_bytes` of the first.
    """
    by_cpu = None
    if cpu_share and cpu_share > 0.001:
        by_cpu = math.ceil(cpus / cpu_share * (1 if cpu_share >= BUSY else WAITS_OVERLAP) - 0.05)
    by_memory = None
    if available_bytes is not None and base_bytes is not None and worker_bytes:
        by_memory = max(0, 1 + int((MEMORY_FILLED * available_bytes - base_bytes) // worker_bytes))
    known = [(count, by) for count, by in ((by_memory, "memory"), (by_cpu, "cpus")) if count is not None]
    if not known:
        return None
    workers, by = min(known)
    return Cap(by, workers, by_memory, by_cpu, worker_bytes, available_bytes)


def worker_bytes(peaks: Mapping[int, Sequence[int]]) -> int | None:
    """Memory of one more worker: the median slope between all pairs of trials (Sen 1968).

    `peaks` are the trials' peak PSS of the whole tree by worker count; None for a single count, and where it
    is lost in the noise.
    """
    flat = [(count, peak) for count, values in sorted(peaks.items()) for peak in values]
    slopes = [(p2 - p1) / (n2 - n1) for i, (n1, p1) in enumerate(flat) for n2, p2 in flat[i + 1 :] if n2 > n1]
    slope = round(statistics.median(slopes)) if slopes else 0
    return slope if slope > 0 else None


def pays_from_tasks(
    startup_s: float, task_s: float, pooled_task_s: float, workers: int, tasks_at_most: int = 10**9
) -> int | None:
    """The number of tasks from which on a pool that must be started first is faster; None if never.

    One worker takes `task_s` for each, the pool `pooled_task_s` with its hand-over: in batches of one task a
    worker, each of which takes `workers * pooled_task_s`, so k tasks take ceil(k / workers) of them.
    """
    batch_s = workers * pooled_task_s
    gain_s = workers * task_s - batch_s
    if gain_s <= 0:
        return None
    # the last batch whose first task alone does not pay for the whole batch, and the last such task in it
    last = math.ceil((startup_s + (workers - 1) * task_s) / gain_s - 1e-9) - 1
    if last < 1:
        return 1
    loses_until = min(last * workers, math.ceil((startup_s + last * batch_s) / task_s - 1e-9) - 1)
    found = loses_until + 1
    return found if found <= tasks_at_most else None
