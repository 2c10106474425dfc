"""Tasks that raise and workers that die, under the executors that not every host has: nothing is left."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gil_tui.lab.interpreters import Interpreter
from tests.bench import children
from tests.bench.spreads import NAMES, fields_of
from tests.processes import StartedProcesses, describe

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="the dead man's switch and subreapers are Linux's"),
]

SHARED = Path("/dev/shm")
OF_PROCESSES = ("loky", "dask")

BAD = """
import ctypes
import os
import time

def raises(number):
    raise ValueError("no such shop\\n[red]")

def raises_later(number):
    if number == 3:
        helper()

def helper():
    raise KeyError("deep")

def leaves():
    raise SystemExit("goodbye")

def dies():
    os._exit(3)

def crashes():
    ctypes.string_at(0)

def unpicklable():
    return lambda: 0

def hangs():
    open(os.path.join(os.path.dirname(__file__), "hung-%d" % os.getpid()), "w").close()
    time.sleep(1000)
"""


@pytest.fixture
def bad(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "lacks.py").write_text("import no_such_module_anywhere\n")
    return {"directory": str(tmp_path)}


def left_in_shared_memory(child: children.Child) -> list[Path]:
    return list(SHARED.glob(f"*gil-tui-{child.process.pid}-*"))


@pytest.mark.parametrize(
    ("function", "says", "line"),
    [
        ("raises", "bad.py:raises, task 0: ValueError: no such shop [red]", 'bad.py", line 7, in raises'),
        ("raises_later", "bad.py:raises_later, task 3: KeyError: 'deep'", "in helper"),
        ("leaves", "bad.py:leaves, task 0: SystemExit: goodbye", "in leaves"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_task_that_raises(
    name: str, function: str, says: str, line: str, bad: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of(name, 2, interpreters)
    child = children.run(workload=f"bad.py:{function}", size=1, tasks=12, job=bad, **spread)
    assert (child.last.get("kind"), child.last.get("message")) == ("raised", says), child.stderr
    assert line in child.last["traceback"]
    assert "gil_tui" not in child.last["traceback"]
    assert child.process.returncode == 1
    assert child.stderr == b""
    assert not left_in_shared_memory(child)


@pytest.mark.parametrize(
    ("function", "how"), [("dies", "ended by itself with exit code 3"), ("crashes", "was killed by SIGSEGV")]
)
@pytest.mark.parametrize("name", OF_PROCESSES)
def test_a_worker_that_dies(
    name: str, function: str, how: str, bad: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of(name, 2, interpreters)
    child = children.run(workload=f"bad.py:{function}", size=1, tasks=4, job=bad, **spread)
    assert child.last.get("kind") == "worker", (child.last, child.stderr)
    assert how in child.last["message"]
    assert b"leaked" not in child.stderr
    assert not left_in_shared_memory(child)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_PROCESSES])
def test_a_worker_that_dies_takes_its_process_along(
    name: str, bad: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of(name, 2, interpreters)
    left = children.run(workload="bad.py:dies", size=1, tasks=4, job=bad, **spread)
    assert left.process.returncode == 3
    assert left.names == ["hello"]


@pytest.mark.parametrize("name", NAMES)
def test_results_that_cannot_be_handed_over(
    name: str, bad: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of(name, 2, interpreters)
    child = children.run(workload="bad.py:unpicklable", size=1, tasks=4, job=bad, **spread)
    assert child.last["event"] == "finished", child.last


def close_switch(child: children.Child) -> None:
    child.close_switch()


def kill_experiment(child: children.Child) -> None:
    os.kill(child.events[0]["pid"], signal.SIGKILL)


def kill_guardian(child: children.Child) -> None:
    child.process.kill()


@pytest.mark.parametrize("end", [close_switch, kill_experiment])
@pytest.mark.parametrize("name", NAMES)
def test_an_end_in_the_middle_leaves_nothing(
    name: str,
    end: Callable[[children.Child], None],
    bad: dict[str, Any],
    interpreters: list[Interpreter],
    no_orphans: StartedProcesses,
) -> None:
    spread = fields_of(name, 2, interpreters)
    child = children.start(workload="bad.py:hangs", size=1, tasks=4, job=bad, **spread)
    processes = 2 if name in OF_PROCESSES else 1
    hung = Path(bad["directory"])
    children.wait_until(lambda: len(list(hung.glob("hung-*"))) == processes, "tasks")
    assert bool(left_in_shared_memory(child)) == (name in OF_PROCESSES)
    end(child)
    assert child.wait() == 128 + signal.SIGKILL
    assert not no_orphans.alive(), describe(no_orphans.alive())
    assert not left_in_shared_memory(child)


@pytest.mark.parametrize("name", NAMES)
def test_a_guardian_that_is_killed(
    name: str, bad: dict[str, Any], interpreters: list[Interpreter], no_orphans: StartedProcesses
) -> None:
    import shutil

    spread = fields_of(name, 2, interpreters)
    child = children.start(workload="bad.py:hangs", size=1, tasks=4, job=bad, **spread)
    children.wait_until(lambda: bool(list(Path(bad["directory"]).glob("hung-*"))), "tasks")
    kill_guardian(child)
    assert not no_orphans.wait_gone(), describe(no_orphans.alive())
    child.wait()
    for path in left_in_shared_memory(child):  # the guardian would have done that
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("name", NAMES)
def test_a_module_that_lacks_another_is_told_once(
    name: str, bad: dict[str, Any], interpreters: list[Interpreter]
) -> None:
    spread = fields_of(name, 2, interpreters)
    child = children.run(workload="lacks:f", size=1, tasks=2, job=bad, **spread)
    assert child.last["kind"] == "import"
    assert "No module named 'no_such_module_anywhere'" in child.last["message"]
