"""Medians, ratios, outliers: published vectors, properties, and coverage by simulation."""

import math
import random
import statistics as stdlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.verdict.statistics import (
    LEVEL,
    Interval,
    deviation,
    median_interval,
    outliers,
    percentile,
    precise_enough,
    quantile_interval,
    ratio_interval,
    stopped_interval,
    trend,
)

finite = st.floats(-1e9, 1e9)
walls = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("n", "first", "last", "level"),
    [
        # Conover, Practical Nonparametric Statistics; Hahn and Meeker, table A.15: ranks from 1
        (6, 1, 6, 0.9688),
        (7, 1, 7, 0.9844),
        (9, 2, 8, 0.9609),
        (10, 2, 9, 0.9785),
        (15, 4, 12, 0.9648),
        (20, 6, 15, 0.9586),
        (25, 8, 18, 0.9567),
        (30, 10, 21, 0.9572),
        (50, 18, 33, 0.9672),
        (100, 40, 61, 0.9648),
    ],
)
def test_ranks_of_the_median_interval(n: int, first: int, last: int, level: float) -> None:
    values = [float(i) for i in range(1, n + 1)]
    random.Random(n).shuffle(values)
    interval = median_interval(values)
    assert (interval.low, interval.high) == (first, last)
    assert interval.level == pytest.approx(level, abs=5e-5)


@pytest.mark.parametrize(("n", "level"), [(1, 0.0), (2, 0.5), (3, 0.75), (4, 0.875), (5, 0.9375)])
def test_too_few_values_say_what_their_extremes_cover(n: int, level: float) -> None:
    interval = median_interval([float(i) for i in range(n)])
    assert (interval.low, interval.high, interval.level) == (0.0, n - 1, level)


# airspeed-velocity/asv, test/test_statistics.py, test_quantile_ci_r; the expected values are R's
OF_R = [-2.47946614, -1.49595963, -1.02812482, -0.76592323, -0.09452743, 0.10732743]
OF_R += [0.27798342, 0.50173779, 0.57829823, 0.60474948, 0.94695675, 1.20159789]


@pytest.mark.parametrize(
    ("share", "quantile", "low", "high"),
    [
        # quantile(x, type=7, prob=p) and asht::quantileTest(x, prob=p, conf.level=0.8)$conf.int
        (0.2, -0.9756845, -2.47946614, -0.09452743),
        (0.5, 0.1926554, -0.7659232, 0.5782982),
        (0.8, 0.5994592, 0.5017378, 1.2015979),
    ],
)
def test_quantile_intervals_as_r_and_asv_compute_them(
    share: float, quantile: float, low: float, high: float
) -> None:
    interval = quantile_interval(OF_R, share, level=0.8)
    assert interval.median == pytest.approx(quantile, abs=1e-6)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-6)
    assert percentile(OF_R, share) == pytest.approx(quantile, abs=1e-6)
    assert 0.8 <= interval.level < 0.9


@pytest.mark.parametrize("n", range(1, 7))
def test_small_samples_cover_less_than_asv_asks_for(n: int) -> None:
    # asv gives infinite bounds to fewer than seven values at 99 %; here the level says what they cover
    assert quantile_interval([float(i) for i in range(n)], 0.5, level=0.99).level < 0.99


def test_deviations_as_pyperf_computes_them() -> None:
    # psf/pyperf, pyperf/tests/test_utils.py, test_median_abs_dev
    assert deviation(range(97)) == 24.0
    assert deviation((1, 1, 2, 2, 4, 6, 9)) == 1.0


def test_an_interval_that_stopped_when_it_was_narrow_claims_no_more_than_95_per_cent() -> None:
    assert stopped_interval([1.0] * 6).level == LEVEL
    assert stopped_interval([1.0] * 3).level == 0.75


def test_percentiles_as_pyperf_computes_them() -> None:
    # psf/pyperf, pyperf/tests/test_utils.py, test_percentile
    values = sorted([4, 6, 9, 7, 5, 8, 3, 0, 1, 2])
    assert [percentile(values, q) for q in (0, 0.25, 0.5, 0.75, 1)] == [0, 2.25, 4.5, 6.75, 9]


NORMAL = [2.33269488, 1.42195907, -0.57527698, -0.31293437, 2.2948158]
NORMAL += [0.75813273, -1.0712388, -0.96394741, -1.15897446, 1.10976285]


@pytest.mark.parametrize(
    ("values", "flagged"),
    [
        # sharkdp/hyperfine, src/outlier_detection.rs: test_detect_outliers, ..._if_mad_becomes_0
        ([], []),
        ([50.0], []),
        ([1000.0, 0.0], []),
        ([-0.2, 0.0, 0.2], []),
        ([-0.2, 0.0, 0.2, 4.0], [3]),
        ([0.5, 0.30, 0.29, 0.31, 0.30], [0]),
        (NORMAL, []),
        ([*NORMAL, 20.0, -500.0], [10, 11]),
        ([10.0] * 7 + [100.0], [7]),
        ([10.0] * 7 + [100.0, 100.0], [7, 8]),
        ([10.0] * 5, []),
    ],
)
def test_outliers_as_hyperfine_flags_them(values: list[float], flagged: list[int]) -> None:
    assert outliers(values) == flagged


