from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gil_tui.tui.lanes import GAP, MANY_LANES, Lanes
from gil_tui.watch.frames import STATES, CpuFrame, Frame, ObserverFrame, ThreadFrame
from tests.tui.fake_engine import frame_of, run_of

CPU = CpuFrame((0.5,), 1.0, "online", 0.5, None, None, None)
OBSERVER = ObserverFrame(0.01, 100.0, 50.0, 0)


def frame(*shares: dict[str, float], length_s: float = 1.0, pid: int = 9) -> Frame:
    threads = tuple(ThreadFrame(pid, pid + index, "", share, "cpu") for index, share in enumerate(shares))
    return Frame(0.0, length_s, (), threads, (), CPU, OBSERVER)


def states_of(lanes: Lanes, slot: int) -> Counter[str]:
    return Counter(STATES[column[slot]] for column in lanes.columns if column)


def test_columns_follow_the_shares() -> None:
    lanes = Lanes()
    for _ in range(10):
        lanes.add(frame({"cpu": 0.25, "gil": 0.75}))
    assert states_of(lanes, 0) == {"cpu": 20, "gil": 60}


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=len(STATES), max_size=len(STATES)))
def test_no_state_is_off_by_more_than_the_number_of_states(shares: list[float]) -> None:
    total = sum(shares)
    if total == 0:
        return
    lanes = Lanes()
    share = {state: value / total for state, value in zip(STATES, shares, strict=True)}
    for _ in range(8):
        lanes.add(frame({"cpu": 1.0}, share))
    if len(lanes.lanes) < 2:  # idle all the time: it has no lane
        return
    counted = states_of(lanes, 1)
    assert all(abs(counted[state] - 64 * share[state]) <= len(STATES) for state in STATES)


def test_threads_with_equal_shares_take_turns() -> None:
    lanes = Lanes()
    lanes.add(frame(*[{"cpu": 0.25, "gil": 0.75}] * 4))
    on_cpu = [sum(STATES[state] == "cpu" for state in column) for column in lanes.columns]
    assert on_cpu == [1] * len(on_cpu)


def test_an_idle_thread_has_no_lane_until_it_does_something() -> None:
    lanes = Lanes()
    lanes.add(frame({"idle": 1.0}, {"cpu": 1.0}))
    assert len(lanes.lanes) == 1
    lanes.add(frame({"cpu": 0.5, "idle": 0.5}, {"cpu": 1.0}))
    assert len(lanes.lanes) == 2


def test_a_trial_begins_with_a_gap_and_takes_the_same_lanes() -> None:
    lanes = Lanes()
    lanes.add(frame({"cpu": 1.0}, length_s=0.25))
    lanes.begin()
    lanes.begin()
    lanes.add(frame({"gil": 1.0}, length_s=0.25, pid=77))
    gil, cpu = STATES.index("gil"), STATES.index("cpu")
    assert list(lanes.columns) == [(cpu,), (cpu,), GAP, (gil,), (gil,)]


def test_the_sweep_is_like_an_oscilloscope() -> None:
    lanes = Lanes()
    for _ in range(3):
        lanes.add(frame({"cpu": 1.0}, length_s=0.25))
    before = [lanes.column(position, 8) for position in range(8)]
    assert [column is not None for column in before] == [True] * 6 + [False] * 2
    for _ in range(2):
        lanes.add(frame({"gil": 1.0}, length_s=0.25))
    after = [lanes.column(position, 8) for position in range(8)]
    # Ten columns were drawn: two of the new ones at the end, two from the left on, then the blank place.
    assert after[2] is None
    assert after[3:6] == before[3:6]
    assert [STATES[column[0]] for column in (after[6], after[7], after[0], after[1]) if column] == ["gil"] * 4


def test_a_width_of_nothing_shows_nothing() -> None:
    lanes = Lanes()
    lanes.add(frame({"cpu": 1.0}))
    assert lanes.column(0, 1) is None
    assert lanes.column(0, 0) is None


def test_names_tell_processes_from_threads() -> None:
    threads, processes = Lanes(), Lanes()
    threads.add(frame_of(run_of("threads", 2).experiment, 0))
    processes.add(frame_of(run_of("processes", 2).experiment, 0))
    assert [lane.name for lane in threads.lanes] == ["t0", "t1"]
    assert [lane.name for lane in processes.lanes] == ["p0", "p1"]
    named = Frame(0, 1, (), (ThreadFrame(1, 1, "worker-1", {"cpu": 1.0}, "cpu"),), (), CPU, OBSERVER)
    lanes = Lanes()
    lanes.add(named)
    assert [lane.name for lane in lanes.lanes] == ["worker-1"]
    assert lanes.lanes[0].dominant == "cpu"


def test_of_30_000_threads_that_came_and_went_lanes_are_taken_over() -> None:
    lanes = Lanes()
    for number in range(300):
        brief = tuple(
            ThreadFrame(9, 100 + 100 * number + at, f"t{at}", {"cpu": 0.5, "idle": 0.5}, "cpu")
            for at in range(100)
        )
        staying = ThreadFrame(9, 10, "staying", {"gil": 1.0}, "gil")
        lanes.add(Frame(0.0, 0.25, (), (staying, *brief), (), CPU, OBSERVER))
    assert len(lanes.lanes) == lanes.most == len(lanes._slots) == len(lanes._errors) == MANY_LANES
    assert lanes.lanes[0].name == "staying"
    assert {column[0] for column in lanes.columns if column} == {STATES.index("gil")}
    assert sum(bool(lane.shares) for lane in lanes.lanes) == 101
