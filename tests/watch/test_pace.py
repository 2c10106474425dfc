import itertools
import random
import statistics

import pytest

from gil_tui.watch.pace import Pace


def pace_at(rate_hz: float = 100.0, budget: float = 0.02) -> Pace:
    return Pace(rate_hz, 0.0, random.Random(5).random, budget)


def test_samples_come_at_the_rate_with_gaps_that_vary() -> None:
    pace = pace_at()
    times = []
    for _ in range(2000):
        times.append(pace.next_s)
        pace.sampled(pace.next_s)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert statistics.fmean(gaps) == pytest.approx(0.01, rel=0.03)
    assert min(gaps) >= 0.005 - 1e-9
    assert max(gaps) <= 0.015 + 1e-9
    assert statistics.stdev(gaps) > 0.002


def test_after_a_stall_it_goes_on_from_now_instead_of_catching_up() -> None:
    pace = pace_at()
    pace.sampled(60.0)
    assert 60.005 <= pace.next_s <= 60.015


def test_a_short_delay_is_caught_up() -> None:
    pace = pace_at()
    pace.sampled(0.02)
    assert pace.next_s < 0.02


@pytest.mark.parametrize(("asked", "given"), [(0.1, 1.0), (1e9, 1000.0), (250.0, 250.0)])
def test_rates_stay_within_limits(asked: float, given: float) -> None:
    assert pace_at(asked).rate_hz == given


def settled(lanes_cpu_s: float, rest_share: float, budget: float = 0.02) -> Pace:
    """A pace after some seconds in which each look at the lanes cost `lanes_cpu_s`."""
    pace = pace_at(budget=budget)
    for _ in range(40):
        looks = 100 // pace.lane_every
        pace.spent(1.0, rest_share + looks * lanes_cpu_s, looks * lanes_cpu_s, looks)
    return pace


def test_cheap_lanes_come_along_with_every_sample() -> None:
    assert settled(lanes_cpu_s=20e-6, rest_share=0.012).lane_every == 1


def test_dear_lanes_come_so_seldom_that_the_budget_holds() -> None:
    pace = settled(lanes_cpu_s=500e-6, rest_share=0.01)
    assert 0.01 + 100 / pace.lane_every * 500e-6 <= 0.02


def test_lanes_keep_a_part_of_the_budget_when_the_rest_has_used_it_up() -> None:
    pace = settled(lanes_cpu_s=500e-6, rest_share=0.05)
    assert 0.004 <= 100 / pace.lane_every * 500e-6 <= 0.008


def test_lanes_are_looked_at_a_few_times_a_second_whatever_they_cost() -> None:
    assert settled(lanes_cpu_s=0.1, rest_share=0.01).lane_every == 50


def test_lanes_are_due_at_every_nth_sample() -> None:
    pace = pace_at()
    due = 0
    for _ in range(100):
        due += pace.lanes_due
        pace.sampled(pace.next_s)
    assert due == 100 // pace.lane_every
