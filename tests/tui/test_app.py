"""What holds for the whole application: its themes, its end, its terminal."""

import asyncio
import os
import signal
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from gil_tui.history import History
from gil_tui.lab.errors import LabError
from gil_tui.tui import terminal
from gil_tui.tui.app import GilTui, python_fact
from tests.tui.fake_engine import PYTHON, PYTHON_T, Player, fake_engine
from tests.tui.pictures import picture, play, press, until


class FakeStream:
    """A standard stream that is a terminal, or is not."""

    def __init__(self, is_terminal: bool = True, encoding: str = "utf-8") -> None:
        self.is_terminal, self.encoding = is_terminal, encoding

    def isatty(self) -> bool:
        return self.is_terminal


def test_an_unknown_theme_falls_back_and_says_which_there_are() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        assert app.theme == "dark"
        await until(pilot, lambda: "There is no theme [b]nope" in picture(app))
        assert "ansi-light. This is dark." in picture(app)

    play(script, theme="[b]nope")


def test_only_themes_whose_contrast_is_known_are_offered() -> None:
    app = GilTui(fake_engine(), theme="light")
    assert app.theme == "light"
    assert set(app.available_themes) == {"dark", "light", "ansi-dark", "ansi-light"}


@pytest.mark.parametrize("mode", ["watch", "history", "audit"])
@pytest.mark.parametrize("turns", [0, 3])
def test_leaving_while_a_tab_comes_up_is_no_crash(mode: str, turns: int) -> None:
    """The end is asked for after so many turns of the event loop."""

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        app.switch_mode(mode)
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit(130)
        while app.is_running:
            await asyncio.sleep(0.01)

    app = play(script)
    assert app.return_value == 130
    assert app.return_code == 0


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("ctrl+c", 130)])
def test_leaving_in_the_middle_of_a_sweep_stops_it_first(key: str, code: int) -> None:
    player = Player(hold=20)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r")
        await until(pilot, lambda: any(run.trials for run in app.session.live.runs))
        app.simulate_key(key)
        while app.return_value is None:
            await asyncio.sleep(0.01)

    app = play(script, engine=fake_engine(player))
    assert app.return_value == code
    assert player.cancelled and player.closed
    assert app.session.live.phase == "interrupted"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    player = Player(hold=20)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r")
        await until(pilot, lambda: any(run.trials for run in app.session.live.runs))
        os.kill(os.getpid(), number)
        while app.return_value is None:
            await asyncio.sleep(0.01)

    app = play(script, engine=fake_engine(player))
    assert app.return_value == 128 + number
    assert player.cancelled and player.closed


def test_quitting_does_not_wait_for_a_sweep_that_will_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gil_tui.tui.session.SAVING_S", 0.05)
    released = asyncio.Event()

    async def stubborn(*_: object) -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r")
        app.simulate_key("q")
        while app.return_value is None:
            await asyncio.sleep(0.01)
        released.set()

    engine = replace(fake_engine(), conduct=stubborn)  # type: ignore[arg-type]
    assert play(script, engine=engine).return_value == 0


def test_what_is_slow_comes_after_the_first_paint() -> None:
    opened: list[str] = []

    def slow() -> History:
        opened.append("history")
        return History.in_memory()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        assert opened == ["history"]

    app = GilTui(fake_engine(history=slow))
    assert opened == [] and app.session.history is None
    play(script, engine=fake_engine(history=slow))


@pytest.mark.parametrize(
    "error", [OSError(24, "Too many open files"), RuntimeError("can't start new thread")]
)
def test_a_host_that_cannot_be_looked_at_is_said_and_the_screen_goes_on(error: Exception) -> None:
    def failing() -> Any:
        raise error

    app = GilTui(replace(fake_engine(), find_interpreters=failing, catalogue=failing))

    async def run() -> None:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await until(pilot, lambda: "Not all of this host could be" in picture(app))
            await press(pilot, "2")
            await until(pilot, lambda: "Python processes" in picture(app))

    asyncio.run(run())  # which raises what ended the screen


def test_the_python_in_the_first_line() -> None:
    running, _, free_threaded = fake_engine().find_interpreters()
    assert (running.path, free_threaded.path) == (PYTHON, PYTHON_T)
    assert python_fact(running) == "CPython 3.11.7, GIL on"
    assert python_fact(free_threaded) == "CPython 3.13.15, free-threaded"
    assert python_fact(replace(running, implementation="pypy")) == "PyPy 3.11.7, GIL on"


@pytest.mark.parametrize(
    ("stdin", "stderr", "term", "words"),
    [
        (FakeStream(False), FakeStream(), "xterm", "needs a terminal"),
        (FakeStream(), FakeStream(False), "xterm", "needs a terminal"),
        (None, FakeStream(), "xterm", "needs a terminal"),
        (FakeStream(), FakeStream(), "dumb", "TERM=dumb cannot place the cursor"),
        (FakeStream(), FakeStream(), "", "cannot place the cursor"),
        (FakeStream(), FakeStream(), "vt100", "TERM=vt100 has neither colours nor UTF-8"),
        (FakeStream(), FakeStream(encoding="ANSI_X3.4-1968"), "xterm", "needs UTF-8"),
    ],
)
def test_without_a_fit_terminal_the_headless_command_is_named(
    monkeypatch: pytest.MonkeyPatch, stdin: FakeStream | None, stderr: FakeStream, term: str, words: str
) -> None:
    monkeypatch.setattr("sys.__stdin__", stdin)
    monkeypatch.setattr("sys.__stderr__", stderr)
    with pytest.raises(LabError, match=words) as raised:
        terminal.refuse_without_terminal({"TERM": term})
    assert "gil-tui run" in str(raised.value)


def test_a_fit_terminal_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.__stdin__", FakeStream())
    monkeypatch.setattr("sys.__stderr__", FakeStream())
    terminal.refuse_without_terminal({"TERM": "xterm"})


def test_a_terminal_that_was_closed_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    with os.fdopen(slave) as stream:
        monkeypatch.setattr("sys.__stdin__", stream)
        assert not terminal.is_gone()
        os.close(master)
        assert terminal.is_gone()
