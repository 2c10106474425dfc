"""What a port buys: one core first, then several, told in one sentence."""

from dataclasses import replace
from typing import Any

import pytest

from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.port import told_as_ports, ways_of
from gil_tui.verdict.statistics import Interval
from gil_tui.verdict.sweep import diagnose_sweep
from gil_tui.verdict.words import evidence_text
from tests.verdict.builders import GIL_2, RELEASED_2, around, run, sequential

SCALING = {"observation": RELEASED_2}
WAITING = {"observation": GIL_2}


def way(workload: str, gain: float, threads: float | None, **more: Any) -> list[RunFacts]:
    """One worker that does `gain` times the work of Python in the same time, and two threads."""
    seen = SCALING if threads and threads > 1.1 else WAITING
    runs = [sequential()] + ([run("threads", 2, threads, **seen)] if threads else [])
    of_it = {"workload": workload, "work": f"{workload} {more.get('python')}", "family": "extension"}
    return [replace(one, units=1000.0 * gain, unit="numbers", **(of_it | more)) for one in runs]


PYTHON = way("loop_python", 1, 0.98)
NUMPY = way("loop_numpy", 40, 1.3)
HELD = way("loop_c_held", 85, 0.99)
RELEASED = way("loop_c_released", 85, 1.9)


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        (
            [*PYTHON, *NUMPY, *HELD, *RELEASED, *way("loop_cython", 90, 1.0)],
            "C that releases the GIL: 85.0x on one core, 2 threads 1.90x more. "
            "C that holds the GIL: 85.0x on one core, 2 threads add nothing",
        ),
        ([*RELEASED, *PYTHON], "C that releases the GIL: 85.0x on one core, 2 threads 1.90x more"),
        ([*PYTHON, *HELD], "C that holds the GIL: 85.0x on one core, 2 threads add nothing"),
        (
            [*HELD, *RELEASED],
            "C that releases the GIL: 1.00x on one core, 2 threads 1.90x more (against C that holds the GIL)",
        ),
        ([*PYTHON, *way("loop_cython_nogil", 85, None)], "Cython that releases the GIL: 85.0x on one core"),
        ([*PYTHON, *way("loop_numpy", 0.9, 0.9)], "No port buys anything: Python is as fast as any"),
    ],
)
def test_the_sentence(runs: list[RunFacts], sentence: str) -> None:
    assert diagnose_sweep(runs)[0].sentence == sentence


def test_a_slow_port_that_scales_is_no_contrast_to_a_fast_one() -> None:
    verdict, _ = diagnose_sweep([*PYTHON, *HELD, *way("loop_numpy", 4, 1.9)])
    assert verdict.sentence == "C that holds the GIL: 85.0x on one core, 2 threads add nothing"


def test_what_noise_hides_is_not_told() -> None:
    wide = replace(RELEASED[1], speedup=Interval(1.11, 0.76, 1.6))
    verdict, _ = diagnose_sweep([*PYTHON, RELEASED[0], wide])
    assert verdict.sentence.endswith("85.0x on one core, what 2 threads add is not decided")


def test_no_winner_among_disturbed_trials() -> None:
    runs = [replace(one, marked=5) for one in (*PYTHON, *HELD, *RELEASED)]
    verdict, _ = diagnose_sweep(runs)
    assert verdict.sentence.startswith(
        "Unstable: 30 of 36 trials were disturbed; no winner is named. C that "
    )
    assert verdict.sentence.endswith("does 84.2x to 85.8x the work on one core")
    assert (verdict.code, verdict.confidence, verdict.advice) == ("unsure", 0.0, ())
    assert "C that releases the GIL, one core 85.0x (84.2x to 85.8x)" in map(evidence_text, verdict.evidence)


