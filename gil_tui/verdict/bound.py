"""How far each executor can carry work that one worker was seen doing: before more are tried, or elsewhere.

What one worker's run cannot show is not in it: locks between the workers (unless the workload says how long
it holds them), a disk or a server that serves one at a time (fsync), memory bandwidth, caches. Where the
measured points stay below, it is one of those.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gil_tui.verdict.facts import PROCESS_LIKE, RunFacts
from gil_tui.verdict.laws import curve_counts
from gil_tui.verdict.rehearsal import Phase, crowding, rehearse
from gil_tui.verdict.scaling import TINY, Demand

FREE_THREADED = "free-threaded"
EXECUTORS = ("threads", "processes", "interpreters", FREE_THREADED, "asyncio")
NOT_SEEN = "locks between workers, disks and servers that serve one at a time, memory bandwidth"
DRAWN_AT_MOST = 16
"""Counts of one curve that are played through; it is straight between them."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where it is to run: `cpus` effective, and what else is known of this host.

    `core_speed` is what a core does while all compute, as a share of what it does alone: below 1 where
    virtual CPUs share a core. `handover_s` is what handing one task to a process takes, which one thread of
    the parent does for all.
    """

    cpus: float
    core_speed: float = 1.0
    handover_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Bound:
    """Most tasks a second, and what sets that limit: workers, gil, cpus, lock, loop or hand-over."""

    tasks_per_s: float
    limit: str


def demand_of(run: RunFacts) -> Demand | None:
    """What one task needs, from a run with one worker; None where its CPU time is not known.

    Time in the run queue, for other programs, is left out: of the wall time, and of the time that the GIL was
    held meanwhile. Where the gauge saw nothing all computing counts as done with the GIL.
    """
    if run.workers != 1 or run.wall_s is None or not run.tasks or run.computing is None:
        return None
    computing = min(1.0, run.cores_used if run.cores_used is not None else run.computing)
    queued = min(run.observation.run_queue, 1 - computing) if run.observation else 0.0
    held = run.observation.held if run.observation else None
    held = computing + queued if held is None else min(1.0, held)
    runnable = computing + queued
    if runnable > 0:
        held -= queued * min(1.0, held / runnable)
    task_s = run.wall_s.median / run.tasks
    return Demand(
        wall_s=task_s * (1 - queued),
        gil_s=0.0 if run.gil_enabled is False else task_s * held,
        cpu_s=task_s * computing,
        lock_s=min(run.lock_s or 0.0, task_s),
    )


def bound(executor: str, task: Demand, workers: int, site: Site) -> Bound:
    """The asymptotic bound (Denning and Buzen 1978): each resource alone limits what passes through it."""
    cores, handover_s, kind = _cores(workers, site), site.handover_s, _kind(executor)
    if kind in PROCESS_LIKE:
        limits = [
            (workers, task.wall_s + handover_s, "workers"),
            (cores, task.cpu_s + handover_s, "cpus"),
            (1.0, handover_s, "hand-over"),
        ]
    elif kind == "asyncio":
        limits = [(workers, task.wall_s, "workers"), (1.0, max(task.gil_s, task.cpu_s), "loop")]
    else:
        limits = [
            (workers, task.wall_s, "workers"),
            (1.0, 0.0 if kind == FREE_THREADED else task.gil_s, "gil"),
            (cores, task.cpu_s, "cpus"),
            (1.0, task.lock_s, "lock"),
        ]
    rates = [Bound(supply / need if need > TINY else math.inf, limit) for supply, need, limit in limits]
    return min(rates, key=lambda one: one.tasks_per_s)


def predicted(executor: str, task: Demand, workers: int, site: Site) -> float:
    """Tasks a second to expect: the bound, less what workers wait for each other on the way to it.

    Where a task only computes, or only waits, the bound itself is expected.
    """
    most = bound(executor, task, workers, site).tasks_per_s
    phases = _phases(_kind(executor), task, site.handover_s)
    if workers == 1 or len(phases) < 2 or not math.isfinite(most):
        return most
    return min(most, rehearse(phases, workers, site.cpus, site.core_speed))


def bound_document(
    executor: str, task: Demand, most: int, site: Site, base_s: float | None = None
) -> dict[str, Any]:
    """The curve up to `most` workers as an entry of `Sweep.fits`, its model `bound`.

    Speed-ups are against a worker that takes `base_s` for a task, without it `task.wall_s`.
    """
    counts, base_s = _drawn(most), base_s or task.wall_s
    bounds = [bound(executor, task, count, site) for count in counts]
    return {
        "executor": executor,
        "model": "bound",
        "parameters": asdict(task) | asdict(site),
        "residual_share": None,
        "aicc": None,
        "refused": None,
        "peak": None,
        "limit": bounds[-1].limit,
        "limits": [[count, one.limit] for count, one in zip(counts, bounds, strict=True)],
        "not_seen": NOT_SEEN,
        "curve": [[count, predicted(executor, task, count, site) * base_s] for count in counts],
        "ceiling": [[count, one.tasks_per_s * base_s] for count, one in zip(counts, bounds, strict=True)],
    }


def bounds_of(
    baseline: RunFacts, most: int, site: Site | None = None, executors: Sequence[str] = EXECUTORS
) -> tuple[dict[str, Any], ...]:
    """The curves of `executors` from a run with one worker, on its own CPUs or at another site.

    None at all where that run tells too little. On a Python without a GIL threads are the free-threaded ones.
    """
    task = demand_of(baseline)
    if task is None:
        return ()
    site = site or Site(baseline.cpus_effective)
    known = [one for one in executors if one != FREE_THREADED or baseline.gil_enabled is not False]
    return tuple(bound_document(executor, task, most, site) for executor in known)


def _cores(workers: int, site: Site) -> float:
    """CPUs' worth of work that so many workers get done at most."""
    busy = min(float(workers), site.cpus)
    return busy * (1 - (1 - site.core_speed) * crowding(busy, site.cpus))


