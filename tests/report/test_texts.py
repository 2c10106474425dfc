"""Runs and sweeps as text: what is said, and what is not."""

from dataclasses import replace

import pytest

from gil_tui.lab.records import Run, Sweep
from gil_tui.report.judgement import verdict_line
from gil_tui.report.layout import brief, number
from gil_tui.report.run import output_lines, run_lines
from gil_tui.report.sweep import failed_runs, failure_lines, figures_table, sweep_lines, unavailable_lines
from gil_tui.tui import details
from gil_tui.verdict.model import Verdict
from tests.history.samples import HOST, VERDICT, a_failed_trial, a_full_trial, a_run, a_trial, finished

RAISED = a_failed_trial().failure
LACKING = {
    "kind": "unavailable",
    "message": "interpreters needs Python 3.14 or newer: uv python install 3.14",
}


def failed(**changes: object) -> Run:
    return a_run(status="failed", trials=(a_failed_trial(),), failure=RAISED, **changes)


def lacking(**changes: object) -> Run:
    return a_run(executor="interpreters", status="unavailable", failure=LACKING, **changes)


@pytest.mark.parametrize(
    ("value_s", "text"),
    [
        (3.1e-9, "3.1 ns"),
        (31e-9, "31 ns"),
        (9.999e-7, "1.0 µs"),
        (28e-6, "28 µs"),
        (3.14e-3, "3.1 ms"),
        (0.0999, "100 ms"),
        (4.049, "4.05 s"),
        (0.0, "0.0 ns"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_short_times(value_s: float | None, text: str) -> None:
    assert brief(value_s) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.25, "0.25"), (412, "412"), (12_345, "12,345"), (5.9e9, "5.90 G")]
)
def test_counts(value: float, text: str) -> None:
    assert number(value) == text


def test_what_decides_nothing_is_not_sure_of_anything() -> None:
    assert verdict_line(VERDICT, True).endswith("(sure 0.97)")
    undecided = Verdict("unsure", 0.0, "Unstable: 3 of 6 trials were disturbed")
    assert verdict_line(undecided, True) == "Unstable: 3 of 6 trials were disturbed"
    assert verdict_line(None, False) == "No verdict: nothing was measured to its end."


def test_what_is_not_available_is_no_failure() -> None:
    runs = [finished(a_run(id=1)), failed(id=2), lacking(id=3), lacking(id=4, workers=8)]
    assert failed_runs(runs) == [runs[1]]
    assert failure_lines(runs) == ["#2 threads x4: ValueError: no"]
    assert unavailable_lines(runs) == [f"not available: #3 interpreters x4 and 1 more: {LACKING['message']}"]
    text = "\n".join(sweep_lines(Sweep("s", HOST, tuple(runs), VERDICT)))
    assert "uv python install 3.14" in text
    assert "\n".join(run_lines(runs[2])).count("uv python install 3.14") == 1


def test_a_run_is_told_with_all_that_it_carries() -> None:
    full = finished(a_run(id=7), a_full_trial(1), a_full_trial(2))
    run = replace(full, call_s=3e-8, call_repeats=5, handover_s={"0": 3e-5}, notes=("BLAS is pinned",))
    text = "\n".join(run_lines(run, [run], VERDICT))
    for part in (
        "All runs of its sweep: GIL-bound",
        "held  99 %  (98 % to 100 %)  gauge at 100 Hz",
        "  Use 2 processes; gain 1.90x; cost 24 MB",
        "figures, median of 2 trials",
        "orchestration",
        "best of 5",
        "counters of 2 trials (perf stat)",
        "oldmodule switched the GIL back on",
        "note: BLAS is pinned",
        "sweep sweep-1",
    ):
        assert part in text


def test_the_screen_says_the_same() -> None:
    run = finished(a_run(id=7), a_full_trial(1))
    assert details.run_lines(run) == run_lines(run)
    assert details.output_lines(run) == output_lines(run) != []
    assert details.title_of(run) == "#7 countdown, threads x4"


def test_latency_stands_in_the_result_where_there_are_requests() -> None:
    web = finished(a_run(workload="web"), a_full_trial(1))
    heading, row = (line.split() for line in figures_table([web])[1:])
    assert heading[:6] == ["executor", "workers", "p50", "p95", "p99", "max"]
    assert row[:6] == ["threads", "4", "20", "ms", "30", "ms"]
    assert figures_table([finished(a_run())]) == []
    (title, *_) = figures_table([finished(a_run(), a_full_trial(1))])
    assert title == "measured besides"


def test_a_note_names_whom_it_is_of() -> None:
    plain, full = a_trial(1), a_full_trial(1)
    assert plain.result is not None
    pinned = replace(plain, result=replace(plain.result, notes=("BLAS threads are pinned to 1",)))
    runs = (finished(a_run(id=1), full), finished(a_run(id=2, workers=2, notes=("noisy",)), pinned), failed())
    lines = sweep_lines(Sweep("s", HOST, runs, VERDICT))
    assert [line for line in lines if line.startswith("note: ")] == [
        "note: BLAS threads are pinned to 1",
        "note: #1 threads x4: importing oldmodule switched the GIL back on",
    ]


def test_nothing_that_a_program_says_moves_the_cursor() -> None:
    evil = "\x1b[2J\x07evil"
    run = replace(
        failed(workload=f"{evil}.py:f", notes=(evil,), handover_why=evil, watch_why=evil),
        failure={"kind": "raised", "message": evil, "traceback": f"{evil}\n{evil}"},
    )
    for line in [*run_lines(run), *sweep_lines(Sweep("s", HOST, (run,)))]:
        assert "\x1b" not in line and "\n" not in line
