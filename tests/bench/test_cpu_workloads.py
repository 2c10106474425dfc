"""JSON, regular expressions, Mandelbrot: what they compute, their knobs, and the same result everywhere."""

import json
from typing import Any

import pytest

from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import load
from gil_tui.bench.workloads.cpu import Regex
from gil_tui.bench.workloads.samples import log_lines, order
from gil_tui.lab.interpreters import Interpreter
from tests.bench.trials import trial, unlike

CHECKSUMS = {
    "json": [1577504206, 1002048782, 1638172754],
    "regex": [1228071, 32140256, 26058956],
    "mandelbrot": [4065, 36737, 151964],
}
"""Of tasks 0, 1 and 5 of size 3, under every interpreter and on every machine."""


@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksums_are_known(name: str) -> None:
    workload = load(name, (), ".")
    assert [workload.run(3, number) for number in (0, 1, 5)] == CHECKSUMS[name]


@pytest.mark.real
@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksums_are_the_same_under_every_interpreter(name: str, interpreters: list[Interpreter]) -> None:
    for interpreter in unlike(interpreters):
        found = trial(workload=name, interpreter=interpreter.path, executor="threads", workers=2, tasks=6)
        assert [found.checksums[number] for number in (0, 1, 5)] == CHECKSUMS[name], interpreter


@pytest.mark.real
@pytest.mark.parametrize("name", CHECKSUMS)
@pytest.mark.parametrize("start_method", ["fork", "spawn"])
def test_checksums_are_the_same_in_processes(name: str, start_method: str) -> None:
    found = trial(workload=name, executor="processes", workers=2, start_method=start_method, tasks=6)
    assert [found.checksums[number] for number in (0, 1, 5)] == CHECKSUMS[name]


def test_an_order_survives_its_encoding_and_is_as_large_as_its_knob_says() -> None:
    assert json.loads(json.dumps(order(12))) == order(12)
    without, with_ten = (len(json.dumps(order(lines))) for lines in (0, 10))
    assert 170 < (with_ten - without) / 10 < 230


def test_another_document_is_another_checksum() -> None:
    small, large = load("json", (("lines", 1),), "."), load("json", (("lines", 2),), ".")
    assert small.run(1, 0) != large.run(1, 0)
    assert load("json", (("lines", 0),), ".").run(2, 7) == load("json", (("lines", 0),), ".").run(2, 7)


def test_log_lines_differ_and_all_of_them_are_understood() -> None:
    lines = log_lines(1000)
    assert len(set(lines)) == 1000
    assert load("regex", (), ".").run(2000, 7) > 0


def test_a_line_that_is_none_is_refused() -> None:
    workload = Regex({}, {})
    workload._lines = ["no log line"] * 1000
    with pytest.raises(ValueError, match="no log line"):
        workload.run(1, 0)


def test_points_of_the_picture_are_inside_and_outside_in_every_task() -> None:
    """Equal tasks: each of them meets as many points inside the set, whatever its number."""
    few, many = load("mandelbrot", (("iterations", 1),), "."), load("mandelbrot", (("iterations", 200),), ".")
    assert few.run(1, 0) != many.run(1, 0) or few.run(50, 0) != many.run(50, 0)
    shares = []
    for number in (0, 1, 17, 1000):
        counts = _iterations_of(many, number, 400)
        shares.append(counts.count(200) / 400)
    assert max(shares) - min(shares) < 0.05
    assert 0.1 < shares[0] < 0.3


def _iterations_of(workload: Any, number: int, points: int) -> list[int]:
    """Each point's iterations: what one more point adds to the checksum."""
    counts, before = [], number
    for size in range(1, points + 1):
        after = workload.run(size, number)
        counts.append((after - before * 31) & 0xFFFFFFFF)
        before = after
    return counts


@pytest.mark.parametrize(
    ("name", "knobs", "says"),
    [
        ("json", (("lines", 100_001),), "lines of json must be 0 to 100000, not 100001"),
        ("json", (("lines", 1.5),), "lines of json must be a int"),
        ("regex", (("lines", 3),), "regex has no knob lines"),
        ("mandelbrot", (("iterations", -1),), "iterations of mandelbrot must not be negative"),
    ],
)
def test_knobs_that_cannot_be(name: str, knobs: Any, says: str) -> None:
    with pytest.raises(JobError) as caught:
        load(name, knobs, ".")
    assert caught.value.kind == "usage"
    assert says in caught.value.message
