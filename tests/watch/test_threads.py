import errno
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.watch import task_folder
from gil_tui.watch.frames import STATES, ThreadFrame
from gil_tui.watch.target import Target
from gil_tui.watch.threads import ThreadLanes, printable_name
from tests.watch.trees import call, futex, process_stat, write

GIL_WORD = 0x7010
TARGET = Target(7, "cpython", (3, 11, 7), False, ((0x7000, 0x8000),))
RUNNING, SLEEPING, IN_GIL, RECEIVING = "running\n", call(230), futex(GIL_WORD), call(45, 3)


class Recorded:
    """A process with threads, its counters in milliseconds, and a clock that goes with the samples."""

    def __init__(self, proc: Path) -> None:
        self.proc = proc
        self.now = 100.0
        self.counters: dict[int, tuple[int, int, int]] = {}
        self.born(7)
        self.lanes: ThreadLanes

    def __call__(self) -> float:
        return self.now

    def born(self, tid: int, name: str = "python3") -> None:
        folder = self.proc / f"7/task/{tid}"
        write(folder / "comm", f"{name}\n")
        write(folder / "stat", process_stat(tid))
        write(folder / "syscall", RUNNING)
        self.counters[tid] = (0, 0, 0)
        self.used(tid, cpu_ms=1, schedules=1)

    def died(self, tid: int) -> None:
        shutil.rmtree(self.proc / f"7/task/{tid}")

    def used(self, tid: int, cpu_ms: float = 0, queue_ms: float = 0, schedules: int = 1) -> None:
        cpu, queue, times = self.counters[tid]
        counters = (cpu + round(cpu_ms * 1e6), queue + round(queue_ms * 1e6), times + schedules)
        self.counters[tid] = counters
        write(self.proc / f"7/task/{tid}/schedstat", "{} {} {}\n".format(*counters))

    def blocked(self, tid: int, line: str) -> None:
        write(self.proc / f"7/task/{tid}/syscall", line)

    def watch(self, target: Target = TARGET) -> ThreadLanes:
        self.lanes = ThreadLanes(target, clock=self, proc=self.proc, machine="x86_64")
        return self.lanes

    def pass_s(self, seconds: float, step_s: float = 0.01) -> None:
        for _ in range(round(seconds / step_s)):
            self.now += step_s
            self.lanes.sample()

    def frame(self) -> dict[int, ThreadFrame]:
        frames = self.lanes.frame()
        for frame in frames:
            assert tuple(frame.shares) == STATES
            assert abs(sum(frame.shares.values()) - 1) < 1e-9
            assert min(frame.shares.values()) >= 0
        return {frame.tid: frame for frame in frames}


def own_descriptors() -> set[str]:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("no /proc here")
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Recorded]:
    process = Recorded(tmp_path)
    yield process
    process.lanes.close()


def test_counters_give_cpu_and_run_queue_and_samples_the_rest(recorded: Recorded) -> None:
    recorded.watch()
    recorded.blocked(7, IN_GIL)
    recorded.used(7, cpu_ms=50, schedules=9)
    recorded.pass_s(0.3)
    recorded.blocked(7, RECEIVING)
    recorded.used(7, cpu_ms=30, queue_ms=40, schedules=11)
    recorded.pass_s(0.1)
    frame = recorded.frame()[7]
    assert frame.shares["cpu"] == pytest.approx(0.2, abs=0.001)
    assert frame.shares["run_queue"] == pytest.approx(0.1, abs=0.001)
    assert frame.shares["gil"] == pytest.approx(0.525, abs=0.02)
    assert frame.shares["network"] == pytest.approx(0.175, abs=0.02)
    assert frame.now == "network"
    assert frame.schedules_per_s == pytest.approx(50)
    assert not frame.counted_only


def test_a_thread_in_the_same_wait_is_not_read_again(recorded: Recorded) -> None:
    recorded.watch()
    recorded.blocked(7, IN_GIL)
    recorded.used(7)
    recorded.pass_s(0.3)
    recorded.blocked(7, RECEIVING)
    recorded.pass_s(0.1)
    assert recorded.frame()[7].shares["network"] == 0
    recorded.used(7)
    recorded.pass_s(0.2)
    assert recorded.frame()[7].now == "network"


