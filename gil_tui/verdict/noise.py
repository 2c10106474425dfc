"""How far apart two equal experiments would come out here: the floor below which a difference is none."""

import itertools
import math
import random
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gil_tui.verdict.statistics import LEVEL

MOST_DEALINGS = 64
WHOLE_OF_HALVES = 0.6
"""Half of the variance would be left, were it means and not medians of few trials, which stopped when they
looked quiet; by simulation."""
PAIRS_A_FREEDOM = 2
"""Medians of halves share their trials, so two pairs of neighbours tell about as much as one free value."""


@dataclass(frozen=True, slots=True)
class TTest:
    """Student's test on two means: `t` against the `critical` value of its `freedom`, as pyperf does it."""

    t: float
    freedom: int
    critical: float

    @property
    def significant(self) -> bool:
        """True when the means differ at 95 %."""
        return abs(self.t) >= self.critical


def common_rounds(one: Sequence[float], other: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """The trials of both that were made in the same rounds of a sweep.

    A sweep makes one trial of each experiment a round, and the quiet ones stop early. On a host that slows
    down meanwhile, all trials of the one against the early ones of the other miss the true ratio in up to
    12 of 100 cases, those of the same rounds in up to 7 (tests/benchmarks/coverage.py).
    """
    rounds = min(len(one), len(other))
    return one[:rounds], other[:rounds]


def noise_floor(runs: Iterable[Sequence[float]], level: float = LEVEL) -> float | None:
    """The share by which two equal experiments of a sweep still differ: 0.02 for 2 %; None if unknown.

    `runs` are the wall times of each run, in the order of their trials. Every run is held against itself:
    of each pair of neighbouring trials one is dealt to the half A and one to A', in every way there is
    (`MOST_DEALINGS` at most), so that a drift of the host meets both alike. The mean square of the
    logarithms of A's median over that of A', all runs together, is the noise of halves, of which whole runs
    have `WHOLE_OF_HALVES`. The quantile of Student's t at `level` makes that the difference which chance
    alone exceeds in 5 of 100 cases. It costs no trial. Calibrated by simulation:
    tests/benchmarks/coverage.py.
    """
    squares, pairs = [], 0
    for walls_s in runs:
        if len(walls_s) < 2 or min(walls_s) <= 0:
            continue
        pairs += len(walls_s) // 2
        squares.append(statistics.fmean(difference**2 for difference in _half_against_half(walls_s)))
    if not squares:
        return None
    freedom = max(1.0, pairs / PAIRS_A_FREEDOM)
    return math.expm1(
        student_quantile(level, freedom) * math.sqrt(statistics.fmean(squares) * WHOLE_OF_HALVES)
    )


def drift(runs: Iterable[Sequence[float]]) -> float:
    """By how much the later half of the trials took longer than the earlier: 0.03 for 3 %.

    The median over all runs; 0 where no run has two trials.
    """
    changes = []
    for walls_s in runs:
        half = len(walls_s) // 2
        if half and min(walls_s) > 0:
            changes.append(math.log(statistics.median(walls_s[-half:]) / statistics.median(walls_s[:half])))
    return math.expm1(statistics.median(changes)) if changes else 0.0


def floor_between(
    runs: Sequence[Sequence[float]], others: Sequence[Sequence[float]], level: float = LEVEL
) -> float | None:
    """The floor for runs of one sweep against those of another: the larger noise, and the larger drift.

    What drifts within the minutes of a sweep has surely drifted between two of them; both add up as
    independent errors do. A change of the host that neither sweep saw is not in it.
    """
    floors = [floor for sweep in (runs, others) if (floor := noise_floor(sweep, level)) is not None]
    if len(floors) < 2:
        return None
    drifts = [abs(math.log1p(drift(sweep))) for sweep in (runs, others)]
    return math.expm1(math.hypot(math.log1p(max(floors)), max(drifts)))


def student_quantile(level: float, freedom: float) -> float:
    """How many standard errors the two-sided `level` of Student's t reaches: 2.228 for 95 % and 10.

    Hill, Algorithm 396, CACM 13(10), 1970: six digits; `freedom` of 1 or more, whole or not.
    """
    tails, n = 1 - level, freedom
    if n <= 1:
        return 1 / math.tan(tails * math.pi / 2)
    if n == 2:
        return math.sqrt(2 / (tails * (2 - tails)) - 2)
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * tails) ** (2 / n)
    if y > 0.05 + a:
        x = statistics.NormalDist().inv_cdf(tails / 2)
        y = x * x
        if n < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        least = ((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3
        y = ((1 / least + 0.5 / (n + 4)) * y - 1) * (n + 1) / (n + 2) + 1 / y
    return math.sqrt(n * y)


def t_test(one: Sequence[float], other: Sequence[float]) -> TTest | None:
    """Two means by Student's test with the pooled variance; None where there is none to be had."""
    freedom = len(one) + len(other) - 2
    if len(one) < 2 or len(other) < 2:
        return None
    squares = sum((value - statistics.fmean(arm)) ** 2 for arm in (one, other) for value in arm)
    error = math.sqrt(squares / freedom * (1 / len(one) + 1 / len(other)))
    if error == 0:
        return None
    t = (statistics.fmean(one) - statistics.fmean(other)) / error
    return TTest(t, freedom, student_quantile(LEVEL, freedom))


def _half_against_half(walls_s: Sequence[float]) -> Iterator[float]:
    """The logarithm of A over A' for each way to deal; a last trial without a neighbour is left out."""
    pairs = [(walls_s[i], walls_s[i + 1]) for i in range(0, len(walls_s) - 1, 2)]
    for swapped in _dealings(len(pairs)):
        half = [pair[swap] for pair, swap in zip(pairs, swapped, strict=True)]
        rest = [pair[1 - swap] for pair, swap in zip(pairs, swapped, strict=True)]
        yield math.log(statistics.median(half) / statistics.median(rest))


def _dealings(pairs: int) -> Iterable[Sequence[int]]:
    """Ways to deal, as 0 or 1 for each pair; a way and its opposite say the same."""
    if 2 ** (pairs - 1) <= MOST_DEALINGS:
        return ((0, *rest) for rest in itertools.product((0, 1), repeat=pairs - 1))
    source = random.Random(pairs)
    return (source.choices((0, 1), k=pairs) for _ in range(MOST_DEALINGS))
