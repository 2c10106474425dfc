"""Another package's workload and executor, installed for real: listed, planned, and run on any Python."""

import importlib.metadata
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gil_tui import cli
from gil_tui.commands.checks import check_plugins
from gil_tui.lab import availability, plugins
from gil_tui.lab.errors import UsageError
from gil_tui.lab.interpreters import Interpreter, running_interpreter
from gil_tui.lab.plan import plan_sweep

EXAMPLE = Path(__file__).with_name("example_plugin")
BUILDS_WHEELS = (70, 1)
"""From this version on setuptools makes wheels without the package `wheel`."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed the example into; no interpreter looks there by itself."""
    folder = tmp_path_factory.mktemp("plugins")
    source = shutil.copytree(EXAMPLE, folder / "source")
    for tool in ("pip", "setuptools"):
        if not importlib.util.find_spec(tool):
            pytest.skip(f"without {tool} nothing is installed")
    version = importlib.metadata.version("setuptools")
    if tuple(map(int, version.split(".")[:2])) < BUILDS_WHEELS and not importlib.util.find_spec("wheel"):
        pytest.skip(f"setuptools {version} builds nothing without the package wheel")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(folder / "site"), str(source)]
    subprocess.run(command, check=True, timeout=120)
    return folder / "site"


@pytest.fixture
def example(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This process alone finds the example, as one that is installed beside gil-tui."""
    monkeypatch.syspath_prepend(str(installed))
    forget()
    yield installed
    forget()
    for name in [name for name in sys.modules if name.startswith("gil_tui_example")]:
        del sys.modules[name]


def forget() -> None:
    plugins.plugins.cache_clear()
    availability.all_needs.cache_clear()


def listed(kind: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert cli.main(["list", kind, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    document: dict[str, Any] = json.loads(captured.out)
    return document


@pytest.mark.usefixtures("example")
def test_they_are_listed_behind_the_built_in_ones(capsys: pytest.CaptureFixture[str]) -> None:
    workloads, executors = (listed(kind, capsys) for kind in ("workloads", "executors"))
    last = workloads["workloads"][-1]
    assert (last["name"], last["family"], last["available"]) == ("collatz", "example", True)
    assert [knob["name"] for knob in last["knobs"]] == ["first"]
    assert [one["name"] for one in workloads["workloads"]].count("countdown") == 1
    assert executors["executors"][-1]["means"] == "one task after another, the last one first"


@pytest.mark.usefixtures("example")
def test_broken_ones_are_named_and_hurt_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    broken = {one["name"]: one["why"] for one in listed("workloads", capsys)["broken"]}
    assert broken == {
        "broken": "it cannot be loaded: SystemExit: no licence",
        "countdown": "the name is taken by gil-tui itself",
        "nameless": "its class calls itself 'collatz'",
    }
    assert cli.main(["list", "workloads"]) == 0
    assert "broken of gil-tui-example 1.0 cannot be used: it cannot" in capsys.readouterr().out
    with pytest.raises(UsageError, match=r"gil-tui-example 1\.0 has it, but it cannot be loaded"):
        plan_sweep(["broken"], ["threads"], [1], [running_interpreter()])
    check = check_plugins()
    assert (check.state, check.name) == ("warn", "plugins")
    assert "broken of gil-tui-example 1.0: it cannot be loaded" in check.finding


def test_a_plan_says_where_they_are(example: Path) -> None:
    made = plan_sweep(["collatz"], ["backwards", "threads"], [2], knobs={"first": "7"})
    assert made.plugins == {
        "collatz": "gil_tui_example.workloads:Collatz",
        "backwards": "gil_tui_example.executors:Backwards",
    }
    assert made.plugin_folders == (str(example),)
    assert made.experiments[-1].knobs == (("first", 7),)
    assert plan_sweep(["countdown"], ["threads"], [2]).plugins == {}


@pytest.mark.real
@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("implementation", ["cpython", "pypy"])
def test_they_run_in_threads_processes_and_on_other_interpreters(
    implementation: str, interpreters: Sequence[Interpreter], capsys: pytest.CaptureFixture[str]
) -> None:
    ordinary = [one for one in interpreters if not one.free_threaded]
    paths = [one.path for one in ordinary if one.implementation == implementation][-1:]  # the oldest
    if implementation == "cpython":
        paths = list(dict.fromkeys([running_interpreter().path, *paths]))
    if not paths:
        pytest.skip(f"no {implementation} here")
    spawned = ["processes:spawn"] * (implementation == "cpython")  # PyPy 7.3.11 can only fork
    executors = ["sequential", "threads", "processes", *spawned, "backwards"]
    options = ["-w", "2", "-i", ",".join(paths), "--set", "first=3", "--size", "50", "--tasks", "4"]
    options += ["-e", ",".join(executors[1:]), "--repeats", "1", "--no-watch", "--no-save"]
    assert cli.main(["run", "collatz", *options, "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [executor_of(run["experiment"]) for run in runs] == executors * len(paths)
    assert [run["experiment"]["interpreter"] for run in runs[:: len(executors)]] == paths
    assert len({tuple(run["trials"][0]["checksums"]) for run in runs}) == 1


def executor_of(experiment: Mapping[str, Any]) -> str:
    method = experiment["start_method"]
    return f"{experiment['executor']}:{method}" if method else str(experiment["executor"])


@pytest.mark.real
@pytest.mark.usefixtures("example")
def test_its_own_refusal_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["-e", "threads", "-w", "1", "--set", "first=0", "--no-watch", "--no-save"]
    assert cli.main(["run", "collatz", *options]) == 1
    assert "collatz begins with a number from 1 on" in capsys.readouterr().err