def test_of_threads_that_came_and_went_nothing_is_kept(recorded: Recorded) -> None:
    """A server that makes a thread for each request: each waits on a lock of its own, seen in two frames."""
    lanes = recorded.watch()
    before = len(own_descriptors())
    seen: set[int] = set()
    for number in range(100):
        tids = range(1000 + 5 * number, 1005 + 5 * number)
        for tid in tids:
            recorded.born(tid)
            recorded.blocked(tid, futex(0x5000 + 16 * tid))
        recorded.now += 1.0
        lanes.scan()
        lanes.sample()
        seen |= recorded.frame().keys()
        for tid in tids:
            recorded.died(tid)
        assert len(lanes._lanes) <= 10 and len(lanes._ended) <= 5
    lanes.sample()
    recorded.now += 1.0
    lanes.scan()
    recorded.frame()
    assert len(seen) == 1 + 500
    assert [*lanes._lanes] == [7] and not lanes._ended and len(lanes._busy) + len(lanes._calm) == 1
    assert len(own_descriptors()) == before


def test_what_is_known_of_waits_does_not_grow_with_the_threads(recorded: Recorded) -> None:
    waits = recorded.watch()._waits
    for number in range(100_000):
        waits.learn(futex(0x5000 + 16 * number, operation=0x89, timeout=1).encode(), 7)
    assert len(waits.known) <= 10_000 and len(waits.timed_words) <= 256


def test_a_wait_of_a_second_is_idle(recorded: Recorded) -> None:
    recorded.watch()
    recorded.blocked(7, futex(0x5000))
    recorded.pass_s(0.5)
    first = recorded.frame()[7]
    assert (first.now, first.lock) == ("lock", 0x5000)
    assert first.shares["lock"] == 1
    recorded.pass_s(0.8)
    second = recorded.frame()[7]
    assert (second.now, second.lock) == ("idle", None)
    assert second.shares["idle"] == 1, "from the beginning of the wait, as far as this frame goes back"
    recorded.pass_s(3.0)
    assert recorded.frame()[7].shares["idle"] == 1
    recorded.blocked(7, IN_GIL)
    recorded.used(7, cpu_ms=1)
    recorded.pass_s(0.5)
    assert recorded.frame()[7].shares["gil"] > 0.75


def test_only_the_wait_that_lasts_is_idle(recorded: Recorded) -> None:
    recorded.watch()
    for _ in range(20):
        recorded.blocked(7, RECEIVING)
        recorded.used(7)
        recorded.pass_s(0.1)
    recorded.pass_s(2.0)
    shares = recorded.frame()[7].shares
    assert shares["network"] == pytest.approx(0.5, abs=0.05)
    assert shares["idle"] == pytest.approx(0.5, abs=0.05)


def test_the_main_thread_comes_first_and_names_are_fit_for_a_terminal(recorded: Recorded) -> None:
    recorded.born(3, "worker \x1b[1m3")
    recorded.watch()
    recorded.pass_s(0.1)
    frames = recorded.frame()
    assert [*frames] == [7, 3]
    assert frames[3].name == "worker [1m3"
    assert printable_name(b"\xff\xfe ok\n") == "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} ok"


def test_threads_come_and_go(recorded: Recorded) -> None:
    lanes = recorded.watch()
    recorded.pass_s(0.1)
    recorded.born(8)
    recorded.used(8, cpu_ms=49)
    recorded.pass_s(0.1)
    lanes.scan()
    assert recorded.frame()[8].shares["cpu"] == pytest.approx(0.25, abs=0.01), "all it used since its birth"
    recorded.died(8)
    recorded.pass_s(1.0)
    lanes.scan()
    assert recorded.frame().keys() == {7, 8}
    recorded.pass_s(0.1)
    assert recorded.frame().keys() == {7}


def test_a_thread_takes_its_name_a_little_after_its_birth(recorded: Recorded) -> None:
    lanes = recorded.watch()
    write(recorded.proc / "7/task/7/comm", "MainThread\n")
    recorded.pass_s(1.1)
    lanes.scan()
    assert recorded.frame()[7].name == "MainThread"


def test_the_end_of_the_process_is_no_error(recorded: Recorded) -> None:
    lanes = recorded.watch()
    recorded.blocked(7, RECEIVING)
    recorded.pass_s(0.2)
    recorded.died(7)
    recorded.pass_s(0.2)
    lanes.scan()
    assert recorded.frame().keys() == {7}
    recorded.pass_s(1.5)
    lanes.scan()
    assert lanes.gone
    lanes.sample()
    assert lanes.frame() == ()
    lanes.close()
    lanes.close()


