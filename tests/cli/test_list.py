"""`list`: what there is to choose from, as text and as JSON."""

import json
from typing import Any

import pytest

from gil_tui import cli
from gil_tui.bench.spec import EXECUTORS
from gil_tui.commands import list as list_command
from gil_tui.lab.availability import Availability
from gil_tui.lab.interpreters import Interpreter
from gil_tui.watch.processes import PythonProcess

FOUND = [Interpreter("/opt/\x1bpython3.13t", "cpython", "3.13.2", True, "3.13t", "opt")]
PROCESSES = [
    PythonProcess(12, 1, "web", "CPython 3.11", "python app.py", 1.02, 8, 7200.0, 24_000_000, True),
    PythonProcess(13, 1, "db", "", "x \x1b[2J", 0.0, 1, 0.5, 1_000_000, False, "it belongs to db"),
]


@pytest.fixture(autouse=True)
def few_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gil_tui.lab.interpreters.find_interpreters", lambda: FOUND)
    monkeypatch.setattr("gil_tui.watch.processes.python_processes", lambda: PROCESSES)


def listed(kind: str, capsys: pytest.CaptureFixture[str]) -> Any:
    assert cli.main(["list", kind, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "gil-tui/list/1"
    return document[kind]


def lines(kind: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert cli.main(["list", kind]) == 0
    return capsys.readouterr().out.splitlines()


def test_workloads_say_what_they_show(capsys: pytest.CaptureFixture[str]) -> None:
    found = {workload["name"]: workload for workload in listed("workloads", capsys)}
    assert {"countdown", "primes", "sha256", "sleep", "http"} <= found.keys()
    assert all(workload["shows"].endswith(".") for workload in found.values())
    assert found["sleep"]["knobs"][0].keys() == {"name", "default", "unit", "help"}
    assert any("duration_ms=20.0" in line for line in lines("workloads", capsys))


def test_every_executor_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    found = listed("executors", capsys)
    assert [executor["name"] for executor in found] == list(EXECUTORS)
    assert all(executor["means"] for executor in found)


def lacking(name: str, interpreter: Interpreter) -> Availability:
    found = {
        "sha256": Availability("needs pandas", "python -m pip install pandas"),
        "primes": Availability("needs pandas", "python -m pip install pandas"),
        "loky": Availability("needs loky", f"{interpreter.path} -m pip install loky"),
    }
    return found.get(name, Availability())


@pytest.fixture
def some_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("workload", "executor"):
        monkeypatch.setattr(f"gil_tui.lab.availability.{kind}_availability", lacking)


@pytest.mark.usefixtures("some_lacking")
def test_what_cannot_be_had_here_is_listed_with_the_reason_and_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {one["name"]: one for one in listed("workloads", capsys)}
    assert found["sha256"]["available"] is False
    assert (found["sha256"]["why"], found["sha256"]["remedy"]) == (
        "needs pandas",
        "python -m pip install pandas",
    )
    assert (found["countdown"]["available"], found["countdown"]["why"]) == (True, "")
    printed = lines("workloads", capsys)
    assert printed[0].split()[:2] == ["name", "here"]
    assert any(line.split()[:2] == ["countdown", "yes"] for line in printed)
    assert any(line.split()[:3] == ["sha256", "needs", "pandas"] for line in printed)
    assert printed[-1] == "for primes, sha256: python -m pip install pandas"


@pytest.mark.usefixtures("some_lacking")
def test_another_interpreter_can_be_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gil_tui.lab.interpreters.resolve_interpreter", lambda text: FOUND[0])
    assert cli.main(["list", "executors", "--on", "3.13t"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "for loky: /opt/python3.13t -m pip install loky"
    monkeypatch.undo()
    assert cli.main(["list", "executors", "--on", "2.7.99"]) == 2
    assert "too old" in capsys.readouterr().err


def test_interpreters(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed("interpreters", capsys)[0]["path"] == FOUND[0].path
    printed = lines("interpreters", capsys)
    assert printed[0].split() == ["label", "implementation", "version", "free_threaded", "source", "path"]
    assert printed[1].split() == ["3.13t", "cpython", "3.13.2", "yes", "opt", "/opt/python3.13t"]


def test_processes(capsys: pytest.CaptureFixture[str]) -> None:
    found = listed("processes", capsys)
    assert [(process["pid"], process["watchable"]) for process in found] == [(12, True), (13, False)]
    printed = [" ".join(line.split()) for line in lines("processes", capsys)]
    assert printed == [
        "pid user python cpu threads age memory command",
        "12 web CPython 3.11 102 % 8 120 min 00 s 24 MB python app.py",
        "13 db ? 0 % 1 500 ms 1 MB (it belongs to db) x [2J",
    ]


def test_nothing_found_is_an_empty_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gil_tui.watch.processes.python_processes", list)
    assert listed("processes", capsys) == []
    assert lines("processes", capsys) == []


def test_what_cannot_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["list", "worklods"])
    assert left.value.code == 2
    assert "workloads" in capsys.readouterr().err
    assert list_command.KINDS[0] == "workloads"
