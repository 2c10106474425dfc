"""Figures with their units, tables that line up, JSON that every parser takes."""

import json
import math

import pytest

from gil_tui.commands.output import (
    factor_with_interval,
    host_line,
    print_json,
    size,
    table,
    time_with_interval,
)
from gil_tui.verdict.statistics import Interval
from tests.history.samples import HOST


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(4.049, 4.011, 4.102), "4.05 s (4.01 to 4.10)"),
        (Interval(12.3456, 12.1, 12.5), "12.3 s (12.1 to 12.5)"),
        (Interval(250.0, 240.0, 260.0), "250 s (240 to 260)"),
        (Interval(0.0614, 0.0602, 0.0799), "61.4 ms (60.2 to 79.9)"),
        (Interval(0.9999, 0.99, 1.01), "1.00 s (0.99 to 1.01)"),
        (Interval(0.0001234, 0.0001, 0.0002), "123 µs (100 to 200)"),
        (Interval(1e-8, 1e-8, 1e-8), "0.01 µs (0.01 to 0.01)"),
        (Interval(4.049, 4.049, 4.049, 0.0), "4.05 s"),
        (None, "–"),
    ],
)
def test_times(interval: Interval | None, expected: str) -> None:
    assert time_with_interval(interval) == expected


def test_factors() -> None:
    assert factor_with_interval(Interval(1.912, 1.88, 1.95)) == "1.91x (1.88 to 1.95)"
    assert factor_with_interval(Interval(1.912, 1.912, 1.912, 0.0)) == "1.91x"
    assert factor_with_interval(None) == "–"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (23_900_000, "24 MB"),
        (999_600_000, "1.0 GB"),
        (8 << 30, "8.6 GB"),
    ],
)
def test_sizes(value: int | None, expected: str) -> None:
    assert size(value) == expected


def test_the_host_says_why_it_is_smaller() -> None:
    assert host_line(HOST) == "web-01: 2 of 8 CPUs (quota), 8.6 GB, Linux 6.1 x86_64"


def test_tables_line_up() -> None:
    rows = [("id", "name", "time"), ("1", "a", "10 s"), ("12", "longer", "2 s")]
    assert table(rows, right=(0, 2)) == ["id  name    time", " 1  a       10 s", "12  longer   2 s"]


def test_json_has_null_where_there_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": math.inf, "b": [math.nan, 1.5], "c": {"d": (True, None, "é")}})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed) == {"a": None, "b": [None, 1.5], "c": {"d": [True, None, "é"]}}
