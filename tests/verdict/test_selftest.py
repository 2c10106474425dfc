"""Figures of known loads and of a small sweep, judged: what passes, what fails, and what cannot be told."""

from dataclasses import replace

import pytest

from gil_tui.verdict.known_loads import (
    HELD_WITHIN,
    LOADS,
    WITHOUT_GIL,
    GaugeFigures,
    LoadFigures,
    ThreadFigures,
    checks_of_load,
    name_of,
)
from gil_tui.verdict.known_speedups import ONE_CPU, SpreadFigures, checks_of_bound, checks_of_speedup
from gil_tui.verdict.selftest import (
    DISTURBED,
    FAILED,
    NOT_POSSIBLE,
    PARTS,
    PASSED,
    STATES,
    Check,
    all_passed,
    conclusion,
    in_order,
    outside,
)
from gil_tui.verdict.statistics import Interval
from gil_tui.verdict.words import factor

LANES = {"cpu": 0.25, "run_queue": 0.0, "gil": 0.75, "lock": 0.0, "io": 0.0, "idle": 0.0}
SPINNER = ThreadFigures(cpu=0.25, queued=0.01, locked=0.0, lanes=LANES)
SPINNERS = LoadFigures(
    "spin",
    4,
    seconds=3.0,
    unwatched_s=0.04,
    between=0.02,
    hand_overs_per_s=178.0,
    threads=(SPINNER,) * 4,
    gauge=GaugeFigures(0.99, 2.95, 0.02, 179.0, 300),
    lane_samples=300,
)


def check(seen: LoadFigures, quantity: str) -> Check:
    return next(one for one in checks_of_load(seen) if one.quantity == quantity)


def with_gauge(seen: LoadFigures, **figures: float | None) -> LoadFigures:
    return replace(seen, gauge=replace(seen.gauge, **figures))  # type: ignore[arg-type]


def test_what_is_right_passes_in_every_figure() -> None:
    checks = list(checks_of_load(SPINNERS))
    assert [one.quantity for one in checks] == ["held", "waiting", "switches", "on CPU", "GIL wait"]
    assert {one.state for one in checks} == {PASSED}


@pytest.mark.parametrize(
    ("figures", "quantity", "error"),
    [
        ({"held": 0.90}, "held", -0.08),
        ({"waiting": 3.5}, "waiting", 0.5),
        ({"waiting": 2.0}, "waiting", -0.96),
        ({"switches_per_s": 120.0}, "switches", -58.0),
    ],
)
def test_a_gauge_that_is_wrong_fails(figures: dict[str, float], quantity: str, error: float) -> None:
    found = check(with_gauge(SPINNERS, **figures), quantity)
    assert found.state == FAILED
    assert found.error == pytest.approx(error)
    assert found.error is not None and abs(found.error) > (found.within or 0) + (found.chance or 0)


def test_several_spinners_leave_the_gil_free_at_hand_overs_only() -> None:
    assert check(SPINNERS, "held").truth == (0.98, 1.0)
    one = replace(SPINNERS, number=1, threads=(SPINNER,))
    assert check(one, "held").truth == (1.0, 1.0)
    assert "GIL wait" not in [found.quantity for found in checks_of_load(one)]


def test_who_queues_for_a_cpu_may_wait_for_the_gil_or_hold_it() -> None:
    assert check(SPINNERS, "waiting").truth == pytest.approx((2.96, 3.0))


def test_beyond_eight_threads_waiting_is_allowed_a_share() -> None:
    many = replace(SPINNERS, number=16, threads=(replace(SPINNER, cpu=1 / 16, queued=0.0),) * 16)
    assert check(many, "waiting").within == pytest.approx(0.15 * 15)
    assert check(SPINNERS, "waiting").within == 0.2


def test_few_samples_are_allowed_more() -> None:
    held = LoadFigures("hold", 50, held=0.5, gauge=GaugeFigures(0.54, samples=100))
    assert check(held, "held").state == PASSED
    assert check(held, "held").chance == pytest.approx(0.0997, abs=1e-3)
    many = with_gauge(held, samples=100_000)
    assert check(many, "held").state == FAILED
    assert check(many, "held").within == HELD_WITHIN