def test_a_process_that_was_never_there(tmp_path: Path) -> None:
    lanes = ThreadLanes(TARGET, proc=tmp_path)
    lanes.sample()
    lanes.scan()
    assert lanes.gone
    assert lanes.frame() == ()
    lanes.close()


def test_without_system_calls_only_counters_are_shown(recorded: Recorded) -> None:
    (recorded.proc / "7/task/7/syscall").unlink()
    recorded.watch()
    recorded.pass_s(0.25)
    recorded.used(7, cpu_ms=150, queue_ms=50)
    recorded.pass_s(0.25)
    frame = recorded.frame()[7]
    assert frame.counted_only
    assert frame.shares["cpu"] == pytest.approx(0.3, abs=0.001)
    assert frame.shares["run_queue"] == pytest.approx(0.1, abs=0.001)
    assert frame.shares["idle"] == pytest.approx(0.6, abs=0.001)


def test_rights_that_are_lost_meanwhile(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = recorded.watch()
    real = os.pread

    def refusing(descriptor: int, size: int, offset: int) -> bytes:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith("syscall"):  # noqa: PTH115
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        return real(descriptor, size, offset)

    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc here")
    monkeypatch.setattr(os, "pread", refusing)
    recorded.pass_s(0.5)
    assert lanes.failed_samples == 1, "tried once, then left alone"
    assert recorded.frame()[7].counted_only


def test_a_kernel_that_does_not_count_is_said_so(recorded: Recorded) -> None:
    write(recorded.proc / "7/task/7/schedstat", "0 0 0\n")
    lanes = recorded.watch()
    recorded.pass_s(0.2)
    assert lanes.frame() == ()
    assert "schedstat" in lanes.why
    recorded.used(7, cpu_ms=5)
    recorded.pass_s(1.0)
    lanes.scan()
    assert not lanes.why
    assert recorded.frame().keys() == {7}


def test_other_views_of_the_same_process(recorded: Recorded) -> None:
    lanes = recorded.watch()
    recorded.blocked(7, futex(0x9000, operation=0x89, timeout=1))
    recorded.pass_s(0.1)
    assert lanes.timed_words == {0x9000}
    assert recorded.frame()[7].now == "lock"
    lanes.follow(Target(7, "cpython", (3, 12, 1), False, ((0x7000, 0x8000), (0x8FF0, 0x9100))))
    recorded.used(7)
    recorded.pass_s(0.1)
    assert recorded.frame()[7].now == "gil"


def test_without_enough_descriptors_threads_take_turns(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tid in range(100, 150):
        recorded.born(tid)
        recorded.blocked(tid, RECEIVING)
    highest = max(map(int, own_descriptors()))
    monkeypatch.setattr("gil_tui.watch.threads.raise_descriptor_limit", lambda: highest + 64 + 20)
    recorded.watch()
    for tid in range(100, 150):
        recorded.used(tid, cpu_ms=50)
    recorded.pass_s(0.5)
    frames = recorded.frame()
    assert len(frames) == 51
    for tid in range(100, 150):
        assert frames[tid].shares["cpu"] == pytest.approx(0.1, abs=0.001)
        assert frames[tid].shares["network"] == pytest.approx(0.9, abs=0.001)
    recorded.pass_s(1.5)
    recorded.frame()
    assert recorded.frame()[149].now == "idle"


def test_the_limit_of_descriptors_is_raised_but_never_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert task_folder.raise_descriptor_limit() == 4096
    monkeypatch.setattr(resource, "getrlimit", lambda _: (4096, 4096))
    assert task_folder.raise_descriptor_limit() == 4096
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, resource.RLIM_INFINITY))
    assert task_folder.raise_descriptor_limit() == 65_536
    assert asked == [(4096, 4096), (65_536, resource.RLIM_INFINITY)]


def test_closing_gives_every_descriptor_back(recorded: Recorded) -> None:
    before = own_descriptors()
    recorded.born(8)
    lanes = recorded.watch()
    recorded.pass_s(0.2)
    lanes.close()
    assert own_descriptors() == before
