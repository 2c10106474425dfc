"""The screen without a terminal, to take a picture of it: what is to be seen, at any size."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from gil_tui.history.audits import Audits
from gil_tui.lab.errors import LabError
from gil_tui.lab.event_loop import run_loop
from gil_tui.report.cells import Cells
from gil_tui.tui import details
from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import Engine
from gil_tui.tui.messages import RunChosen
from gil_tui.tui.picture import cells_of
from gil_tui.tui.screens.dialogs import TextDialog
from gil_tui.tui.start import Start

AT_MOST_S = 60.0
"""The slowest is a first look for the interpreters of a host that has many."""
LOOK_EVERY_S = 0.05
STILL_LOOKS = 4
ENDLESS = ("sweep", "leaving", "audit", "measure")
"""Groups of work that a picture does not wait for."""


class EndedError(Exception):
    """A signal ended the screen; `code` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ended with {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Shot:
    """What is to be seen: a tab, with a run of the history, a process watched for `seconds`, or an audit.

    A run is shown among those of its sweep in the Lab, with all its numbers in the History.
    """

    tab: str
    size: tuple[int, int] = (120, 40)
    theme: str = "dark"
    redact: bool = False
    run_id: int | None = None
    pid: int | None = None
    seconds: float = 5.0
    audit: str = ""


def picture_of(shot: Shot, engine: Engine) -> Cells:
    """The screen as it then is; raises LabError where it cannot be had, EndedError for a signal."""

    async def taken() -> Cells:
        async with opened(engine, Start(pid=shot.pid, redact=shot.redact), shot.size, shot.theme) as pilot:
            await _show(pilot, shot)
            return cells_of(app_of(pilot))

    return run_loop(taken)


@asynccontextmanager
async def opened(
    engine: Engine, start: Start, size: tuple[int, int], theme: str = "dark"
) -> AsyncIterator[Pilot[int]]:
    """The screen with everything in it that comes after the first paint; at the end all is closed."""
    app = GilTui(engine, start=start, theme=theme)
    async with app.run_test(size=size) as pilot:
        try:
            await until(pilot, lambda: app.session.history is not None, "the history did not open")
            await at_rest(pilot)
            yield pilot
        finally:
            await app.action_quit()


def app_of(pilot: Pilot[int]) -> GilTui:
    """The application that the pilot drives."""
    assert isinstance(pilot.app, GilTui)
    return pilot.app


async def until(
    pilot: Pilot[int], holds: Callable[[], object], what: str, at_most_s: float = AT_MOST_S
) -> None:
    """Wait for a condition; raises LabError with `what` where it does not come true, or EndedError."""
    deadline_s = time.monotonic() + at_most_s
    while not holds():
        code = pilot.app.return_value
        if code is not None:
            raise EndedError(code)
        if time.monotonic() > deadline_s:
            raise LabError(what)
        await asyncio.sleep(LOOK_EVERY_S)


async def at_rest(pilot: Pilot[int]) -> None:
    """Wait until nothing is read, drawn or looked for any more."""
    looks = 0

    def is_still() -> bool:
        nonlocal looks
        working = any(not worker.is_finished and worker.group not in ENDLESS for worker in pilot.app.workers)
        looks = 0 if working else looks + 1
        return looks >= STILL_LOOKS

    await until(pilot, is_still, f"the screen did not come to rest within {AT_MOST_S:g} s")


async def _show(pilot: Pilot[int], shot: Shot) -> None:
    app = app_of(pilot)
    await app.action_tab(shot.tab)
    if shot.pid is not None:
        await _watch(pilot, shot.seconds)
    elif shot.run_id is not None and shot.tab == "lab":
        app.post_message(RunChosen(shot.run_id))
        await until(pilot, lambda: app.session.past is not None, f"run {shot.run_id} cannot be shown")
    elif shot.run_id is not None:
        _show_details(app, shot.run_id)
    elif shot.audit:
        await _open_audit(app, shot.audit)
    app.clear_notifications()
    await at_rest(pilot)


async def _watch(pilot: Pilot[int], seconds: float) -> None:
    session, began_s = app_of(pilot).watch_session, time.monotonic()
    await until(pilot, lambda: session.subject, "the process cannot be watched")
    await until(
        pilot,
        lambda: session.why_not or session.ended or time.monotonic() - began_s >= seconds,
        "",
        seconds + AT_MOST_S,
    )
    if session.why_not and session.picture is None:
        raise LabError(session.why_not)
    await until(pilot, lambda: session.picture or session.ended, "nothing was seen of the process")


def _show_details(app: GilTui, run_id: int) -> None:
    history = app.session.history
    assert history is not None
    run = app.mask.run(history.run(run_id))
    found = history.judged_sweep(run.sweep_id)
    sweep = app.mask.sweep(found) if found else None
    alike = sweep.runs if sweep else ()
    lines = details.run_lines(run, alike, sweep.verdict if sweep and len(alike) > 1 else None)
    app.push_screen(TextDialog(details.title_of(run), lines, wrap=True))


async def _open_audit(app: GilTui, title: str) -> None:
    history = app.session.history
    assert history is not None
    found = next((audit for audit in Audits(history).all() if audit.title == title), None)
    if found is None:
        raise LabError(f"there is no audit {title!r}; `gil-tui audit` lists them")
    await app.audit_session.open(found)
