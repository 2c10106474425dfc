"""The floor below which a difference is none: published values of t, equal runs against each other."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.verdict.noise import common_rounds, drift, floor_between, noise_floor, student_quantile, t_test

# psf/pyperf, pyperf/_utils.py: two-tailed 95 % points of Student's t, from one degree of freedom on
T_95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145]
T_95 += [2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048]
T_95 += [2.045, 2.042]
# psf/pyperf, pyperf/tests/test_utils.py, test_is_significant
DATA_1 = [89.2, 78.2, 89.3, 88.3, 87.3, 90.1, 95.2, 94.3, 78.3, 89.3]
DATA_2 = [79.3, 78.3, 85.3, 79.3, 88.9, 91.2, 87.2, 89.2, 93.3, 79.9]

walls = st.lists(st.floats(0.01, 100), min_size=2, max_size=20)


def test_quantiles_of_t_as_the_table_has_them() -> None:
    assert [student_quantile(0.95, n) for n in range(1, 31)] == pytest.approx(T_95, abs=1e-3)
    assert student_quantile(0.95, 1e6) == pytest.approx(1.960, abs=1e-3)
    assert student_quantile(0.99, 5) == pytest.approx(4.032, abs=1e-3)


def test_t_as_pyperf_computes_it() -> None:
    inflated = [10 * value for value in DATA_1]
    alike, apart = t_test(DATA_1, DATA_2), t_test(inflated, DATA_1)
    assert alike is not None and apart is not None
    assert (alike.t, apart.t) == pytest.approx((1.0947229724603977, 43.76839453227327))
    assert (alike.significant, apart.significant) == (False, True)
    turned = t_test(DATA_2, DATA_1)
    assert turned is not None and turned.t == -alike.t


def test_no_t_without_a_spread() -> None:
    assert t_test([1.0] * 5, [2.0] * 5) is None
    assert t_test([1.0], [2.0, 3.0]) is None


def test_nothing_is_known_of_the_noise_of_single_trials() -> None:
    assert noise_floor([]) is None
    assert noise_floor([[1.0], [2.0]]) is None
    assert noise_floor([[0.0, 1.0]]) is None


def test_equal_trials_have_no_noise() -> None:
    assert noise_floor([[2.0] * 6, [3.0] * 12]) == 0.0


@given(st.lists(walls, min_size=1, max_size=3), st.floats(0.01, 100))
def test_the_unit_of_time_does_not_matter(runs: list[list[float]], factor: float) -> None:
    floor = noise_floor(runs)
    assert floor is not None and floor >= 0
    assert noise_floor([[value * factor for value in run] for run in runs]) == pytest.approx(floor, rel=1e-6)


def test_a_slow_drift_of_the_host_is_not_noise() -> None:
    source = random.Random(4)
    steady = [[source.lognormvariate(0, 0.005) for _ in range(12)] for _ in range(6)]
    drifting = [[value * (1 + 0.01 * i) for i, value in enumerate(run)] for run in steady]
    quiet, slowing = noise_floor(steady), noise_floor(drifting)
    assert quiet is not None and slowing is not None
    assert slowing < 2.5 * quiet
    assert abs(drift(steady)) < 0.01
    assert drift(drifting) == pytest.approx(0.06, abs=0.01)
    assert drift([[1.0]]) == 0.0


def test_many_trials_are_dealt_in_some_of_the_ways() -> None:
    source = random.Random(4)
    run = [source.lognormvariate(0, 0.05) for _ in range(1000)]
    floor = noise_floor([run])
    assert floor is not None
    assert floor == pytest.approx(1.96 * 0.05 * 1.2533 * math.sqrt(2 / 1000), rel=0.5)


@pytest.mark.parametrize("runs", [1, 4])
@pytest.mark.parametrize("trials", [6, 12])
def test_equal_runs_differ_by_more_than_the_floor_in_few_cases(runs: int, trials: int) -> None:
    source, sweeps, hits = random.Random(runs), 400, 0
    for _ in range(sweeps):
        sweep = [[source.lognormvariate(0, 0.02) for _ in range(trials)] for _ in range(runs + 1)]
        floor = noise_floor(sweep[:runs])
        assert floor is not None
        ratio = statistics.median(sweep[-1]) / statistics.median(sweep[0])
        hits += abs(math.log(ratio)) > math.log1p(floor)
    assert 0.01 <= hits / sweeps <= 0.11


def test_rounds_in_common_are_the_first_ones() -> None:
    assert common_rounds([1.0, 2.0, 3.0], [4.0, 5.0]) == ([1.0, 2.0], [4.0, 5.0])


def test_between_sweeps_the_larger_noise_and_the_larger_drift_count() -> None:
    source = random.Random(4)
    steady = [[source.lognormvariate(0, 0.005) for _ in range(12)] for _ in range(6)]
    noisy = [[source.lognormvariate(0, 0.02) for _ in range(12)] for _ in range(6)]
    slowing = [[value * (1 + 0.01 * i) for i, value in enumerate(run)] for run in steady]
    floors = [floor_between(steady, other) for other in (steady, noisy, slowing)]
    alike, larger, drifting = (floor or 0.0 for floor in floors)
    assert alike < larger < drifting
    assert drifting == pytest.approx(0.06, abs=0.015)
    assert floor_between(slowing, steady) == drifting
    assert floor_between(steady, [[1.0]]) is None
