"""Whole sweeps with the real bench child."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gil_tui.history import History
from gil_tui.lab.conduct import conduct
from gil_tui.lab.events import LabEvent, RunEnded, SweepEnded, TrialEnded, TrialStarted, Watched
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.plan import plan_sweep
from gil_tui.lab.records import Run, Sweep
from gil_tui.lab.watching import started_watcher
from tests.processes import StartedProcesses

pytestmark = [pytest.mark.real, pytest.mark.alone]

OWN = """
import ctypes, os, subprocess, sys, time

def fine(number):
    return number * 2

def in_set_order(number):
    return list({"a", "b", "c", "d", "e", "f", "g"})

async def waits(number):
    import asyncio
    await asyncio.sleep(0.01)
    return number

def raises():
    raise ValueError("[red]no\\nshop")

def hangs():
    time.sleep(1000)

def holds_the_gil():
    ctypes.PyDLL(None).sleep(1000)

def exits():
    os._exit(3)

def crashes():
    os.kill(os.getpid(), 11)

def talks():
    sys.stdout.write("x" * 5_000_000 + "\\n")
    print('{"event": "finished"}')
    sys.stdout.buffer.write(b"\\xff")

def starts_others():
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    return 1
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "shop.py").write_text(OWN)
    yield str(tmp_path)


def sweep_of(
    workloads: list[str],
    executors: list[str],
    workers: list[int],
    interpreters: list[Interpreter],
    store: History | None = None,
    **options: Any,
) -> tuple[dict[str, Run], Sweep, list[LabEvent]]:
    options = {"repeats": 1, "timeout_s": 30.0, "handover": False} | options
    events: list[LabEvent] = []
    made = plan_sweep(workloads, executors, workers, interpreters, **options)
    sweep = asyncio.run(conduct(made, events.append, store))
    labels = {
        f"{run.experiment.workload.rpartition(':')[2]} {run.experiment.label}": run for run in sweep.runs
    }
    return labels, sweep, events


def test_all_executors_do_the_same_work_and_all_is_kept(interpreters: list[Interpreter]) -> None:
    history = History.in_memory()
    executors = ["threads", "processes", "processes:spawn", "asyncio"]
    runs, _, events = sweep_of(
        ["sleep"], executors, [2], interpreters[:1], history, size=1, tasks=4, repeats=2, handover=True
    )
    assert {label: (run.status, run.failure) for label, run in runs.items()} == {
        f"sleep {label}": ("done", None)
        for label in ("sequential", "threads x2", "processes x2", "processes:spawn x2", "asyncio x2")
    }
    for run in runs.values():
        assert run.id is not None
        assert history.run(run.id) == run
        assert len(run.trials) == 2
        assert run.python is not None and run.python.version == interpreters[0].version
        checksums = {trial.result.checksums for trial in run.trials if trial.result}
        assert len(checksums) == 1 and len(checksums.pop()) == 4
        assert all((trial.overhead_s or -1) > 0 for trial in run.trials)
    assert len([event for event in events if isinstance(event, RunEnded)]) == 5


def test_the_order_of_sets_is_the_same_in_every_process(own: str, interpreters: list[Interpreter]) -> None:
    runs, _, _ = sweep_of(
        ["shop.py:in_set_order"],
        ["threads", "processes:spawn"],
        [2],
        interpreters[:1],
        size=1,
        tasks=4,
        repeats=2,
        directory=own,
    )
    assert {label: run.status for label, run in runs.items()} == {
        "in_set_order sequential": "done",
        "in_set_order threads x2": "done",
        "in_set_order processes:spawn x2": "done",
    }


def test_waiting_in_threads_is_faster_than_in_a_row(interpreters: list[Interpreter]) -> None:
    runs, _, _ = sweep_of(["sleep"], ["threads"], [4], interpreters[:1], size=2, tasks=8, repeats=2)
    speedup = runs["sleep threads x4"].speedup
    assert speedup is not None and 2 < speedup.median < 5


def test_every_interpreter_of_this_host_can_be_measured(interpreters: list[Interpreter]) -> None:
    _, sweep, _ = sweep_of(["countdown"], ["threads"], [2], interpreters, size=1000, tasks=4)
    assert [run.failure for run in sweep.runs] == [None] * 2 * len(interpreters)
    for run, interpreter in zip(sweep.runs[::2], interpreters, strict=True):
        assert run.python is not None
        assert run.python.implementation == interpreter.implementation
        assert run.python.version == interpreter.version
        assert run.python.free_threaded == interpreter.free_threaded


def test_what_goes_wrong_is_one_line_and_harms_no_other(
    own: str, interpreters: list[Interpreter], started_processes: StartedProcesses
) -> None:
    names = ["raises", "exits", "crashes", "missing", "fine", "waits"]
    workloads = [f"shop.py:{name}" for name in names] + ["nowhere.py:f", "no_module:f"]
    runs, sweep, _ = sweep_of(workloads, ["threads"], [2], interpreters[:1], directory=own, tasks=4, size=1)
    for label in ("fine sequential", "fine threads x2", "waits sequential", "waits threads x2"):
        assert (runs[label].status, runs[label].failure) == ("done", None)
    kinds = {label: (run.failure or {}).get("kind") for label, run in runs.items()}
    assert kinds["raises threads x2"] == "raised"
    assert kinds["exits sequential"] == kinds["crashes sequential"] == "crashed"
    assert kinds["missing sequential"] == "missing"
    assert [kinds["f sequential"], kinds["f threads x2"]] == ["import", "import"]
    messages = {label: (run.failure or {}).get("message", "") for label, run in runs.items()}
    assert "ValueError: [red]no shop" in messages["raises sequential"]
    assert messages["exits sequential"] == "ended with exit code 3 without a result"
    assert messages["crashes sequential"] == "killed by SIGSEGV"
    assert all("\n" not in message for message in messages.values())
    assert len(sweep.runs) == 16
    assert started_processes.wait_gone() == []


