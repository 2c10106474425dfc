"""What must be true of a known load, and whether the gauge and the lanes showed it.

What a load does is known by construction, by what it counts itself, and by the kernel's CPU clock of each of
its threads. Where that leaves room the truth is a band: several spinning threads hold the GIL all the time
but between the last step of one and the first step of the next, where it is free until the one that was woken
has got a CPU; how much of that time it is free they cannot know.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gil_tui.verdict import words
from gil_tui.verdict.selftest import FAILED, Band, Check, decided, outside

HELD_WITHIN, WAITING_WITHIN, WAITING_WITHIN_SHARE, LANES_WITHIN = 0.03, 0.2, 0.15, 0.04
MANY_THREADS = 8
"""Beyond so many threads what waits need only be within a share of it."""
SWITCHES_WITHIN_SHARE, SWITCHES_WITHIN = 0.05, 2.0
WITHOUT_GIL = "this interpreter runs without a GIL"


@dataclass(frozen=True, slots=True)
class ThreadFigures:
    """One thread of a load, in shares of its time.

    `cpu` is of its CPU clock, `queued` the kernel's count of its time in the run queue, `locked` what it
    timed of its waits for the lock; `lanes` is what was seen by state, with `waits_known` of False only CPU
    and run queue.
    """

    cpu: float | None
    queued: float | None
    locked: float
    lanes: Mapping[str, float] = field(default_factory=dict)
    waits_known: bool = True

    @property
    def blocked(self) -> float | None:
        """What is left: neither on a CPU nor in the run queue."""
        return None if self.cpu is None or self.queued is None else max(0.0, 1 - self.cpu - self.queued)


@dataclass(frozen=True, slots=True)
class GaugeFigures:
    """What the gauge said, None with the reason in `why`; `waiting_error` is a standard error."""

    held: float | None = None
    waiting: float | None = None
    waiting_error: float = 0.0
    switches_per_s: float | None = None
    samples: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """A known load, as it counted itself and as it was seen for `seconds`; it counted `unwatched_s` longer.

    As the load counted, `held` is the share of time for which its threads had the GIL between their waits,
    `hand_overs_per_s` how often they followed each other, and `between` the share of time in which they
    did. `marks` says what disturbed it, `why` what kept
    it from being run or watched.
    """

    load: str
    number: int
    seconds: float = 0.0
    unwatched_s: float = 0.0
    gil_enabled: bool = True
    held: float = 0.0
    between: float = 0.0
    hand_overs_per_s: float = 0.0
    threads: tuple[ThreadFigures, ...] = ()
    gauge: GaugeFigures = GaugeFigures()
    lane_samples: float = 0.0
    marks: tuple[str, ...] = ()
    why: str = ""

    @property
    def on_cpu(self) -> float | None:
        """Mean number of its threads on a CPU."""
        return _sum([thread.cpu for thread in self.threads])

    @property
    def off_cpu(self) -> Band | None:
        """Mean number of its threads on no CPU: those that want none, and with those in the run queue."""
        on_cpu, blocked = self.on_cpu, _sum([thread.blocked for thread in self.threads])
        return None if on_cpu is None or blocked is None else (blocked, max(blocked, self.number - on_cpu))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a load: its name for a person, and truths by the figure that they are of.

    `lane` is the state in which its threads are whenever they want no CPU.
    """

    name: Callable[[int], str]
    held: Callable[[LoadFigures], Band | None] | None = None
    waiting: Callable[[LoadFigures], Band | None] | None = None
    switches: bool = False
    computes: bool = False
    lane: str = ""


def _held_by_spinners(seen: LoadFigures) -> Band | None:
    return (1.0, 1.0) if seen.number == 1 else (1 - seen.between, 1.0)


def _waiting_spinners(seen: LoadFigures) -> Band | None:
    return (0.0, 0.0) if seen.number == 1 else seen.off_cpu


def _held_as_counted(seen: LoadFigures) -> Band | None:
    return seen.held, seen.held


def _nothing(seen: LoadFigures) -> Band | None:
    return 0.0, 0.0