@given(st.lists(finite, min_size=1, max_size=40), st.floats(0.5, 0.99))
def test_the_median_lies_in_its_interval(values: list[float], level: float) -> None:
    interval = median_interval(values, level)
    assert min(values) <= interval.low <= interval.median <= interval.high <= max(values)
    assert interval.median == stdlib.median(values)
    assert 0 <= interval.level < 1 or len(values) > 50
    assert interval.level >= level or (interval.low, interval.high) == (min(values), max(values))


@given(st.lists(finite, min_size=1, max_size=20), st.randoms())
def test_the_order_of_trials_does_not_matter(values: list[float], source: random.Random) -> None:
    shuffled = values[:]
    source.shuffle(shuffled)
    assert median_interval(shuffled) == median_interval(values)
    assert sorted(values[i] for i in outliers(values)) == sorted(shuffled[i] for i in outliers(shuffled))


@given(walls, walls, st.floats(1e-3, 1e3))
def test_a_ratio_scales_with_its_numerator(top: list[float], bottom: list[float], factor: float) -> None:
    ratio = ratio_interval(top, bottom, draws=50)
    scaled = ratio_interval([value * factor for value in top], bottom, draws=50)
    assert scaled.median == pytest.approx(ratio.median * factor)
    assert scaled.low == pytest.approx(ratio.low * factor)
    assert min(top) / max(bottom) <= ratio.low * (1 + 1e-9)
    assert ratio.low <= ratio.high <= max(top) / min(bottom) * (1 + 1e-9)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.floats(0, 1))
def test_percentiles_stay_within_the_values(values: list[float], share: float) -> None:
    ordered = sorted(values)
    assert ordered[0] <= percentile(ordered, share) * (1 + 1e-12)
    assert percentile(ordered, share) <= ordered[-1] * (1 + 1e-12)


def test_a_ratio_of_single_values_claims_no_coverage() -> None:
    assert ratio_interval([8.0], [4.0]) == Interval(2.0, 2.0, 2.0, level=0.0)
    assert ratio_interval([8.0] * 10, [4.0]).level == 0.0
    assert ratio_interval([8.0] * 6, [4.0] * 6).level == LEVEL


@pytest.mark.parametrize("draw", [lambda r: r.gauss(0, 1), lambda r: r.expovariate(1) - math.log(2)])
@pytest.mark.parametrize("n", [3, 6, 10])
def test_median_interval_covers_what_it_claims(n: int, draw: Callable[[random.Random], float]) -> None:
    source, runs = random.Random(11), 2500
    hits = 0
    for _ in range(runs):
        interval = median_interval([draw(source) for _ in range(n)])
        hits += interval.low <= 0 <= interval.high
    assert hits / runs == pytest.approx(interval.level, abs=0.025)


@pytest.mark.parametrize("n", [2, 3, 5, 6, 10])
def test_ratio_interval_covers_at_least_what_it_claims(n: int) -> None:
    source, runs = random.Random(3), 250
    hits = 0
    for _ in range(runs):
        top = [2 * source.lognormvariate(0, 0.05) for _ in range(n)]
        bottom = [source.lognormvariate(0, 0.05) for _ in range(n)]
        interval = ratio_interval(top, bottom, draws=120)
        hits += interval.low <= 2 <= interval.high
    assert hits / runs >= interval.level - 0.04


def test_many_values_do_not_overflow() -> None:
    interval = median_interval([float(i) for i in range(5001)])
    assert interval.median == 2500
    assert interval.low == pytest.approx(2500 - 1.96 * math.sqrt(5001) / 2, abs=2)


def test_precise_enough_needs_six_close_values() -> None:
    assert not precise_enough([1.0] * 5)
    assert precise_enough([1.0, 1.01, 1.0, 0.99, 1.0, 1.01])
    assert not precise_enough([1.0, 1.05, 1.0, 0.99, 1.0, 1.01])


def test_a_trend_is_no_precision() -> None:
    assert not precise_enough([1.0, 1.001, 1.002, 1.003, 1.004, 1.005])
    assert precise_enough([1.0, 1.003, 1.001, 1.004, 1.0, 1.002])


def test_trend_as_kendall_computes_it() -> None:
    # S and its variance n (n - 1) (2 n + 5) / 18: Gilbert, Statistical Methods for Environmental Pollution
    # Monitoring, 16.4; with all of 6 values in order S = 15, variance 28.33
    assert trend([1, 2, 3, 4, 5, 6]) == trend([6, 5, 4, 3, 2, 1]) == pytest.approx(14 / math.sqrt(28.3333))
    assert trend([2.0] * 9) == trend([2.0, 1.0]) == 0.0
    source = random.Random(5)
    reached = sum(trend([source.random() for _ in range(10)]) >= 1 for _ in range(3000)) / 3000
    assert reached == pytest.approx(0.32, abs=0.04)


def test_half_width_is_a_share_of_the_size_of_the_median() -> None:
    assert Interval(-2.0, -3.0, -1.0).half_width_share == 0.5
    assert Interval(0.0, -1.0, 1.0).half_width_share == math.inf


def test_interval_survives_json() -> None:
    interval = Interval(1.0, 0.5, 2.0, 0.9375)
    assert Interval.from_json(interval.to_json()) == interval


def test_nothing_measured_is_an_error() -> None:
    for call in (lambda: median_interval([]), lambda: ratio_interval([1.0], []), lambda: percentile([], 0.5)):
        with pytest.raises(ValueError, match="no values"):
            call()
    with pytest.raises(ValueError, match="not above 0"):
        ratio_interval([1.0], [0.0])
