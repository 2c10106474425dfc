"""Whole trials in real children: every workload under every executor, on every interpreter found."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.executors.catalogue import CATALOGUE
from gil_tui.bench.spec import EXECUTORS, START_METHODS, PythonFacts, TrialResult
from gil_tui.lab.interpreters import Interpreter
from tests.bench import children
from tests.bench.spreads import version_of

pytestmark = pytest.mark.real

SIZES = {"countdown": 5000, "primes": 200, "sha256": 1, "sleep": 2, "http": 2}
KNOBS: dict[str, Any] = {"sleep": (("duration_ms", 1.0),), "http": (("latency_ms", 1.0),)}
TASKS = 12
SPREADS: list[tuple[str, int, str | None]] = [
    ("sequential", 1, None),
    ("threads", 3, None),
    ("processes", 2, "fork"),
    ("processes", 2, "spawn"),
    ("processes", 2, "forkserver"),
    ("asyncio", 3, None),
]
OWN = """
import asyncio
import os

assert "gil_tui" not in __import__("sys").modules

def numbered(number):
    return {"number": number, "words": {"a", "b", "c"}, "share": number / 3}

def nothing():
    return os.getcwd()

async def waiting(number):
    await asyncio.sleep(0.001)
    return number * 2
"""


def trial(**fields: Any) -> TrialResult:
    return result_of(children.run(**{"tasks": TASKS, **fields}))


def trials(experiments: Sequence[dict[str, Any]]) -> list[TrialResult]:
    return list(map(result_of, children.run_each([{"tasks": TASKS, **fields} for fields in experiments])))


def result_of(child: children.Child) -> TrialResult:
    assert child.last["event"] == "finished", (child.last, child.stderr)
    assert child.process.returncode == 0
    assert child.names[:2] == ["hello", "started"]
    assert child.stderr == b""
    return TrialResult.from_json(child.last)


def check(result: TrialResult, workers: int, tasks: int = TASKS) -> None:
    """What holds of every trial, whatever it ran."""
    assert len(result.workers) == workers
    assert [worker.worker for worker in result.workers] == list(range(workers))
    assert sum(worker.tasks for worker in result.workers) == tasks
    assert result.wall_s == pytest.approx(result.work_end_s - result.work_start_s)
    assert result.throughput_per_s == pytest.approx(tasks / result.wall_s)
    assert 0 < result.latency_s["p50"] <= result.latency_s["p95"] <= result.latency_s["max"] <= result.wall_s
    assert result.startup_s > 0
    assert result.setup_s > 0
    assert result.cpu_s > 0
    assert set(result.context_switches) == {"voluntary", "involuntary"}
    if sys.platform == "linux":
        assert result.peak_pss_bytes is not None
        assert 1 << 20 < result.peak_pss_bytes < 1 << 30


@pytest.mark.parametrize("workload", SIZES)
def test_every_executor_gives_the_same_checksums(workload: str) -> None:
    results = trials(
        [
            {
                "workload": workload,
                "executor": executor,
                "workers": workers,
                "start_method": method,
                "size": SIZES[workload],
                "knobs": KNOBS.get(workload, ()),
            }
            for executor, workers, method in SPREADS
        ]
    )
    for result, (_, workers, _) in zip(results, SPREADS, strict=True):
        check(result, workers)
    checksums = results[0].checksums
    assert {result.checksums for result in results} == {checksums}
    assert len(checksums) == len(set(checksums)) == TASKS


@pytest.mark.parametrize("function", ["numbered", "nothing", "waiting"])
def test_own_code_gives_the_same_checksums(tmp_path: Path, function: str) -> None:
    (tmp_path / "shop.py").write_text(OWN)
    results = trials(
        [
            {
                "workload": f"{module}:{function}",
                "executor": executor,
                "workers": workers,
                "start_method": method,
                "size": 2,
                "tasks": 6,
                "job": {"directory": str(tmp_path)},
            }
            for (executor, workers, method), module in zip(SPREADS, ("shop", "shop.py") * 3, strict=True)
        ]
    )
    for result, (_, workers, _) in zip(results, SPREADS, strict=True):
        check(result, workers, tasks=6)
    assert len({result.checksums for result in results}) == 1
    assert len(set(results[0].checksums)) == (1 if function == "nothing" else 6)


def test_every_interpreter_runs_every_executor(interpreters: list[Interpreter]) -> None:
    wanted = [
        (interpreter, executor)
        for interpreter in interpreters
        for executor in EXECUTORS
        if not CATALOGUE[executor].needs and version_of(interpreter) >= CATALOGUE[executor].oldest
    ]
    work = {"workload": "primes", "workers": 2, "size": 100, "tasks": 4}
    found = children.run_each(
        [{**work, "executor": executor, "interpreter": one.path} for one, executor in wanted]
    )
    checksums = set()
    for (interpreter, _), child in zip(wanted, found, strict=True):
        assert child.last["event"] == "finished", (interpreter.path, child.last, child.stderr)
        result = TrialResult.from_json(child.last)
        checksums.add(result.checksums)
        python = PythonFacts.from_json(child.events[0]["python"])
        assert (python.implementation, python.version) == (interpreter.implementation, interpreter.version)
        assert python.free_threaded == interpreter.free_threaded
        assert {worker.gil_enabled for worker in result.workers} <= {python.gil_enabled}
    assert len(checksums) == 1


def test_hello_and_started_name_real_processes(tmp_path: Path) -> None:
    child = children.start(workload="sleep", executor="processes", workers=2, size=10, tasks=4)
    started = child.wait_for("started")
    experiment = child.events[0]["pid"]
    assert experiment != child.process.pid
    assert os.getpgid(experiment) == experiment
    assert os.getpgid(child.process.pid) == child.process.pid
    assert os.getsid(experiment) == os.getsid(0)
    assert len(started["worker_pids"]) == 2
    assert {os.getpgid(pid) for pid in started["worker_pids"]} == {experiment}
    assert started["start_method"] in START_METHODS
    child.wait()
    times = [event["t_s"] for event in child.events]
    assert times == sorted(times)
    assert times[1] <= child.last["work_start_s"] <= child.last["work_end_s"] <= times[-1]


@pytest.mark.parametrize("method", START_METHODS)
def test_the_start_method_asked_for_is_used(method: str) -> None:
    child = children.run(
        workload="countdown", executor="processes", workers=2, start_method=method, size=1, tasks=2
    )
    assert child.events[1]["start_method"] == method


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_the_switch_interval_reaches_the_workers(tmp_path: Path, executor: str) -> None:
    (tmp_path / "ask.py").write_text("import sys\ndef ask(): return round(sys.getswitchinterval(), 6)\n")
    fields: dict[str, Any] = {"workload": "ask.py:ask", "executor": executor, "workers": 2, "size": 1}
    job = {"directory": str(tmp_path)}
    as_asked = trial(
        **fields, switch_interval_s=0.002, job=job, start_method="spawn" if executor == "processes" else None
    )
    as_usual = trial(**fields, job=job)
    assert len(set(as_asked.checksums)) == len(set(as_usual.checksums)) == 1
    assert as_asked.checksums != as_usual.checksums


def test_a_hundred_thousand_tasks() -> None:
    result = trial(workload="countdown", executor="threads", workers=2, size=1, tasks=100_000)
    check(result, 2, tasks=100_000)
    assert len(result.checksums) == 100_000


def test_no_checksums_of_a_function_that_is_not_deterministic() -> None:
    assert trial(workload="countdown", size=1, job={"deterministic": False}).checksums == ()


def test_calibration_of_a_built_in_workload() -> None:
    child = children.run("calibrate", workload="countdown", job={"max_workers": 4})
    assert child.names == ["hello", "calibrated"]
    assert child.last["deterministic"] is True
    assert child.last["tasks"] % 4 == 0
    assert child.last["size"] > 1000
    assert 0.001 < child.last["task_s"] < 0.5


def test_calibration_sees_that_results_differ(tmp_path: Path) -> None:
    (tmp_path / "dice.py").write_text(
        "import itertools\ncount = itertools.count()\ndef roll(): return next(count)\n"
    )
    child = children.run("calibrate", workload="dice:roll", job={"directory": str(tmp_path)})
    assert child.last["event"] == "calibrated"
    assert child.last["deterministic"] is False


def test_what_the_function_prints_stays_apart_from_the_events(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(
        "import os, sys\n"
        "def work(number):\n"
        '    print(\'{"event": "finished", "wall_s": 0}\')\n'
        "    os.write(2, b'\\xff\\xfe no UTF-8\\n')\n"
        "    sys.stdout.buffer.write(b'\\x80')\n"
    )
    for executor in ("sequential", "processes"):
        child = children.run(
            workload="loud.py:work", executor=executor, size=1, tasks=3, job={"directory": str(tmp_path)}
        )
        assert child.names.count("finished") == 1
        assert child.last["wall_s"] > 0
        assert child.stderr.startswith(b"\xff\xfe no UTF-8\n")
    assert b'{"event": "finished"' in child.stdout


def test_standard_input_is_empty_for_the_function(tmp_path: Path) -> None:
    (tmp_path / "curious.py").write_text("import sys\ndef ask(): return sys.stdin.read()\n")
    result = trial(workload="curious.py:ask", size=1, tasks=2, job={"directory": str(tmp_path)})
    assert len(set(result.checksums)) == 1


def test_programs_that_the_function_runs_inherit_neither_pipe(tmp_path: Path) -> None:
    (tmp_path / "heir.py").write_text(
        "import subprocess, sys\n"
        "def ask():\n"
        "    seen = subprocess.run(['ls', '-l', '/proc/self/fd'], stdout=subprocess.PIPE, close_fds=False)\n"
        "    sys.stderr.write(seen.stdout.decode())\n"
    )
    child = children.run(workload="heir.py:ask", size=1, tasks=1, job={"directory": str(tmp_path)})
    assert child.last["event"] == "finished"
    first_run = child.stderr.decode().split("total")[1]
    assert first_run.count("pipe:") == 2, first_run  # its own standard output, and standard error


def test_a_module_of_the_users_may_be_called_like_one_of_the_benchs(tmp_path: Path) -> None:
    for name in ("spec", "measure", "events", "io", "json", "queue", "threading"):
        (tmp_path / f"{name}.py").write_text(f"def work(number): return ('{name}', number)\n")
    found = set()
    for name in ("spec", "events", "json"):
        result = trial(workload=f"{name}.py:work", size=1, job={"directory": str(tmp_path)})
        found.add(result.checksums)
    assert len(found) == 3
    check(trial(workload="countdown", executor="threads", workers=2, size=1000), 2)
