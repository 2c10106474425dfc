"""The panes of the Watch as text, without an application."""

from dataclasses import replace

import pytest

from gil_tui.lab.judged_watch import JudgedWatch
from gil_tui.tui.strips import Strips, axis_to
from gil_tui.tui.theme import GLYPHS
from gil_tui.tui.watch_view import ThreadRow
from gil_tui.tui.widgets.gauge import GaugeView, gauge_view_rows, holders_text
from gil_tui.tui.widgets.lines import Row, row_text, row_width
from gil_tui.tui.widgets.process_list import age_text, heading_row, matching, process_row
from gil_tui.tui.widgets.threads import heading, strip_width, thread_cells
from gil_tui.watch.frames import Frame, GilFrame
from tests.lab import frame_builders as build
from tests.tui.watching import HOT, PID, PROCESSES, gil_bound, process, tree

NAMES = {101: "worker-1", 102: "worker-2", 103: "worker-3", 104: "worker-4"}


def gauge_of(frame: Frame, *, hot: bool = False) -> GaugeView:
    judged = JudgedWatch(PID)
    judged.hot = (HOT,) if hot else ()
    observation, _ = judged.judge([frame])
    return GaugeView(frame, frame.gils, observation, "15 s", NAMES)


def text_of(rows: list[Row]) -> str:
    return "\n".join(row_text(row).rstrip() for row in rows)


def test_gauge_shows_held_waiting_switches_and_holders() -> None:
    text = text_of(gauge_view_rows(gauge_of(gil_bound(), hot=True), 50, 24))
    assert "held   ▇" in text and " 99 %" in text
    assert "wait   2.9 threads" in text
    assert "switch 198 a second" in text
    assert "15 s   99 % held, 2.9 wait" in text
    assert "by     worker-1 25 %, worker-2 25 %" in text
    assert " 62 %  render  views.py:41" in text
    assert "  3    ▇" in text and " 88 %" in text
    assert "CPUs   1.00 of 2 used" in text
    assert "memory 20 MB (PSS 18 MB)" in text


def test_of_several_gils_the_leading_one_is_named_and_the_others_counted() -> None:
    frame = tree()
    leading_first = sorted(frame.gils, key=lambda gil: gil.pid != 200)
    view = replace(gauge_of(frame), gils=tuple(leading_first))
    text = text_of(gauge_view_rows(view, 40, 24))
    assert "GILs   3; this is of pid 200" in text
    assert "300 " in text and "the other GILs, held" in text


@pytest.mark.parametrize(
    ("gil", "words"),
    [
        (build.gil(available=False, why="musl is not supported yet"), "musl is not supported yet"),
        (build.gil(enabled=False, available=False), "off: free-threaded"),
    ],
)
def test_a_gil_that_cannot_be_seen_says_why(gil: GilFrame, words: str) -> None:
    frame = replace(gil_bound(), gils=(gil,))
    assert words in text_of(gauge_view_rows(gauge_of(frame), 40, 14))


def test_what_is_not_python_says_so() -> None:
    frame = replace(gil_bound(), gils=(), why="it is not a Python process, as far as can be seen")
    assert "it is not a Python" in text_of(gauge_view_rows(gauge_of(frame), 30, 14))


def test_throttling_and_steal_are_shown_when_there_are_any() -> None:
    lost = replace(build.CPU, throttled_share=0.25, steal_share=0.03)
    text = text_of(gauge_view_rows(gauge_of(replace(gil_bound(), cpu=lost)), 60, 20))
    assert "lost   25 % stopped by the quota, 3 % taken by others" in text
    assert "lost" not in text_of(gauge_view_rows(gauge_of(gil_bound()), 60, 20))


def test_holders_without_a_name_are_shown_by_their_id() -> None:
    assert holders_text(build.gil(holders={7: 0.9, 101: 0.1}), NAMES) == "thread 7 90 %, worker-1 10 %"


@pytest.mark.parametrize("width", [0, 8, 20, 30, 60, 140])
@pytest.mark.parametrize("height", [0, 1, 4, 9, 40])
def test_nothing_is_wider_or_higher_than_its_pane(width: int, height: int) -> None:
    for frame in (gil_bound(), tree()):
        rows = gauge_view_rows(gauge_of(frame, hot=True), width, height)
        assert len(rows) <= height
        assert all(row_width(row) <= max(width, 0) for row in rows)
    for process_of_list in PROCESSES:
        assert row_width(process_row(process_of_list, width, at_cursor=False)) <= width
    assert row_width(heading_row(width)) <= width


@pytest.mark.parametrize(
    ("width", "numbers"),
    [(20, ""), (50, "gil 75"), (68, "25   75    ·    ·    ·"), (90, "25   75    ·    ·    ·    25")],
)
def test_a_lane_has_name_states_and_as_many_numbers_as_fit(width: int, numbers: str) -> None:
    frames = [gil_bound(number) for number in range(60)]
    observation, _ = JudgedWatch(PID).judge(frames)
    seen = next(thread for thread in observation.threads if thread.tid == 101)
    strips = Strips()
    strips.update(frames, axis_to(1015.0, 15.0, strip_width(width) - 1, live=False), [(PID, 101)])
    row = thread_cells(ThreadRow((PID, 101), "worker-1", seen), [*strips.states((PID, 101)), -1], width)
    text = row_text(row)
    assert text.rstrip().endswith(numbers)
    assert GLYPHS["gil"] in text and GLYPHS["cpu"] in text
    assert row_width(row) <= width
    assert row_width(heading(15.0, width)) <= width


def test_counted_only_threads_show_what_is_not_known_as_such() -> None:
    thread = build.thread(101, cpu=0.5, counted_only=True)
    observation, _ = JudgedWatch(PID).judge([build.frame(threads=(thread,))])
    text = row_text(thread_cells(ThreadRow((PID, 101), "t1", observation.threads[0]), [], 90))
    assert "50    –    –    –" in text


def test_a_process_that_may_not_be_watched_is_marked_and_says_why() -> None:
    text = row_text(process_row(PROCESSES[2], 120, at_cursor=False))
    assert text.startswith("×") and "process 300 belongs to another user (uid 0): python3 app300.py" in text
    assert row_text(process_row(PROCESSES[0], 120, at_cursor=False)).startswith(" ")


def test_every_word_of_the_filter_has_to_occur() -> None:
    assert matching(PROCESSES, "shop 3.11") == [PROCESSES[0]]
    assert matching(PROCESSES, "ROOT") == [PROCESSES[2]]
    assert matching(PROCESSES, "shop nginx") == []
    assert matching(PROCESSES, "") == list(PROCESSES)


def test_names_that_would_move_the_cursor_are_made_printable() -> None:
    nasty = process(1, command="/bin/python3 \x1b[2J[red]x", user="a\nb")
    text = row_text(process_row(nasty, 120, at_cursor=False))
    assert "\x1b" not in text and "\n" not in text and "[red]x" in text


@pytest.mark.parametrize(
    ("age_s", "text"), [(5, "5 s"), (100, "2 min"), (6000, "2 h"), (172_800, "2 d"), (864_000, "10 d")]
)
def test_ages(age_s: float, text: str) -> None:
    assert age_text(age_s) == text
