import shutil
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.watch.frames import GilFrame
from gil_tui.watch.gil import GilGauge
from gil_tui.watch.holders import TID_AT, Holders
from gil_tui.watch.layouts import GilLayout, parse_debug_offsets
from gil_tui.watch.memory import Memory
from gil_tui.watch.target import GilAddress, Runtime, Target
from tests.watch.pictures import (
    COND_AT,
    NEW_GLIBC,
    OLD_GLIBC,
    SWITCH_COND_AT,
    Offsets,
    Picture,
    gil_struct,
    thread_state,
)

GIL = 0x40000
THREADS = {0x50000: 71, 0x51000: 72}


class Clock:
    def __init__(self) -> None:
        self.now = 10.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """A process whose GIL struct the test rewrites between samples."""

    def __init__(self, tmp_path: Path, *, free_threaded: bool = False, new_glibc: bool = False) -> None:
        self.picture = Picture(tmp_path / "proc")
        self.wrefs_at = NEW_GLIBC if new_glibc else OLD_GLIBC
        self.enabled: int | None = 1 if free_threaded else None
        for address, tid in THREADS.items():
            self.picture.add(address, thread_state(interpreter=1, native_id=tid))
            self.picture.thread(tid)
        self.clock = Clock()
        runtime = Runtime(0x1000, 8, parse_debug_offsets(Offsets(free_threaded=free_threaded).pack()))
        gil = GilAddress(GIL, 0, GilLayout(free_threaded))
        self.set()
        self.memory = Memory(7, self.picture.proc)
        self.target = Target(7, "cpython", (3, 13, 2), free_threaded, (), (gil,), self.memory, "", runtime)
        self.gauge = GilGauge(self.target, clock=self.clock, proc=self.picture.proc)

    def set(
        self,
        *,
        interval_us: int = 5000,
        holder: int = 0x50000,
        locked: int = 1,
        switches: int = 7,
        waiting: int = 0,
    ) -> None:
        data = gil_struct(
            interval_us=interval_us,
            holder=holder,
            locked=locked,
            switches=switches,
            waiting=waiting,
            wrefs_at=self.wrefs_at,
            enabled=self.enabled,
        )
        self.picture.add(GIL, data)

    def sample(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.now += 0.01
            self.gauge.sample()

    def frame(self) -> GilFrame:
        (frame,) = self.gauge.frame()
        return frame


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_held_holders_waiting_and_switches(scene: Scene) -> None:
    scene.sample(3)  # believed from the fourth on
    for holder, waiting in ((0x50000, 2), (0x50000, 3), (0x51000, 3)):
        scene.set(holder=holder, waiting=waiting, switches=10 + waiting)
        scene.sample()
    scene.set(locked=0, holder=0x51000, waiting=0, switches=19)
    scene.sample()
    frame = scene.frame()
    assert (frame.available, frame.enabled, frame.samples) == (True, True, 4)
    assert frame.held == 3 / 4
    assert frame.waiting == (2 + 3 + 3 + 0) / 4
    assert frame.waiting_counts == (1, 0, 1, 2)
    assert dict(frame.holders or {}) == pytest.approx({71: 2 / 3, 72: 1 / 3})
    assert frame.switches_per_s == pytest.approx((19 - 12) / 0.03)
    assert scene.gauge.failed == 0


def test_the_next_frame_begins_anew_and_counts_switches_across_the_border(scene: Scene) -> None:
    scene.sample(10)
    scene.frame()
    scene.set(locked=0, switches=9)
    scene.sample(5)
    frame = scene.frame()
    assert (frame.held, frame.samples, frame.holders) == (0.0, 5, {})
    assert frame.switches_per_s == pytest.approx(2 / 0.05)


def test_new_glibc_keeps_the_waiters_elsewhere(tmp_path: Path) -> None:
    scene = Scene(tmp_path, new_glibc=True)
    scene.set(waiting=6)
    scene.sample(8)
    assert scene.frame().waiting == 6


def test_who_was_made_to_give_it_up_waits_too(scene: Scene) -> None:
    scene.picture.add(GIL, gil_struct(waiting=2, forced=1))
    scene.sample(8)
    assert scene.frame().waiting == 3


def test_while_either_shape_fits_nothing_is_said_about_waiting(scene: Scene) -> None:
    data = bytearray(gil_struct(waiting=3))
    for at in (NEW_GLIBC, NEW_GLIBC + SWITCH_COND_AT - COND_AT):
        struct.pack_into("=I", data, at, 4 << 3 | 2)
    scene.picture.add(GIL, bytes(data))
    scene.sample(8)
    frame = scene.frame()
    assert (frame.held, frame.waiting, frame.waiting_counts) == (1.0, None, ())
    scene.set(waiting=3)
    scene.sample(8)
    assert scene.frame().waiting == 3


@pytest.mark.parametrize(
    "nonsense",
    [
        {"interval_us": 0},
        {"interval_us": 2**63},
        {"locked": 2},
        {"holder": 0x50001},
        {"holder": 8},
        {"holder": 0},
        {"switches": 6},
    ],
    ids=str,
)
def test_an_implausible_sample_is_left_out_and_trust_begins_anew(
    scene: Scene, nonsense: dict[str, int]
) -> None:
    scene.sample(10)
    scene.set(**nonsense)
    scene.sample(1)
    scene.set()
    scene.sample(4)
    assert scene.frame().samples == 7 + 1
    assert scene.gauge.failed == 1


def test_a_condition_variable_of_another_kind_is_implausible(scene: Scene) -> None:
    data = bytearray(gil_struct())
    struct.pack_into("=I", data, OLD_GLIBC, 0)
    scene.picture.add(GIL, bytes(data))
    scene.sample(10)
    frame = scene.frame()
    assert (frame.available, frame.held, frame.samples) == (False, None, 0)
    assert scene.gauge.failed == 10


def test_a_process_that_ended_is_lost_and_nothing_is_claimed(scene: Scene) -> None:
    scene.sample(10)
    scene.frame()
    scene.memory.close()
    scene.sample(5)
    frame = scene.frame()
    assert (frame.available, frame.held, frame.waiting) == (False, None, None)
    assert frame.why != ""
    assert scene.gauge.lost


def test_no_samples_are_no_numbers(scene: Scene) -> None:
    frame = scene.frame()
    assert (frame.available, frame.held, frame.why) == (False, None, "no samples yet")
    assert not scene.gauge.lost


def test_without_a_gil_the_reason_is_handed_on() -> None:
    (frame,) = GilGauge(Target(7, "pypy", why="PyPy has no GIL gauge")).frame()
    assert (frame.available, frame.why) == (False, "PyPy has no GIL gauge")


@pytest.mark.parametrize(("enabled", "said"), [(0, False), (1, True), (2**31 - 1, True)])
def test_a_free_threaded_build_says_whether_its_gil_is_on(tmp_path: Path, enabled: int, said: bool) -> None:
    scene = Scene(tmp_path, free_threaded=True)
    scene.enabled = enabled
    scene.set(locked=int(said), waiting=2 * said)
    scene.sample(8)
    frame = scene.frame()
    assert (frame.enabled, frame.held, frame.waiting) == (said, float(said), 2.0 * said)
    assert ("without a GIL" in frame.why) is not said


def test_subinterpreters_are_read_beside_the_main_one(scene: Scene) -> None:
    scene.picture.add(0x60000, gil_struct(locked=0, switches=100))
    scene.sample(6)
    second = GilAddress(0x60000, 2, GilLayout())
    target = Target(7, "cpython", gils=(*scene.target.gils, second), memory=scene.memory)
    scene.gauge.retarget(target)
    scene.sample(6)
    main, sub = scene.gauge.frame()
    assert (main.interpreter, main.samples, main.held) == (0, 9, 1.0)
    assert (sub.interpreter, sub.samples, sub.held) == (2, 3, 0.0)


@given(st.lists(st.binary(min_size=170, max_size=170), min_size=1, max_size=20))
def test_whatever_is_in_memory_the_numbers_are_possible(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    scene = Scene(tmp_path_factory.mktemp("gil"))
    for data in contents:
        scene.picture.add(GIL, data)
        scene.sample(2)
    frame = scene.frame()
    if frame.available:
        assert frame.held is not None and 0 <= frame.held <= 1
        assert frame.waiting is None or frame.waiting >= 0
        assert frame.switches_per_s is None or frame.switches_per_s >= 0


# --- holders


def target_of(picture: Picture, offsets: Offsets | None) -> Target:
    runtime = Runtime(0x1000, 8, parse_debug_offsets(offsets.pack()) if offsets else None)
    return Target(picture.pid, "cpython", memory=Memory(picture.pid, picture.proc), runtime=runtime)


def test_before_313_the_thread_is_found_through_its_pthread(tmp_path: Path) -> None:
    picture = Picture(tmp_path / "proc")
    for number, tid in enumerate((71, 72)):
        at = 0x50000 + 0x1000 * number
        state = bytearray(thread_state(interpreter=0x40000, native_id=0))
        struct.pack_into("=Q", state, 0x60, 0x80000 + 0x1000 * number)
        picture.add(at, bytes(state))
        picture.add(0x80000 + 0x1000 * number, b"\0" * TID_AT + struct.pack("=Q", tid).ljust(0x40, b"\0"))
        picture.thread(tid)
    holders = Holders(target_of(picture, None), picture.proc)
    assert [holders.tid(at) for at in (0x51000, 0x50000)] == [72, 71]


def test_a_holder_that_is_no_living_thread_is_not_named(tmp_path: Path) -> None:
    picture = Picture(tmp_path / "proc")
    picture.add(0x50000, thread_state(interpreter=1, native_id=99))
    holders = Holders(target_of(picture, Offsets()), picture.proc)
    assert [holders.tid(at) for at in (0x50000, 0, 0x2000, 1 << 40, 2**64 - 8)] == [None] * 5


def test_in_a_container_the_ids_inside_are_translated(tmp_path: Path) -> None:
    picture = Picture(tmp_path / "proc")
    picture.status(ids="7\t1")
    picture.thread(4071, ids="4071\t9")
    picture.add(0x50000, thread_state(interpreter=1, native_id=9))
    holders = Holders(target_of(picture, Offsets()), picture.proc)
    assert holders.tid(0x50000) == 4071
    shutil.rmtree(picture.proc / f"{picture.pid}/task/4071")
    assert holders.tid(0x50000) is None, "it has ended"
    picture.thread(4080, ids="4080\t9")
    assert holders.tid(0x50000) == 4080, "the id is used again"
