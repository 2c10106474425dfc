"""Two runs held against each other: what counts, what is refused, and how it is said."""

from dataclasses import replace
from typing import Any

import pytest

from gil_tui.verdict.comparison import (
    OUTCOMES,
    Comparison,
    IncomparableError,
    Side,
    SweepComparison,
    compare_runs,
    family_level,
)
from gil_tui.verdict.comparison_words import comparison_lines, document, result, sentence, sweep_sentence

SLOW = (4.05, 4.02, 4.08, 4.03, 4.06, 4.05)
FAST = (2.11, 2.10, 2.13, 2.12, 2.11, 2.10)


def side(name: str, walls_s: tuple[float, ...], **changes: Any) -> Side:
    facts = changes.pop("facts", {"executor": "threads x4", "interpreter": "CPython 3.13.2"})
    made = Side(name, "threads x4", "countdown", facts, walls_s, 1000, 40, sweep_id="s1", id=int(name[1:]))
    return replace(made, **changes)


A = side("#40", SLOW)
B = side("#41", FAST, facts={**A.facts, "executor": "processes x2"})


def test_faster_beyond_chance_and_noise() -> None:
    found = compare_runs(A, B, 0.02)
    assert (found.outcome, found.by, found.significant) == ("faster", "time", True)
    assert sentence(found) == "#41 is 1.92x (1.90 to 1.93) faster than #40; noise 2 %"
    assert found.differs == (("executor", "threads x4", "processes x2"),)
    assert found.t_test is not None and found.t_test.significant


def test_slower_is_told_from_its_own_side() -> None:
    found = compare_runs(B, A, 0.02)
    assert found.outcome == "slower"
    assert found.ratio.median == pytest.approx(0.52, abs=0.01)
    assert sentence(found).startswith("#40 is 1.92x (1.90 to 1.93) slower than #41; noise")
    assert result(found) == "1.92x (1.90 to 1.93) slower"


def test_a_difference_within_the_noise_is_none() -> None:
    nearly = side("#41", tuple(value * 0.97 for value in SLOW))
    assert compare_runs(A, nearly, 0.02).outcome == "faster"
    found = compare_runs(A, nearly, 0.05)
    assert (found.outcome, found.significant) == ("same", False)
    assert sentence(found) == ("#41 and #40 do not differ beyond the noise: 1.03x (1.02 to 1.04); noise 5 %")


def test_a_difference_that_chance_makes_is_none_even_without_noise() -> None:
    shaky = side("#41", (2.0, 6.0, 4.6, 3.0, 5.0, 2.5))
    assert compare_runs(A, shaky, 0.0).outcome == "same"


def test_disturbed_trials_name_no_winner() -> None:
    found = compare_runs(A, replace(B, disturbed=2, mark="steal 5 %"), 0.02)
    assert found.outcome == "unstable"
    assert sentence(found) == (
        "Unstable: 2 of 6 trials of #41 were disturbed (steal 5 %); no winner is named (1.92x (1.90 to 1.93))"
    )
    assert compare_runs(A, replace(B, disturbed=1), 0.02).outcome == "faster"


@pytest.mark.parametrize(("walls_s", "floor"), [(FAST, None), (FAST[:1], 0.02)])
def test_single_trials_decide_nothing(walls_s: tuple[float, ...], floor: float | None) -> None:
    found = compare_runs(A, replace(B, walls_s=walls_s), floor)
    assert found.outcome == "unresolved"
    assert sentence(found).startswith("Too few trials to tell #41 from #40: 1.9")


def test_other_sizes_are_compared_by_work_a_second() -> None:
    found = compare_runs(A, replace(B, size=2000), 0.02)
    assert found.by == "throughput"
    assert found.ratio.median == pytest.approx(2 * 4.05 / 2.11, abs=0.02)
    assert found.notes == (
        "compared by units of work a second: #40 did 1000 x 40, #41 did 2000 x 40 (size x tasks)",
    )


def test_trials_of_one_sweep_are_compared_round_by_round() -> None:
    drifting = tuple(1.0 + 0.05 * i for i in range(12))
    early, late = side("#40", drifting[:6]), side("#41", drifting)
    assert compare_runs(early, late, 0.0).ratio.median == 1.0
    assert compare_runs(early, replace(late, sweep_id="s2"), 0.0).ratio.median < 0.9


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (A, "#40 and #40 are the same run: name another one"),
        (replace(B, walls_s=(), failure="ValueError: no"), "#41 has no finished trial (ValueError: no)"),
        (replace(B, workload="primes"), "#40 ran countdown, #41 ran primes: different work"),
        (replace(B, size=None), "#41 does not say how much work it did"),
    ],
)
def test_what_has_no_common_measure_is_refused_in_one_line(other: Side, why: str) -> None:
    with pytest.raises(IncomparableError) as refusal:
        compare_runs(A, other, 0.02)
    assert str(refusal.value).startswith(why)
    assert "\n" not in str(refusal.value)


