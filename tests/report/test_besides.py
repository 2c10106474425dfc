"""What a run tells besides its times, as text."""

from dataclasses import replace

import pytest

from gil_tui.bench.spec import HANDOVER_BYTES
from gil_tui.bench.workloads.cpu import Countdown
from gil_tui.report.besides import (
    call_line,
    counters_lines,
    figure_cells,
    figures_lines,
    gil_lines,
    orchestration_lines,
)
from tests.history.samples import a_full_trial, a_run, a_trial, finished

HANDOVER_S = dict(zip(map(str, HANDOVER_BYTES), (2.8e-5, 3.1e-5, 9.1e-4), strict=True))


@pytest.mark.parametrize(
    ("name", "value", "cells"),
    [
        ("pings_p99_s", 0.0051, ("pings p99", "5.1 ms")),
        ("lock_wait_ms", 0.25, ("lock wait", "250 µs")),
        ("steps_per_s", 12_787_123.0, ("steps", "12,787,000/s")),
        ("written_bytes", 24_000_000, ("written", "24 MB")),
        ("inside_share", 0.8, ("inside", "80 %")),
        ("passes", 12_345.0, ("passes", "12,345")),
        ("rows[red]\x1b[2J", 3.0, ("rows[red][2J", "3")),
    ],
)
def test_a_figure_carries_its_unit(name: str, value: float, cells: tuple[str, str]) -> None:
    assert figure_cells(name, value) == cells


def test_what_a_call_costs() -> None:
    run = a_run(call_s=3.1e-3, call_repeats=5)
    assert call_line(run) == f"one unit of size (of {Countdown.size_unit}): 3.1 ms, best of 5"
    own = a_run(workload="shop.py:render", call_s=3.1e-3, call_repeats=5)
    assert call_line(own) == "one call 3.1 ms, best of 5"
    assert call_line(replace(own, call_s=5.0, call_repeats=1)) == "one call 5.00 s"
    assert call_line(a_run(workload="a_plugins", call_s=1e-8, call_repeats=5)).startswith(
        "one unit of size: 10 ns"
    )
    assert call_line(a_run()) == ""


def test_figures_are_a_table() -> None:
    run = finished(a_run(), a_full_trial(1), a_full_trial(2))
    assert figures_lines(run) == [
        "figures, median of 2 trials",
        "  pings p50  200 µs",
        "  pings p99  5.1 ms",
        "  requests      400",
        "",
    ]
    assert figures_lines(finished(a_run())) == []


def test_counters_say_what_they_are_of() -> None:
    (line,) = counters_lines(finished(a_run(), a_full_trial(1), a_trial(2)))
    assert line.startswith(
        "counters of trial 1 (perf stat): CPU time 1.98 s, 412 context switches, 3 migrations"
    )
    assert "5.90 G cycles" in line and line.endswith("2.00 instructions a cycle")
    assert "12,345 page faults" in line and "cache misses" not in line
    (line,) = counters_lines(finished(a_run(), a_full_trial(1), a_full_trial(2)))
    assert line.startswith("counters of 2 trials")


def test_without_counters_the_reason_is_told() -> None:
    trial = a_trial(1)
    assert trial.result is not None
    why = "perf is not installed: apt-get install linux-perf"
    run = finished(a_run(), replace(trial, result=replace(trial.result, counters_why=why)))
    assert counters_lines(run) == [f"no counters: {why}"]
    assert counters_lines(a_run()) == []


def test_who_switched_the_gil_on_is_named() -> None:
    assert gil_lines(finished(a_run(), a_full_trial(1))) == ["importing oldmodule switched the GIL back on"]
    assert gil_lines(finished(a_run())) == []


def test_orchestration_is_a_line_for_each_kind_of_pool() -> None:
    alone = finished(a_run(executor="sequential", workers=1))
    threads = [replace(finished(a_run(workers=n)), handover_s=HANDOVER_S) for n in (4, 2)]
    larger = a_trial(1)
    assert larger.result is not None
    larger = replace(larger, result=replace(larger.result, peak_pss_bytes=44_000_000))
    processes = replace(finished(a_run(executor="processes", workers=2), larger), handover_why="it [red]hung")
    lines = [" ".join(line.split()) for line in orchestration_lines([alone, *threads, processes])]
    assert lines == [
        "orchestration",
        "executor workers start task of 0 B task of 1 kB task of 1 MB extra memory",
        "threads 2 60 ms 28 µs 31 µs 910 µs +0 B",
        "processes 2 60 ms – – – +24 MB",
        "not measured: it [red]hung",
        "",
    ]


def test_orchestration_tells_interpreters_apart() -> None:
    threads = replace(finished(a_run()), handover_s=HANDOVER_S)
    switched = replace(threads, experiment=replace(threads.experiment, gil=False))
    lines = orchestration_lines([threads, switched])
    assert [line.split()[-1] for line in lines[1:4]] == ["python", "3.13.2", "+nogil"]


def test_nothing_is_said_of_what_hands_nothing_over() -> None:
    assert orchestration_lines([finished(a_run(executor="sequential", workers=1)), finished(a_run())]) == []
