"""Whatever a function does wrong, the child says in one line what it was, or ends in a way that tells."""

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench import children

pytestmark = pytest.mark.real

BAD = """
import ctypes
import os
import sys

VALUE = 3

def raises(number):
    raise ValueError("no such shop\\n[red]")

def raises_later(number):
    if number == 3:
        helper()

def helper():
    raise KeyError("deep")

def raises_oddly():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError
    raise Odd

def leaves():
    sys.exit("goodbye")

def dies():
    os._exit(3)

def crashes():
    ctypes.string_at(0)

def endless():
    return endless()

def long_winded():
    raise ValueError("x" * 100_000)

def two(first, second):
    pass

def named(*, number):
    pass

def generates():
    yield 1

async def waits():
    pass

def forgets():
    return waits()

async def raises_async(number):
    raise ValueError("no such shop")

def big():
    return b"x" * 50_000_000

def unpicklable():
    return lambda: 0

def forks(number):
    if number == 0:
        return os.fork() and 0
"""


@pytest.fixture
def bad(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "stops.py").write_text("import sys\nsys.exit(4)\n")
    (tmp_path / "lacks.py").write_text("import no_such_module_anywhere\n")
    return {"directory": str(tmp_path)}


def failed(kind: str, child: children.Child) -> dict[str, Any]:
    event = child.last
    assert (event["event"], event.get("kind")) == ("failed", kind), (event, child.stderr)
    assert child.process.returncode == 1
    message = event["message"]
    assert 0 < len(message) <= 300
    assert "\n" not in message
    assert len(event["traceback"]) < 9000
    assert "gil_tui" not in event["traceback"]
    return event


EXECUTORS: dict[str, dict[str, Any]] = {
    "sequential": {},
    "threads": {"executor": "threads", "workers": 2},
    "fork": {"executor": "processes", "workers": 2, "start_method": "fork"},
    "spawn": {"executor": "processes", "workers": 2, "start_method": "spawn"},
    "asyncio": {"executor": "asyncio", "workers": 2},
}


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_function_that_raises(bad: dict[str, Any], executor: str) -> None:
    child = children.run(workload="bad.py:raises", size=1, tasks=8, job=bad, **EXECUTORS[executor])
    event = failed("raised", child)
    assert event["message"] == "bad.py:raises, task 0: ValueError: no such shop [red]"
    assert 'bad.py", line 9, in raises' in event["traceback"]
    assert child.stderr == b""


@pytest.mark.parametrize("executor", ["sequential", "threads", "fork", "asyncio"])
def test_a_task_that_raises_after_others_were_done(bad: dict[str, Any], executor: str) -> None:
    child = children.run(workload="bad.py:raises_later", size=1, tasks=40, job=bad, **EXECUTORS[executor])
    event = failed("raised", child)
    assert event["message"] == "bad.py:raises_later, task 3: KeyError: 'deep'"
    assert "started" in child.names
    assert "in helper" in event["traceback"]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("raises_oddly", "Odd"),
        ("leaves", "SystemExit: goodbye"),
        ("endless", "RecursionError"),
        ("long_winded", "ValueError: xxxx"),
        ("raises_async", "ValueError: no such shop"),
    ],
)
@pytest.mark.parametrize("executor", ["threads", "asyncio"])
def test_other_ways_to_raise(bad: dict[str, Any], executor: str, function: str, says: str) -> None:
    child = children.run(workload=f"bad.py:{function}", size=1, tasks=4, job=bad, **EXECUTORS[executor])
    assert says in failed("raised", child)["message"]