def _drawn(most: int) -> list[int]:
    counts = curve_counts(most)
    if len(counts) <= DRAWN_AT_MOST:
        return counts
    step = (len(counts) - 1) / (DRAWN_AT_MOST - 1)
    return [counts[round(step * number)] for number in range(DRAWN_AT_MOST)]


def _kind(executor: str) -> str:
    """The executor without its start method or switch interval."""
    return executor.partition(":")[0].partition("@")[0]


def _phases(kind: str, task: Demand, handover_s: float) -> list[Phase]:
    """One task as a worker goes through it: what needs the GIL, what computes without it, what waits."""
    shared = None if kind in (*PROCESS_LIKE, FREE_THREADED) else "loop" if kind == "asyncio" else "gil"
    held_s = max(task.gil_s, task.cpu_s) if kind == "asyncio" else task.gil_s if shared else 0.0
    held_cpu_s = min(held_s, task.cpu_s)
    parts = [
        (held_cpu_s, True, shared),
        (held_s - held_cpu_s, False, shared),
        (task.cpu_s - held_cpu_s, True, None),
        (max(0.0, task.wall_s - held_s - (task.cpu_s - held_cpu_s)), False, None),
    ]
    locked = min(1.0, task.lock_s / task.wall_s) if kind not in PROCESS_LIKE else 0.0
    phases = [
        Phase(seconds * share, on_cpu, (*first, *((key,) if key else ())))
        for share, first in ((locked, ("lock",)), (1 - locked, ()))
        for seconds, on_cpu, key in parts
    ]
    if kind in PROCESS_LIKE:
        phases.insert(0, Phase(handover_s, True, ("parent",)))
    least = task.wall_s * 1e-3
    return [phase for phase in phases if phase.seconds > least]
