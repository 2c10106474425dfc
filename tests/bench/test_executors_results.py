"""What every executor gives back: the tasks' results in their order, its workers' seats, and its costs."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench import executors
from gil_tui.bench.executors.catalogue import CATALOGUE
from gil_tui.bench.failures import JobError
from gil_tui.bench.spec import EXECUTORS, HANDOVER_BYTES, START_METHODS, Experiment, Job, TrialResult
from gil_tui.bench.workloads import load
from gil_tui.lab.interpreters import Interpreter
from tests.bench import children
from tests.bench.spreads import NAMES, fields_of

OWN = """
import asyncio
import sys

def numbered(number):
    return {"number": number, "half": number / 2, "words": {"a", "b"}}

async def waiting(number):
    return number * 2

async def loop():
    return id(asyncio.get_running_loop())

def interval():
    return round(sys.getswitchinterval(), 6)
"""


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "own.py").write_text(OWN)
    return {"directory": str(tmp_path)}


def trial(**fields: Any) -> TrialResult:
    child = children.run(**fields)
    assert child.last["event"] == "finished", (child.last, child.stderr)
    assert child.process.returncode == 0
    assert child.stderr == b""
    return TrialResult.from_json(child.last)


@pytest.mark.real
@pytest.mark.parametrize("workload", ["countdown", "own.py:numbered", "own.py:waiting"])
@pytest.mark.parametrize("name", NAMES)
def test_the_results_are_those_of_one_after_the_other(
    name: str, workload: str, own: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    work = {"workload": workload, "size": 3, "tasks": 14, "job": own}
    spread = fields_of(name, 2, interpreters)
    one_by_one = trial(**work, **{**spread, "executor": "sequential", "workers": 1})
    result = trial(**work, **spread)
    assert result.checksums == one_by_one.checksums
    assert len(set(result.checksums)) == 14
    assert sum(worker.tasks for worker in result.workers) == 14
    assert [worker.worker for worker in result.workers] == [0, 1]
    assert 0 < result.latency_s["p50"] <= result.latency_s["max"] <= result.wall_s
    assert min(result.startup_s, result.setup_s, result.cpu_s) > 0


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_every_worker_has_a_seat_of_its_own(
    name: str, own: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of(name, 3, interpreters)
    child = children.start(workload="sleep", size=10, tasks=9, job=own, **spread)
    started = child.wait_for("started")
    child.wait()
    result = TrialResult.from_json(child.last)
    seats = {(worker.pid, worker.tid) for worker in result.workers}
    pids = {pid for pid, _ in seats}
    experiment = child.events[0]["pid"]
    assert len(seats) == 3
    assert sorted(pids) == started["worker_pids"]
    if name in ("interpreters", "asyncio+threads"):
        assert pids == {experiment}
        assert all(tid != experiment for _, tid in seats)
    else:
        assert len(pids) == 3
        assert experiment not in pids


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_the_switch_interval_is_every_workers(
    name: str, own: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of(name, 2, interpreters)
    asked = trial(workload="own.py:interval", size=1, tasks=8, job=own, switch_interval_s=0.002, **spread)
    usual = trial(workload="own.py:interval", size=1, tasks=8, job=own, **spread)
    assert len(set(asked.checksums)) == len(set(usual.checksums)) == 1
    assert asked.checksums != usual.checksums


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_what_a_worker_keeps_lasts_from_task_to_task(
    name: str, own: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of(name, 1, interpreters)
    result = trial(workload="own.py:loop", size=1, tasks=8, job=own, **spread)
    assert len(set(result.checksums)) == 1


@pytest.mark.real
def test_a_module_that_cannot_be_had_twice_is_named(
    own: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of("interpreters", 2, interpreters)
    for module in ("readline", "_curses", "_tkinter"):
        Path(own["directory"], f"has_{module}.py").write_text(f"import {module}\ndef f(): return 1\n")
        child = children.run(workload=f"has_{module}:f", size=1, tasks=4, job=own, **spread)
        if child.last["kind"] == "import":
            continue  # this Python was built without it
        assert child.last["kind"] == "unavailable"
        assert child.last["message"] == f"{module} cannot be imported in a subinterpreter"
        assert "does not support loading in subinterpreters" in child.last["traceback"]
        return
    pytest.skip("this Python has no module that is known to refuse")


@pytest.mark.real
@pytest.mark.parametrize("method", START_METHODS)
def test_what_a_task_costs_to_hand_over_to_processes(method: str) -> None:
    costs = handover(executor="processes", workers=2, start_method=method)
    assert costs["1000000"] > costs["0"]


@pytest.mark.real
@pytest.mark.parametrize("name", EXECUTORS)
def test_what_a_task_costs_to_hand_over(name: str, interpreters: list[Interpreter]) -> None:
    costs = handover(**fields_of(name, 2, interpreters))
    if name not in ("sequential", "threads", "asyncio", "asyncio+threads"):  # there nothing is copied
        assert costs["1000000"] > costs["0"] / 2  # of subinterpreters a copy costs less than chance


def handover(**fields: Any) -> dict[str, float]:
    child = children.run("handover", workload="countdown", **fields)
    assert child.names == ["hello", "handed_over"], (child.last, child.stderr)
    costs: dict[str, float] = child.last["handover_s"]
    assert list(costs) == [str(size) for size in HANDOVER_BYTES]
    assert all(0 < cost < 1 for cost in costs.values())
    return costs


@pytest.mark.real
@pytest.mark.parametrize("name", [name for name in EXECUTORS if CATALOGUE[name].oldest > (3, 8)])
def test_an_interpreter_that_is_too_old_says_which_one_it_takes(
    name: str, interpreters: list[Interpreter]
) -> None:
    oldest = CATALOGUE[name].oldest
    old = [found for found in interpreters if found.version.split(".")[1].zfill(2) < f"{oldest[1]:02}"]
    if not old:
        pytest.skip("every Python found is new enough")
    child = children.run(workload="countdown", executor=name, size=1, tasks=1, interpreter=old[0].path)
    assert child.last["kind"] == "unavailable"
    assert f"{name} takes Python 3.{oldest[1]} or newer, this is {old[0].version}" in child.last["message"]


@pytest.mark.real
@pytest.mark.parametrize("module", ["loky", "distributed"])
def test_a_library_that_is_missing_is_named_with_the_command_that_installs_it(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(name for name, entry in CATALOGUE.items() if module in entry.needs)
    monkeypatch.setattr(executors, "_is_there", lambda wanted: False)
    with pytest.raises(JobError, match=f"-m pip install {module}") as caught:
        executors.create(job_of(name), 1, load("countdown", (), "."))
    assert caught.value.kind == "unavailable"


@pytest.mark.parametrize("name", EXECUTORS)
def test_the_catalogue_describes_every_executor(name: str) -> None:
    entry = CATALOGUE[name]
    assert list(CATALOGUE) == list(EXECUTORS)
    assert 20 < len(entry.means) < 110
    assert "\n" not in entry.means
    folder = Path(executors.__file__).parent
    assert f"class {entry.class_name}(" in (folder / f"{entry.module}.py").read_text()
    assert set(entry.start_methods) <= set(START_METHODS)


def test_the_catalogue_imports_nothing_heavy() -> None:
    import subprocess

    program = (
        "import sys\nfrom gil_tui.bench.executors.catalogue import CATALOGUE\n"
        "heavy = {'asyncio', 'concurrent.futures', 'multiprocessing', 'distributed', 'loky'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("name", [name for name in EXECUTORS if name != "sequential"])
@pytest.mark.parametrize("workers", [0, -1, 1_000_000])
def test_numbers_of_workers_that_cannot_be(name: str, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "_built_in", lambda name, entry: object)
    with pytest.raises(JobError, match=f"can have 1 to {CATALOGUE[name].workers_at_most} workers") as caught:
        executors.create(job_of(name, workers), 1, load("countdown", (), "."))
    assert caught.value.kind == "usage"


class Plain:
    """The least that others' executors define."""

    workers_at_most = 2

    def __init__(self, job: Job, size: int, workload: Any) -> None:
        self.workload, self.size = workload, size

    def start(self) -> None:
        self.seats = [(os.getpid(), os.getpid())]

    def warm(self, seconds: float) -> list[bool]:
        return [True]

    def run(self, tasks: int, progress: Any) -> list[tuple[int, ...]]:
        return [(0, 0, 1, 1, self.workload.run(self.size, number)) for number in range(tasks)]


