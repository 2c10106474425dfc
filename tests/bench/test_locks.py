"""Contended locks let one at a time pass, whatever the executor; queues lose nothing and do not halt."""

import asyncio
import os
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import load, locks, queues
from gil_tui.bench.workloads.base import Workload
from gil_tui.bench.workloads.burning import burn
from gil_tui.lab.interpreters import Interpreter
from tests.bench import children
from tests.bench.spreads import QUICK, fields_of

SPREADS: dict[str, dict[str, Any]] = {
    "threads": {"executor": "threads", "workers": 3},
    "asyncio": {"executor": "asyncio", "workers": 3},
    "fork": {"executor": "processes", "workers": 3, "start_method": "fork"},
    "spawn": {"executor": "processes", "workers": 3, "start_method": "spawn"},
}
WAITS = (("pass_ms", 10.0), ("inside_share", 1.0), ("call_share", 1.0))
"""Passes that wait all the time with the lock held: what CPUs do meanwhile does not matter."""


@pytest.fixture
def made() -> Iterator[Any]:
    """Makes workloads that are ready, and takes them down."""
    ready: list[Workload] = []

    def make(name: str, executor: str = "threads", **knobs: Any) -> Workload:
        workload = load(name, tuple(knobs.items()), ".", {"executor": executor, "workers": 4})
        workload.prepare()
        workload.enter()
        ready.append(workload)
        return workload

    yield make
    for workload in ready:
        workload.close()


class Inside:
    """Counts who is in the critical section at once."""

    def __init__(self) -> None:
        self.now = self.most = self.passes = 0

    def __call__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        threading.Event().wait(0.001)
        self.passes += 1
        self.now -= 1


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_one_at_a_time_holds_the_lock(made: Any, executor: str) -> None:
    """The lock in a file holds among threads too."""
    workload = made("lock_contended", executor, pass_ms=0.1)
    inside = workload._inside = Inside()
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda number: workload.run(5, number), range(8)))) == 8
    assert (inside.most, inside.passes) == (1, 40)
    assert workload.figures()["passes"] == 40


def test_coroutines_wait_for_each_other(made: Any) -> None:
    workload = made("lock_contended", "asyncio", pass_ms=0.1)
    now = most = 0

    async def inside() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    async def all_of_them() -> None:
        await asyncio.gather(*(workload.run_async(5, number) for number in range(4)))

    workload._inside_async = inside
    asyncio.run(all_of_them())
    assert most == 1
    assert workload.figures()["passes"] == 20


def test_without_sharing_all_work_at_once(made: Any) -> None:
    workload = made("lock_free", pass_ms=0.1)
    meeting = threading.Barrier(2)
    workload._inside = lambda: meeting.wait(60)
    with ThreadPoolExecutor(2) as pool:
        assert len(list(pool.map(lambda number: workload.run(3, number), range(2)))) == 2
    assert workload.figures()["passes"] == 6


def test_both_return_the_same_known_checksum(made: Any) -> None:
    wanted = zlib.crc32(b"2 passes of task 7")
    assert [made(name, pass_ms=0.1).run(2, 7) for name in ("lock_contended", "lock_free")] == [wanted] * 2


