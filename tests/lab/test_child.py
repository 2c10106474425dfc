import asyncio
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.spec import Experiment, Job
from gil_tui.lab import child as child_module
from gil_tui.lab.child import ChildReport, ended_in_words, outlast, prepare_launcher, run_child
from tests.processes import StartedProcesses

FAKE = (sys.executable, str(Path(__file__).with_name("fake_child.py")))

pytestmark = pytest.mark.usefixtures("no_orphans")


def job(workload: str, kind: str = "trial") -> Job:
    return Job(kind, Experiment(workload, "sequential", interpreter=sys.executable), -1, -1)


def run(workload: str, timeout_s: float = 60) -> tuple[ChildReport, list[str]]:
    heard: list[str] = []
    report = asyncio.run(
        run_child(job(workload), lambda event: heard.append(event["event"]), timeout_s, FAKE)
    )
    return report, heard


def test_events_come_in_order_and_the_answer_is_the_last() -> None:
    report, heard = run("good")
    assert heard == ["hello", "started", "progress", "finished"]
    assert report.answer is not None and report.answer["checksums"] == [1, 2, 3]
    assert report.failure is None
    assert report.exit_code == 0
    assert report.started_s < report.ended_s


def test_calibration_is_answered() -> None:
    report = asyncio.run(run_child(job("good", "calibrate"), lambda event: None, 60, FAKE))
    assert report.answer is not None and report.answer["size"] == 100


def test_a_hanging_child_is_ended_at_the_timeout() -> None:
    report, heard = run("hang", timeout_s=2.0)
    assert heard == ["hello"]
    assert report.failure is not None
    assert report.failure["kind"] == "timeout"
    assert report.failure["message"] == "not finished after 2 s (--timeout)"


def test_junk_among_the_events_is_counted_and_does_no_harm() -> None:
    report, heard = run("junk")
    assert heard == ["hello", "started", "progress", "finished"]
    assert report.junk_events == 6
    assert report.failure is None


def test_100_mb_of_output_are_read_and_bounded() -> None:
    report, _ = run("loud")
    assert report.failure is None
    assert report.stdout.size_bytes > 100 << 20
    assert len(report.stdout.text) < 40_000
    assert report.stdout.text.startswith("the beginning")
    assert "bytes left out]" in report.stdout.text
    assert report.stdout.text.endswith("the end\n\\xff[red]\n")


def test_a_failure_is_one_line() -> None:
    report, _ = run("fails")
    assert report.failure == {
        "kind": "raised",
        "message": "ValueError: two lines",
        "traceback": "Traceback ...",
    }


@pytest.mark.parametrize(
    ("workload", "message"),
    [
        ("dies", "ended with exit code 3 without a result: no room"),
        ("silent", "ended with exit code 0 without a result"),
        ("segfault", "killed by SIGSEGV"),
    ],
)
def test_how_a_child_crashed_is_said_in_words(workload: str, message: str) -> None:
    report, _ = run(workload)
    assert report.failure == {"kind": "crashed", "message": message, "traceback": ""}


def test_closing_the_events_is_no_answer() -> None:
    report, _ = run("closes_events", timeout_s=0.5)
    assert report.failure is not None and report.failure["kind"] == "timeout"


def test_a_child_that_answered_and_stays_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "STOP_S", 0.2)
    report, _ = run("lingers")
    assert report.failure is None and report.answer is not None


def test_a_stubborn_guardian_goes_and_its_experiment_with_it(
    monkeypatch: pytest.MonkeyPatch, started_processes: StartedProcesses
) -> None:
    monkeypatch.setattr(child_module, "STOP_S", 0.2)
    report, _ = run("stubborn", timeout_s=0.5)
    assert report.exit_code == -9
    assert started_processes.wait_gone() == []


def test_a_killed_guardian_leaves_no_experiment(started_processes: StartedProcesses) -> None:
    report, _ = run("abandons")
    assert report.failure is not None and report.failure["message"] == "killed by SIGKILL"
    assert started_processes.wait_gone() == []


def test_the_child_has_a_group_of_its_own_in_our_session() -> None:
    report, _ = run("where")
    assert f'"session": {os.getsid(0)}' in report.stdout.text
    assert f'"group": {os.getpgrp()}' not in report.stdout.text


def test_what_cannot_be_started_is_a_failure() -> None:
    report = asyncio.run(run_child(job("good"), lambda event: None, 60, ("/nowhere/python",)))
    assert report.failure is not None
    assert report.failure["kind"] == "start"
    assert report.failure["message"] == "cannot start /nowhere/python: No such file or directory"


def test_cancelling_ends_the_child(started_processes: StartedProcesses) -> None:
    async def cancel_when_it_runs() -> None:
        greeted = asyncio.Event()
        task = asyncio.create_task(run_child(job("hang"), lambda event: greeted.set(), 60, FAKE))
        await greeted.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert started_processes.wait_gone() == []

    asyncio.run(cancel_when_it_runs())


@pytest.mark.parametrize("turns", range(4))
def test_cancelling_during_the_start_leaves_nothing(turns: int, started_processes: StartedProcesses) -> None:
    async def cancel_at_once() -> None:
        task = asyncio.create_task(run_child(job("hang"), lambda event: None, 60, FAKE))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_at_once())
    assert started_processes.wait_gone() == []


def test_an_error_of_the_listener_ends_the_child_and_is_raised(started_processes: StartedProcesses) -> None:
    def listen(event: Mapping[str, Any]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_child(job("hang"), listen, 60, FAKE))
    assert started_processes.wait_gone() == []


def test_no_descriptor_is_left_open() -> None:
    run("good")
    before = sorted(path.name for path in Path("/proc/self/fd").iterdir())
    for workload in ("good", "fails", "segfault"):
        run(workload)
    asyncio.run(run_child(job("good"), lambda event: None, 60, ("/nowhere/python",)))
    assert sorted(path.name for path in Path("/proc/self/fd").iterdir()) == before


def test_a_niced_screen_starts_children_that_are_not() -> None:
    prepare_launcher()
    reports: list[ChildReport] = []

    def screen() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        reports.append(asyncio.run(run_child(job("nice"), lambda event: None, 60, FAKE)))

    thread = threading.Thread(target=screen)
    thread.start()
    thread.join()
    assert reports[0].stdout.text.split() == [str(os.nice(0))]


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (-11, "killed by SIGSEGV"),
        (-9, "killed by SIGKILL"),
        (-99, "killed by signal 99"),
        (139, "killed by SIGSEGV"),
        (255, "ended with exit code 255 without a result"),
        (128, "ended with exit code 128 without a result"),
        (2, "ended with exit code 2 without a result"),
    ],
)
def test_ended_in_words(exit_code: int, words: str) -> None:
    assert ended_in_words(exit_code) == words


def test_outlast_ends_what_it_began_and_then_is_cancelled() -> None:
    async def check() -> list[str]:
        steps: list[str] = []

        async def work() -> None:
            for step in range(3):
                await asyncio.sleep(0)
                steps.append(str(step))

        task = asyncio.create_task(outlast(work()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return steps

    assert asyncio.run(check()) == ["0", "1", "2"]