@pytest.mark.parametrize(
    ("workload", "kind", "says"),
    [
        ("broken:f", "import", "SyntaxError"),
        ("stops:f", "import", "SystemExit: 4"),
        ("lacks:f", "import", "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("not_there:f", "import", "No module named 'not_there'"),
        ("not/there.py:f", "import", "there is no file not/there.py"),
        ("bad:rises", "missing", "bad has no function rises; did you mean raises"),
        ("bad.py:VALUE", "missing", "of type int"),
        ("bad:two", "usage", "needs first, second"),
        ("bad:named", "usage", "needs number"),
        ("bad:generates", "usage", "generator"),
        ("bad:forgets", "usage", "coroutine"),
        ("countdwon", "usage", "did you mean countdown"),
    ],
)
def test_functions_that_cannot_be_had(bad: dict[str, Any], workload: str, kind: str, says: str) -> None:
    child = children.run(workload=workload, size=1, tasks=2, job=bad)
    assert says in failed(kind, child)["message"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"executor": "treads"}, "did you mean threads"),
        ({"executor": "threads", "workers": 0}, "1 to"),
        ({"executor": "processes", "workers": 1_000_000}, "1 to"),
        ({"executor": "processes", "start_method": "teleport"}, "no start method teleport"),
        ({"size": 0}, "size must be 1 or more"),
        ({"tasks": -1}, "tasks must be 1 or more"),
        ({"size": None}, "calibrate first"),
        ({"switch_interval_s": 0.0}, "switch interval"),
        ({"knobs": (("latency", 1),)}, "no knob latency"),
        ({"workload": "http", "knobs": (("latency_ms", -1),)}, "must not be negative"),
        ({"workload": "http", "knobs": (("latency_ms", "long"),)}, "must be a float"),
    ],
)
def test_what_cannot_be_done(fields: dict[str, Any], says: str) -> None:
    child = children.run(**{"workload": "countdown", "size": 1, "tasks": 2, **fields})
    assert says in failed("usage", child)["message"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize(
    ("function", "how"), [("dies", "ended by itself with exit code 3"), ("crashes", "was killed by SIGSEGV")]
)
def test_a_worker_process_that_ends(bad: dict[str, Any], method: str, function: str, how: str) -> None:
    child = children.run(
        workload=f"bad.py:{function}",
        executor="processes",
        workers=2,
        start_method=method,
        size=1,
        tasks=4,
        job=bad,
    )
    assert how in failed("worker", child)["message"]
    assert b"leaked" not in child.stderr


def in_processes(folder: Path, source: str, method: str) -> children.Child:
    (folder / "own.py").write_text(source)
    return children.run(
        workload="own.py:work",
        executor="processes",
        workers=2,
        start_method=method,
        size=1,
        tasks=4,
        job={"directory": str(folder)},
    )


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_a_worker_process_that_somebody_ends(tmp_path: Path, method: str) -> None:
    """The pool ends the others in the same way."""
    child = in_processes(tmp_path, "import os\ndef work(): os.kill(os.getpid(), 15)\n", method)
    assert failed("worker", child)["message"] == "a worker process was killed by SIGTERM"


ENDS_AT_ONCE = """
import multiprocessing, os

def end():
    os.kill(os.getpid(), 9)

def work():
    pass

os.register_at_fork(after_in_child=end)
if multiprocessing.parent_process():
    end()
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_worker_process_that_ends_as_soon_as_it_starts(tmp_path: Path, method: str) -> None:
    child = in_processes(tmp_path, ENDS_AT_ONCE, method)
    assert "was killed by SIGKILL" in failed("worker", child)["message"]


@pytest.mark.parametrize("executor", ["sequential", "threads", "asyncio"])
def test_an_experiment_that_ends_without_a_word(bad: dict[str, Any], executor: str) -> None:
    left = children.run(workload="bad.py:dies", size=1, tasks=4, job=bad, **EXECUTORS[executor])
    assert left.process.returncode == 3
    assert left.names == ["hello"]
    crashed = children.run(workload="bad.py:crashes", size=1, tasks=4, job=bad, **EXECUTORS[executor])
    assert crashed.process.returncode == 128 + signal.SIGSEGV
    assert crashed.names == ["hello"]
    assert b"in crashes" in crashed.stderr


@pytest.mark.parametrize("executor", ["sequential", "fork", "spawn"])
@pytest.mark.parametrize("function", ["big", "unpicklable"])
def test_results_that_are_awkward_to_hand_over(bad: dict[str, Any], executor: str, function: str) -> None:
    child = children.run(workload=f"bad.py:{function}", size=1, tasks=2, job=bad, **EXECUTORS[executor])
    assert child.last["event"] == "finished", child.last
    assert len(set(child.last["checksums"])) == 1


def test_a_function_that_forks_does_not_double_the_events(bad: dict[str, Any]) -> None:
    child = children.run(workload="bad.py:forks", size=1, tasks=2, job=bad)
    assert child.names.count("finished") == 1


def test_an_interpreter_that_is_too_old() -> None:
    source = children.BENCH.read_text()
    with_old_version = source.replace("sys.version_info", "(2, 7, 18)")
    assert with_old_version != source
    code = compile(with_old_version, str(children.BENCH), "exec")
    with pytest.raises(SystemExit, match=r"needs Python 3\.8 or newer: .* is 2\.7\.18"):
        exec(code, {"__name__": "__main__", "__file__": str(children.BENCH)})


def test_without_a_job_there_is_one_line() -> None:
    import subprocess

    ended = subprocess.run(
        [sys.executable, str(children.BENCH)], input=b"what?\n", capture_output=True, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.count(b"\n") == 1