def test_the_worst_thread_speaks_for_its_lane() -> None:
    wrong = replace(SPINNER, lanes=LANES | {"cpu": 0.31})
    found = check(replace(SPINNERS, threads=(SPINNER, wrong, SPINNER, SPINNER)), "on CPU")
    assert (found.state, found.measured, found.chance) == (FAILED, 0.31, 0.0)


def test_a_lock_wait_may_end_in_the_run_queue() -> None:
    thread = ThreadFigures(0.01, 0.05, 0.70, dict.fromkeys(LANES, 0.0) | {"lock": 0.66, "io": 0.28})
    lock = LoadFigures("lock", 4, threads=(thread,) * 4, gauge=GaugeFigures(0.0, 0.0), lane_samples=500)
    found = check(lock, "lock wait")
    assert found.truth == pytest.approx((0.65, 0.70))
    assert (found.state, found.error) == (PASSED, 0.0)


def test_a_disturbed_host_excuses_a_failure_and_nothing_else() -> None:
    marks = ("steal 12 %",)
    failing = check(replace(with_gauge(SPINNERS, held=0.5), marks=marks), "held")
    assert (failing.state, failing.note) == (DISTURBED, "steal 12 %")
    assert check(replace(SPINNERS, marks=marks), "held").state == PASSED


def test_what_cannot_be_had_says_why_and_gives_no_figure() -> None:
    refused = replace(SPINNERS, gauge=GaugeFigures(why="it belongs to another user"))
    blind = tuple(replace(thread, waits_known=False) for thread in refused.threads)
    states = {one.quantity: (one.state, one.note) for one in checks_of_load(replace(refused, threads=blind))}
    why = (NOT_POSSIBLE, "it belongs to another user")
    assert states["held"] == states["waiting"] == states["switches"] == states["GIL wait"] == why
    assert states["on CPU"][0] == PASSED
    gone = list(checks_of_load(LoadFigures("spin", 4, why="the load ended: no")))
    assert {(one.state, one.note, one.measured) for one in gone} == {
        (NOT_POSSIBLE, "the load ended: no", None)
    }


def test_without_a_gil_only_the_lanes_that_need_none_are_judged() -> None:
    free = replace(SPINNERS, gil_enabled=False, gauge=GaugeFigures())
    found = {one.quantity: one for one in checks_of_load(free)}
    assert found.pop("on CPU").state == PASSED
    assert {(one.state, one.note) for one in found.values()} == {(NOT_POSSIBLE, WITHOUT_GIL)}


def test_a_kernel_that_does_not_count_gives_no_truth() -> None:
    uncounted = replace(SPINNERS, threads=(replace(SPINNER, cpu=None, queued=None),) * 4)
    found = {one.quantity: one for one in checks_of_load(uncounted)}
    assert {found[name].state for name in ("waiting", "on CPU", "GIL wait")} == {NOT_POSSIBLE}
    assert all(one.note for one in found.values() if one.state == NOT_POSSIBLE)


def test_every_load_has_a_name() -> None:
    assert len({name_of(load, 2) for load in LOADS}) == len(LOADS)


# --- the sweep


def run(workload: str, executor: str, speedup: float, **more: object) -> SpreadFigures:
    interval = Interval(speedup, speedup - 0.02, speedup + 0.02)
    return replace(SpreadFigures(workload, executor, 2, 2.0, speedup=interval), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (run("countdown", "threads", 0.98), PASSED),
        (run("countdown", "threads", 0.60), PASSED),
        (run("countdown", "threads", 1.60), FAILED),
        (run("countdown", "threads", 1.60, gil_enabled=False), PASSED),
        (run("countdown", "threads", 1.00, gil_enabled=False), FAILED),
        (run("countdown", "processes", 1.90), PASSED),
        (run("countdown", "processes", 1.05), FAILED),
        (run("countdown", "processes", 1.05, marks=("steal 9 %",)), DISTURBED),
        (run("countdown", "processes", 2.50), FAILED),
        (run("countdown", "processes", 1.00, cpus=1.0), NOT_POSSIBLE),
        (run("countdown", "threads", 0.99, cpus=1.0), PASSED),
        (run("sha256", "threads", 1.80), PASSED),
        (run("sha256", "threads", 1.00), FAILED),
        (run("sleep", "threads", 1.99), PASSED),
        (run("sleep", "threads", 1.99, cpus=1.0), PASSED),
        (run("sleep", "processes", 1.50), FAILED),
        (replace(run("sleep", "processes", 1.9), speedup=None), NOT_POSSIBLE),
    ],
)
def test_speedups_follow_the_gil_the_cpus_and_the_workers(given: SpreadFigures, state: str) -> None:
    [found] = checks_of_speedup([given])
    assert found.state == state