def test_how_a_pass_is_divided(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[tuple[str, float]] = []
    monkeypatch.setattr(locks, "burn", lambda ms, step: spent.append(("cpu", ms)))
    monkeypatch.setattr("time.sleep", lambda seconds: spent.append(("wait", seconds * 1000)))
    made("lock_contended", pass_ms=20, inside_share=0.6, call_share=0.25).run(1, 0)
    assert [what for what, _ in spent] == ["cpu", "cpu", "wait"]
    assert [ms for _, ms in spent] == pytest.approx([8, 9, 3])
    spent.clear()
    made("lock_contended", call_share=0.0).run(1, 0)
    assert [what for what, _ in spent] == ["cpu", "cpu"]


@pytest.mark.parametrize("knob", ["inside_share", "call_share"])
def test_shares_are_shares(knob: str) -> None:
    with pytest.raises(JobError, match="are shares, 1 at most") as caught:
        load("lock_free", ((knob, 1.5),), ".")
    assert caught.value.kind == "usage"


def test_burning_takes_cpu_time_whatever_the_steps_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ns = 5

    def step() -> None:
        nonlocal now_ns
        now_ns += 300_000

    monkeypatch.setattr("time.thread_time_ns", lambda: now_ns)
    burn(1.0, step)
    assert now_ns == 5 + 4 * 300_000
    burn(0.0, step)
    assert now_ns == 5 + 4 * 300_000


@pytest.mark.real
@pytest.mark.parametrize("spread", [*SPREADS, *QUICK])
def test_contention_makes_one_out_of_many(spread: str, interpreters: list[Interpreter]) -> None:
    """Waits with the lock held add up; without it they overlap."""
    fields = SPREADS[spread] if spread in SPREADS else fields_of(spread, 3, interpreters)
    walls_s, waits_ms = {}, {}
    for name in ("lock_contended", "lock_free"):
        child = children.run(workload=name, size=2, tasks=12, knobs=WAITS, **fields)
        assert child.last["event"] == "finished", child.last
        figures, walls_s[name] = child.last["figures"], child.last["wall_s"]
        assert figures["passes"] == 2 * (12 + 3)  # a warm-up in each worker
        assert child.last["checksums"] == [zlib.crc32(b"2 passes of task %d" % n) for n in range(12)]
        waits_ms[name] = figures["lock_wait_ms"]
    assert walls_s["lock_contended"] >= 2 * 12 * 0.010
    assert walls_s["lock_free"] < walls_s["lock_contended"]
    assert waits_ms["lock_contended"] > 5 * waits_ms["lock_free"]


@pytest.fixture(params=["threads", "processes"])
def channel(made: Any, request: pytest.FixtureRequest) -> Any:
    return made("queue", request.param, capacity=8)._queue


def test_a_queue_is_bounded_and_keeps_the_order(channel: Any) -> None:
    items = [bytes([number]) * queues.ITEM_BYTES for number in range(8)]
    assert channel.take() is None
    assert [channel.offer(item) for item in items] == [True] * 8
    assert channel.offer(items[0]) is False
    assert [channel.take() for _ in items] == items
    assert channel.take() is None


def test_who_waits_for_a_queue_is_woken(channel: Any) -> None:
    item = b"x" * queues.ITEM_BYTES
    with ThreadPoolExecutor(1) as pool:
        got = pool.submit(channel.get)
        channel.put(item)
        assert got.result(60) == item
        while channel.offer(item):
            pass
        put = pool.submit(channel.put, item)
        assert channel.get() == item
        put.result(60)
        assert channel.take() == item


@pytest.mark.parametrize("executor", ["threads", "processes"])
@pytest.mark.parametrize("capacity", [1, 3, 100])
def test_no_capacity_brings_workers_to_a_halt(made: Any, executor: str, capacity: int) -> None:
    workload = made("queue", executor, capacity=capacity, item_us=0)
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda number: workload.run(50, number), range(40)))
    assert found == [zlib.crc32(b"50 items of task %d" % number) for number in range(40)]
    assert workload._queue.take() is None


@pytest.mark.parametrize("wrong", [b"short", b"x" * queues.ITEM_BYTES])
def test_an_item_that_changed_is_a_failure(made: Any, wrong: bytes) -> None:
    workload = made("queue")
    workload._queue.put(wrong)
    with pytest.raises(ValueError, match=f"an item of {len(wrong)} bytes came out of the queue otherwise"):
        workload.run(1, 0)


@pytest.mark.real
@pytest.mark.parametrize("spread", [*SPREADS, *QUICK])
def test_items_pass_between_all_workers(spread: str, interpreters: list[Interpreter]) -> None:
    knobs = (("capacity", 1), ("item_us", 1.0))
    fields = SPREADS[spread] if spread in SPREADS else fields_of(spread, 3, interpreters)
    child = children.run(workload="queue", size=100, tasks=12, knobs=knobs, **fields)
    assert child.last["event"] == "finished", child.last
    assert child.last["checksums"] == [zlib.crc32(b"100 items of task %d" % number) for number in range(12)]
    assert not list(Path("/tmp").glob(f"gil-tui-{child.process.pid}-*"))


def test_a_pipe_is_only_made_where_it_is_needed(made: Any) -> None:
    assert os.listdir(made("queue").folder) == []  # noqa: PTH208
    assert os.listdir(made("queue", "processes").folder) == ["queue"]  # noqa: PTH208
