import pytest

from gil_tui.lab.progress import Arm, expected_trials, is_enough, time_left_s

STEADY = [1.0, 1.001, 1.002, 1.0, 1.001, 1.002]
SHAKY = [1.0, 1.5, 0.7, 1.2, 0.9, 1.4]


def test_six_trials_within_two_per_cent_are_enough_and_five_are_not() -> None:
    assert is_enough(STEADY, 6, 12)
    assert not is_enough(STEADY[:5], 6, 12)
    assert not is_enough(SHAKY, 6, 12)


def test_the_limit_is_the_limit() -> None:
    assert is_enough(SHAKY, 6, 6)
    assert is_enough(SHAKY[:1], 1, 1)
    assert not is_enough([], 1, 1)


def test_steady_trials_promise_an_early_end() -> None:
    assert expected_trials([], 6, 12) == 12
    assert expected_trials(STEADY[:3], 6, 12) == 6
    assert expected_trials(SHAKY[:4], 6, 12) == 12
    assert expected_trials([1.0, 1.05, 1.02], 6, 50) in range(6, 51)
    assert expected_trials([0.0, 0.0, 0.0], 6, 12) == 12


def test_time_left_is_unknown_before_anything_has_ended() -> None:
    assert time_left_s([Arm([], [], False)], 6, 12) is None


def test_time_left_is_what_the_trials_to_come_will_take() -> None:
    measured = Arm(STEADY[:4], [2.0] * 4, False)
    closed = Arm(STEADY, [5.0] * 6, True)
    assert time_left_s([measured], 6, 12) == pytest.approx(4.0)
    assert time_left_s([measured, closed], 6, 12) == pytest.approx(4.0)
    unknown = Arm([], [], False)
    assert time_left_s([measured, unknown], 6, 12) == pytest.approx(4.0 + 12 * 2.0)
    assert time_left_s([closed], 6, 12) == 0.0
