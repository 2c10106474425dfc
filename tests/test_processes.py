"""The instrument that finds left-over processes can find one."""

import subprocess
import sys

import pytest

from tests.processes import StartedProcesses, describe

SLEEPER = [sys.executable, "-c", "import time; time.sleep(30)"]
PARENT = f"import subprocess; print(subprocess.Popen({SLEEPER!r}, stdout=subprocess.DEVNULL).pid)"


@pytest.mark.real
def test_a_child_in_a_session_of_its_own_is_found_and_ended(started_processes: StartedProcesses) -> None:
    child = subprocess.Popen(SLEEPER, start_new_session=True)
    assert [process.pid for process in started_processes.wait_gone(0.1)] == [child.pid]
    assert "time.sleep(30)" in describe(started_processes.alive())
    started_processes.end()
    assert started_processes.wait_gone() == []  # a zombie by now, and counted as gone
    assert child.wait() == -9


@pytest.mark.real
def test_a_grandchild_whose_parent_is_gone_is_found(started_processes: StartedProcesses) -> None:
    orphan = int(subprocess.check_output([sys.executable, "-c", PARENT]))
    assert [process.pid for process in started_processes.alive()] == [orphan]
    started_processes.end()
    assert started_processes.wait_gone() == []


@pytest.mark.real
def test_processes_of_others_are_left_alone(started_processes: StartedProcesses) -> None:
    other = subprocess.Popen(SLEEPER, env={})
    known_from_now_on = StartedProcesses()
    try:
        assert other.pid not in [process.pid for process in known_from_now_on.alive()]
        known_from_now_on.end()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
