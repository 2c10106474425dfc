"""What to change, in order of pay-off, each gain predicted by the bottleneck bound."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from gil_tui.verdict import words
from gil_tui.verdict.model import Advice
from gil_tui.verdict.observation import Observation
from gil_tui.verdict.scaling import Demand, processes_bound, threads_bound

WORTH = 1.05
"""A smaller gain is not worth a sentence."""
FREE_THREADED_COST = "every extension module must support it; one thread alone runs slower"


@dataclass(frozen=True, slots=True)
class Plan:
    """So many workers and the gain they would bring, as a factor of the load served at most today."""

    workers: int
    gain: float


def demand(seen: Observation) -> Demand:
    """What the work of one second needs: wall time without any wait for GIL or lock, GIL and CPU."""
    held = 1.0 if seen.held_sum is None else seen.held_sum
    gil_s = 0.0 if seen.gil_enabled is False else held
    return Demand(wall_s=seen.cpu + seen.io, gil_s=gil_s, cpu_s=seen.cpu)


def capacity(seen: Observation) -> float:
    """Most work a second of the processes as they are, as a factor of the work seen; at least 1."""
    bound = processes_bound(Demand(0.0, demand(seen).gil_s, seen.cpu), _holders(seen), seen.cpus_effective)
    return max(1.0, bound) if math.isfinite(bound) else 1.0


def processes_plan(seen: Observation) -> Plan:
    """Processes until the CPUs are full, each with as many threads as now, and what they bring."""
    need, cpus = demand(seen), seen.cpus_effective
    fill = cpus * need.gil_s / need.cpu_s if need.cpu_s > 0.01 else math.inf
    least = _holders(seen) + 1
    count = max(least, min(math.ceil(min(fill, 1e6) - 0.05), math.ceil(cpus - 0.05)))
    bound = processes_bound(Demand(0.0, need.gil_s, need.cpu_s), count, cpus)
    return Plan(count, _gain(bound, seen))


def more_of_the_same(seen: Observation) -> Plan:
    """Processes with one busy thread each, as the present ones have, until the CPUs are full."""
    have, cpus = _holders(seen), seen.cpus_effective
    fill = cpus / max(seen.cpu, 0.01)
    count = max(have + 1, min(math.ceil(have * fill - 0.05), math.ceil(cpus - 0.05)))
    return Plan(count, max(1.0, min(count / have, fill)))


def threads_plan(seen: Observation) -> Plan:
    """Threads for code that needs the GIL for a part of its time only, or not at all."""
    cpus = seen.cpus_effective
    count = max(2, min(math.ceil(cpus - 0.05), 1024))
    one_busy = Demand(1.0, demand(seen).gil_s, seen.cpu)
    return Plan(count, max(1.0, threads_bound(one_busy, count, cpus)))


def without_gil(seen: Observation) -> float:
    """Gain of the same threads on an interpreter without a GIL."""
    need = demand(seen)
    return _gain(threads_bound(Demand(need.wall_s, 0.0, need.cpu_s), seen.active, seen.cpus_effective), seen)


def without_holding(seen: Observation, share: float) -> float:
    """Gain when `share` of the time that the GIL is held is spent without it."""
    need = demand(seen)
    less = Demand(need.wall_s, need.gil_s * max(0.0, 1 - share), need.cpu_s)
    return _gain(threads_bound(less, seen.active, seen.cpus_effective), seen)


def _holders(seen: Observation) -> int:
    return max(1, seen.busy_gils)


def _gain(bound: float, seen: Observation) -> float:
    return max(1.0, bound / capacity(seen)) if math.isfinite(bound) else 1.0


def advice_for(kind: str, seen: Observation) -> tuple[Advice, ...]:
    """Advice for a kind of `limits.Finding`; changes that gain less than 5 % are left out."""
    given = _BY_KIND[kind](seen) if kind in _BY_KIND else []
    return tuple(_in_hundredths(advice) for advice in given if advice.gain is None or advice.gain >= WORTH)


def by_gain(advice: Iterable[Advice]) -> list[Advice]:
    """Largest predicted gain first; what has no figure last."""
    return sorted(advice, key=lambda one: -(one.gain or 0.0))


def _in_hundredths(advice: Advice) -> Advice:
    return advice if advice.gain is None else replace(advice, gain=round(advice.gain, 2))


def process_cost(seen: Observation) -> str:
    """Memory of one more process, such as `about 45 MB each`; empty when it is not known."""
    return f"about {words.size(seen.process_bytes)} each" if seen.process_bytes else ""


def _processes(seen: Observation, plan: Plan) -> Advice:
    more = " in all" if _holders(seen) > 1 else ""
    why = f"each has a GIL of its own; {words.cpus(seen.cpus_effective)} set the limit"
    return Advice(f"Use {plan.workers} processes{more}", plan.gain, process_cost(seen), why)


def _free_threaded(seen: Observation, gain: float) -> list[Advice]:
    if seen.python and not seen.python.startswith("CPython"):
        return []
    if seen.free_threaded:
        action = "Start it with PYTHON_GIL=0: a module switched the GIL back on"
        return [Advice(action, gain, "that module must be safe without the GIL", "threads then run at once")]
    action = "Run it on a free-threaded Python (3.13t or later)"
    return [Advice(action, gain, FREE_THREADED_COST, "threads then run at once")]


def _hot(seen: Observation) -> list[Advice]:
    hot = seen.hottest
    if hot is None:
        return []
    action = f"Make {hot.place.short} faster, or move it to native code that releases the GIL"
    why = f"it is {words.share(hot.share)} of the time that the GIL is held"
    return [Advice(action, without_holding(seen, hot.share), "", why)]


def _gil(seen: Observation) -> list[Advice]:
    processes = _processes(seen, processes_plan(seen))
    return by_gain([processes, *_free_threaded(seen, without_gil(seen)), *_hot(seen)])


def _gil_waits(seen: Observation) -> list[Advice]:
    hot, off_cpu = seen.hottest, seen.held_off_cpu or 0.0
    call = hot.place.short if hot else "the call that waits"
    gain = without_holding(seen, off_cpu / max(seen.held or 0.0, off_cpu, 0.01))
    why = f"the GIL is held {words.share(off_cpu)} of the time by a thread that uses no CPU"
    release = Advice(
        f"Let {call} release the GIL (Py_BEGIN_ALLOW_THREADS; ctypes.CDLL, not PyDLL)", gain, "", why
    )
    return by_gain(
        [release, _processes(seen, processes_plan(seen)), *_free_threaded(seen, without_gil(seen))]
    )


def _gil_convoy(seen: Observation) -> list[Advice]:
    name = f" `{seen.busiest_name}`" if seen.busiest_name else ""
    gain = min(1 / max(0.1, 1 - seen.victims_gil), max(2.0, seen.cpus_effective))
    why = f"the gain is that of the {words.some(seen.victims, 'thread')} that wait for it"
    move = Advice(f"Move the computing thread{name} to a process of its own", gain, process_cost(seen), why)
    return [move, *_gil(seen)]


def _serial_gil(seen: Observation) -> list[Advice]:
    plan = more_of_the_same(seen)
    return by_gain([_processes(seen, plan), *_free_threaded(seen, plan.gain), *_hot(seen)])


def _serial_free(seen: Observation) -> list[Advice]:
    plan = threads_plan(seen)
    why = "the busy code does not hold the GIL" if seen.gil_enabled is not False else "there is no GIL here"
    return [Advice(f"Use {plan.workers} threads", plan.gain, "", why)]


def _serial_partly(seen: Observation) -> list[Advice]:
    plan = threads_plan(seen)
    why = f"the GIL is held {words.share(seen.held or 0.0)} of the time: threads overlap the rest"
    threads = Advice(f"Use {plan.workers} threads", plan.gain, "", why)
    return by_gain([_processes(seen, more_of_the_same(seen)), threads])


def _serial_unknown(seen: Observation) -> list[Advice]:
    gain = max(1.0, seen.cpus_effective / max(1.0, seen.cpu))
    why = "not known whether the busy code holds the GIL: processes help either way"
    return [Advice("Use processes", gain, process_cost(seen), why)]


def _cores(seen: Observation) -> list[Advice]:
    need, cpus = demand(seen), seen.cpus_effective
    shared = Demand(need.wall_s, need.gil_s / _holders(seen), need.cpu_s)
    gain = min(2.0, threads_bound(shared, seen.active, 2 * cpus) / capacity(seen))
    why = f"{words.some(seen.run_queue, 'thread')} could run and have no CPU"
    double = Advice(f"Give it {words.number(2 * cpus)} CPUs", gain, "", why)
    busiest = max(seen.hot, key=lambda function: function.share, default=None)
    if busiest is None:
        return [double]
    why = f"it is {words.share(busiest.share)} of the samples"
    return [double, Advice(f"Make {busiest.place.short} faster", None, "", why)]


def _cores_others(seen: Observation) -> list[Advice]:
    gain = min(1 / max(0.1, 1 - seen.run_queue_tax), seen.cpus_effective / max(seen.cpu, 0.01))
    why = f"{words.share(seen.run_queue_tax)} of the time of threads that could run goes by in the run queue"
    return [Advice("Give it CPUs of its own, or move the other programs", gain, "", why)]


def _cores_stolen(seen: Observation) -> list[Advice]:
    stolen = seen.steal_share or 0.0
    why = f"{words.share(stolen)} of the CPU time goes to other virtual machines"
    return [Advice("Move it to a less crowded host", min(2.0, 1 / max(0.1, 1 - stolen)), "", why)]


def _throttled(seen: Observation) -> list[Advice]:
    gain = max(1.0, (seen.cpu + seen.run_queue) / max(seen.cpu, 0.01))
    limit = f"the limit is {words.some(seen.cpus_effective, 'CPU')}"
    return [Advice("Raise the CPU quota of the container or service", gain, "", limit)]


def _lock(seen: Observation) -> list[Advice]:
    need, cpus = demand(seen), seen.cpus_effective
    gain = max(1.0, threads_bound(need, seen.active, cpus))
    shrink = Advice(
        "Hold the lock for less of the work, or use several locks", gain, "", "its waiters then work at once"
    )
    count = max(2, min(math.ceil(cpus - 0.05), 1024))
    apart = max(1.0, min(count, processes_bound(Demand(0.0, need.gil_s, need.cpu_s), count, cpus)))
    why = "if the lock need not be shared between processes"
    own = Advice(f"Use {count} processes, each with a lock of its own", apart, process_cost(seen), why)
    return by_gain([shrink, own])


def _lock_shared(seen: Observation) -> list[Advice]:
    why = "threads that change the same dict, list or object take turns on its lock"
    return [Advice("Give each thread its own objects and merge the results at the end", None, "", why)]


def _io(seen: Observation) -> list[Advice]:
    if seen.sleep > seen.network + seen.disk:
        why = "sleeping and polling with a time limit wait longer than needed"
        return [*_overlap(seen), Advice("Wait for an event instead of sleeping", None, "", why)]
    if seen.disk > seen.network:
        why = "the threads wait for storage, not for Python"
        return [*_overlap(seen), Advice("Write and read less often and more at once", None, "", why)]
    return [
        *_overlap(seen),
        Advice("Look at the other side of the connection", None, "", "it answers slowly"),
    ]


def _io_holding(seen: Observation) -> list[Advice]:
    release = next(one for one in _gil_waits(seen) if one.action.startswith("Let "))
    return [_processes(seen, processes_plan(seen)), replace(release, gain=None)]


def _overlap(seen: Observation) -> list[Advice]:
    need = Demand(0.0, demand(seen).gil_s if seen.held is not None else 0.0, seen.cpu)
    gain = min(2.0, threads_bound(need, math.inf, seen.cpus_effective))
    why = "waits overlap; with twice as many at once, if what they wait for keeps up"
    return [Advice("Use more threads, or asyncio", max(1.0, gain), "", why)]


_BY_KIND: dict[str, Callable[[Observation], list[Advice]]] = {
    "gil": _gil,
    "gil_waits": _gil_waits,
    "gil_convoy": _gil_convoy,
    "serial_gil": _serial_gil,
    "serial_free": _serial_free,
    "serial_partly": _serial_partly,
    "serial_unknown": _serial_unknown,
    "cores": _cores,
    "cores_others": _cores_others,
    "cores_stolen": _cores_stolen,
    "throttled": _throttled,
    "lock": _lock,
    "lock_shared": _lock_shared,
    "io": _io,
    "io_holding": _io_holding,
}
