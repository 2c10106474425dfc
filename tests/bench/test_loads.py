"""The known loads: they count what they do, and end with their stdin."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gil_tui.bench.loads import LOADS
from gil_tui.lab.child import BENCH
from gil_tui.lab.interpreters import Interpreter
from gil_tui.verdict import known_loads

pytestmark = [pytest.mark.real, pytest.mark.alone]


class Running:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.hello = self.line()

    def line(self) -> dict[str, Any]:
        assert self.process.stdout
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def state(self) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write("\n")
        return self.line()


@contextmanager
def running(load: str, number: int, interpreter: str = sys.executable) -> Iterator[Running]:
    process = subprocess.Popen(
        [interpreter, str(BENCH), "loads", load, str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with process:
        try:
            yield Running(process)
        finally:
            process.kill()


def states(target: Running, apart_s: float = 0.4) -> tuple[dict[str, Any], dict[str, Any]]:
    before = target.state()
    time.sleep(apart_s)
    return before, target.state()


def test_every_load_has_a_known_truth() -> None:
    assert set(LOADS) == set(known_loads.LOADS)


@pytest.mark.parametrize("load", sorted(LOADS))
def test_a_load_tells_of_itself_and_ends_with_its_stdin(load: str) -> None:
    with running(load, 2) as target:
        before, after = states(target, 0.05)
        assert target.hello["pid"] == target.process.pid
        assert target.hello["python"]["version"] == sys.version.split()[0]
        assert after["t_s"] > before["t_s"]
        assert all(thread["tid"] != target.hello["pid"] for thread in after["threads"])
        assert target.process.stdin
        target.process.stdin.close()
        assert target.process.wait(10) == 0


def test_spinning_threads_count_their_cpu_and_hand_overs() -> None:
    with running("spin", 3) as target:
        before, after = states(target)
    seconds = after["t_s"] - before["t_s"]
    assert len(after["threads"]) == 3
    if sys.platform == "linux":
        used_s = [b["cpu_s"] - a["cpu_s"] for a, b in zip(before["threads"], after["threads"], strict=True)]
        assert 0 < sum(used_s) < 1.2 * seconds
    assert after["hand_overs"] > before["hand_overs"]
    assert 0 < after["between_s"] - before["between_s"] < seconds
    assert after["done"] > before["done"]


def test_more_of_the_gil_is_held_where_more_is_asked_for() -> None:
    shares = []
    for percent in (20, 80):
        with running("hold", percent) as target:
            before, after = states(target)
        shares.append((after["held_s"] - before["held_s"]) / (after["t_s"] - before["t_s"]))
    assert 0 < shares[0] < 0.5 < shares[1] <= 1.0


def test_waiting_for_a_lock_is_counted_while_it_goes_on() -> None:
    with running("lock", 4) as target:
        before, after = states(target)
    seconds = after["t_s"] - before["t_s"]
    waited_s = [b["lock_s"] - a["lock_s"] for a, b in zip(before["threads"], after["threads"], strict=True)]
    assert all(0.1 * seconds < one <= 1.1 * seconds for one in waited_s)


def test_loads_run_on_every_interpreter_found(interpreters: list[Interpreter]) -> None:
    for interpreter in interpreters:
        with running("spin", 2, interpreter.path) as target:
            assert len(target.state()["threads"]) == 2, interpreter.label