LOADS: Mapping[str, _Known] = {
    "idle": _Known(lambda n: f"{words.some(n, 'thread')} of an idle pool", held=_nothing, lane="idle"),
    "sleep": _Known(
        lambda n: f"{words.some(n, 'sleeping thread')}", held=_held_as_counted, switches=True, lane="io"
    ),
    "hold": _Known(lambda n: f"C code that holds the GIL {n} %", held=_held_as_counted),
    "lock": _Known(lambda n: f"{words.some(n, 'thread')} and one lock", waiting=_nothing, lane="lock"),
    "hash": _Known(
        lambda n: f"{words.some(n, 'thread')} hashing natively",
        held=_held_as_counted,
        waiting=_nothing,
        computes=True,
    ),
    "spin": _Known(
        lambda n: f"{words.some(n, 'spinning thread')}",
        held=_held_by_spinners,
        waiting=_waiting_spinners,
        switches=True,
        computes=True,
        lane="gil",
    ),
}
"""The loads of `gil_tui/bench/loads.py` whose truth is known."""


def name_of(load: str, number: int) -> str:
    """A load as a person calls it."""
    return LOADS[load].name(number)


def checks_of_load(seen: LoadFigures) -> Iterator[Check]:
    """Everything that can be told of one load: first of the gauge, then of the lanes."""
    known = LOADS[seen.load]
    yield from _of_gauge(known, seen)
    if known.computes:
        yield _of_lanes(seen, "cpu", lambda thread: _point(thread.cpu))
    if known.lane and not (known.lane == "gil" and seen.number == 1):
        truth = _locked if known.lane == "lock" else lambda thread: _point(thread.blocked)
        yield _of_lanes(seen, known.lane, truth)


def _of_gauge(known: _Known, seen: LoadFigures) -> Iterator[Check]:
    def check(
        quantity: str, unit: str, measured: float | None, truth: Band | None, within: float, error: float
    ) -> Check:
        why = seen.why or ("" if seen.gil_enabled else WITHOUT_GIL)
        why = why or (gauge.why or "the gauge gave no figure" if measured is None else "")
        subject = known.name(seen.number)
        row = Check("gauge", subject, quantity, unit, FAILED, measured, truth, within, 2 * error)
        return decided(row, seen.marks, why)

    gauge = seen.gauge
    if known.held:
        error = _share_error(gauge.held or 0.0, gauge.samples)
        yield check("held", "share", gauge.held, known.held(seen), HELD_WITHIN, error)
    if known.waiting:
        many = seen.number > MANY_THREADS
        within = WAITING_WITHIN_SHARE * (seen.number - 1) if many else WAITING_WITHIN
        yield check("waiting", "threads", gauge.waiting, known.waiting(seen), within, gauge.waiting_error)
    if known.switches:
        rate = seen.hand_overs_per_s
        within = SWITCHES_WITHIN_SHARE * rate + SWITCHES_WITHIN
        error = math.sqrt(rate * seen.unwatched_s) / seen.seconds if seen.seconds else 0.0
        yield check("switches", "1/s", gauge.switches_per_s, (rate, rate), within, error)


LANE_NAMES = {"cpu": "on CPU", "gil": "GIL wait", "lock": "lock wait", "io": "I/O (sleep)", "idle": "idle"}


def _of_lanes(seen: LoadFigures, lane: str, truth: Callable[[ThreadFigures], Band | None]) -> Check:
    """The thread whose lane is furthest from its truth; CPU is counted, waits are sampled."""
    row = Check("lanes", name_of(seen.load, seen.number), LANE_NAMES[lane], "share", FAILED)
    why = seen.why or (WITHOUT_GIL if lane == "gil" and not seen.gil_enabled else "")
    if not seen.threads or not all(thread.lanes for thread in seen.threads):
        why = why or "not every thread was seen"
    elif lane != "cpu" and not all(thread.waits_known for thread in seen.threads):
        why = why or seen.gauge.why or "waits could not be told apart"
    pairs = [(thread.lanes.get(lane, 0.0), band) for thread in seen.threads if (band := truth(thread))]
    if why or len(pairs) < len(seen.threads):
        return decided(row, seen.marks, why)
    share, band = max(pairs, key=lambda pair: abs(outside(*pair)))
    chance = 0.0 if lane == "cpu" else 2 * _share_error(share, seen.lane_samples)
    row = replace(row, measured=share, truth=band, within=LANES_WITHIN, chance=chance)
    return decided(row, seen.marks)


def _share_error(share: float, samples: float) -> float:
    """The standard error of a share of so many samples."""
    return math.sqrt(max(0.0, share * (1 - share)) / max(1.0, samples))


def _locked(thread: ThreadFigures) -> Band | None:
    """Who got the lock may have queued for a CPU before it could look at its clock."""
    return None if thread.queued is None else (max(0.0, thread.locked - thread.queued), thread.locked)


def _point(value: float | None) -> Band | None:
    return None if value is None else (value, value)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