class Halved:
    def start(self) -> None: ...


def test_others_executors_get_what_they_do_not_define() -> None:
    job = job_of("plain", 2, {"plain": f"{__name__}:Plain"})
    executor = executors.create(job, 5, load("countdown", (), "."))
    executor.start()
    assert [record[4] for record in executor.run(3, print)] == [
        record[4] for record in executor.run(3, print)
    ]
    assert (executor.figures(), executor.notes, executor.start_method) == ({}, (), None)
    executor.close()
    executor.abort()
    with pytest.raises(JobError, match="cannot be measured"):
        executor.hand_over([b""])


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (Job("trial", Experiment("w", "plian"), 0, 0, plugins={"plain": "x:Y"}), "did you mean plain"),
        (
            Job("trial", Experiment("w", "plain", 3), 0, 0, plugins={"plain": f"{__name__}:Plain"}),
            "plain can have 1 to 2 workers, not 3",
        ),
        (
            Job("trial", Experiment("w", "half"), 0, 0, plugins={"half": f"{__name__}:Halved"}),
            "Halved has no warm, run",
        ),
    ],
)
def test_others_executors_that_cannot_be(job: Job, says: str) -> None:
    with pytest.raises(JobError, match=says) as caught:
        executors.create(job, 1, load("countdown", (), "."))
    assert caught.value.kind == "usage"


def job_of(name: str, workers: int = 1, plugins: dict[str, str] | None = None) -> Job:
    return Job("trial", Experiment("countdown", name, workers), 0, 0, plugins=plugins or {})
