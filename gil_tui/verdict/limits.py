"""Which limit binds: thresholds on the sums of an observation.

The thresholds judged 20 programs of known behaviour right (see the tests); `GIL_HELD_SOME` is added so
that a server which is merely lightly loaded is not called GIL-bound for its few waits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gil_tui.verdict import words
from gil_tui.verdict.confidence import certainty
from gil_tui.verdict.dump import WaitDump
from gil_tui.verdict.observation import QUIET, LockGroup, Observation

MIN_SAMPLES = 30
PARTS_TOLERANCE = 0.03
GIL_HELD_FULL = 0.9
GIL_HELD_SOME = 0.5
GIL_TAX = 0.2
GIL_WAITING = 0.2
HELD_OFF_CPU = 0.2
CONVOY_HOG_CPU = 0.3
CONVOY_HELD = 0.7
SERIAL_CPU = 0.8
SERIAL_ALONE = 1.5
CPUS_FULL = 0.9
CPUS_NEARLY_FULL = 0.7
RUN_QUEUE_TAX = 0.25
STARVED_TAX = 0.3
STARVED_RUNNING = 0.3
STEAL = 0.1
THROTTLED = 0.1
LOCK_WAITING = 0.5
LOCK_TAX = 0.3
QUIET_WANTING = 0.05
QUIET_LOCK = 0.3
IO_WAITING = 0.3
SHARED_OBJECT_SCHEDULES_PER_S = 20_000.0
UNSURE_WHICH_WAIT = 0.6
"""Most that a verdict may claim which hangs on a stack dump that was not made."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The limit that binds: verdict `code`, the `kind` of words and advice, and how certain (0 to 1).

    `why` is the reason of an `unsure`. `seen` is the observation as judged: where a pool waits for work
    its lock waits have become idle time.
    """

    code: str
    kind: str
    certainty: float
    seen: Observation
    needs_dump: bool = False
    why: str = ""


def find_limit(seen: Observation, dump: WaitDump | None = None) -> Finding:
    """The first limit that holds, in the order of what hides what; `unsure` with a reason else."""
    reason = _undecidable(seen)
    if reason:
        return Finding("unsure", "unsure", 1.0, seen, why=reason)
    settled, in_doubt = _settle_pools(seen, dump)
    for rule in _RULES:
        finding = rule(settled)
        if finding:
            return _with_doubt(finding, in_doubt, dump)
    reason = _unread(settled)
    return Finding("unsure", "unsure" if reason else "not_full", 1.0, settled, in_doubt, why=reason)


def _with_doubt(finding: Finding, in_doubt: bool, dump: WaitDump | None) -> Finding:
    undumped_lock = finding.kind == "lock" and dump is None
    if not (in_doubt or undumped_lock) or finding.code in ("gil", "cores", "throttled"):
        return finding
    return replace(finding, certainty=min(finding.certainty, UNSURE_WHICH_WAIT), needs_dump=True)


def _undecidable(seen: Observation) -> str:
    """Why nothing can be said; empty when something can."""
    if seen.seconds <= 0 or seen.count + seen.unknown <= 0:
        return seen.why or "nothing was watched"
    if seen.samples < MIN_SAMPLES:
        return f"only {words.some(seen.samples, 'sample')} so far, at least {MIN_SAMPLES} are needed"
    if seen.parts_sum_error > PARTS_TOLERANCE:
        return (
            f"the parts of the threads' time miss 100 % by {words.share(seen.parts_sum_error)}, "
            f"at most {words.share(PARTS_TOLERANCE)} may be missing"
        )
    if seen.waiting is not None and seen.unknown <= QUIET:
        return _disagreement(seen.waiting, seen)
    return ""


def _disagreement(waiting: float, seen: Observation) -> str:
    """The gauge counts a woken waiter that still queues for a CPU; the lanes call that run queue."""
    off = max(seen.gil - waiting, waiting - seen.gil - seen.run_queue)
    if off <= max(1.0, 0.3 * seen.active):
        return ""
    return (
        f"two instruments disagree: {words.mean(waiting)} threads wait for the GIL by its own count, "
        f"{words.mean(seen.gil)} by the threads' states"
    )


def _settle_pools(seen: Observation, dump: WaitDump | None) -> tuple[Observation, bool]:
    """Count waits for work as idle; also whether that was a guess which a dump would settle.

    A contended lock has at most members - 1 waiters, an idle pool all of them: a hint, not a proof.
    """
    work_share = dump.work_share if dump else None
    if work_share is not None:
        moved = seen.lock * work_share
    else:
        pools = [group.waiting for group in seen.locks if group.members >= 2 and _all_wait(group)]
        moved = min(seen.lock, sum(pools))
    guessed = work_share is None and moved >= QUIET_LOCK
    return replace(seen, lock=seen.lock - moved, idle=seen.idle + moved), guessed


def _all_wait(group: LockGroup) -> bool:
    return group.most_waiting >= group.members


def _shared_objects(seen: Observation) -> Finding | None:
    if seen.gil_enabled is not False or seen.schedules_per_s <= SHARED_OBJECT_SCHEDULES_PER_S:
        return None
    sure = certainty(seen.schedules_per_s, SHARED_OBJECT_SCHEDULES_PER_S, SHARED_OBJECT_SCHEDULES_PER_S)
    return Finding("lock", "lock_shared", sure, seen)


def _throttled(seen: Observation) -> Finding | None:
    stopped = seen.throttled_share
    if stopped is None or stopped < THROTTLED:
        return None
    return Finding("throttled", "throttled", certainty(stopped, THROTTLED, 0.1), seen)


def _cores_full(seen: Observation) -> Finding | None:
    if seen.cpu_fill < CPUS_FULL:
        return None
    sure = max(certainty(seen.cpu_fill, CPUS_FULL, 0.08), certainty(seen.run_queue_tax, 0.0, 0.3))
    return Finding("cores", "cores", sure, seen)


def _gil(seen: Observation) -> Finding | None:
    held = seen.held
    if seen.gil_enabled is False or seen.gil_tax < GIL_TAX:
        return None
    if _starved(seen) and seen.run_queue > seen.gil_waiting:
        return None  # its holder waits for a CPU most of the time: so do the waiters, in the end
    full = held is not None and held >= GIL_HELD_FULL
    some = seen.gil_waiting >= GIL_WAITING and (held is None or held >= GIL_HELD_SOME)
    if not (full or some):
        return None
    sure = certainty(seen.gil_tax, GIL_TAX, 0.3)
    if held is None:
        sure *= 0.9
    elif not full:
        sure *= certainty(held, GIL_HELD_SOME, 2 * (GIL_HELD_FULL - GIL_HELD_SOME))
    return Finding("gil", _gil_kind(seen), sure, seen)


def _gil_kind(seen: Observation) -> str:
    off_cpu = seen.held_off_cpu or 0.0
    if off_cpu >= HELD_OFF_CPU and off_cpu >= 0.5 * (seen.held or 0.0):
        return "gil_waits"
    held = 1.0 if seen.held is None else seen.held
    if seen.victims >= 0.5 and seen.busiest_cpu > CONVOY_HOG_CPU and held >= CONVOY_HELD:
        return "gil_convoy"
    return "gil"


def _lock(seen: Observation) -> Finding | None:
    if seen.lock < LOCK_WAITING or seen.lock_tax < LOCK_TAX or _unsplit(seen):
        return None
    sure = min(certainty(seen.lock, LOCK_WAITING, 0.5), certainty(seen.lock_tax, LOCK_TAX, 0.2))
    return Finding("lock", "lock", sure, seen)


def _serial(seen: Observation) -> Finding | None:
    """One thread (of each process) is busy: told apart by whether it holds the GIL."""
    held, running = seen.held, seen.cpu + seen.run_queue
    if held is not None and held >= GIL_HELD_FULL and seen.gil_tax < GIL_TAX and running >= SERIAL_CPU:
        sure = min(certainty(held, GIL_HELD_FULL, 0.08), certainty(seen.gil_tax, GIL_TAX, 0.15))
        return Finding("serial", "serial_gil", sure, seen)
    busiest = max(seen.busiest_cpu, seen.busiest_running)
    if busiest < SERIAL_CPU or running >= SERIAL_ALONE:
        return None
    sure = min(certainty(busiest, SERIAL_CPU, 0.15), certainty(running, SERIAL_ALONE, 0.4))
    if seen.gil_enabled is False:
        return Finding("serial", "serial_free", sure, seen)
    if held is None:
        return None if _unsplit(seen) else Finding("serial", "serial_unknown", 0.6 * sure, seen)
    return Finding("serial", "serial_free" if held < GIL_HELD_SOME else "serial_partly", sure, seen)


def _cores_short(seen: Observation) -> Finding | None:
    if seen.cpu_fill >= CPUS_NEARLY_FULL and seen.run_queue_tax >= RUN_QUEUE_TAX:
        sure = certainty(seen.run_queue_tax, RUN_QUEUE_TAX, 0.2)
        return Finding("cores", "cores_others", sure, seen)
    stolen = (seen.steal_share or 0.0) >= STEAL
    running = seen.cpu + seen.run_queue
    if running > STARVED_RUNNING and running >= seen.io and (_starved(seen) or stolen):
        sure = 0.9 if stolen else certainty(seen.run_queue_tax, STARVED_TAX, 0.2)
        return Finding("cores", "cores_stolen" if stolen else "cores_others", sure, seen)
    return None


def _starved(seen: Observation) -> bool:
    return seen.run_queue_tax >= STARVED_TAX


def _idle(seen: Observation) -> Finding | None:
    quiet = seen.wanting < QUIET_WANTING and seen.lock < QUIET_LOCK and seen.io < IO_WAITING
    if not quiet or _unsplit(seen):
        return None
    sure = min(certainty(seen.wanting, QUIET_WANTING, 0.05), certainty(seen.io, IO_WAITING, 0.2))
    return Finding("idle", "idle", sure, seen)


def _io(seen: Observation) -> Finding | None:
    others = max(seen.wanting, seen.lock)
    if seen.io < max(IO_WAITING, others) or _unsplit(seen):
        return None
    kind = "io_holding" if (seen.held_off_cpu or 0.0) >= HELD_OFF_CPU else "io"
    return Finding("io", kind, certainty(seen.io / (seen.io + others), 0.5, 0.3), seen)


_RULES: tuple[Callable[[Observation], Finding | None], ...] = (
    _shared_objects,
    _throttled,
    _cores_full,
    _gil,
    _lock,
    _cores_short,
    _serial,
    _idle,
    _io,
)


def _unsplit(seen: Observation) -> bool:
    """True when too many waits could not be told apart to say what is waited for."""
    return seen.unknown > max(QUIET, 0.1 * seen.count)


def _unread(seen: Observation) -> str:
    if not _unsplit(seen):
        return ""
    why = f" ({seen.why})" if seen.why else ""
    return (
        f"what {words.some(seen.unknown, 'thread')} wait for could not be read{why}; "
        f"{words.mean(seen.cpu)} CPUs are used"
    )
