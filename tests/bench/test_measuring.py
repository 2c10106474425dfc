"""Executors inside this process, events on a pipe, and accounts of what processes use."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gil_tui.bench import accounting, executors, family, measure
from gil_tui.bench.events import Events
from gil_tui.bench.executors.work import Meter, Work
from gil_tui.bench.failures import JobError, caused, in_words, one_line
from gil_tui.bench.spec import Experiment, Job
from gil_tui.bench.workloads.base import Workload

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Squares(Workload):
    """Squares of the task's number; some tasks fail."""

    name = "squares"
    fails_at = -1

    def __init__(self) -> None:
        super().__init__({}, {})

    def run(self, size: int, number: int) -> int:
        if number == self.fails_at:
            raise ZeroDivisionError("no\nsquare")
        return number * number


def executor(name: str, workers: int = 3, workload: Workload | None = None) -> "executors.Executor":
    job = Job("trial", Experiment("squares", name, workers), 0, 0)
    return executors.create(job, 1, workload or Squares())


@pytest.mark.parametrize("name", ["sequential", "threads", "asyncio"])
def test_records_are_in_the_order_of_the_tasks(name: str) -> None:
    pool = executor(name)
    pool.start()
    told: list[int] = []
    assert len(pool.warm(0.0)) == len(pool.seats)
    records = pool.run(50, lambda done, total: told.append(done))
    pool.close()
    assert [record[4] for record in records] == [number * number for number in range(50)]
    assert {record[0] for record in records} <= set(range(len(pool.seats)))
    assert all(start_ns <= end_ns for _, start_ns, end_ns, _, _ in records)
    assert told == sorted(told)
    assert told[-1] == 50


def test_every_thread_is_up_before_the_work() -> None:
    pool = executor("threads", workers=8)
    pool.start()
    assert len({tid for _, tid in pool.seats}) == 8
    assert {pid for pid, _ in pool.seats} == {os.getpid()}
    pool.close()


@pytest.mark.parametrize("name", ["sequential", "threads", "asyncio"])
def test_a_failing_task_says_which_it_was(name: str) -> None:
    workload = Squares()
    workload.fails_at = 7
    pool = executor(name, workload=workload)
    pool.start()
    pool.warm(0.0)
    with pytest.raises(JobError) as caught:
        pool.run(20, lambda done, total: None)
    assert caught.value.kind == "raised"
    assert caught.value.message == "squares, task 7: ZeroDivisionError: no square"
    pool.close()


def test_a_failing_warm_up_leaves_no_worker_waiting() -> None:
    workload = Squares()
    workload.fails_at = 0
    pool = executor("threads", workload=workload)
    pool.start()
    with pytest.raises(JobError):
        pool.warm(0.0)
    pool.close()


def test_warm_up_lasts_as_long_as_asked() -> None:
    begun_s = time.monotonic()
    Work(Squares(), 1).warm_up(0.05)
    assert time.monotonic() - begun_s >= 0.05


def test_a_coroutine_is_charged_for_its_own_steps() -> None:
    clock_ns = 0

    async def step(cost_ns: int) -> int:
        nonlocal clock_ns
        for _ in range(3):
            clock_ns += cost_ns
            await asyncio.sleep(0)
        return cost_ns

    async def both() -> list[Meter]:
        meters = [Meter(step(cost_ns), lambda: clock_ns) for cost_ns in (10, 1000)]

        async def wait_for(meter: Meter) -> int:
            return await meter

        assert await asyncio.gather(*map(wait_for, meters)) == [10, 1000]
        return meters

    assert [meter.cpu_ns for meter in asyncio.run(both())] == [30, 3000]


def test_a_metered_coroutine_can_be_cancelled() -> None:
    seen: list[str] = []

    async def sleeper() -> int:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return 0

    async def main() -> None:
        async def wait() -> int:
            return await Meter(sleeper(), time.thread_time_ns)

        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["cancelled"]


def test_latencies_and_what_each_worker_did() -> None:
    records = [(number % 2, 0, (number + 1) * 1_000_000, 500_000, 0) for number in range(101)]
    found = measure.latencies(records)
    assert found == pytest.approx({"p50": 0.051, "p95": 0.096, "p99": 0.100, "max": 0.101})
    workers = measure.worker_results([(1, 10), (1, 11), (1, 12)], [True, True, False], records)
    assert [(worker.tasks, worker.tid) for worker in workers] == [(51, 10), (50, 11), (0, 12)]
    assert workers[0].cpu_s == pytest.approx(51 * 0.0005)
    assert workers[2].gil_enabled is False


