"""However a child ends, nothing is left of what it has started. A zombie counts as gone."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench import children
from tests.processes import StartedProcesses, describe

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="the dead man's switch and subreapers are Linux's"),
]

SHARED = Path("/dev/shm")

STRAY = """
import ctypes
import os
import subprocess
import time

def starts_sleep():
    subprocess.Popen(["sleep", "1000"])

def starts_session():
    subprocess.Popen(["sleep", "1000"], start_new_session=True)

def double_forks():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "1000"])
        os._exit(0)
    os.wait()

def all_of_them_and_hangs():
    starts_sleep()
    starts_session()
    double_forks()
    time.sleep(1000)

def shields_itself():
    subprocess.Popen(["sh", "-c", "trap '' TERM HUP INT; sleep 1000; sleep 1000"], start_new_session=True)
    time.sleep(1000)

def holds_the_gil():
    open(os.path.join(os.path.dirname(__file__), "held"), "w").close()
    ctypes.PyDLL(None).sleep(1000)

def kills_its_parent():
    os.kill(os.getppid(), 9)
    time.sleep(1000)
"""

Spread = dict[str, Any]
SPREADS: dict[str, Spread] = {
    "sequential": {},
    "threads": {"executor": "threads", "workers": 2},
    "fork": {"executor": "processes", "workers": 2, "start_method": "fork"},
    "spawn": {"executor": "processes", "workers": 2, "start_method": "spawn"},
    "forkserver": {"executor": "processes", "workers": 2, "start_method": "forkserver"},
    "asyncio": {"executor": "asyncio", "workers": 2},
}


@pytest.fixture
def stray(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "stray.py").write_text(STRAY)
    return {"directory": str(tmp_path)}


def scratch(child: children.Child) -> list[Path]:
    """Semaphores and folders that a child keeps, or has left behind."""
    return list(SHARED.glob(f"*gil-tui-{child.process.pid}-*"))


def test_programs_that_a_function_leaves_running(stray: dict[str, Any], no_orphans: StartedProcesses) -> None:
    for function in ("starts_sleep", "starts_session", "double_forks"):
        for spread in ("sequential", "spawn"):
            child = children.run(
                workload=f"stray.py:{function}", size=1, tasks=2, job=stray, **SPREADS[spread]
            )
            assert child.last["event"] == "finished", child.last
            assert child.process.returncode == 0
            assert not scratch(child)
            assert not no_orphans.alive(), describe(no_orphans.alive())


def close_switch(child: children.Child) -> None:
    child.close_switch()


def terminate_guardian(child: children.Child) -> None:
    child.process.terminate()


def hang_up_on_guardian(child: children.Child) -> None:
    child.process.send_signal(signal.SIGHUP)


def kill_experiment(child: children.Child) -> None:
    os.kill(child.events[0]["pid"], signal.SIGKILL)


def kill_guardian(child: children.Child) -> None:
    child.process.kill()


ENDS: list[Callable[[children.Child], None]] = [
    close_switch,
    terminate_guardian,
    hang_up_on_guardian,
    kill_experiment,
]


def sleeping(started: StartedProcesses, programs: int) -> Callable[[], bool]:
    """Whether so many `sleep 1000` run."""
    return lambda: describe(started.alive()).count("sleep 1000") >= programs


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("spread", SPREADS)
def test_an_end_in_the_middle(
    stray: dict[str, Any], no_orphans: StartedProcesses, spread: str, end: Callable[[children.Child], None]
) -> None:
    child = children.start(
        workload="stray.py:all_of_them_and_hangs", size=1, tasks=2, job=stray, **SPREADS[spread]
    )
    workers = 1 if spread in ("sequential", "asyncio") else 2
    children.wait_until(sleeping(no_orphans, 3 * workers), "strays")
    assert bool(scratch(child)) == (spread in ("spawn", "forkserver"))
    end(child)
    assert child.wait() == 128 + signal.SIGKILL
    assert not no_orphans.alive(), describe(no_orphans.alive())
    assert not scratch(child)


@pytest.mark.parametrize("end", [*ENDS, kill_guardian])
def test_a_c_call_that_keeps_the_gil_for_ever(
    stray: dict[str, Any], no_orphans: StartedProcesses, end: Callable[[children.Child], None]
) -> None:
    child = children.start(
        workload="stray.py:holds_the_gil", executor="threads", workers=2, size=1, tasks=2, job=stray
    )
    children.wait_until(Path(stray["directory"], "held").exists, "call")
    end(child)
    assert not no_orphans.wait_gone(), describe(no_orphans.alive())
    child.wait()


def test_programs_that_ignore_signals(stray: dict[str, Any], no_orphans: StartedProcesses) -> None:
    child = children.start(workload="stray.py:shields_itself", size=1, tasks=2, job=stray)
    children.wait_until(sleeping(no_orphans, 1), "stray")
    child.close_switch()
    child.wait()
    assert not no_orphans.alive(), describe(no_orphans.alive())


@pytest.mark.parametrize("spread", SPREADS)
def test_a_guardian_that_is_killed(no_orphans: StartedProcesses, spread: str) -> None:
    """The kernel then kills the experiment's group; what has left that group nobody can find."""
    child = children.start(workload="sleep", size=10_000, tasks=4, **SPREADS[spread])
    child.wait_for("hello")
    if spread in ("fork", "spawn", "forkserver"):
        children.wait_until(lambda: len(no_orphans.alive()) >= 4, "workers")
    kill_guardian(child)
    assert not no_orphans.wait_gone(), describe(no_orphans.alive())
    child.wait()
    for path in scratch(child):  # the guardian would have done that
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_a_function_that_kills_the_guardian(stray: dict[str, Any], no_orphans: StartedProcesses) -> None:
    child = children.run(workload="stray.py:kills_its_parent", size=1, tasks=1, job=stray)
    assert child.process.returncode == -signal.SIGKILL
    assert not no_orphans.wait_gone(), describe(no_orphans.alive())


def test_an_application_that_ends_before_it_says_anything(no_orphans: StartedProcesses) -> None:
    import subprocess

    with subprocess.Popen(
        [sys.executable, str(children.BENCH)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(children.TIMEOUT_S) == 1


def test_an_application_that_is_gone_before_the_child_is_ready(no_orphans: StartedProcesses) -> None:
    child = children.start(workload="sleep", size=10_000, tasks=4)
    child.close_switch()
    assert child.wait() in (1, 128 + signal.SIGKILL)
    assert not no_orphans.alive(), describe(no_orphans.alive())


def test_the_http_server_ends_with_the_experiment(no_orphans: StartedProcesses) -> None:
    child = children.start(workload="http", size=10_000, tasks=4)
    child.wait_for("hello")
    children.wait_until(lambda: "http_server.py" in describe(no_orphans.alive()), "server")
    kill_experiment(child)
    child.wait()
    assert not no_orphans.alive(), describe(no_orphans.alive())
