"""What must be true of a small sweep, and whether the speed-ups and the bound showed it."""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gil_tui.verdict import words
from gil_tui.verdict.selftest import FAILED, Band, Check, decided
from gil_tui.verdict.statistics import Interval

ORDER_WITHIN = 0.1
GAINS = 1.2
"""Two CPUs do so much more than one at least, even where both are of one core."""
FOLLOWS_WITHIN_SHARE = 0.1
BOUND_WITHIN = 0.1
MEDIAN_ERROR = 1.25
"""The standard error of a median of n values in units of sigma / sqrt(n): half a width is two sigmas."""
ONE_CPU = "fewer than two CPUs may be used"


@dataclass(frozen=True, slots=True)
class SpreadFigures:
    """One run of the small sweep with several workers; `foretold` is its speed-up by the bottleneck bound."""

    workload: str
    executor: str
    workers: int
    cpus: float
    gil_enabled: bool = True
    speedup: Interval | None = None
    foretold: float | None = None
    marks: tuple[str, ...] = ()
    why: str = ""

    @property
    def name(self) -> str:
        """Such as `countdown, threads x2`."""
        return f"{self.workload}, {self.executor} x{self.workers}"


def checks_of_speedup(runs: Sequence[SpreadFigures]) -> Iterator[Check]:
    """Threads do not speed computing up with a GIL, all else that computes does, and waiting scales."""
    for run in runs:
        truth, within, chance = _true_speedup(run)
        measured = run.speedup.median if run.speedup else None
        why = run.why or ("" if run.speedup else "no trial was finished")
        if truth[0] > 1 and run.workload != "sleep" and run.cpus < 2:
            why = ONE_CPU
        row = Check("speed-up", run.name, "speed-up", "x", FAILED, measured, truth, within, chance)
        yield decided(row, run.marks or _unsteady(run.speedup, truth), why)


def _unsteady(speedup: Interval | None, truth: Band) -> tuple[str, ...]:
    """A mark where the trials leave room for the truth: neighbours that no counter shows slow a CPU too."""
    if speedup is None or speedup.low > truth[1] or speedup.high < truth[0]:
        return ()
    return (f"its trials leave {words.factor(speedup.low)}x to {words.factor(speedup.high)}x open",)


def _true_speedup(run: SpreadFigures) -> tuple[Band, float, float]:
    """Truth, what it may be missed by, and what chance adds; order must be plain in spite of chance."""
    if run.workload == "sleep":
        chance = (run.speedup.high - run.speedup.low) / 2 if run.speedup else 0.0
        return (run.workers, run.workers), FOLLOWS_WITHIN_SHARE * run.workers, chance
    if run.workload == "countdown" and run.executor == "threads" and run.gil_enabled:
        return (0.0, 1.0), ORDER_WITHIN, 0.0
    return (GAINS, max(GAINS, min(float(run.workers), run.cpus))), ORDER_WITHIN, 0.0


def checks_of_bound(runs: Sequence[SpreadFigures]) -> Iterator[Check]:
    """How well the run with one worker foretold the others: the median error, as it is promised."""
    pairs = [
        (abs(run.foretold / run.speedup.median - 1), run.speedup.half_width_share, run)
        for run in runs
        if run.speedup and run.speedup.median > 0 and run.foretold is not None
    ]
    subject = f"one worker foretells {words.some(len(pairs), 'run')}"
    row = Check("bound", subject, "median error", "share", FAILED)
    if not pairs:
        why = next((run.why for run in runs if run.why), "the run with one worker told too little")
        yield decided(row, (), why)
        return
    errors, half_widths, known = zip(*pairs, strict=True)
    marks = tuple(dict.fromkeys(mark for run in known for mark in run.marks))
    measured = statistics.median(errors)
    chance = MEDIAN_ERROR * statistics.median(half_widths) / math.sqrt(len(pairs))
    row = replace(row, measured=measured, truth=(0.0, 0.0), within=BOUND_WITHIN, chance=chance)
    worst, _, run = max(pairs, key=lambda pair: pair[0])
    row = decided(row, marks)
    yield replace(row, note=row.note or f"worst {words.share(worst)}: {run.name}")
