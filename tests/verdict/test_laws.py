"""Which law a curve follows, and when none may be trusted."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.verdict.laws import COEFFICIENTS, Law, curve_counts, fit_laws
from gil_tui.verdict.scaling import Usl

COUNTS = (1, 2, 4, 8, 16)
TRUTHS: dict[str, Callable[[int], float]] = {
    "constant": lambda n: 1.0,
    "roofline": lambda n: min(float(n), 4.0),
    "amdahl": Usl(0.1, 0.0, 1.0).throughput,
    "usl": Usl(0.05, 0.02, 1.0).throughput,
}


def noisy(truth: Callable[[int], float], cv: float, seed: int, trials: int = 8) -> dict[int, list[float]]:
    source = random.Random(seed)
    return {n: [truth(n) * source.lognormvariate(0, cv) for _ in range(trials)] for n in COUNTS}


@pytest.mark.parametrize("model", TRUTHS)
def test_the_law_that_made_the_curve_is_chosen(model: str) -> None:
    found = [fit_laws(noisy(TRUTHS[model], 0.01, seed))[0] for seed in range(40)]
    right = [law for law in found if law.model == model]
    assert len(right) >= 30
    assert all(law.refused is None for law in found)
    assert all(law.speedup(16) == pytest.approx(TRUTHS[model](16), rel=0.03) for law in found)


def test_the_peak_of_a_curve_that_comes_down() -> None:
    law = fit_laws(noisy(TRUTHS["usl"], 0.01, 1))[0]
    assert law.peak == pytest.approx((0.95 / 0.02) ** 0.5, rel=0.05)
    assert law.enough(64, 1.0) == 7
    assert law.enough(64) < 7
    assert law.enough(4, 1.0) == 4


def test_a_curve_that_no_law_follows_is_refused() -> None:
    zigzag = {1: [1.0] * 6, 2: [2.0] * 6, 4: [1.2] * 6, 8: [4.0] * 6}
    laws = fit_laws(zigzag)
    assert {law.model for law in laws} == set(COEFFICIENTS)
    assert all(law.refused for law in laws)
    assert "workers are" in (laws[0].refused or "") and "at most 5%" in (laws[0].refused or "")


def test_noise_allows_for_more() -> None:
    def off(cv: float) -> Law:
        curve = noisy(lambda n: min(n, 4.0) * (0.88 if n == 8 else 1.0), cv, 3)
        return next(law for law in fit_laws(curve) if law.model == "roofline")

    assert off(0.005).refused
    assert off(0.06).refused is None


@pytest.mark.parametrize(
    ("curve", "models"),
    [
        ({}, set()),
        ({1: [1.0], 2: [2.0]}, set()),
        ({1: [1.0], 2: [2.0], 4: []}, set()),
        ({1: [1.0], 2: [1.9], 4: [3.3]}, {"constant", "roofline", "amdahl"}),
        ({1: [1.0], 2: [1.9], 4: [3.3], 8: [4.0]}, set(COEFFICIENTS)),
    ],
)
def test_a_law_needs_a_count_more_than_it_has_coefficients(
    curve: dict[int, list[float]], models: set[str]
) -> None:
    assert {law.model for law in fit_laws(curve)} == models


def test_a_roofline_that_was_not_reached_has_no_ceiling() -> None:
    laws = {law.model: law for law in fit_laws({n: [float(n)] for n in COUNTS})}
    assert laws["roofline"].parameters == {"gamma": pytest.approx(1.0), "ceiling": None}
    assert laws["roofline"].speedup(100) == pytest.approx(100)
    assert json.loads(json.dumps(laws["roofline"].to_json("threads", 8)))["curve"][-1][0] == 8


@given(st.dictionaries(st.integers(1, 64), st.lists(st.floats(1e-3, 1e3), max_size=4), max_size=7))
def test_any_curve_gives_finite_laws(curve: dict[int, list[float]]) -> None:
    for law in fit_laws(curve):
        assert all(0 < law.speedup(count) < 1e9 for count in (1, 2, 7, 64))
        assert law.residual_share >= 0
        assert all(value is None or value >= 0 for value in law.parameters.values())


@given(st.integers(1, 2000))
def test_a_curve_is_drawn_from_one_worker_to_the_last(most: int) -> None:
    counts = curve_counts(most)
    assert counts[0] == 1 and counts[-1] == most
    assert counts == sorted(set(counts)) and len(counts) < 60