def test_python_facts_are_those_of_this_interpreter() -> None:
    facts = measure.python_facts()
    assert facts.version.startswith(".".join(map(str, sys.version_info[:3])))
    assert facts.executable == sys.executable


@pytest.fixture
def pipe() -> Iterator[tuple[int, Any]]:
    read, write = os.pipe()
    with open(read, "rb") as reader:
        yield write, reader


def test_events_are_one_line_each_and_progress_is_rare(pipe: tuple[int, Any]) -> None:
    write, reader = pipe
    events = Events(write)
    for done in range(1000):
        events.progress(done, 1000)
    events.send("failed", message="line\nline \udc80")
    os.close(write)
    lines = [json.loads(line) for line in reader]
    assert [line["event"] for line in lines].count("progress") <= 3
    assert lines[0]["done"] == 0
    assert lines[-1]["message"] == "line\nline \udc80"
    assert all(isinstance(line["t_s"], float) for line in lines)


def test_an_event_larger_than_a_pipe_arrives_whole(pipe: tuple[int, Any]) -> None:
    write, reader = pipe
    received: list[bytes] = []
    thread = threading.Thread(target=lambda: received.append(reader.read()))
    thread.start()
    Events(write).send("finished", checksums=list(range(100_000)))
    os.close(write)
    thread.join()
    assert json.loads(received[0])["checksums"][-1] == 99_999


def test_a_forked_process_sends_no_events(pipe: tuple[int, Any]) -> None:
    write, reader = pipe
    events = Events(write)
    pid = os.fork()
    if pid == 0:
        events.send("finished")
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)
    assert reader.read() == b""


BURN = "n = 3_000_000\nwhile n: n -= 1\nprint(flush=True)\ninput()"


@linux
def test_usage_counts_the_living_and_the_ended_but_no_helpers() -> None:
    before = accounting.usage()
    with subprocess.Popen([sys.executable, "-c", BURN], stdin=-1, stdout=-1) as worker:
        assert worker.stdout is not None
        assert worker.stdin is not None
        worker.stdout.readline()
        assert worker.pid in family.descendants(os.getpid())
        living = accounting.usage() - before
        without = accounting.usage(helpers=[worker.pid]) - before
        assert without.cpu_s < living.cpu_s
        assert living.voluntary > 0
        worker.communicate(b"\n")
    ended = accounting.usage() - before
    assert ended.cpu_s >= living.cpu_s - without.cpu_s > 0
    assert worker.pid not in family.descendants(os.getpid())


@linux
def test_peak_pss_has_what_was_given_back() -> None:
    before = accounting.peak_pss_bytes()
    assert before is not None
    block = bytearray(200 << 20)
    block[::4096] = b"x" * len(block[::4096])
    del block
    after = accounting.peak_pss_bytes()
    assert after is not None
    assert after - before > 100 << 20
    assert after < 2 << 30


@linux
def test_descendants_without_the_kernels_lists_of_children(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = "sleep 1000 & echo; wait"
    with subprocess.Popen(["sh", "-c", shell], stdout=-1, process_group=0) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        listed = family.descendants(os.getpid())
        monkeypatch.setattr(os.path, "exists", lambda path: False)
        assert set(family.descendants(os.getpid())) >= set(listed)
        assert len(family.descendants(parent.pid)) == 1
        os.killpg(parent.pid, 9)


def test_failures_are_one_bounded_line() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert in_words(ValueError("no")) == "ValueError: no"
    assert in_words(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert in_words(OddError()).startswith("OddError: ")
    assert one_line("a\n  b\t[red]") == "a b [red]"
    assert len(one_line("word " * 1000)) == 300


def test_a_traceback_has_its_causes_and_is_bounded() -> None:
    def deep(level: int) -> None:
        if level:
            deep(level - 1)
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("x" * 50_000) from error

    try:
        deep(50)
    except ValueError as error:
        failure = caused("raised", error, "f")
    assert len(failure.traceback) < 9000
    assert "KeyError" in failure.traceback
    assert failure.message.startswith("f: ValueError: xxx")
