"""Lanes over a window: axis, columns, their counts, and what a bounded memory keeps."""

from collections import Counter
from dataclasses import replace

import pytest

from gil_tui.tui.ordering import CalmOrder
from gil_tui.tui.recent import FRESH_S, KEPT_S, RecentFrames
from gil_tui.tui.strips import Strips, axis_to
from gil_tui.watch.frames import STATES, Frame
from tests.lab import frame_builders as build
from tests.tui.watching import PID, WORKERS, gil_bound

CPU, GIL = STATES.index("cpu"), STATES.index("gil")
KEYS = [(PID, tid) for tid in WORKERS]


def frames(count: int) -> list[Frame]:
    return [gil_bound(number) for number in range(count)]


@pytest.mark.parametrize("window_s", [5.0, 15.0, 60.0])
def test_columns_count_as_the_shares_do(window_s: float) -> None:
    axis = axis_to(1060.0, window_s, 60, live=False)
    strips = Strips()
    strips.update(frames(240), axis, KEYS)
    counts = Counter(strips.states((100, 102)))
    assert counts[CPU] == pytest.approx(15, abs=1)
    assert counts[GIL] == pytest.approx(45, abs=1)


def test_threads_of_equal_shares_take_turns() -> None:
    strips = Strips()
    strips.update(frames(240), axis_to(1060.0, 60.0, 60, live=False), KEYS)
    assert len({tuple(strips.states(key)) for key in KEYS}) == 4


def test_a_live_axis_moves_by_pages_and_always_has_room_for_the_newest_column() -> None:
    firsts = []
    for quarter in range(200):
        axis = axis_to(1000 + quarter / 4, 15.0, 60, live=True)
        assert axis.start_s <= 1000 + quarter / 4 - 11 and 1000 + quarter / 4 < axis.end_s
        firsts.append(axis.first)
    assert len(set(firsts)) <= 200 // 15 + 2


def test_a_live_axis_begins_where_anything_was_seen() -> None:
    axis = axis_to(1002.0, 15.0, 60, live=True, first_s=1000.0)
    assert axis.start_s == 1000.0


def test_drawing_bit_by_bit_gives_what_drawing_at_once_gives() -> None:
    at_once, bit_by_bit, all_frames = Strips(), Strips(), frames(80)
    for number in range(1, 81):
        axis = axis_to(1000 + number / 4, 15.0, 40, live=True, first_s=1000.0)
        bit_by_bit.update(all_frames[:number], axis, KEYS)
    at_once.update(all_frames, axis_to(1020.0, 15.0, 40, live=True, first_s=1000.0), KEYS)
    shown = bit_by_bit.states((100, 101))
    assert [state >= 0 for state in shown] == [state >= 0 for state in at_once.states((100, 101))]
    assert Counter(shown)[CPU] == pytest.approx(Counter(at_once.states((100, 101)))[CPU], abs=1)


def test_time_that_nobody_measured_is_blank() -> None:
    gap = [frame for frame in frames(80) if not 1005 <= frame.start_s < 1010]
    strips = Strips()
    strips.update(gap, axis_to(1020.0, 20.0, 20, live=False), KEYS)
    assert [state < 0 for state in strips.states((100, 101))] == [False] * 5 + [True] * 5 + [False] * 10


def test_five_minutes_are_kept_the_last_one_as_it_came() -> None:
    recent = RecentFrames()
    for frame in frames(4 * 400):
        recent.add(frame)
    kept = recent.between(0, 2000)
    assert kept[-1].end_s - kept[0].start_s == pytest.approx(KEPT_S, abs=2)
    assert len(recent.between(1400 - FRESH_S, 1400)) == 4 * FRESH_S
    assert sum(frame.end_s - frame.start_s for frame in kept) == pytest.approx(
        kept[-1].end_s - kept[0].start_s
    )
    assert len(kept) < 4 * FRESH_S + KEPT_S


def test_old_frames_of_many_threads_are_merged_further() -> None:
    few, many = RecentFrames(), RecentFrames()
    threads = tuple(build.thread(1000 + number, cpu=0.1) for number in range(200))
    for frame in frames(4 * 80):
        few.add(frame)
        many.add(replace(frame, threads=threads))
    assert len(many.between(0, 1015)) < len(few.between(0, 1015)) / 1.5


def test_a_pause_is_not_merged_away() -> None:
    recent = RecentFrames()
    for frame in frames(4 * 120):
        if not 1010 <= frame.start_s < 1020:
            recent.add(frame)
    assert recent.between(1011, 1019) == []


def test_rows_keep_their_places_through_small_changes() -> None:
    order: CalmOrder[str] = CalmOrder(0.1)
    assert order.ordered({"a": 0.5, "b": 0.52, "c": 0.1}) == ["b", "a", "c"]
    assert order.ordered({"a": 0.58, "b": 0.5, "c": 0.1}) == ["b", "a", "c"]
    assert order.ordered({"a": 0.9, "b": 0.5, "c": 0.1, "d": 0.7}) == ["a", "d", "b", "c"]
    assert order.ordered({"a": 0.9, "c": 0.1}) == ["a", "c"]


def test_who_comes_into_view_later_is_drawn_as_if_it_had_always_been_there() -> None:
    axis, all_frames = axis_to(1060.0, 60.0, 60, live=False), frames(240)
    always, later = Strips(), Strips()
    always.update(all_frames, axis, KEYS)
    later.update(all_frames, axis, KEYS[:2])
    assert set(later.states(KEYS[3])) == {-1}
    later.update(all_frames, axis, KEYS[2:])
    assert [later.states(key) for key in KEYS] == [always.states(key) for key in KEYS]


def test_of_threads_that_went_out_of_view_nothing_is_kept_once_their_columns_are_past() -> None:
    strips, all_of_them = Strips(), frames(400)
    for number in range(1, 400):
        axis = axis_to(1000 + number / 4, 5.0, 40, live=True, first_s=1000.0)
        seen = all_of_them[max(0, number - 24) : number]
        strips.update(seen, axis, [(PID, 101), (PID, 10_000 + number)])
    assert len(strips._strips) <= 4 * 5 + 2
    assert all(len(strip.states) <= 40 for strip in strips._strips.values())
