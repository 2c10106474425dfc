"""Arguments of the user's function, and `setup` and `teardown` beside it, under every executor."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import load, own_knobs
from gil_tui.bench.workloads.base import Workload
from gil_tui.bench.workloads.checksums import checksum
from gil_tui.lab.interpreters import Interpreter
from tests.bench import children
from tests.bench.spreads import NAMES, QUICK, fields_of
from tests.bench.test_child_failures import EXECUTORS, failed
from tests.bench.test_workloads import importing

__all__ = ["importing"]

ARGS = """
def nothing(): return "nothing"
def two(first, second): return [first, second]
def limited(number, limit=3): return [number, limit]
def named(*, colour): return colour
def many(*values): return list(values)
async def waiting(number, factor): return number * factor
"""


@pytest.fixture
def args(tmp_path: Path, importing: None) -> Path:
    (tmp_path / "args.py").write_text(ARGS)
    return tmp_path


def own(folder: Path, function: str, **given: Any) -> Workload:
    return load(function, tuple(given.items()), str(folder))


@pytest.mark.parametrize(
    ("function", "given", "value"),
    [
        ("nothing", "", "nothing"),
        ("nothing", " [] ", "nothing"),
        ("two", "[1, 2]", [1, 2]),
        ("two", '["a"]', [5, "a"]),
        ("two", '{"second": null}', [5, None]),
        ("two", '{"second": 1, "first": 2}', [2, 1]),
        ("limited", "", [5, 3]),
        ("limited", "[9]", [9, 3]),
        ("limited", "[9, 8]", [9, 8]),
        ("limited", '{"limit": 7}', [5, 7]),
        ("named", '{"colour": "blue"}', "blue"),
        ("many", "[1, [2]]", [1, [2]]),
        ("waiting", "[3]", 15),
        ("waiting", '{"factor": 4}', 20),
    ],
)
def test_what_a_function_is_called_with(args: Path, function: str, given: str, value: object) -> None:
    workload = own(args, f"args:{function}", args=given)
    assert workload.run(2, 5) == checksum(value)
    assert asyncio.run(workload.run_async(2, 5)) == checksum(value)


@pytest.mark.parametrize(
    ("function", "given", "says"),
    [
        ("two", "[1, 2", "args is no JSON"),
        ("two", "first", "args is no JSON"),
        ("two", "3", "must be a JSON array or a JSON object, not 3"),
        ("two", '"[1, 2]"', "must be a JSON array"),
        ("two", "[1, 2, 3]", "args:two(first, second) cannot be called with these args: too many positional"),
        ("nothing", "[1]", "too many positional arguments"),
        ("two", '{"third": 1}', "args:two(first, second) cannot be called with these args"),
        ("named", "[1]", "args:named(*, colour) cannot be called with these args"),
        ("two", "", "args:two needs first, second: it must take nothing or the task's number, or be given"),
    ],
)
def test_arguments_that_do_not_fit(args: Path, function: str, given: str, says: str) -> None:
    with pytest.raises(JobError) as caught:
        own(args, f"args:{function}", args=given)
    assert caught.value.kind == "usage"
    assert says in caught.value.message
    assert "\n" not in caught.value.message


def test_own_code_has_one_knob_and_no_other(args: Path) -> None:
    assert [(knob.name, knob.default, knob.unit) for knob in own_knobs()] == [("args", "", "JSON")]
    with pytest.raises(JobError, match="did you mean args"):
        own(args, "args:nothing", arg="[]")


BESIDE = """
import asyncio
import os

MODE = {mode!r}
LOG = os.path.join(os.path.dirname(__file__), "log")
state = {{"ready": 0, "loop": None}}

def say(what):
    descriptor = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, b"%s %d\\n" % (what.encode(), os.getpid()))
    os.close(descriptor)

def up():
    say("setup")
    state["ready"] += 1
    if MODE == "setup raises":
        raise ValueError("no such\\nshop")

def down():
    say("teardown")
    assert state["ready"] == 1
    if MODE == "teardown raises":
        raise ValueError("still open")

if MODE == "async":
    async def setup():
        up()
        await asyncio.sleep(0)
        state["loop"] = asyncio.get_running_loop()
    async def teardown():
        down()
        assert state["loop"] is asyncio.get_running_loop()
else:
    def setup(): up()
    def teardown(): down()

def work(number):
    assert state["ready"] == 1, state
    return number

async def work_async(number):
    await asyncio.sleep(0)
    return work(number)
