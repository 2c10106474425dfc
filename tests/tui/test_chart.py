"""The chart as text, drawn by plotext without an application."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.lab.records import Run
from gil_tui.tui.plot import Picture, drawn, parse_ansi
from gil_tui.tui.series import Chart, Point, Series, View, series_of, settled
from gil_tui.tui.theme import marker_of
from gil_tui.tui.widgets.axes import ideal_points, limits, tick_label, ticks
from gil_tui.tui.widgets.legend import legend_rows
from gil_tui.tui.widgets.lines import row_text
from tests.tui.fake_engine import PYTHON, PYTHON_T, WALLS_S, ended, run_of
from tests.tui.pictures import assert_picture

RUNS = tuple(
    ended(run_of(executor, workers, 3)) for executor, walls in WALLS_S.items() for workers in sorted(walls)
)


def over_workers(measure: str, runs: Sequence[Run] = RUNS) -> tuple[Series, ...]:
    return series_of(runs, settled(View(measure), runs))


def chart_of(measure: str) -> Chart:
    return Chart(over_workers(measure), measure, cpus=2.0)


def chart_text(measure: str, width: int, height: int) -> str:
    rows = drawn(Picture(chart_of(measure), width, height))
    return "\n".join(row_text(row).rstrip() for row in rows) + "\n"


@pytest.mark.parametrize("measure", ["speedup", "time"])
def test_a_chart(measure: str) -> None:
    assert_picture(f"chart_{measure}", chart_text(measure, 56, 16))


def legend_text(series: Sequence[Series], width: int) -> str:
    return "\n".join(row_text(row) for row in legend_rows(series, width))


def test_a_small_chart_and_none() -> None:
    assert_picture("chart_small", chart_text("speedup", 30, 6))
    assert chart_text("speedup", 10, 2) == "\n"


def test_a_second_drawing_is_the_same() -> None:
    assert chart_text("time", 50, 12) == chart_text("time", 50, 12)


def test_every_series_has_its_marker_and_colour() -> None:
    rows = drawn(Picture(chart_of("speedup"), 60, 16))
    roles = {role: text for row in rows for text, role in row if role.startswith("executor-")}
    assert set(roles) == {f"executor-{name}" for name in WALLS_S}
    text = "\n".join(map(row_text, rows))
    assert {marker: text.count(marker) for marker in "×●■◆"} == {"×": 1, "●": 4, "■": 4, "◆": 4}


def test_intervals_are_drawn_where_they_are_larger_than_the_marker() -> None:
    wide = Series("threads", 0, "3.11", (Point(1, 1.0, 0.6, 1.6), Point(2, 1.0, 0.99, 1.01)))
    rows = drawn(Picture(Chart((wide,), cpus=2.0), 40, 14))
    bars = sum(text.count("│") for row in rows for text, role in row if role == "executor-threads")
    assert bars >= 3


def test_the_second_interpreter_is_hollow_and_named() -> None:
    runs = [
        run_of("threads", workers, 3, interpreter=path) for path in (PYTHON, PYTHON_T) for workers in (1, 2)
    ]
    series = over_workers("time", runs)
    assert [marker_of(one.executor, one.interpreter) for one in series] == ["●", "○"]
    assert legend_text(series, 60) == "● threads  ● 3.11.7  ○ 3.13.15t"
    assert len(legend_text(series, 24)) <= 24


def test_a_legend_that_is_too_long_shrinks() -> None:
    series = over_workers("speedup")
    assert legend_text(series, 60) == "× sequential  ● threads  ■ processes  ◆ asyncio"
    assert legend_text(series, 44) == "× sequential ● threads ■ processes ◆ asyncio"
    assert legend_text(series, 39) == "× seq ● threads ■ procs ◆ async"


def test_the_ideal_bends_at_the_cpus_there_are() -> None:
    series = over_workers("speedup")
    assert ideal_points(series, "speedup", 2.0) == [(1.0, 1.0), (2.0, 2.0), (4.0, 2.0), (8.0, 2.0)]
    assert ideal_points(series, "speedup", 1.5)[1] == (1.5, 1.5)
    timed = ideal_points(over_workers("time"), "time", 2.0)
    assert timed[0] == (1.0, 0.84) and timed[1] == (2.0, 0.42) == (2.0, timed[3][1])
    assert ideal_points((), "time", 2.0) == []


def test_ticks_are_round() -> None:
    assert ticks(0.8, 2.4, 5, "speedup") == [1.0, 2.0]
    assert ticks(0.4, 20, 7, "speedup") == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
    assert ticks(0.4, 1.1, 5, "time") == pytest.approx([0.5, 0.7, 1.0])
    assert [tick_label(0.5, "time"), tick_label(2.0, "time"), tick_label(0.5, "speedup")] == [
        "500 ms",
        "2 s",
        "0.5x",
    ]


@given(
    st.lists(st.floats(min_value=1e-6, max_value=1e5), min_size=1, max_size=8),
    st.integers(min_value=2, max_value=20),
    st.sampled_from(["time", "speedup"]),
)
def test_limits_enclose_all_and_ticks_lie_within(values: list[float], most: int, measure: str) -> None:
    low, high = limits(values)
    assert low < min(values) and high > max(values)
    assert high / low >= 2
    assert all(low <= tick <= high for tick in ticks(low, high, most, measure))


def test_colour_numbers_become_roles() -> None:
    row = parse_ansi("2x┤ \x1b[38;5;4m●\x1b[0m│")
    assert row[0] == ("2x", "muted")
    assert ("●", "executor-threads") in row
    assert row[-1] == ("│", "line")
