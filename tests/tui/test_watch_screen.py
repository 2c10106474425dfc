"""The Watch tab, driven by its keys."""

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gil_tui.tui.app import GilTui
from gil_tui.tui.screens.watch import WatchScreen
from gil_tui.tui.start import Start
from gil_tui.tui.widgets.gauge import GaugePane
from gil_tui.tui.widgets.process_list import ProcessList
from gil_tui.tui.widgets.threads import ThreadsPane
from gil_tui.tui.widgets.verdict import VerdictPane
from gil_tui.watch.frames import Frame
from tests.lab import frame_builders as build
from tests.tui import pictures
from tests.tui.fake_engine import fake_engine
from tests.tui.pictures import assert_picture, picture, press, type_at_once
from tests.tui.watching import PID, Host, gil_bound, process, tree

Script = Callable[[Pilot[int], WatchScreen, Host], Awaitable[None]]


class Watching(GilTui):
    """Opens with the Watch: a Lab that nobody looks at would take half of the time."""

    DEFAULT_MODE = "watch"
    CSS_PATH = str(Path(inspect.getfile(GilTui)).with_name("app.tcss"))


async def until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    await pictures.until(pilot, lambda: bool(holds()))


def play(
    script: Script, *, size: tuple[int, int] = (120, 40), host: Host | None = None, pid: int | None = None
) -> GilTui:
    """Open the tab and run the script on it."""
    host = host or Host()
    app = Watching(fake_engine(watching=host.engine), start=Start(pid=pid))

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: isinstance(app.screen, WatchScreen))
            screen = app.screen
            assert isinstance(screen, WatchScreen)
            await until(pilot, lambda: screen.query_one(ProcessList).listed or app.watch_session.subject)
            await script(pilot, screen, host)
            await app.watch_session.close()

    asyncio.run(run())
    return app


async def watch(
    pilot: Pilot[int],
    screen: WatchScreen,
    host: Host,
    make: Callable[[int], Frame] = gil_bound,
    seconds: float = 3,
) -> None:
    """Enter, and some seconds of frames."""
    await press(pilot, "enter")
    await until(pilot, lambda: screen.app.watch_session.measuring and host.watchers)
    await pilot.pause(0)
    host.send(make, seconds)
    screen._show()
    await until(pilot, lambda: screen.app.watch_session.picture)
    screen._show()
    await pilot.pause(0)


def test_the_list_is_busiest_first_with_the_forbidden_behind() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        assert [row.pid for row in screen.processes.listed] == [PID, 200, 300]
        assert "1 may not be watched" in str(screen.processes.border_subtitle)
        await until(pilot, lambda: "Quit" in picture(screen.app).splitlines()[-1])
        assert_picture("watch-list", picture(screen.app))

    play(script)


def test_the_cursor_stays_on_its_process() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        screen.processes.list_processes(host.processes)
        await press(pilot, "down")
        assert screen.processes.at_cursor and screen.processes.at_cursor.pid == 200
        screen.processes.list_processes([process(400, cpu_share=9.0), *host.processes])
        assert screen.processes.at_cursor.pid == 200
        screen.processes.list_processes([process(200, cpu_share=20.0), *host.processes[:1]])
        assert screen.processes.at_cursor.pid == 200
        assert screen.processes.listed[0].pid == 200

    play(script)


def test_typing_filters_and_escape_clears() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await press(pilot, "slash", *"app200", "enter")
        assert [row.pid for row in screen.processes.listed] == [200]
        assert screen.processes.has_focus
        await press(pilot, "escape")
        assert len(screen.processes.listed) == 3

    play(script)


def test_all_that_is_typed_at_once_is_the_filter() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        type_at_once(pilot, "/pp/k")
        await until(pilot, lambda: screen.filter.value == "pp/k")
        assert screen.filter.has_focus

    play(script)


@pytest.mark.parametrize("key", ["enter", "w"])
def test_enter_watches_and_escape_goes_back(key: str) -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await press(pilot, key)
        await until(pilot, lambda: host.watchers and host.watcher.commands == [PID])
        assert screen.query_one("#subject").display and not screen.query_one("#choose").display
        await press(pilot, "escape")
        await until(pilot, lambda: host.watcher.commands == [PID, 0])
        await until(pilot, lambda: screen.processes.has_focus)

    play(script)


def test_one_that_may_not_be_watched_says_why_in_one_line() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await press(pilot, "end", "enter")
        await until(pilot, lambda: screen.app._notifications)
        assert "belongs to another user" in next(iter(screen.app._notifications)).message
        assert host.watchers == []

    play(script)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_the_live_view_has_verdict_gauge_and_lanes(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host)
        assert "GIL-bound: 4 threads" in screen.query_one(VerdictPane).text
        assert "held   ▇" in screen.query_one(GaugePane).text
        lanes = screen.query_one(ThreadsPane).text
        assert "worker-2" in lanes and "▒" in lanes and "█ CPU" in lanes
        assert "Hz" in str(screen.threads.border_subtitle) and "observer 1.3 %" in str(
            screen.threads.border_subtitle
        )
        assert f"pid {PID}" in str(screen.gauge.border_title)
        await until(pilot, lambda: "Hot" in picture(screen.app).splitlines()[-1])
        assert_picture(f"watch-{size[0]}x{size[1]}", picture(screen.app))

    play(script, size=size)