"""

SPREADS = {
    **EXECUTORS,
    "forkserver": {"executor": "processes", "workers": 2, "start_method": "forkserver"},
}


def beside(folder: Path, mode: str) -> dict[str, Any]:
    (folder / "shop.py").write_text(BESIDE.format(mode=mode))
    return {"directory": str(folder)}


def log(folder: Path) -> Iterator[tuple[str, int]]:
    for line in (folder / "log").read_text().splitlines():
        what, pid = line.split()
        yield what, int(pid)


@pytest.mark.real
@pytest.mark.parametrize("function", ["work", "work_async"])
@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("spread", [*SPREADS, *NAMES])
def test_once_in_every_process_that_works(
    tmp_path: Path, spread: str, mode: str, function: str, interpreters: list[Interpreter]
) -> None:
    fields = SPREADS[spread] if spread in SPREADS else fields_of(spread, 2, interpreters)
    child = children.run(
        workload=f"shop.py:{function}", size=2, tasks=8, job=beside(tmp_path, mode), **fields
    )
    assert child.last["event"] == "finished", child.last
    seats = [worker["pid"] for worker in child.last["workers"]]
    pids = seats if spread == "interpreters" else list(set(seats))
    said = list(log(tmp_path))
    assert sorted(said) == sorted((what, pid) for what in ("setup", "teardown") for pid in pids)
    assert [what for what, _ in said] == ["setup"] * len(pids) + ["teardown"] * len(pids)


@pytest.mark.real
@pytest.mark.parametrize("mode", ["setup raises", "teardown raises"])
@pytest.mark.parametrize("spread", [*SPREADS, *QUICK])
def test_their_failures_have_their_name(
    tmp_path: Path, spread: str, mode: str, interpreters: list[Interpreter]
) -> None:
    fields = SPREADS[spread] if spread in SPREADS else fields_of(spread, 2, interpreters)
    child = children.run(workload="shop.py:work", size=1, tasks=8, job=beside(tmp_path, mode), **fields)
    event = failed("workload", child)
    says = {
        "setup raises": "setup of shop: ValueError: no such shop",
        "teardown raises": "ValueError: still open",
    }
    assert says[mode] in event["message"]
    assert event["message"].startswith(f"{mode.split()[0]} of shop: ")
    assert f"in {'up' if mode == 'setup raises' else 'down'}" in event["traceback"]
    assert ("started" in child.names) == (mode == "teardown raises")
    assert [what for what, _ in log(tmp_path)].count("teardown") <= fields.get("workers", 1)


@pytest.mark.real
def test_calibration_has_them_too(tmp_path: Path) -> None:
    child = children.run("calibrate", workload="shop.py:work", job=beside(tmp_path, "async"))
    assert child.last["event"] == "calibrated", child.last
    assert [what for what, _ in log(tmp_path)] == ["setup", "teardown"]


@pytest.mark.real
def test_arguments_reach_worker_processes(tmp_path: Path) -> None:
    (tmp_path / "args.py").write_text(ARGS)
    knobs = (("args", json.dumps(["ä", {"b": [1.5]}])),)
    child = children.run(
        workload="args.py:two",
        size=1,
        tasks=4,
        knobs=knobs,
        job={"directory": str(tmp_path)},
        **SPREADS["spawn"],
    )
    assert child.last["checksums"] == [checksum(["ä", {"b": [1.5]}])] * 4


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def setup(first): pass", "setup() missing 1 required positional argument"),
        ("def setup(): yield", "generator function"),
        ("def setup(): raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_setup_that_cannot_be(tmp_path: Path, importing: None, code: str, says: str) -> None:
    (tmp_path / "odd.py").write_text(f"{code}\ndef f(): pass\n")
    workload = own(tmp_path, "odd:f")
    for _ in range(2):  # the second worker hears the same
        with pytest.raises(JobError) as caught:
            workload.enter()
        assert (caught.value.kind, says in caught.value.message) == ("workload", True)
    workload.leave()


def test_what_is_not_meant(tmp_path: Path, importing: None) -> None:
    (tmp_path / "other.py").write_text("def setup(): raise ValueError\n")
    (tmp_path / "mine.py").write_text("from other import setup\nteardown = {}\ndef f(): pass\n")
    (tmp_path / "same.py").write_text("def setup(): return 7\n")
    for target in ("mine:f", "same:setup"):
        workload = own(tmp_path, target)
        workload.enter()
        workload.leave()


def test_all_workers_wait_for_one_setup(tmp_path: Path, importing: None) -> None:
    (tmp_path / "slow.py").write_text(
        "import threading\ncalls, gate = [], threading.Event()\n"
        "def setup(): calls.append(1); gate.wait(60); calls.append(2)\n"
        "def f(): assert calls == [1, 2]\n"
    )
    workload = own(tmp_path, "slow:f")

    def worker(_: int) -> int:
        workload.enter()
        return workload.run(1, 0)

    with ThreadPoolExecutor(4) as pool:
        results = pool.map(worker, range(4))
        threading.Timer(0.05, sys.modules["slow"].gate.set).start()
        assert len(list(results)) == 4
