"""What the chart shows of a sweep: over workers, Pythons or workloads, and what is held against what."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gil_tui.lab.records import Run
from gil_tui.tui.foretelling import Foretold, Wanted, runs_of, wanted_bounds
from gil_tui.tui.lab_view import chart_view, lines_of, mark_of, settled_view
from gil_tui.tui.model import LabState, parts_of, skipped_of
from gil_tui.tui.plot import Picture, drawn, label_rows
from gil_tui.tui.series import (
    ALL,
    PYTHONS,
    WORKERS,
    WORKLOADS,
    Chart,
    Line,
    Mark,
    Series,
    View,
    axes_of,
    names_of,
    python_of,
    pythons_to_show,
    series_of,
    settled,
    short_versions,
    without_common_start,
)
from gil_tui.tui.widgets.axes import base_time
from gil_tui.tui.widgets.chart import ChartView, footing
from gil_tui.tui.widgets.legend import legend_rows
from gil_tui.tui.widgets.lines import row_text
from gil_tui.tui.widgets.parts import part_rows
from gil_tui.watch.cores import EffectiveCpus
from tests.tui.fake_engine import HOST, PYTHON, PYTHON_T, bound_of, ended, run_of
from tests.tui.pictures import assert_picture

PYTHON_13 = "/usr/bin/python3.13"
SWITCHED = f"{PYTHON_T}+gil"
CPUS = EffectiveCpus(2.0, 8, "quota")
UNITS = {"loop_python": "iterations", "loop_c": "iterations", "sleep": "sleeps"}


def view_of(
    state: LabState,
    view: View,
    cpus: EffectiveCpus,
    units: Mapping[str, str],
    bounds: Sequence[Mapping[str, Any]] = (),
    cores: float | None = None,
) -> ChartView:
    return chart_view(state, settled_view(state, view), cpus, units, bounds, cores)


def runs_on(*keys: str, workload: str = "countdown") -> tuple[Run, ...]:
    return tuple(
        ended(run_of(executor, workers, 3, interpreter=key, workload=workload))
        for key in keys
        for executor, workers in (("sequential", 1), ("threads", 2), ("processes", 2), ("processes", 4))
    )


def sized(runs: tuple[Run, ...], size: int) -> tuple[Run, ...]:
    """The same runs, each with so much work in a task."""
    return tuple(replace(run, experiment=replace(run.experiment, size=size)) for run in runs)


def test_two_pythons_share_a_chart_and_of_four_they_are_the_axis() -> None:
    two, four = runs_on(PYTHON, PYTHON_T), runs_on(PYTHON, PYTHON_13, PYTHON_T, SWITCHED)
    assert settled(View(), two) == View("speedup", WORKERS, ALL, "countdown")
    assert settled(View(), four).axis == PYTHONS
    assert settled(View(), runs_on(PYTHON)).python == PYTHON
    assert names_of(four, settled(View(), four)) == ("3.11", "3.13", "3.13t", "3.13t+gil")
    assert axes_of(runs_on(PYTHON)) == [WORKERS] and axes_of(four) == [WORKERS, PYTHONS]
    over_workers = settled(View(axis=WORKERS), four)
    assert over_workers.python == PYTHON
    assert pythons_to_show(over_workers, four) == [PYTHON, PYTHON_13, PYTHON_T, SWITCHED]


def test_one_binary_switched_is_another_interpreter() -> None:
    runs = runs_on(PYTHON_T, SWITCHED)
    assert [python_of(run) for run in runs[::4]] == ["3.13.15t", "3.13.15t+gil"]
    assert [one.interpreter for one in series_of(runs, settled(View(), runs))] == [0, 0, 0, 1, 1, 1]


def test_each_python_has_the_best_number_of_workers_of_each_executor() -> None:
    runs = runs_on(PYTHON, PYTHON_13)
    view = settled(View(axis=PYTHONS), runs)
    found = {one.executor: one for one in series_of(runs, view)}
    assert list(found) == ["sequential", "threads", "processes"]
    assert [point.x for point in found["processes"].points] == [0, 1]
    assert found["processes"].points[0].median == pytest.approx(0.84 / 0.43)


def test_what_was_calibrated_apart_is_held_against_the_same_work() -> None:
    """The second interpreter does ten times the work in the same time."""
    runs = (*runs_on(PYTHON), *sized(runs_on(PYTHON_T), 1_000_000))
    gains = {one.executor: one.points for one in series_of(runs, settled(View(axis=PYTHONS), runs))}
    assert [point.median for point in gains["sequential"]] == pytest.approx([1.0, 10.0])
    view = settled(View("time", WORKERS, ALL), runs)
    times = [one for one in series_of(runs, view) if one.executor == "sequential"]
    assert [one.points[0].median for one in times] == pytest.approx([0.84, 0.084])
    assert base_time(times) == pytest.approx(0.084)


def test_workloads_of_one_kind_are_held_against_each_other_and_others_against_themselves() -> None:
    alike = (*runs_on(PYTHON, workload="loop_python"), *sized(runs_on(PYTHON, workload="loop_c"), 500_000))
    others = (*runs_on(PYTHON, workload="loop_python"), *sized(runs_on(PYTHON, workload="sleep"), 500_000))
    for runs, gain in ((alike, 5.0), (others, 1.0)):
        view = settled(View(), runs)
        assert view.axis == WORKLOADS
        found = {one.executor: one for one in series_of(runs, view, UNITS)}
        assert [point.median for point in found["sequential"].points] == pytest.approx([1.0, gain])
    state = LabState("done", runs=alike)
    assert [part.alone for part in parts_of(state, True)] == [1.0, pytest.approx(5.0)]
    assert [part.alone for part in parts_of(state, False)] == [None, None]
    shown = view_of(state, View(), CPUS, UNITS)
    assert footing(shown, 80) == "best of 2, 4 workers, against sequential loop_python"
    assert footing(shown, 45) == "at best, against sequential loop_python"
    shown = view_of(LabState("done", runs=others), View(), CPUS, UNITS)
    assert footing(shown, 80) == "best of 2, 4 workers, each against its own sequential run"


def test_names_are_as_short_as_they_can_be() -> None:
    assert without_common_start(["loop_python", "loop_c"]) == ("python", "c")
    assert without_common_start(["loop_python", "sleep"]) == ("loop_python", "sleep")
    assert short_versions(["3.13.0", "3.13.1t", "pypy 3.9.16"]) == ("3.13", "3.13t", "pypy3.9")
    assert short_versions(["3.13.0", "3.13.1"]) == ("3.13.0", "3.13.1")


def test_long_names_take_turns_below_the_axis() -> None:
    names = ["3.13t+gil"] * 10
    assert [label_rows(names[:count], 60, height) for count, height in ((3, 9), (10, 9))] == [1, 2]
    assert [label_rows(names, 45, height) for height in (9, 20)] == [2, 3]
    runs = runs_on(PYTHON, PYTHON_13, PYTHON_T, SWITCHED)
    shown = view_of(LabState("done", runs=runs), View(), CPUS, {})
    rows = drawn(Picture(shown.chart, 40, 12))
    assert_picture("chart_pythons", "\n".join(row_text(row).rstrip() for row in rows) + "\n")


LAWS: tuple[dict[str, object], ...] = (
    {
        "executor": "processes",
        "model": "amdahl",
        "refused": "",
        "curve": [[1, 1.0], [2, 1.9], [4, 1.95], [8, 2]],
    },
    {"executor": "threads", "model": "usl", "refused": "residual 12 %", "curve": [[1, 1.0], [2, 1.0]]},
    {"executor": "threads", "model": "bound", "refused": None, "curve": [[1, 1.0], [2, 1.04], [4, 1.04]]},
    {"executor": "asyncio", "model": "bound", "refused": None, "curve": [[1, 1.0], [2, 1.0]]},
)


def with_laws() -> LabState:
    fits = tuple({**law, "workload": "countdown", "python": "CPython 3.11.7"} for law in LAWS)
    best = {"executor": "processes", "workers": 2, "low": 2, "high": 4}
    return LabState("done", runs=runs_on(PYTHON), fits=fits, best=best)


def test_laws_and_bounds_of_what_was_run_are_lines_and_a_refused_law_is_none() -> None:
    state = with_laws()
    view = settled(View(), state.runs)
    lines = list(lines_of(state.fits, state, view))
    assert [(line.label, line.style, line.executor) for line in lines] == [
        ("amdahl", "fit", "processes"),
        ("bound", "bound", "threads"),
    ]
    assert lines[0].points == ((1.0, 1.0), (2.0, 1.9), (4.0, 1.95))
    assert mark_of(state, view) == Mark(2.0, 2.0, 4.0, "processes")
    other = replace(state, fits=tuple({**fit, "python": "CPython 3.13.0"} for fit in state.fits))
    assert list(lines_of(other.fits, other, view)) == []
    assert mark_of(replace(state, runs=runs_on(PYTHON, PYTHON_T)), settled(View(), state.runs)) is None


@pytest.mark.parametrize("measure", ["speedup", "time"])
def test_lines_and_the_mark_can_be_told_apart_without_colour(measure: str) -> None:
    shown = view_of(with_laws(), View(measure), CPUS, {})
    rows = drawn(Picture(shown.chart, 56, 14))
    assert_picture(f"chart_laws_{measure}", "\n".join(row_text(row).rstrip() for row in rows) + "\n")
    assert footing(shown, 70) == "┊ N* 2 (2 to 4)  ╌╌ bound  ··· ideal on 2 CPUs  fit: amdahl"
    assert footing(shown, 44) == "┊ N* 2 (2 to 4)  ╌╌ bound  fit: amdahl"


def test_the_bound_of_another_machine_reaches_to_its_cores() -> None:
    bounds = tuple(bound_of(executor, 8.0) for executor in ("threads", "processes"))
    shown = view_of(with_laws(), View(), CPUS, {}, bounds, 8.0)
    assert shown.chart.counts == (1.0, 2.0, 4.0, 8.0)
    assert [(line.label, line.points[-1]) for line in shown.chart.lines if line.style == "bound"] == [
        ("bound for 8 cores", (8.0, 1.0)),
        ("bound for 8 cores", (8.0, 8.0)),
    ]
    (law,) = [line for line in shown.chart.lines if line.style == "fit"]
    assert law.points[-1][0] == 4.0, "a law says nothing of what was not measured"
    rows = drawn(Picture(shown.chart, 56, 14))
    assert_picture("chart_bound_8_cores", "\n".join(row_text(row).rstrip() for row in rows) + "\n")
    assert footing(shown, 80) == "┊ N* 2 (2 to 4)  ╌╌ bound for 8 cores  ··· ideal on 2 CPUs  fit: amdahl"
    assert view_of(with_laws(), View(), CPUS, {}, (), 3.0).chart.counts == (1.0, 2.0, 4.0)
    assert view_of(with_laws(), View(), CPUS, {}, (), 12.0).chart.counts == (1.0, 2.0, 4.0, 8.0, 12.0)
    assert view_of(with_laws(), View(axis=PYTHONS), CPUS, {}, (), 12.0).chart.axis == WORKERS


def test_the_bound_is_drawn_before_the_others_have_run() -> None:
    runs = tuple(run_of(executor, workers) for executor, workers in (("threads", 2), ("processes", 4)))
    state = LabState("measuring", runs=(run_of("sequential", 1, 1), *runs))
    view = settled_view(state, View())
    wanted = wanted_bounds(state, view, None)
    assert wanted == Wanted("", "countdown", PYTHON, 2.0, ("threads", "processes"))
    assert runs_of(wanted, state.runs) == list(state.runs)
    bounds = tuple(bound_of(executor, wanted.cpus) for executor in wanted.executors)
    shown = view_of(state, View(), CPUS, {}, bounds)
    assert shown.chart.counts == (1.0, 2.0, 4.0)
    rows = drawn(Picture(shown.chart, 56, 14))
    assert_picture("chart_bound_first", "\n".join(row_text(row).rstrip() for row in rows) + "\n")
    assert wanted_bounds(LabState("measuring", runs=runs), view, None) is None
    assert wanted_bounds(with_laws(), view, None) is None
    other = wanted_bounds(with_laws(), view, 16.0)
    assert other and other.cpus == 16.0
    many = LabState("done", runs=runs_on(PYTHON, PYTHON_T))
    assert wanted_bounds(many, settled_view(many, View()), None) is None


def test_cores_are_stepped_through_and_back_to_those_of_the_host() -> None:
    foretold = Foretold()
    seen = []
    for step in (1, 1, -1, -1, -1, -1, -1, -1):
        foretold.step(step, 6.0)
        seen.append(foretold.cores)
    assert seen == [8.0, 16.0, 8.0, None, 4.0, 2.0, 1.0, 1.0]
    for _ in range(20):
        foretold.step(1, 6.0)
    assert foretold.cores == 256.0


def test_a_line_that_leaves_the_chart_does_not_squeeze_the_points() -> None:
    wild = Line("bound", "bound", "threads", ((1.0, 1.0), (4.0, 1e6)))
    chart = Chart(series_of(runs_on(PYTHON), settled(View(), runs_on(PYTHON))), lines=(wild,), cpus=2.0)
    text = "\n".join(row_text(row) for row in drawn(Picture(chart, 50, 12)))
    assert "2x┤" in text and "1024x" not in text


def test_many_series_have_a_legend_that_counts_what_it_leaves_out() -> None:
    names = [
        "sequential",
        "threads",
        "processes",
        "processes:spawn",
        "asyncio+threads",
        "dask",
        "threads@0.5ms",
    ]
    series = tuple(replace(one, executor=name) for name in names for one in _one_series())
    assert [row_text(row) for row in legend_rows(series, 40, most=2)] == [
        "× seq ● threads ■ procs ◧ spawn",
        "◈ async+thr ▼ dask ○ threads@0.5ms",
    ]
    assert row_text(legend_rows(series, 40, most=1)[0]) == "× seq ● threads ■ procs ◧ spawn +3"
    assert legend_rows(series, 10) == []


def _one_series() -> tuple[Series, ...]:
    return series_of(runs_on(PYTHON), settled(View(), runs_on(PYTHON)))[:1]


def unavailable(run: Run) -> Run:
    failure = {"kind": "unavailable", "message": "needs numpy: python -m pip install numpy"}
    return replace(
        run, status="unavailable", trials=(), wall_s=None, speedup=None, failure=failure, verdict=None
    )


def test_what_an_interpreter_lacks_is_told_once() -> None:
    runs = (*runs_on(PYTHON), *map(unavailable, runs_on(PYTHON_T)))
    assert skipped_of(runs) == ["3.13.15t: needs numpy: python -m pip install numpy (4 runs left out)"]
    assert skipped_of(runs[:4]) == []
    parts = parts_of(LabState("done", runs=tuple(map(unavailable, runs_on(PYTHON, workload="loop_c")))), True)
    assert (parts[0].bests, parts[0].trouble) == ((), "needs numpy: python -m pip install numpy")


def test_several_workloads_are_a_table() -> None:
    runs = (
        *runs_on(PYTHON, workload="loop_python"),
        *sized(runs_on(PYTHON, workload="loop_c"), 500_000),
        *map(unavailable, runs_on(PYTHON, workload="loop_numpy")),
    )
    parts = parts_of(LabState("done", runs=runs), True)

    def lines(width: int, height: int) -> list[str]:
        rows = part_rows(parts, "C gains 5x.", [("note", "muted")], width, height)
        return [row_text(row).rstrip() for row in rows]

    assert lines(70, 6) == [
        "C gains 5x.",
        "        one worker    threads  processes",
        "python       1.00x  0.99x (2)  1.95x (4)",
        "c            5.00x  0.99x (2)  1.95x (4)",
        "numpy   – needs numpy: python -m pip install numpy",
        "note",
    ]
    assert lines(30, 4) == [
        "        alone  threads  procs",
        "python  1.00x    0.99x  1.95x",
        "c       5.00x    0.99x  1.95x",
        "numpy   – needs numpy: python…",
    ]
    assert lines(24, 3) == [
        "        alone  threads …",
        "python  1.00x    0.99x …",
        "and 2 more: w shows each",
    ]


def test_an_empty_chart_says_so() -> None:
    shown = view_of(LabState(), View(), CPUS, {})
    assert shown == ChartView(Chart(cpus=2.0), "No measurements yet.")
    assert drawn(Picture(shown.chart, 60, 20)) == []
    assert HOST.cpus_effective == 2.0