def test_evidence_has_intervals_and_advice_the_best_first() -> None:
    verdict, best = diagnose_sweep([*PYTHON, *HELD, *NUMPY, *RELEASED])
    assert best is None
    assert verdict.code == "scales"
    assert verdict.confidence == min(diagnose_sweep(runs)[0].confidence for runs in (PYTHON, RELEASED))
    rows = [evidence_text(row) for row in verdict.evidence]
    assert "C that releases the GIL, one core 85.0x (84.2x to 85.8x)" in rows
    assert "C that releases the GIL, 2 threads 1.90x (1.88x to 1.92x)" in rows
    assert all(row.low is not None and row.how for row in verdict.evidence)
    assert [(one.action, one.gain) for one in verdict.advice] == [
        ("Port it to C that releases the GIL, with 2 threads", 161.5),
        ("Port it to C that holds the GIL", 85.0),
        ("Port it to NumPy, with 2 threads", 52.0),
    ]
    assert verdict.advice[0].cost == "C to write, and to build for each platform"
    assert verdict.advice[0].why == "measured: 84.2x to 85.8x on one core, 1.88x to 1.92x with 2 threads"


def test_gains_are_by_units_and_from_each_trial_where_they_are_known() -> None:
    python = [replace(one, walls_s=(4.0,) * 6) for one in PYTHON]
    numpy = [replace(one, walls_s=(4.0, 4.0, 4.0, 5.0, 5.0, 5.0)) for one in NUMPY]
    original, ported = ways_of([*numpy, *python])
    assert original.workload == "loop_python"
    assert (original.gain.low, original.gain.high) == (1.0, 1.0)
    assert ported.gain.median == pytest.approx(40 * 4 / 4.5)
    assert (ported.gain.low, ported.gain.high) == pytest.approx((32.0, 40.0))
    known = [replace(one, walls_s=()) for one in (*PYTHON, *NUMPY)]
    ported = ways_of(known)[1]
    assert (ported.gain.low, ported.gain.high) == pytest.approx((40 * 0.99 / 1.01, 40 * 1.01 / 0.99))


def test_processes_are_told_where_threads_gain_nothing() -> None:
    held = [*HELD, replace(HELD[1], executor="processes", label="processes x2", speedup=around(1.8))]
    verdict, _ = diagnose_sweep([*PYTHON, *held])
    assert verdict.sentence == "C that holds the GIL: 85.0x on one core, 2 processes 1.80x more"


def test_another_interpreter_is_another_way() -> None:
    pypy = way("loop_python", 15, 1.0, python="PyPy 3.9.16")
    verdict, _ = diagnose_sweep([*PYTHON, *RELEASED, *pypy])
    assert verdict.sentence.startswith("C that releases the GIL on CPython 3.13.0: 85.0x on one core")
    assert "Port it to Python on PyPy 3.9.16" in [one.action for one in verdict.advice]


def test_others_are_told_beside_the_ports() -> None:
    other = [sequential(), run("threads", 2, 1.01, observation=GIL_2)]
    verdict, _ = diagnose_sweep([*other, *PYTHON, *RELEASED])
    assert verdict.sentence.startswith("countdown: GIL-bound: ")
    assert verdict.sentence.endswith(
        "extension: C that releases the GIL: 85.0x on one core, 2 threads 1.90x more"
    )


def test_what_is_no_port_is_told_as_before() -> None:
    parts = {name: Verdict("gil", 0.9, name) for name in ("loop_python", "loop_numpy")}
    alone = [one for one in (*PYTHON, *NUMPY) if not one.is_baseline]
    other_unit = [replace(one, unit="rows") for one in NUMPY]
    other_family = [replace(one, family="locks") for one in (*PYTHON, *NUMPY)]
    for runs in (alone, [*PYTHON, *other_unit], other_family, PYTHON):
        assert told_as_ports(parts, runs) == parts


def test_a_port_that_failed_is_named() -> None:
    failed = replace(HELD[0], status="failed", wall_s=None, speedup=None, failure="the compiler failed")
    verdict, _ = diagnose_sweep([*PYTHON, failed, *RELEASED])
    assert "C that holds the GIL: Failed: the compiler failed" in verdict.would_change