@pytest.mark.parametrize(
    ("low", "high", "state"), [(0.9, 1.3, DISTURBED), (1.05, 1.3, FAILED), (0.9, 1.1, PASSED)]
)
def test_a_speedup_that_may_be_the_true_one_is_not_failed(low: float, high: float, state: str) -> None:
    speedup = Interval((low + high) / 2 + 0.05, low, high)
    [found] = checks_of_speedup([replace(run("countdown", "threads", 1.0), speedup=speedup)])
    assert found.state == state
    assert found.note == (
        f"its trials leave {factor(low)}x to {factor(high)}x open" if state == DISTURBED else ""
    )


def test_one_cpu_is_said_to_be_too_few() -> None:
    [found] = checks_of_speedup([run("sha256", "threads", 1.0, cpus=1.5)])
    assert found.note == ONE_CPU


def test_the_bound_is_judged_by_its_median_error_and_names_the_worst() -> None:
    good = [run("sleep", name, 2.0, foretold=2.0) for name in ("threads", "processes")]
    bad = run("countdown", "processes", 1.25, foretold=2.0)
    [found] = checks_of_bound([*good, bad])
    assert (found.state, found.measured) == (PASSED, 0.0)
    assert found.note == "worst 60 %: countdown, processes x2"
    [failing] = checks_of_bound([*good[:1], bad, replace(bad, workload="sha256")])
    assert failing.state == FAILED
    [unknown] = checks_of_bound([replace(bad, foretold=None)])
    assert unknown.state == NOT_POSSIBLE and unknown.note


# --- rows


def a_check(state: str, part: str = "gauge") -> Check:
    return Check(part, "4 threads", "held", "share", state)


@pytest.mark.parametrize(
    ("states", "sentence", "passed"),
    [
        ([PASSED] * 18, "18 of 18 checks passed", True),
        ([PASSED, FAILED], "1 of 2 checks passed, 1 failed", False),
        (
            [PASSED, DISTURBED],
            "1 of 2 checks passed, 1 disturbed: measure again when the host is quiet",
            False,
        ),
        ([PASSED, NOT_POSSIBLE], "1 of 1 check passed; 1 not possible here", True),
        ([NOT_POSSIBLE], "0 of 0 checks passed; 1 not possible here", False),
        ([], "0 of 0 checks passed", False),
    ],
)
def test_the_end_is_said_in_words(states: list[str], sentence: str, passed: bool) -> None:
    checks = [a_check(state) for state in states]
    assert (conclusion(checks), all_passed(checks)) == (sentence, passed)


def test_rows_stand_part_after_part() -> None:
    checks = [a_check(PASSED, part) for part in reversed(PARTS)]
    assert [one.part for one in in_order(checks)] == list(PARTS)


@pytest.mark.parametrize(("value", "error"), [(0.5, 0.0), (1.0, 0.0), (1.25, 0.25), (0.25, -0.25)], ids=str)
def test_an_error_counts_from_the_edge_of_the_band(value: float, error: float) -> None:
    assert outside(value, (0.5, 1.0)) == error


def test_checks_survive_json() -> None:
    for found in checks_of_load(replace(SPINNERS, marks=("steal 2 %",))):
        assert Check.from_json(found.to_json()) == found
    assert all(Check.from_json(a_check(state).to_json()) == a_check(state) for state in STATES)
