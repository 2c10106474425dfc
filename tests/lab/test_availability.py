"""What an interpreter has, remembered until something is installed there, and what brings the rest."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.executors.catalogue import ExecutorEntry
from gil_tui.bench.workloads.base import Workload
from gil_tui.lab import availability, modules
from gil_tui.lab.availability import Availability, executor_availability, look_at, workload_availability
from gil_tui.lab.identify import MARK
from gil_tui.lab.interpreters import Interpreter, running_interpreter
from gil_tui.lab.modules import Modules

PY = Interpreter("/a b/python", "cpython", "3.12.4", False, "3.12", "path")


class Needy(Workload):
    name = "needy"
    needs = ("numpy", "pandas")


class Uncompiled(Workload):
    name = "uncompiled"

    @classmethod
    def lacks(cls) -> tuple[str, str]:
        return "a C compiler", "apt-get install gcc"


EXECUTORS = {
    "new": ExecutorEntry("", "", "", oldest=(3, 14)),
    "needy": ExecutorEntry("", "", "", needs=("distributed",), start_methods=("fork",)),
}


class FakePython:
    """Stands in for the probe: answers with what is `there`, and counts how often it is asked."""

    def __init__(self, folder: Path) -> None:
        self.there: set[str] = set()
        self.managed = "false"
        self.folder = folder
        self.asked: list[list[Any]] = []
        self.answers = True

    def run(self, command: list[Any], timeout_s: float) -> tuple[str, bool]:
        self.asked.append(command)
        found = [f'"{name}"' for name in command[3:] if name in self.there]
        text = f'chatter of a .pth\n{MARK}[[{", ".join(found)}], {self.managed}, ["{self.folder}"]]\n'
        return (text, True) if self.answers else ("", False)

    def install(self, name: str) -> None:
        self.there.add(name)
        (self.folder / name).mkdir()
        os.utime(self.folder, ns=(len(self.there), len(self.there)))


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakePython]:
    fake = FakePython(tmp_path)
    monkeypatch.setattr(modules, "run_bounded", fake.run)
    workloads = {workload.name: workload for workload in (Needy, Uncompiled)}
    monkeypatch.setattr(availability, "workload_called", workloads.get)
    monkeypatch.setattr(availability, "workload_catalogue", lambda: list(workloads.values()))
    monkeypatch.setattr(availability, "executor_called", EXECUTORS.get)
    monkeypatch.setattr(availability, "executor_catalogue", lambda: EXECUTORS)
    monkeypatch.setattr("shutil.which", lambda name: None)
    availability.all_needs.cache_clear()
    yield fake
    availability.all_needs.cache_clear()


def test_what_is_missing_comes_with_the_command_that_installs_it(python: FakePython) -> None:
    python.there = {"pip", "numpy"}
    wanted = Availability("needs pandas", "'/a b/python' -m pip install pandas")
    assert workload_availability("needy", PY) == wanted
    assert executor_availability("needy:fork", PY).remedy == "'/a b/python' -m pip install distributed"
    assert len(python.asked) == 1


@pytest.mark.parametrize(
    ("there", "managed", "uv", "remedy"),
    [
        ({"pip"}, "false", False, "'/a b/python' -m pip install distributed"),
        (set(), "false", True, "uv pip install --python '/a b/python' distributed"),
        (set(), "false", False, f"{sys.executable} -m pip --python '/a b/python' install distributed"),
        (
            {"pip"},
            "true",
            True,
            "'/a b/python' -m venv ~/gil-tui-cpython-3.12.4 && ~/gil-tui-cpython-3.12.4/bin/pip install "
            "distributed  # then -i ~/gil-tui-cpython-3.12.4",
        ),
    ],
)
def test_the_command_is_one_that_this_interpreter_can_do(
    there: set[str], managed: str, uv: bool, remedy: str, python: FakePython, monkeypatch: pytest.MonkeyPatch
) -> None:
    python.there, python.managed = there, managed
    monkeypatch.setattr("shutil.which", lambda name: "/bin/uv" if uv and name == "uv" else None)
    assert executor_availability("needy", PY) == Availability("needs distributed", remedy)


def test_an_interpreter_that_is_too_old_and_a_host_that_lacks_something(python: FakePython) -> None:
    too_old = Availability("needs Python 3.14 or newer", "uv python install 3.14")
    assert executor_availability("new", PY) == too_old
    assert executor_availability("new", replace(PY, version="3.14.0rc2")).ok
    assert executor_availability("new", replace(PY, version="3.15.1", free_threaded=True)).ok
    assert workload_availability("uncompiled", PY) == Availability(
        "needs a C compiler", "apt-get install gcc"
    )
    assert python.asked == []


def test_own_code_and_what_is_not_known_is_nobodys_fault(python: FakePython) -> None:
    python.answers = False
    for name in ("shop.py:render", "unheard-of", "needy"):
        assert workload_availability(name, PY) == Availability()
    assert executor_availability("unheard-of", PY).ok


def test_an_installation_is_noticed_and_nothing_is_asked_twice_without_one(python: FakePython) -> None:
    python.there = {"pip", "numpy"}
    environ = {"HOME": str(python.folder.parent), "XDG_CACHE_HOME": str(python.folder.parent / "cache")}
    names = {"numpy", "pandas"}

    def has(*, environ: dict[str, str] = environ) -> bool:
        installed = Modules(environ).installed("/a b/python", names)
        assert installed is not None
        return names <= installed.modules

    assert [has(), has()] == [False, False]
    assert len(python.asked) == 1
    python.install("pandas")
    assert [has(), has()] == [True, True]
    assert len(python.asked) == 2
    assert has(environ=environ | {"PYTHONPATH": "/elsewhere"})
    assert len(python.asked) == 3
    names.add("loky")
    assert not has(environ=environ | {"PYTHONPATH": "/elsewhere"})
    assert len(python.asked) == 4


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 1, "interpreters": {"/a b/python": {"asked": 3}}}']
)
def test_a_damaged_cache_only_costs_time(content: str, python: FakePython, tmp_path: Path) -> None:
    python.there = {"numpy"}
    file = tmp_path / "cache/gil-tui/modules.json"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    found = Modules({"XDG_CACHE_HOME": str(tmp_path / "cache")}).installed("/a b/python", {"numpy"})
    assert found is not None and found.modules == {"numpy"}


@pytest.mark.real
def test_a_real_one_knows_what_was_put_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    path = str(tmp_path / "env/bin/python")
    environ = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    (tmp_path / "lying_here.py").touch()
    monkeypatch.chdir(tmp_path)
    names = {"json", "lying_here", "brought", "concurrent.nothing"}

    def found() -> frozenset[str]:
        installed = Modules(environ).installed(path, names)
        assert installed is not None and not installed.managed
        return installed.modules

    assert found() == {"json"}
    (site,) = (tmp_path / "env/lib").glob("python*/site-packages")
    (site / "brought.py").touch()
    assert found() == {"json", "brought"}


@pytest.mark.real
def test_after_one_look_the_answers_are_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = running_interpreter()
    look_at([interpreter, replace(interpreter, label="another")])
    monkeypatch.setattr(modules, "run_bounded", None)
    assert workload_availability("countdown", interpreter).ok
    assert executor_availability("dask", interpreter) in (
        Availability(),
        Availability("needs distributed", f"{interpreter.path} -m pip install distributed"),
    )