def test_sixty_columns_show_one_pane_at_a_time() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host)
        assert screen.gauge.display and not screen.threads.display
        await press(pilot, "v")
        assert screen.threads.display and not screen.gauge.display
        assert screen.query_one(VerdictPane).display

    play(script, size=(60, 20))


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (40, 8)])
def test_tiny_terminals_are_survived(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await screen.app.watch_session.watch(PID)
        screen._arrange()
        host.send(tree, 3)
        screen._show()
        await pilot.pause(0)
        await press(pilot, "space", "v", "down")

    play(script, size=size)


def test_a_pid_of_the_command_line_is_watched_at_once() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await until(pilot, lambda: host.watchers and host.watcher.commands == [PID])

    play(script, pid=PID)


def test_a_pid_that_is_not_there_leaves_the_list() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await until(pilot, lambda: screen.app._notifications)
        assert "no process 4711" in next(iter(screen.app._notifications)).message
        await until(pilot, lambda: screen.query_one("#choose").display and screen.processes.listed)

    play(script, pid=4711)


def test_keys_move_through_time_and_say_so() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host, seconds=40)
        session = screen.app.watch_session
        await press(pilot, "space")
        assert "frozen, measuring goes on" in str(screen.threads.border_title)
        await press(pilot, "left_square_bracket")
        assert session.view_end_s == pytest.approx(1035)
        await press(pilot, "plus")
        assert session.window_s == 60
        await press(pilot, "minus", "minus")
        assert session.window_s == 5
        await press(pilot, "l")
        assert session.live and "last 5 s" in str(screen.threads.border_title)

    play(script)


def test_the_key_that_freezes_goes_on_again() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host)
        for _ in range(2):
            await press(pilot, "space")
            assert not screen.app.watch_session.live
            await until(pilot, lambda: "l Live" in picture(screen.app).splitlines()[-1])
            await press(pilot, "space")
            assert screen.app.watch_session.live
            await until(pilot, lambda: "space Freeze" in picture(screen.app).splitlines()[-1])

    play(script)


def crowd(number: int) -> Frame:
    """Of 500 threads one computes, for the first 20 seconds; then none does."""
    busy = 1.0 if number < 80 else 0.0
    threads = tuple(build.thread(PID + index, cpu=0.0 if index else busy) for index in range(500))
    return build.frame(number, threads=threads, gils=(build.gil(held=busy, waiting=0.0),))


def test_another_window_of_many_threads_is_there_at_once_and_its_verdict_follows() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host, crowd, 40)
        verdict, lanes, gauge = screen.verdict, screen.threads, screen.gauge
        await until(pilot, lambda: "IDLE" in verdict.text and screen._judged)
        await press(pilot, "space", "plus")
        assert "60 s until" in str(lanes.border_title) and "├─" in lanes.text
        assert str(verdict.border_title).startswith("Judging 60 s until")
        assert "of the window before" in lanes.text.splitlines()[0]
        assert "before 0 % held" in gauge.text and "IDLE" in verdict.text
        await until(pilot, lambda: str(verdict.border_title).startswith("Verdict on 60 s until"))
        assert "GIL held 50 %" in verdict.text and "of the window before" not in lanes.text
        assert "60 s   50 % held" in gauge.text

    play(script)


def test_evidence_and_what_is_kept_are_of_the_window_that_is_looked_at() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host, crowd, 40)
        await until(pilot, lambda: "IDLE" in screen.verdict.text and screen._judged)
        await press(pilot, "plus", "e")
        await until(pilot, lambda: screen.app.screen is not screen)
        await until(pilot, lambda: "thread states over 40.00 s" in picture(screen.app))
        assert re.search("GIL held +50 %", picture(screen.app))

    play(script)


def test_behind_another_tab_nothing_is_measured_unless_frozen() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host)
        assert str(screen.gauge.border_subtitle) == "measured while shown"
        await press(pilot, "1")
        await until(pilot, lambda: host.watcher.commands == [PID, 0])
        await press(pilot, "2")
        await until(pilot, lambda: host.watcher.commands == [PID, 0, PID])
        await press(pilot, "space", "1")
        await pilot.pause(0)
        await press(pilot, "2")
        await pilot.pause(0)
        assert host.watcher.commands == [PID, 0, PID]

    play(script)


def test_a_dialog_does_not_stop_the_measuring() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host)
        await pilot.press("e")
        await until(pilot, lambda: screen.app.screen is not screen)
        await pilot.press("escape")
        await until(pilot, lambda: screen.app.screen is screen)
        assert host.watcher.commands == [PID]

    play(script)


def test_a_watcher_that_died_is_started_by_the_same_key() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host)
        host.end_watcher("the watcher ended (exit code -9)")
        screen._show()
        assert "the watcher ended (exit code -9); press w to go on" in screen.query_one(VerdictPane).text
        await press(pilot, "w")
        await until(pilot, lambda: len(host.watchers) == 2 and host.watcher.commands == [PID])

    play(script)


def test_five_hundred_threads_scroll() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host, crowd)
        assert "of 500 threads" in screen.threads.text
        assert screen.threads.text.splitlines()[1].startswith("main")
        await press(pilot, "pagedown", "pagedown")
        assert "t20 " in screen.threads.text.splitlines()[1]
        await press(pilot, "home")
        assert screen.threads.text.splitlines()[1].startswith("main")

    play(script)


def test_every_key_of_the_tab_is_in_the_palette_with_a_tooltip() -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        await watch(pilot, screen, host)
        names = {command.title for command in screen.app.get_system_commands(screen)}
        assert {"Watch: Freeze", "Watch: Hot", "Watch: Evidence", "Watch: Earlier", "Watch: List"} <= names

    play(script)
