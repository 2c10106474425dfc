"""Verdicts while a process is watched, and when its stacks are looked at."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from gil_tui.lab.judged_watch import JudgedWatch
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.watch.frames import Frame
from gil_tui.watch.stacks import HotFunction, StackFrame, StacksError, ThreadStack
from tests.lab import frame_builders as build

HOT = HotFunction("render", "/srv/views.py", 41, True, 0.9)


@dataclass
class Stacks:
    """Answers as py-spy would; notes what it was asked."""

    asked: list[str] = field(default_factory=list)
    frames: tuple[StackFrame, ...] = (StackFrame("get", "/usr/lib/python3.13/queue.py", 180),)
    broken: bool = False
    now_s: float = 0.0

    async def hot(self, pid: int) -> Sequence[HotFunction]:
        self.asked.append(f"hot {pid}")
        if self.broken:
            raise StacksError("py-spy is not installed")
        return [HOT]

    async def dump(self, pid: int) -> Sequence[ThreadStack]:
        self.asked.append(f"dump {pid}")
        return [ThreadStack(tid, f"w{tid}", False, False, self.frames) for tid in range(101, 107)]

    def judged(self, **options: bool) -> JudgedWatch:
        return JudgedWatch(100, clock=lambda: self.now_s, hot_of=self.hot, dump_of=self.dump, **options)


def gil_bound() -> list[Frame]:
    threads = tuple(build.thread(100 + number, cpu=0.25, gil=0.75) for number in range(4))
    return [
        build.frame(number, threads=threads, gils=(build.gil(held=0.99, waiting=3.0),))
        for number in range(12)
    ]


def waiting_for_something() -> list[Frame]:
    threads = tuple(build.thread(101 + number, lock_wait=0.85, cpu=0.01) for number in range(6))
    return [
        build.frame(number, threads=threads, gils=(build.gil(held=0.05, waiting=0.0),))
        for number in range(12)
    ]


def look(judged: JudgedWatch, frames: list[Frame]) -> tuple[Observation, Verdict]:
    async def looked() -> tuple[Observation, Verdict]:
        await judged.look(*judged.judge(frames))
        return judged.judge(frames)

    return asyncio.run(looked())


def test_where_the_gil_decides_its_functions_are_named_once() -> None:
    stacks = Stacks()
    judged = stacks.judged()
    for _ in range(3):
        observation, verdict = look(judged, gil_bound())
    assert verdict.code == "gil" and "`render` in views.py" in verdict.sentence
    assert observation.hot[0].line == 41
    assert stacks.asked == ["hot 100"]
    assert judged.thread_names == {}


def test_thread_names_come_with_it_for_who_wants_them() -> None:
    judged = Stacks().judged(name_threads=True)
    look(judged, gil_bound())
    assert judged.thread_names[101] == "w101"


def test_a_pool_without_work_is_told_from_a_lock_by_one_dump_that_grows_old() -> None:
    stacks = Stacks()
    judged = stacks.judged()
    assert judged.judge(waiting_for_something())[1].needs_dump
    assert look(judged, waiting_for_something())[1].code != "lock"
    look(judged, waiting_for_something())
    assert stacks.asked == ["dump 100"]
    stacks.now_s = 100.0
    stacks.frames = (StackFrame("sell", "/srv/shop.py", 7),)
    assert look(judged, waiting_for_something())[1].code == "lock"
    assert stacks.asked == ["dump 100"] * 2


def test_stacks_that_cannot_be_had_are_complained_of_and_not_asked_for_again() -> None:
    stacks = Stacks(broken=True)
    judged = stacks.judged()
    look(judged, gil_bound())
    look(judged, gil_bound())
    assert judged.complaint == "functions are not named: py-spy is not installed"
    assert stacks.asked == ["hot 100"]


def test_without_stacks_nothing_is_looked_at_unless_asked() -> None:
    stacks = Stacks()
    judged = stacks.judged(stacks=False)
    look(judged, gil_bound())
    assert stacks.asked == []
    asyncio.run(judged.name_functions(judged.judge(gil_bound())[0]))
    assert stacks.asked == ["dump 100", "hot 100"] and judged.hot == [HOT]


def test_asking_for_what_cannot_be_had_is_an_error() -> None:
    judged = Stacks(broken=True).judged()
    with pytest.raises(StacksError):
        asyncio.run(judged.name_functions(judged.judge(gil_bound())[0]))
