"""`compare`: two runs and two sweeps of the history, as text and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gil_tui import cli
from gil_tui.history import History
from gil_tui.schemas import text_of
from tests.history.samples import PYTHON, a_failed_trial, a_run, a_trial

SLOW = (4.05, 4.02, 4.08, 4.03, 4.06, 4.05)
FAST = (2.11, 2.10, 2.13, 2.12, 2.11, 2.10)


def keep(sweep_id: str, walls: dict[tuple[str, int], Sequence[float]], **changes: Any) -> list[int]:
    """A sweep in this test's history: wall times by executor and workers; returns the numbers of its runs."""
    size = changes.pop("size", 1000)
    ids = []
    with History.open() as history:
        for (executor, workers), walls_s in walls.items():
            trials = tuple(
                replace(a_trial(number + 1, wall_s), marks=()) for number, wall_s in enumerate(walls_s)
            )
            run = a_run(
                executor=executor, workers=workers, sweep_id=sweep_id, status="done", trials=trials, **changes
            )
            run = replace(run, experiment=replace(run.experiment, size=size))
            ids.append(history.add_run(run))
    return ids


@pytest.fixture
def sweeps() -> None:
    """Runs 1 and 2 are of sweep aa11, runs 3 to 5 of sweep bb22."""
    keep("aa11" * 4, {("threads", 4): SLOW, ("processes", 2): SLOW})
    other = replace(PYTHON, version="3.14.0")
    keep(
        "bb22" * 4,
        {("threads", 4): SLOW, ("processes", 2): FAST, ("asyncio", 4): FAST},
        python=other,
        size=1000,
    )


def compared(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert cli.main(["compare", *arguments]) == status
    captured = capsys.readouterr()
    assert (captured.err == "") == (status == 0)
    return captured.out if status == 0 else captured.err


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    made = json.loads(compared(capsys, *arguments, "--json"))
    Draft202012Validator(json.loads(text_of("compare"))).validate(made)
    return made


@pytest.mark.usefixtures("sweeps")
def test_two_runs_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    text = compared(capsys, "3", "#4")
    first, *rest = text.splitlines()
    assert first.startswith("#4 is 1.92x (1.90 to 1.93) faster than #3; noise ")
    assert "  executor: threads x4 / processes x2" in rest
    assert "  #3 countdown threads x4: 4.05 s (4.02 s to 4.08 s), 6 trials" in rest
    assert not any("different sweeps" in line for line in rest)


@pytest.mark.usefixtures("sweeps")
def test_runs_of_two_sweeps_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    text = compared(capsys, "2", "4")
    assert "interpreter: CPython 3.13.2 / CPython 3.14.0" in text
    assert "note: made in different sweeps" in text
    (pair,) = document(capsys, "2", "4")["pairs"]
    assert (pair["outcome"], pair["significant"], pair["a"]["id"], pair["b"]["id"]) == ("faster", True, 2, 4)
    assert document(capsys, "4", "2")["pairs"][0]["outcome"] == "slower"
    assert document(capsys, "1", "3")["pairs"][0]["outcome"] == "same"


@pytest.mark.usefixtures("sweeps")
def test_two_sweeps_pair_by_pair(capsys: pytest.CaptureFixture[str]) -> None:
    text = compared(capsys, "aa", "bb22")
    assert text.startswith("1 of 2 experiments is faster in bb22bb22, 0 slower; overall 1.39x (1.38 to 1.39)")
    rows = [line.split() for line in text.splitlines() if line.startswith("countdown")]
    assert [(row[1], row[-2:]) for row in rows] == [("threads", ["#1", "#3"]), ("processes", ["#2", "#4"])]
    assert "interpreter: CPython 3.13.2 / CPython 3.14.0" in text
    assert "only in bb22bb22: countdown asyncio x4" in text
    made = document(capsys, "aa", "bb")
    assert [pair["outcome"] for pair in made["pairs"]] == ["same", "faster"]
    assert made["only_b"] == ["countdown asyncio x4"]
    assert made["noise"] >= 0


@pytest.mark.usefixtures("sweeps")
def test_a_sweep_of_another_size_is_compared_by_throughput(capsys: pytest.CaptureFixture[str]) -> None:
    keep("cc33" * 4, {("threads", 4): SLOW}, size=2000)
    (pair,) = document(capsys, "aa", "cc")["pairs"]
    assert (pair["by"], pair["outcome"]) == ("throughput", "faster")
    assert pair["ratio"]["median"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("a", "b", "status", "line"),
    [
        ("1", "1", 1, "#1 and #1 are the same run"),
        ("1", "99", 1, "no run or sweep 99 in the history"),
        ("#99", "1", 1, "no run 99 in the history"),
        ("zz", "aa", 1, "no run or sweep zz in the history"),
        ("1", "aa", 2, "1 and aa: a run is compared with a run, a sweep with a sweep"),
        ("aa", "aa11", 1, "are the same sweep"),
        ("", "bb", 2, "is the beginning of several sweeps"),
        ("1", "6", 1, "#1 ran countdown, #6 ran primes: different work"),
        ("1", "7", 1, "#7 has no finished trial (ValueError: no)"),
        ("aa", "dd", 1, "cannot be compared: no experiment of the one is in the other"),
    ],
)
@pytest.mark.usefixtures("sweeps")
def test_what_cannot_be_compared_is_one_line(
    a: str, b: str, status: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep("dd44" * 4, {("threads", 4): SLOW}, workload="primes")
    with History.open() as history:
        trial = a_failed_trial()
        history.add_run(a_run(status="failed", sweep_id="ee55", trials=(trial,), failure=trial.failure))
    error = compared(capsys, a, b, status=status)
    assert line in error
    assert error.count("\n") == 1


@pytest.mark.usefixtures("sweeps")
def test_a_whole_id_is_no_beginning_of_a_longer_one(capsys: pytest.CaptureFixture[str]) -> None:
    keep("aa11", {("threads", 4): FAST})
    assert document(capsys, "aa11", "bb")["a"] == "aa11"


def test_disturbed_trials_name_no_winner(capsys: pytest.CaptureFixture[str]) -> None:
    with History.open() as history:
        for walls_s in (SLOW, FAST):
            trials = tuple(a_trial(number + 1, wall_s) for number, wall_s in enumerate(walls_s))
            history.add_run(a_run(status="done", trials=trials))
    assert compared(capsys, "1", "2").startswith("Unstable: 6 of 6 trials of #1 were disturbed (steal)")
