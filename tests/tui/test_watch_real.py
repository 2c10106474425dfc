"""The Watch tab on a real process, from Enter to a verdict, and what is left afterwards."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from gil_tui.lab.child import prepare_launcher
from gil_tui.tui.app import GilTui
from gil_tui.tui.start import Start
from gil_tui.tui.watch_engine import WatchEngine
from gil_tui.watch import access
from gil_tui.watch.client import WatcherProcess
from tests.processes import StartedProcesses
from tests.tui.fake_engine import fake_engine
from tests.tui.pictures import until

pytestmark = [
    pytest.mark.real,
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched from outside"),
]

SPINNERS = """
import threading, time
def spin():
    end = time.monotonic() + 60
    while time.monotonic() < end: pass
for _ in range(3): threading.Thread(target=spin, daemon=True).start()
print("ready", flush=True)
input()
"""


def test_three_spinning_threads_are_bound_by_the_gil(no_orphans: StartedProcesses) -> None:
    target = subprocess.Popen(
        [sys.executable, "-c", SPINNERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert target.stdout and target.stdin
    target.stdout.readline()
    app = GilTui(fake_engine(watching=WatchEngine), start=Start(pid=target.pid))

    async def run() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            session = app.watch_session
            await until(pilot, lambda: session.picture is not None)
            assert session.picture
            if session.picture.observation.held is None:
                pytest.skip(f"the GIL cannot be seen here: {session.picture.observation.held_why}")
            await until(pilot, lambda: session.picture is not None and bool(session.picture.observation.hot))
            assert session.picture.verdict.code in ("gil", "cores")  # a full machine is named as such
            assert session.picture.observation.hot[0].function == "spin"
            assert access.gone(target.pid) == ""
            await pilot.press("q")

    try:
        asyncio.run(run())
    finally:
        target.stdin.close()
        target.kill()
        target.wait()
        target.stdout.close()
    assert no_orphans.wait_gone() == []


def test_a_niced_screen_starts_a_watcher_that_is_not() -> None:
    prepare_launcher()
    nice: list[int] = []

    async def open_and_close() -> None:
        watcher = await WatchEngine().open_watcher(lambda frame: None, lambda why: None)
        assert isinstance(watcher, WatcherProcess) and watcher.pid
        nice.append(os.getpriority(os.PRIO_PROCESS, watcher.pid))
        await watcher.close()

    def screen() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        asyncio.run(open_and_close())

    thread = threading.Thread(target=screen)
    thread.start()
    thread.join()
    assert nice == [os.nice(0)]
