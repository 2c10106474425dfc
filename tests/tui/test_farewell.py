"""What the terminal keeps of a session: the verdict, the commands; and when it keeps nothing."""

import io
import shlex

import pytest
from textual.pilot import Pilot

from gil_tui.cli import Parser
from gil_tui.commands.run import add_options
from gil_tui.tui import app as app_module
from gil_tui.tui.app import GilTui
from gil_tui.tui.farewell import lab_lines, watch_lines
from gil_tui.tui.model import LabState
from tests.tui.fake_engine import SCALES_VERDICT, ended, fake_engine, run_of
from tests.tui.pictures import play, press, run_to_the_end, until


def test_the_verdict_and_the_commands_stay() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await press(pilot, "q")
        await until(pilot, lambda: bool(app.farewell))

    app = play(script)
    verdict, run, show = app.farewell
    assert verdict.startswith("gil: GIL-bound: 4 threads do the work of 1.02.")
    assert show == "  gil-tui show sweep-1"
    parser = Parser()
    parser.add_argument("command", nargs=2)
    parser.add_argument("workloads", nargs="+")
    add_options(parser)
    args = parser.parse_args(shlex.split(run))
    assert (args.workloads, args.executors, args.workers) == (
        ["countdown"],
        ["threads", "processes"],
        [1, 2, 4],
    )


def test_nothing_stays_without_a_verdict() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "q")

    assert play(script).farewell == ()


def test_what_the_history_does_not_keep_cannot_be_shown_again() -> None:
    runs = (ended(run_of("sequential", 1, 6)),)
    state = LabState("done", sweep_id="sweep-1", runs=runs, verdict=SCALES_VERDICT)
    assert not any("gil-tui show" in line for line in lab_lines(state, kept=False))
    assert lab_lines(state, kept=True)[-1] == "  gil-tui show sweep-1"


def test_a_process_that_has_ended_cannot_be_watched_again() -> None:
    assert watch_lines(SCALES_VERDICT, 4711, ended=False)[1:] == ["  gil-tui watch 4711"]
    assert watch_lines(SCALES_VERDICT, 4711, ended=True)[1:] == []


@pytest.mark.parametrize("is_terminal", [True, False])
def test_it_is_printed_on_a_terminal_alone(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Out(io.StringIO):
        def isatty(self) -> bool:
            return is_terminal

    def run(self: GilTui, mouse: bool) -> int:
        self.farewell = ("gil: it is", "  gil-tui show 1")
        return 0

    out = Out()
    monkeypatch.setattr(app_module, "refuse_without_terminal", lambda environ: None)
    monkeypatch.setattr(app_module, "real_engine", lambda interpreters: fake_engine())
    monkeypatch.setattr(GilTui, "run", run)
    monkeypatch.setattr("sys.stdout", out)
    assert app_module.run() == 0
    assert out.getvalue() == ("gil: it is\n  gil-tui show 1\n" if is_terminal else "")
