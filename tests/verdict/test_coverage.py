"""Short versions of `tests.benchmarks.coverage`: what is claimed of intervals and noise holds."""

import random

import pytest

from gil_tui.verdict.statistics import median_interval
from tests.benchmarks.coverage import floor_shares, found, holds, ratio_shares, stopped
from tests.verdict.worlds import HOSTS, trials, true_median


@pytest.mark.parametrize("noise", ["normal", "bimodal", "heavy tails"])
def test_stopping_early_costs_the_interval_of_a_median_little(noise: str) -> None:
    source, truth, draws = random.Random(2), true_median(noise, 0.02), 600
    held = early = 0
    for _ in range(draws):
        made = stopped(trials(source, noise, 0.02, HOSTS["steady"](source, 0)))
        held += holds(median_interval(made), truth)
        early += len(made) < 12
    assert early > 0
    assert 0.92 <= held / draws <= 0.99


def test_on_a_host_that_slows_down_rounds_in_common_keep_the_ratio_right() -> None:
    fixed, everything, common = ratio_shares(150, "skewed", "slowing", (0.02, 0.02))
    assert fixed >= 0.92 and common >= 0.92
    assert everything < common - 0.02


def test_equal_runs_are_seldom_told_apart_and_different_ones_mostly() -> None:
    assert found(150, "normal", "slowing", 6, 12, 1.0) <= 0.06
    assert found(150, "heavy tails", "steady", 6, 12, 1.0) <= 0.08
    assert found(60, "normal", "wandering", 6, 12, 1.1) >= 0.9


def test_the_floor_holds_equal_experiments_of_its_sweep() -> None:
    within, mean = floor_shares(250, 4, "normal", "wandering", 0.02)
    assert 0.88 <= within <= 0.995
    assert 0.01 < mean < 0.05