@pytest.mark.parametrize("name", ["hangs", "holds_the_gil"])
def test_what_hangs_is_ended_at_the_timeout(
    name: str, own: str, interpreters: list[Interpreter], started_processes: StartedProcesses
) -> None:
    runs, _, _ = sweep_of(
        [f"shop.py:{name}"], ["threads"], [2], interpreters[:1], directory=own, timeout_s=1.0
    )
    assert {run.status for run in runs.values()} == {"timeout"}
    assert started_processes.wait_gone() == []


def test_what_it_prints_is_kept_within_bounds_and_is_no_event(
    own: str, interpreters: list[Interpreter]
) -> None:
    runs, _, _ = sweep_of(
        ["shop.py:talks"], ["threads"], [2], interpreters[:1], directory=own, tasks=4, size=1
    )
    for run in runs.values():
        assert run.status == "done"
        assert len(run.trials[0].stdout) < 40_000
        assert "bytes left out]" in run.trials[0].stdout


def test_what_it_starts_ends_with_it(
    own: str, interpreters: list[Interpreter], started_processes: StartedProcesses
) -> None:
    executors = ["threads", "processes"]
    runs, _, _ = sweep_of(
        ["shop.py:starts_others"], executors, [2], interpreters[:1], directory=own, tasks=2, size=1
    )
    assert {run.status for run in runs.values()} == {"done"}
    assert started_processes.wait_gone() == []


@pytest.mark.parametrize("workload", ["hangs", "holds_the_gil"])
def test_cancelling_leaves_no_process_behind(
    workload: str, own: str, interpreters: list[Interpreter], started_processes: StartedProcesses
) -> None:
    made = plan_sweep(
        [f"shop.py:{workload}", "shop.py:starts_others"],
        ["processes"],
        [2],
        interpreters[:1],
        directory=own,
        repeats=1,
    )

    async def cancel_when_it_hangs() -> list[LabEvent]:
        events: list[LabEvent] = []
        task = asyncio.create_task(conduct(made, events.append))
        while not started_processes.alive():
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return events

    events = asyncio.run(cancel_when_it_hangs())
    assert isinstance(events[-1], SweepEnded) and events[-1].interrupted
    assert {run.status for run in events[-1].sweep.runs} == {"interrupted"}
    assert started_processes.wait_gone() == []


def test_cancelling_in_the_middle_of_a_trial_keeps_those_before(
    interpreters: list[Interpreter], started_processes: StartedProcesses
) -> None:
    history = History.in_memory()
    made = plan_sweep(
        ["sleep"], ["threads", "processes"], [2], interpreters[:1], size=2, tasks=10, repeats=50
    )

    async def cancel_at_the_third() -> None:
        trials = 0

        def listen(event: LabEvent) -> None:
            nonlocal trials
            trials += isinstance(event, TrialEnded)
            if isinstance(event, TrialStarted) and trials == 2:
                asyncio.get_running_loop().call_later(0.1, task.cancel)

        task = asyncio.create_task(conduct(made, listen, history))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_at_the_third())
    kept = [history.run(row.id) for row in history.rows()]
    assert {run.status for run in kept} == {"interrupted"}
    assert sum(len(run.trials) for run in kept) == 2
    assert started_processes.wait_gone() == []


def test_a_killed_application_takes_everything_with_it(
    own: str, started_processes: StartedProcesses, tmp_path: Path
) -> None:
    program = (
        "import asyncio\n"
        "from gil_tui.lab.conduct import conduct\n"
        "from gil_tui.lab.plan import plan_sweep\n"
        "from gil_tui.lab.interpreters import running_interpreter\n"
        f"made = plan_sweep(['shop.py:holds_the_gil'], ['threads'], [2], [running_interpreter()],"
        f" directory={own!r})\n"
        "asyncio.run(conduct(made, lambda event: print(event, flush=True)))\n"
    )

    async def kill_when_it_runs() -> None:
        application = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=asyncio.subprocess.DEVNULL
        )
        while len(started_processes.alive()) < 3:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        application.kill()
        await application.wait()

    asyncio.run(kill_when_it_runs())
    assert started_processes.wait_gone() == []


def test_the_watch_sees_threads_wait_for_the_gil(
    interpreters: list[Interpreter], started_processes: StartedProcesses
) -> None:
    with_gil = [one for one in interpreters if one.implementation == "cpython" and not one.free_threaded]
    made = plan_sweep(["countdown"], ["threads"], [4], with_gil[:1], repeats=2, timeout_s=30.0)
    events: list[LabEvent] = []

    async def watched() -> Sweep:
        async with started_watcher(made, pytest.fail) as watcher:
            return await conduct(made, events.append, None, watcher)

    sweep = asyncio.run(watched())
    alone, threads = sweep.runs
    if alone.gil is None:
        pytest.skip(f"the GIL cannot be seen here: {alone.watch_why}")
    assert threads.gil is not None and threads.threads is not None
    assert alone.gil["held"] > 0.8 and threads.gil["held"] > 0.8
    assert alone.gil["waiting"] < 0.5 < 1.5 < threads.gil["waiting"] < 3.5
    assert threads.threads["gil"] > alone.threads["gil"] if alone.threads else False
    assert any(isinstance(event, Watched) for event in events)
    assert started_processes.wait_gone() == []
