"""What the screen shows, as text, and the text files that it is compared with."""

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.pilot import Pilot

from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import Engine
from gil_tui.tui.start import Start
from gil_tui.tui.widgets.chart import ChartPane
from gil_tui.tui.widgets.history_table import HistoryTable
from gil_tui.tui.widgets.pickers import InterpreterPicker
from tests.tui.fake_engine import fake_engine

FOLDER = Path(__file__).with_name("pictures")
UPDATE = "GIL_TUI_UPDATE_PICTURES"
MOST_WAITS = 300
LEAST_S = 15.0
STILL_WAITS = 60

Play = Callable[[Pilot[int], GilTui], Awaitable[None]]


def picture(app: App[Any]) -> str:
    """The screen as lines of text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def assert_picture(name: str, shown: str) -> None:
    """Compare with `pictures/NAME.txt`; `GIL_TUI_UPDATE_PICTURES=1` writes it instead."""
    file = FOLDER / f"{name}.txt"
    if os.environ.get(UPDATE):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(shown)
    assert file.exists(), f"no {file.name} yet: look at it, then run with {UPDATE}=1\n{shown}"
    assert shown == file.read_text(), f"another picture than {file.name}:\n{shown}"


async def shows(pilot: Pilot[int], name: str) -> None:
    """Wait for the picture `name`."""
    file = FOLDER / f"{name}.txt"
    wanted = "" if os.environ.get(UPDATE) or not file.exists() else file.read_text()
    seen = ""
    for _ in range(MOST_WAITS if wanted else STILL_WAITS):
        seen = picture(pilot.app)
        if seen == wanted:
            return
        await pilot.pause(0.01)
    assert_picture(name, seen)


def play(
    script: Play,
    *,
    size: tuple[int, int] = (120, 40),
    engine: Engine | None = None,
    theme: str | None = None,
    start: Start | None = None,
) -> GilTui:
    """Run the application without a terminal and `script` on it."""
    app = GilTui(engine or fake_engine(), theme=theme, start=start)

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: settled(app))
            await script(pilot, app)

    gc.disable()  # an application makes many objects and lives shortly: a third of the time would go there
    try:
        asyncio.run(run())
    finally:
        gc.enable()
    return app


def settled(app: GilTui) -> bool:
    """True when what follows the first paint has come in."""
    interpreters = app.screen.query_one("#interpreters", InterpreterPicker)
    return bool(app.screen.query("#recent")) and len(interpreters.items) > 1


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys; unlike the pilot's own way this does not wait for the process to use no CPU."""
    app = pilot.app
    for key in keys:
        app.simulate_key(key)
        for pump in (app, app.focused or app.screen, app.screen, app):
            await handled(pump)
        await pilot.pause(0)


def type_at_once(pilot: Pilot[int], text: str) -> None:
    """All keys before any has been handled: as a paste, or what was typed while the machine was busy."""
    for character in text:
        pilot.app.post_message(events.Key("slash" if character == "/" else character, character))


async def handled(pump: MessagePump) -> None:
    """Wait until everything that waits for this one now has been handled, or it has closed or failed."""
    done = asyncio.Event()
    pump.call_later(done.set)
    while pump.is_running and not done.is_set() and not pump.app._exception:
        await asyncio.sleep(0)


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Wait for a condition, not for a time; on a busy machine threads need long for little."""
    waits, give_up_s = 0, time.monotonic() + LEAST_S
    while waits < MOST_WAITS or time.monotonic() < give_up_s:
        if condition():
            await pilot.pause(0)
            return
        await pilot.pause(0.01)
        waits += 1
    raise AssertionError(f"this never came true; the screen:\n{picture(pilot.app)}")


async def run_to_the_end(pilot: Pilot[int], app: GilTui) -> None:
    """Press r, and wait for the sweep, its chart and its history."""
    await press(pilot, "r")
    await until(pilot, lambda: app.session.live.phase == "done")
    await until(pilot, lambda: charted(app) and listed(app))


def charted(app: GilTui) -> bool:
    """True when the chart has been drawn from what is known."""
    chart = app.screen.query_one("#chart", ChartPane)
    return chart.drawn_series == chart.series


def listed(app: GilTui) -> bool:
    """True when the table under the chart shows the whole history."""
    table = app.screen.query_one("#recent", HistoryTable)
    store = app.session.history
    return store is not None and [row.id for row in table.listed] == [row.id for row in store.rows()]
