"""The one sentence of a verdict: short, with numbers, for someone who does not know the machinery."""

import math
from collections.abc import Callable

from gil_tui.verdict import words
from gil_tui.verdict.advice import WORTH, Plan, more_of_the_same, process_cost, processes_plan, threads_plan
from gil_tui.verdict.dump import WaitDump
from gil_tui.verdict.limits import GIL_HELD_FULL, Finding
from gil_tui.verdict.observation import Observation


def sentence_for(finding: Finding, dump: WaitDump | None = None) -> str:
    """What limits the program and what would help, without a final full stop."""
    return _SENTENCES[finding.kind](finding, dump)


def _gil(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    waiting = seen.waiting if seen.waiting is not None else seen.gil_waiting
    wait = words.verb(waiting, "waits", "wait")
    head = f"GIL-bound: {_threads(seen)}, {words.mean(waiting)} {wait} for the GIL"
    return "; ".join([head, *_holder(seen), *_processes(seen, processes_plan(seen))])


def _gil_waits(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    head = (
        f"GIL held by a call that does not compute: it keeps the GIL {words.share(seen.held_off_cpu or 0.0)} "
        f"of the time without using a CPU, and {words.mean(seen.gil_waiting)} of {_threads(seen)} wait for it"
    )
    call = [f"the call is in {seen.hottest.place.short}"] if seen.hottest else []
    return "; ".join([head, *call, "let that call release the GIL"])


def _gil_convoy(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    hog = f"`{seen.busiest_name}`" if seen.busiest_name else "one thread"
    victims = words.some(seen.victims, "thread")
    plural = words.number(seen.victims) != "1"
    head = (
        f"GIL convoy: {hog} computes {words.share(seen.busiest_cpu)} of the time and {victims} that "
        f"{'need' if plural else 'needs'} little CPU {'wait' if plural else 'waits'} for the GIL "
        f"{words.share(seen.victims_gil)} of the time"
    )
    return "; ".join([head, *_holder(seen), "a process of its own for the computing thread frees the others"])


def _serial_gil(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    if seen.busy_gils > 1:
        head = f"One busy thread in each of {seen.busy_gils} processes: each keeps its GIL, nobody waits"
    else:
        head = (
            f"One busy thread: it computes {words.share(min(1.0, seen.cpu))} of the time and keeps the GIL; "
            "nobody waits, but more threads would"
        )
    return "; ".join([head, *_holder(seen), *_processes(seen, more_of_the_same(seen))])


def _serial_free(finding: Finding, dump: WaitDump | None) -> str:
    seen, plan = finding.seen, threads_plan(finding.seen)
    free = "there is no GIL here" if seen.gil_enabled is False else f"the GIL is held only {_held(seen)}"
    head = f"One busy thread: it computes {words.share(seen.busiest_cpu)} of the time and {free}"
    gain = [_serves(f"{plan.workers} threads", plan.gain, seen)] if plan.gain >= WORTH else []
    return "; ".join([head, *gain])


def _serial_partly(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    head = (
        f"One busy thread: it computes {words.share(seen.busiest_cpu)} of the time and holds the GIL "
        f"{_held(seen)}; nobody waits"
    )
    return "; ".join([head, *_processes(seen, more_of_the_same(seen))])


def _serial_unknown(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    why = f" ({seen.held_why})" if seen.held_why else ""
    return (
        f"One busy thread: it computes {words.share(seen.busiest_cpu)} of the time; nobody waits; whether it "
        f"holds the GIL could not be seen{why}"
    )


def _cores(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    parts = [f"CPUs full: {words.cpus_busy(seen.cpu, seen.cpus_effective)}"]
    if seen.run_queue >= 0.2:
        parts.append(f"{words.mean(seen.run_queue)} more threads could run")
    if seen.gil_waiting >= 0.2:
        parts.append(f"{words.mean(seen.gil_waiting)} wait for the GIL, but without it they would want a CPU")
    return "; ".join(parts)


def _cores_others(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    others = seen.others_used or 0.0
    rest = f", other programs {words.mean(others)}" if others >= 0.1 else ""
    return (
        f"Short of CPU: its threads could run but wait for a CPU {words.share(seen.run_queue_tax)} of that "
        f"time; it uses {words.mean(seen.cpu)} of {words.cpus(seen.cpus_effective)}{rest}"
    )


def _cores_stolen(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    return (
        f"Short of CPU: the host takes {words.share(seen.steal_share or 0.0)} of the CPU time for other "
        "virtual machines"
    )


def _throttled(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    return (
        f"Stopped by its CPU quota in {words.share(seen.throttled_share or 0.0)} of the quota's periods: "
        f"the limit is {words.some(seen.cpus_effective, 'CPU')}"
    )


def _lock(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    where = f" at {dump.place.short}" if dump and dump.place else ""
    if dump is None:
        head = (
            f"Waiting for a lock, or for work: {words.mean(seen.lock)} of {_threads(seen)} wait, and from "
            "outside the two look alike"
        )
    else:
        head = f"Waiting for a lock: {words.mean(seen.lock)} of {_threads(seen)} wait for one{where}"
    if (seen.held or 0.0) >= GIL_HELD_FULL:
        return f"{head}; the thread that has it computes and keeps the GIL too"
    return head


def _lock_shared(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    return (
        "Threads fight for shared objects: there is no GIL here, but one thread is woken "
        f"{words.rate(seen.schedules_per_s)} times a second; they change the same dict, list or object"
    )


def _io(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    kinds = {"the network": seen.network, "disk": seen.disk, "a sleep to end": seen.sleep}
    names = [name for name, waiting in kinds.items() if waiting >= 0.2 * seen.io]
    wait = words.verb(seen.io, "waits", "wait")
    return (
        f"Waiting, not computing: {words.mean(seen.io)} of {_threads(seen)} {wait} for "
        f"{words.listed(names)}; {words.cpus_busy(seen.cpu, seen.cpus_effective)}"
    )


def _io_holding(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    head = (
        f"Waiting with the GIL held: a call keeps it {words.share(seen.held_off_cpu or 0.0)} of the time "
        "without using a CPU; nobody waits for it, but more threads would"
    )
    call = [f"the call is in {seen.hottest.place.short}"] if seen.hottest else []
    return "; ".join([head, *call])


def _idle(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    busy = words.cpus_busy(seen.cpu, seen.cpus_effective)
    return f"Idle: {words.some(max(1, round(seen.count)), 'thread')} with nothing to do; {busy}"


def _unsure(finding: Finding, dump: WaitDump | None) -> str:
    return f"Not decided: {finding.why}"


def _not_full(finding: Finding, dump: WaitDump | None) -> str:
    seen = finding.seen
    active = max(seen.active, 0.01)
    parts = [
        (seen.cpu, "computing"),
        (seen.run_queue, "waiting for a CPU"),
        (seen.gil_waiting, "waiting for the GIL"),
        (seen.lock, "waiting for a lock"),
        (seen.io, "waiting for network, disk or sleep"),
    ]
    told = [f"{words.share(count / active)} {what}" for count, what in parts if count / active >= 0.05]
    whose = (
        "of the one active thread's time" if round(seen.active) <= 1 else f"of the time of {_threads(seen)}"
    )
    free = f"{words.mean(max(0.0, seen.cpus_effective - seen.cpu))} CPUs are free"
    return f"No limit reached: {whose} {words.listed(told)}; {free}"


_SENTENCES: dict[str, Callable[[Finding, WaitDump | None], str]] = {
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
    "idle": _idle,
    "not_full": _not_full,
    "unsure": _unsure,
}


def _threads(seen: Observation) -> str:
    return words.some(max(1, math.ceil(seen.active - 0.3)), "thread")


def _held(seen: Observation) -> str:
    return f"{words.share(seen.held or 0.0)} of the time"


def _holder(seen: Observation) -> list[str]:
    return [f"the code that holds it is {seen.hottest.place.short}"] if seen.hottest else []


def _processes(seen: Observation, plan: Plan) -> list[str]:
    if plan.gain < WORTH:
        return [f"more processes would not help: {words.cpus(seen.cpus_effective)} set the limit"]
    cost = f", for {process_cost(seen)}" if seen.process_bytes else ""
    return [_serves(f"{plan.workers} processes", plan.gain, seen) + cost]


def _serves(workers: str, gain: float, seen: Observation) -> str:
    return f"{workers} would serve up to {gain:.1f} times the load on {words.cpus(seen.cpus_effective)}"
