"""What a median hides, and how often it is seen where it is not there."""

import random
from collections.abc import Callable

import pytest

from gil_tui.verdict.shapes import remarks, slow_first, two_groups

STEADY = [1.0, 1.01, 0.99, 1.0, 1.02, 1.0, 0.98, 1.01]
TWO = [1.0, 1.3, 1.01, 1.31, 1.0, 1.3, 0.99, 1.29]


def test_two_groups_are_seen_wherever_they_stand() -> None:
    groups = two_groups(TWO)
    assert groups is not None
    assert (groups.lower, groups.upper) == (4, 4)
    assert (groups.low, groups.high) == (1.0, 1.3)


@pytest.mark.parametrize("values", [STEADY, TWO[:7], [1.0] * 12, [1.0] * 7 + [9.0], [1.0] * 4 + [1.001] * 4])
def test_one_group_too_few_values_and_small_distances_are_none(values: list[float]) -> None:
    assert two_groups(values) is None


def test_a_slow_first_trial_is_told_by_how_much() -> None:
    assert slow_first([1.5, *STEADY]) == pytest.approx(0.5)
    assert slow_first([1.04, *[1.0] * 6]) is None
    assert slow_first([1.1, 1.0, 1.2, 0.8, 1.1]) is None
    assert slow_first([1.5, 1.0, 1.0]) is None
    assert slow_first([0.5, *STEADY]) is None


def test_remarks_say_it_in_words() -> None:
    assert remarks(STEADY) == ()
    assert remarks([1.0]) == ()
    assert remarks(TWO) == (
        "times lie in two groups: 4 trials about 1.00 s, 4 about 1.30 s; the median tells of one of them",
    )
    assert remarks([1.5, *STEADY]) == (
        "the first trial took 50 % longer than the others: something was cold",
    )
    assert remarks([*STEADY, 9.0]) == ("1 of 9 trials lie far off the others",)
    (noisy,) = remarks([1.0, 1.3, 0.8, 1.1, 0.9, 1.2, 1.05])
    assert noisy.startswith("noisy: the interval is ")


@pytest.mark.parametrize("n", [8, 12])
@pytest.mark.parametrize(
    ("draw", "at_most"),
    [(lambda source: source.gauss(1, 0.05), 0.03), (lambda source: source.lognormvariate(0, 0.3), 0.04)],
)
def test_one_group_is_seldom_taken_for_two(
    n: int, draw: Callable[[random.Random], float], at_most: float
) -> None:
    source, runs = random.Random(n), 1500
    alarms = sum(two_groups([draw(source) for _ in range(n)]) is not None for _ in range(runs))
    assert alarms / runs <= at_most


def test_clear_groups_are_mostly_seen() -> None:
    source, runs = random.Random(8), 500
    seen = sum(
        two_groups([source.gauss(1, 0.01) + 0.1 * (source.random() < 0.5) for _ in range(10)]) is not None
        for _ in range(runs)
    )
    assert seen / runs > 0.85


def test_a_drift_of_the_host_is_told_once() -> None:
    (note,) = remarks([1.0 + 0.02 * place for place in range(12)])
    assert note.startswith("the host drifted: the later trials took 11 % longer than the earlier")
    (note,) = remarks([1.3 - 0.02 * place for place in range(12)])
    assert " less than the earlier" in note
    assert remarks([1.0 + 0.0001 * place for place in range(12)]) == ()
