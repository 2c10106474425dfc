"""The session behind the Watch: verdicts that come early and do not jump, windows, ends, failures."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from gil_tui.tui import watch_view as view
from gil_tui.tui.judging import GIVES_WAY_S
from gil_tui.tui.recent import KEPT_S
from gil_tui.tui.watch_session import FORGET_EVERY_S, WatchSession
from gil_tui.watch.frames import Frame
from tests.lab import frame_builders as build
from tests.tui.watching import PID, WORKERS, Host, gil_bound, idle, tree

Script = Callable[[Host, WatchSession], Awaitable[None]]


def play(script: Script, *, watch: bool = True, host: Host | None = None) -> tuple[Host, WatchSession]:
    host = host or Host()
    session = WatchSession(host.engine(), host)

    async def run() -> None:
        if watch:
            await session.watch(PID)
        await script(host, session)
        await session.close()

    asyncio.run(run())
    return host, session


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def code_of(session: WatchSession) -> str:
    return session.picture.verdict.code if session.picture else ""


def run_on(host: Host, session: WatchSession, make: object, seconds: float) -> list[str]:
    """The codes shown after each quarter of a second."""
    codes = []
    for _ in range(round(seconds * 4)):
        host.send(make)  # type: ignore[arg-type]
        session.tick()
        codes.append(code_of(session))
    return codes


def test_the_first_verdict_comes_within_two_seconds() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        codes = run_on(host, session, gil_bound, 2)
        assert codes[:4] == [""] * 4
        assert codes[-1] == "gil"

    play(script)


def test_a_verdict_changes_once_two_in_a_row_agree() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, gil_bound, 20)
        codes = run_on(host, session, idle, 25)
        changes = [code for code, before in zip(codes[1:], codes, strict=False) if code != before]
        assert codes[0] == "gil" and codes[-1] == "idle"
        assert len(changes) <= 2

    play(script)


def test_functions_and_thread_names_are_asked_for_once_by_the_verdict_itself() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, gil_bound, 2)
        await settle()
        run_on(host, session, gil_bound, 3)
        await settle()
        assert host.looks == [f"dump {PID}", f"hot {PID}"]
        assert session.picture
        assert "`render` in views.py" in session.picture.verdict.sentence
        assert view.verdict_shown(session.picture).evidence[0].name == "render (views.py:41) holds the GIL"
        assert view.names_of(session)[101] == "#1 render"
        session.name_functions()
        assert session.naming
        await settle()
        assert not session.naming and len(host.looks) == 4

    play(script)


def test_frozen_the_view_stands_while_frames_still_come() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, gil_bound, 5)
        session.freeze()
        session.tick()
        end_s, frozen = session.view_end_s, session.picture
        run_on(host, session, idle, 20)
        assert session.view_end_s == end_s and session.picture is frozen
        assert "frozen, measuring goes on" in view.window_text(session)
        session.freeze()
        session.tick()
        assert session.live and code_of(session) == "idle"

    play(script)


def test_back_in_time_the_verdict_is_that_of_the_window() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, gil_bound, 60)
        run_on(host, session, idle, 60)
        assert code_of(session) == "idle"
        for _ in range(12):
            session.move(-1)
        session.tick()
        assert session.view_end_s == pytest.approx(1060)
        assert code_of(session) == "gil"
        for _ in range(100):
            session.move(-1)
        assert session.view_end_s == pytest.approx(1005)
        session.move(-1)
        assert session.view_end_s == pytest.approx(1005)
        for _ in range(100):
            session.move(1)
        assert session.live

    play(script)


def test_windows_get_longer_and_shorter_within_limits() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        seen = [session.window_s]
        for step in (-1, -1, 1, 1, 1, 1, 1):
            session.zoom(step)
            seen.append(session.window_s)
        assert seen == [15, 5, 5, 15, 60, 300, 300, 300]

    play(script)


def test_a_process_that_ends_leaves_its_last_picture() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, gil_bound, 4)
        host.send(lambda number: replace(gil_bound(number), threads=(), gils=(), processes=(), ended=True))
        session.tick()
        assert session.ended and not session.measuring
        assert code_of(session) == "gil"
        assert view.verdict_title(session) == f"Verdict · process {PID} has ended"
        assert "before it ended" in view.window_text(session)

    play(script)


def test_what_is_not_there_is_said_in_one_line() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        assert not await session.watch(4711)
        assert host.said == ["there is no process 4711, or this system hides it"]
        assert session.subject is None and host.watchers == []

    play(script, watch=False)


def test_a_process_that_is_gone_before_anything_was_seen() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        why = f"process {PID} is ending"
        host.send(
            lambda number: replace(gil_bound(number), threads=(), gils=(), processes=(), ended=True, why=why)
        )
        session.tick()
        assert session.picture is None
        assert view.notes_of(session)[0][0] == f"{why}."

    play(script)


def test_what_is_missing_stands_in_the_title() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        host.send(lambda number: gil_bound(number, why="process 100 is stopped, by a signal or a debugger"))
        assert view.verdict_title(session).endswith("process 100 is stopped, by a signal or a debugger")

    play(script)


def test_a_watcher_that_dies_is_said_and_started_anew() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, gil_bound, 3)
        host.end_watcher("the watcher ended (exit code -9)")
        assert not session.measuring and session.why_not == "the watcher ended (exit code -9)"
        assert code_of(session) == "gil"
        await session.again()
        assert session.measuring and session.why_not == ""
        assert [watcher.commands for watcher in host.watchers] == [[PID], [PID, 0]] or (
            host.watcher.commands == [PID]
        )

    play(script)


def test_a_watcher_that_cannot_start_is_said() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        assert view.notes_of(session)[0][0].startswith("the watcher cannot be started: No such file")
        host.broken = ""
        await session.again()
        assert session.measuring

    play(script, host=Host(broken="the watcher cannot be started: No such file"))


def test_frames_of_the_process_before_are_not_taken() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        late = gil_bound(0)
        host.now_s = 1100.0
        await session.watch(PID)
        session._hear(late)
        assert session.frames.last is None

    play(script)


def test_left_it_is_not_measured_and_gone_on_with_after_a_gap() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        host.send(gil_bound, 3)
        session.pause()
        assert session.paused and host.watcher.commands == [PID, 0]
        host.send(gil_bound, 3)
        await session.again()
        host.send(gil_bound, 3)
        assert session.frames.between(1003.1, 1005.9) == []
        assert session.frames.last and session.frames.last.end_s == 1009

    play(script)


def test_one_watcher_serves_all_processes_and_ends_with_the_session() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        await session.leave()
        await session.watch(PID)

    host, _ = play(script)
    assert len(host.watchers) == 1 and host.watcher.closed
    assert host.watcher.commands == [PID, 0, PID, 0]


def test_of_several_gils_the_leading_one_comes_first_and_rows_are_grouped() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, tree, 3)
        assert session.picture
        assert [gil.pid for gil in session.picture.gils] == [200, 300, PID]
        rows = view.ThreadOrder().rows(session.picture, session)
        headings = [row.text.split()[0] for row in rows if isinstance(row, view.ProcessRow)]
        assert headings == ["200", "300", str(PID)]
        assert [row.name for row in rows if isinstance(row, view.ThreadRow)] == ["main"] * 3

    play(script)


def test_threads_are_named_by_what_tells_most() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, unnamed, 2)
        assert view.names_of(session) == {PID: "main", **{tid: f"t{tid - PID}" for tid in WORKERS}}

    def unnamed(number: int) -> Frame:
        frame = gil_bound(number)
        return replace(frame, threads=tuple(replace(thread, name="python3") for thread in frame.threads))

    play(script, host=Host(hot=()))


def many(number: int) -> Frame:
    """As `gil_bound`, with so many idle threads that a window is judged aside."""
    frame = gil_bound(number)
    idle_ones = tuple(build.thread(tid) for tid in range(1000, 1500))
    return replace(frame, threads=frame.threads + idle_ones)


def many_idle(number: int) -> Frame:
    return replace(idle(number), threads=many(number).threads[:1] + many(number).threads[5:])


async def until_there(session: WatchSession) -> None:
    """Until what is judged aside has been taken in."""
    while session._judging:
        await asyncio.wait([session._judging])
        session.tick()


def test_of_many_threads_a_window_is_judged_aside_and_nothing_says_it_is_there_before() -> None:
    usual_s = sys.getswitchinterval()

    async def script(host: Host, session: WatchSession) -> None:
        host.send(many, 20)
        session.tick()
        assert session.picture is None and session._judging
        await asyncio.sleep(0)
        assert sys.getswitchinterval() == pytest.approx(GIVES_WAY_S)
        await until_there(session)
        assert code_of(session) == "gil" and sys.getswitchinterval() == usual_s
        host.send(many_idle, 20)
        session.freeze()
        session.zoom(-1)
        session.tick()
        assert code_of(session) == "gil" and not session.judged
        at = view.clock_text(session, 1040.0)
        assert view.verdict_title(session) == f"Judging 5 s until {at}; below, the window before"
        await session.until_judged()
        assert session.judged and code_of(session) == "idle"
        assert view.verdict_title(session) == f"Verdict on 5 s until {at}"

    play(script)


def test_what_was_judged_for_a_window_that_nobody_looks_at_any_more_is_not_shown() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        host.send(many, 20)
        host.send(many_idle, 20)
        session.tick()
        await until_there(session)
        assert code_of(session) == "idle"
        for _ in range(4):
            session.move(-1)
        session.tick()
        for _ in range(60):
            session.move(1)
        assert session.live
        before = session.picture
        assert session._judging
        await asyncio.wait([session._judging])
        session.tick()
        assert session.picture is before and not session.judged and session._judging
        await session.until_judged()
        assert code_of(session) == "idle"

    play(script)


def test_left_while_it_is_judged_nothing_comes_any_more() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        host.send(many, 20)
        session.tick()
        await session.leave()
        assert session._judging is None
        session.tick()
        assert session.picture is None and session.judged
        await session.until_judged()

    play(script)


def test_what_goes_wrong_aside_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no judge")

    async def script(host: Host, session: WatchSession) -> None:
        monkeypatch.setattr("gil_tui.tui.watch_session.judge_window", broken)
        host.send(many, 20)
        session.tick()
        assert session._judging
        await asyncio.wait([session._judging])
        with pytest.raises(RuntimeError, match="no judge"):
            session.tick()

    play(script)


def test_a_window_in_which_nothing_was_seen_says_so_and_shows_no_other_verdict() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        run_on(host, session, gil_bound, 20)
        session.pause()
        host.now_s += 60
        host._number += 240
        await session.again()
        run_on(host, session, gil_bound, 20)
        session.zoom(-1)
        while session.view_end_s > 1060:
            session.move(-1)
        session.tick()
        assert session.picture is None
        assert view.notes_of(session) == [("Nothing was seen in this window.", "strong")]
        session.follow()
        session.tick()
        assert code_of(session) == "gil"

    play(script)


def short_lived(number: int) -> Frame:
    """A server that makes a thread a request, 25 in a quarter of a second: none is seen twice."""
    requests = tuple(build.thread(1000 + 25 * number + at, cpu=0.01) for at in range(25))
    frame = gil_bound(number)
    return replace(frame, threads=(*frame.threads[:1], *requests))


def test_of_100_000_threads_that_came_and_went_only_those_of_the_last_minutes_are_kept() -> None:
    async def script(host: Host, session: WatchSession) -> None:
        sizes = []
        for second in range(1000):
            host.send(short_lived, 1)
            newest = 1000 + 100 * second
            session._judged.thread_names[newest] = f"Thread-{second} (serve)"
            sizes.append((len(session.numbers), len(session.thread_names)))
        assert host._number * 25 == 100_000
        most_s = KEPT_S + FORGET_EVERY_S + 2
        assert max(numbers for numbers, _ in sizes) <= 100 * most_s + 1
        assert 200 < sizes[-1][1] <= most_s
        kept = {thread.tid for frame in session.frames.between(0, 1e9) for thread in frame.threads}
        assert len(kept) <= 100 * (KEPT_S + 2)
        assert all(session.numbers.of(PID, tid) for tid in kept - {PID})
        host.send(gil_bound, KEPT_S + FORGET_EVERY_S + 2)
        assert len(session.numbers) == 5 and len(session.thread_names) == 0

    play(script)