def test_functions_of_ones_own_are_compared_call_by_call() -> None:
    old = replace(A, workload="shop.py:render", checksums=(1, 2))
    new = replace(B, workload="shop.py:render2", checksums=(1, 2))
    found = compare_runs(old, new, 0.02)
    assert found.outcome == "faster"
    assert found.notes == ("other code: compared call by call, as if both were to do the same",)
    assert "do not compute the same" in compare_runs(old, replace(new, checksums=(1, 3)), 0.02).notes[1]
    with pytest.raises(IncomparableError):
        compare_runs(old, B, 0.02)


def test_notes_say_what_to_know() -> None:
    other = replace(
        B,
        walls_s=(9.0, *FAST[:4]),
        knobs="hold=90",
        checksums=(2,),
        sweep_id="s2",
        disturbed=1,
        mark="steal 5 %",
    )
    found = compare_runs(replace(A, checksums=(1,)), other, 0.02)
    text = "\n".join(found.notes)
    for part in (
        "settings of the work differ",
        "do not compute the same",
        "few trials (#41 5 trials): 6 make a 95% interval",
        "#41: the first trial took 3",
        "#41: 1 of 5 trials disturbed (steal 5 %)",
        "made in different sweeps",
    ):
        assert part in text
    assert compare_runs(A, B, 0.02).notes == ()


def test_lines_for_the_terminal_and_the_screen() -> None:
    lines = comparison_lines(compare_runs(A, B, 0.02))
    assert lines == [
        "#41 is 1.92x (1.90 to 1.93) faster than #40; noise 2 %",
        "",
        "  #40 countdown threads x4: 4.05 s (4.02 s to 4.08 s), 6 trials",
        "  #41 countdown threads x4: 2.11 s (2.10 s to 2.13 s), 6 trials",
        "  executor: threads x4 / processes x2",
        "cross-check: by Student's t test the means differ (|t| 194.8, 2.23 needed)",
    ]


def several(*pairs: Comparison) -> SweepComparison:
    return SweepComparison("9f3a0000", "77aa0000", pairs, 0.02)


def test_sweeps_are_told_in_one_sentence() -> None:
    faster, slower = compare_runs(A, B, 0.02), compare_runs(B, A, 0.02)
    same = compare_runs(A, side("#42", SLOW), 0.02)
    assert sweep_sentence(several(faster, slower, same)) == (
        "1 of 3 experiments is faster in 77aa0000, 1 slower; overall 1.00x (1.00 to 1.00) faster; noise 2 %"
    )
    assert sweep_sentence(several(same)).startswith("None of 1 experiment differs between 9f3a0000 and")
    unstable = compare_runs(A, replace(B, disturbed=6), 0.02)
    assert "1 too unstable to tell" in sweep_sentence(several(faster, unstable))
    assert sweep_sentence(several(unstable)).startswith("Nothing can be told of 1 experiment: too many")
    assert "no experiment in common" in sweep_sentence(several())


def test_the_overall_ratio_is_the_geometric_mean() -> None:
    faster, slower = compare_runs(A, B, 0.02), compare_runs(B, A, 0.02)
    overall = several(faster, slower).overall
    assert overall is not None and overall.median == pytest.approx(1.0)
    alone = several(faster).overall
    assert alone is not None
    assert (alone.low, alone.high) == pytest.approx((faster.ratio.low, faster.ratio.high), rel=1e-2)
    assert several().overall is None


def test_many_comparisons_at_once_need_more_each() -> None:
    assert family_level(0) == family_level(1) == 0.95
    assert family_level(10) == pytest.approx(0.995)


def test_a_document_says_the_same() -> None:
    made = document(compare_runs(A, B, 0.02))
    assert made["outcome"] in OUTCOMES
    assert made["a"]["wall_s"]["median"] == 4.05
    assert made["b"]["throughput_per_s"] == pytest.approx(40_000 / 2.11)
    assert made["differs"] == [{"what": "executor", "a": "threads x4", "b": "processes x2"}]
