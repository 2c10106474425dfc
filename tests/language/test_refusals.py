"""What store, comparison, audit and watcher refuse is said in French when the screen speaks it."""

import sqlite3
from pathlib import Path

import pytest

from gil_tui.bench.spec import Knob
from gil_tui.history import NoSuchRunError, StoreError
from gil_tui.history.errors import corrupt, explained, newer, read_only
from gil_tui.lab.comparing import compared_sweeps
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.lab.plan import checked_workload
from gil_tui.language import language_called
from tests.tui.fake_engine import run_of

STORE = Path("/home/web/.local/state/gil-tui/history.sqlite3")
KNOWN: dict[str, tuple[Knob, ...]] = {"countdown": (), "count": (), "primes": ()}


def refused_subject(text: str) -> str:
    with pytest.raises(UsageError) as refusal:
        checked_workload(text, KNOWN)
    return str(refusal.value)


def refused_sweep() -> str:
    with pytest.raises(LabError) as refusal:
        compared_sweeps([run_of("threads", 1)], [run_of("threads", 2)])
    return str(refusal.value)


def errors() -> list[StoreError | NoSuchRunError]:
    return [
        NoSuchRunError(41),
        read_only(STORE),
        newer(STORE, 9, 5),
        corrupt(STORE, "file is not a database"),
        explained(sqlite3.OperationalError("disk I/O error"), STORE),
    ]


@pytest.mark.parametrize("text", [*map(str, errors()), refused_sweep()])
def test_a_refusal_is_said_with_its_names(text: str) -> None:
    said = language_called("fr").sentence(text)
    assert said is not None and said != text
    for name in ("41", str(STORE), "sweep-1", "gil-tui"):
        assert said.count(name) == text.count(name)


@pytest.mark.parametrize("text", ["conutdown", "zzz", "shop.py", "shop.py:", "coun"])
def test_a_subject_that_is_none_is_refused_in_french(text: str) -> None:
    said = language_called("fr").sentence(refused_subject(text))
    assert said is not None
    assert text in said


@pytest.mark.parametrize(
    "text",
    [
        "the watcher ended (exit code -9)",
        "the watcher ended (exit code -9): Killed",
        "what the watcher saw cannot be taken in: ValueError: no frame",
        "the watcher cannot be started: Permission denied",
        "functions are not named: py-spy is not installed: `pip install py-spy` names the functions",
        "functions are not named: Error: Permission denied",
        "nothing can be watched here",
        "process 300 is another one now: /usr/bin/python3 app.py",
        "render (views.py:41) holds the GIL",
    ],
)
def test_what_the_watcher_says(text: str) -> None:
    said = language_called("fr").sentence(text)
    assert said is not None and said != text
