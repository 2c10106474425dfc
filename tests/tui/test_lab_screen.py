"""Keys on the Lab, and what becomes of them."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from gil_tui.bench.spec import Experiment
from gil_tui.history import History, StoreError
from gil_tui.lab.errors import UsageError
from gil_tui.lab.events import LabEvent, RunEnded, SweepEnded, SweepStarted, TrialEnded, Warned
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.records import Run, Sweep, Trial
from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import OnEvent, Selection
from gil_tui.tui.screens.lab import LabScreen
from gil_tui.tui.start import Start
from gil_tui.tui.widgets.chart import ChartPane
from gil_tui.tui.widgets.pickers import ExecutorPicker, InterpreterPicker, WorkersPicker, WorkloadPicker
from gil_tui.tui.widgets.verdict import VerdictPane
from tests.tui.fake_engine import (
    CREATED,
    HOST,
    PYTHON,
    SCALES_VERDICT,
    Player,
    fake_engine,
    run_of,
    sweep_events,
)
from tests.tui.pictures import picture, play, press, run_to_the_end, shows, until


def lab(app: GilTui) -> LabScreen:
    screen = app.screen
    assert isinstance(screen, LabScreen)
    return screen


def shown_verdict(app: GilTui) -> str:
    return app.screen.query_one("#verdict", VerdictPane).text


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
def test_the_first_picture(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await shows(pilot, f"lab_start_{size[0]}x{size[1]}")

    play(script, size=size)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (200, 60)])
def test_one_key_shows_threads_not_getting_faster_and_processes_getting_faster(size: tuple[int, int]) -> None:
    player = Player()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await shows(pilot, f"lab_done_{size[0]}x{size[1]}")

    play(script, size=size, engine=fake_engine(player))
    assert player.selections == [Selection(("countdown",), ("threads", "processes"), (1, 2, 4), (PYTHON,))]


def test_while_it_runs_the_chart_fills_and_the_lanes_move() -> None:
    player = Player(hold=24)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r")
        await until(pilot, lambda: app.session.live.trial == 1 and app.session.lanes.drawn > 20)
        chart = app.screen.query_one("#chart", ChartPane)
        await until(pilot, lambda: chart.drawn_series == chart.series and bool(chart.series))
        lab(app)._tick()
        lab(app)._show_progress()
        await pilot.pause(0)
        await shows(pilot, "lab_running_120x40")
        player.go.set()
        await until(pilot, lambda: app.session.live.phase == "done")

    play(script, engine=fake_engine(player))


def test_128_cores() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await shows(pilot, "lab_128_cores_120x40")

    play(script, engine=fake_engine(busy=tuple((core % 9) / 8 for core in range(128))))


def test_choosing_by_keyboard_alone() -> None:
    player = Player()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "right", "tab", "right", "space", "down", "down", "space")
        await press(pilot, "tab", "space", "tab", "right", "space")
        screen = lab(app)
        assert screen.query_one(WorkloadPicker).chosen == ("primes",)
        assert screen.query_one(ExecutorPicker).chosen == ("threads", "asyncio")
        assert screen.query_one(WorkersPicker).chosen == ("2", "4")
        assert len(screen.query_one(InterpreterPicker).chosen) == 2
        await press(pilot, "r")
        await until(pilot, lambda: app.session.live.phase == "done")

    play(script, engine=fake_engine(player))
    assert player.selections[0].executors == ("threads", "asyncio")
    assert player.selections[0].workers == (2, 4)


def test_arrows_leave_a_picker_at_its_ends() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, *["down"] * 7)
        assert isinstance(app.focused, ExecutorPicker)
        await press(pilot, "up")
        assert isinstance(app.focused, WorkloadPicker)

    play(script)


def test_the_mouse_chooses_too() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await pilot.click("#workload", offset=(4, 2))
        await pilot.click("#executors", offset=(4, 1))
        assert lab(app).selection.workloads == ("sha256",)
        assert lab(app).selection.executors == ("processes",)
        await pilot.click("#run", offset=(3, 1))
        await until(pilot, lambda: app.session.live.phase == "done")

    play(script)


def test_own_code_is_typed_in_and_wrong_code_is_refused() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, *["down"] * 6, "enter")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        field = app.screen.query_one(Input)
        await press(pilot, *"shop", "enter")
        await until(pilot, lambda: "type package.module:function" in picture(app))
        field.value = "[red]shop.py:render"
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        assert lab(app).selection.workloads == ("[red]shop.py:render",)
        assert "› yours     [red]shop.py" in picture(app)
        assert "Press r to run [red]shop.py:render" in picture(app)
        await press(pilot, "enter")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        assert lab(app).selection.workloads == ("[red]shop.py:render",)

    play(script)


def test_own_numbers_of_workers() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "tab", "tab", *["right"] * 4, "enter")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        app.screen.query_one(Input).value = "3, 6"
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        assert lab(app).selection.workers == (1, 2, 3, 4, 6)

    play(script)


def test_own_code_given_on_the_command_line_is_chosen() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        assert lab(app).selection.workloads == ("pkg.mod:f",)

    play(script, start=Start(workloads=("pkg.mod:f",)))


def test_nothing_chosen_runs_nothing() -> None:
    player = Player()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "tab", "space", "right", "space", "r")
        assert "Choose an executor first." in picture(app)

    play(script, engine=fake_engine(player))
    assert player.selections == []


def test_interpreters_come_in_the_background_and_a_choice_by_hand_stays() -> None:
    found = [
        Interpreter("/opt/venv/bin/python", "cpython", "3.12.1", False, "3.12", "active"),
        Interpreter(PYTHON, "cpython", "3.11.7", False, "3.11", "running"),
    ]

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        picker = app.screen.query_one(InterpreterPicker)
        assert picker.chosen == ("/opt/venv/bin/python",)
        picker.focus()
        await press(pilot, "right", "space")
        picker.offer(found[::-1])
        assert set(picker.chosen) == {PYTHON, "/opt/venv/bin/python"}

    engine = fake_engine(interpreters=found)
    play(script, engine=replace(engine, running_interpreter=lambda: found[1]))


def test_time_and_speed_up() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        assert "Speed-up · countdown on 3.11.7" in picture(app)
        await press(pilot, "t")
        chart = app.screen.query_one("#chart", ChartPane)
        await until(pilot, lambda: "ms┤" in chart.text or "s┤" in chart.text)
        assert "Time · countdown on 3.11.7" in picture(app)
        await press(pilot, "t")
        await until(pilot, lambda: "2x┤" in chart.text)

    play(script)


def test_stop_keeps_what_was_measured() -> None:
    player = Player(hold=20)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r")
        await until(pilot, lambda: any(run.trials for run in app.session.live.runs))
        await press(pilot, "s")
        await until(pilot, lambda: app.session.live.phase == "interrupted")
        assert "Stopped before the end" in shown_verdict(app)
        await until(pilot, lambda: "r Run" in picture(app))

    play(script, engine=fake_engine(player))
    assert player.cancelled


def test_a_second_r_does_not_start_a_second_sweep() -> None:
    player = Player(hold=5)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r", "r")
        app.start(lab(app).selection)
        await pilot.pause(0)
        player.go.set()
        await until(pilot, lambda: app.session.live.phase == "done")

    play(script, engine=fake_engine(player))
    assert len(player.selections) == 1


def failing(selection: Selection) -> list[LabEvent]:
    """One run of the sweep fails, the others stand."""
    events = sweep_events(selection)
    message = "ValueError: [red]no[/red]\x1b[2J"
    failed = replace(
        run_of("threads", 2),
        status="failed",
        trials=(Trial(1, None, {"kind": "raised", "message": message}, stdout="before it failed\n"),),
        failure={"kind": "raised", "message": message, "traceback": "Traceback:\n  x\n"},
    )
    ends = events.pop()
    assert isinstance(ends, SweepEnded)
    runs = tuple(failed if run.experiment.label == "threads x2" else run for run in ends.sweep.runs)
    return [*events, RunEnded(failed), SweepEnded(replace(ends.sweep, runs=runs), interrupted=False)]


def test_a_failed_run_is_one_clear_line_beside_the_verdict() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        assert "failed   threads x2: ValueError: [red]no[/red][2J" in shown_verdict(app)
        await press(pilot, "o")
        await until(pilot, lambda: "before it failed" in picture(app))
        await press(pilot, "escape", "e")
        await until(pilot, lambda: "(sure 0.99)" in picture(app))

    play(script, engine=fake_engine(Player(failing)))


def test_an_engine_that_refuses_says_why() -> None:
    async def refuse(selection: Selection, on_event: OnEvent, history: History) -> Sweep:
        on_event(Warned("steal [b]2 %[/b]"))
        raise UsageError("no workload '[red]x': did you mean sha256?")

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r")
        await until(pilot, lambda: "did you mean sha256?" in picture(app))
        assert "steal [b]2 %[/b]" in picture(app)
        assert app.session.live.phase == "idle"

    play(script, engine=replace(fake_engine(), conduct=refuse))


def test_a_store_that_cannot_be_opened_is_said_and_the_run_still_shows() -> None:
    def broken() -> History:
        raise StoreError("read-only", "the history /x/[b].db cannot be written; make its directory yours")

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        assert "Runs are not kept: the history /x/[b].db cannot be written" in shown_verdict(app)
        await run_to_the_end(pilot, app)

    play(script, engine=fake_engine(history=broken))


def test_enter_in_the_history_shows_that_run_again_and_escape_goes_back() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await press(pilot, "shift+tab", "enter")
        await until(pilot, lambda: app.session.past is not None)
        await until(pilot, lambda: "#7 countdown" in picture(app))
        assert SCALES_VERDICT.sentence in shown_verdict(app)
        await until(pilot, lambda: "esc Back" in picture(app))
        await press(pilot, "escape")
        await until(pilot, lambda: "GIL-bound" in shown_verdict(app))

    play(script)


def test_a_small_terminal_shows_one_pane_at_a_time() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        def panes() -> list[str]:
            names = ("experiment", "verdict", "chart", "now")
            return [name for name in names if app.screen.query_one(f"#{name}").region.area]

        assert panes() == ["experiment"]
        await press(pilot, "v")
        assert panes() == ["verdict", "chart"]
        await press(pilot, "v")
        assert panes() == ["verdict", "now"]
        await press(pilot, "v")
        assert panes() == ["experiment"]
        await press(pilot, "r")
        await until(pilot, lambda: app.session.live.phase == "done")
        assert panes() == ["verdict", "chart"]

    play(script, size=(60, 20))


def test_resizing_keeps_everything_in_its_place() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        for size in ((60, 20), (1, 1), (20, 5), (200, 60), (2, 40), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0)
        app.screen.set_focus(app.screen.query_one(WorkloadPicker))
        await shows(pilot, "lab_done_120x40")

    play(script)


def test_progress_of_a_trial_changes_nothing_but_the_live_panes() -> None:
    """TrialEnded is told to all tabs, a frame is not: at four a second that would cost the experiment."""
    told: list[str] = []

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        session, run = app.session, run_of("threads", 2, 1)
        app._tell = lambda make: told.append(make.__name__)  # type: ignore[method-assign]
        for event in sweep_events(Selection(("countdown",), ("threads",), (1,), (PYTHON,)), 1)[2:6]:
            session.hear(event)
        quiet = list(told)
        session.hear(TrialEnded(run, run.trials[0]))
        assert quiet == ["StateChanged"]  # from calibrating to measuring, once
        assert told[1:] == ["HistoryChanged", "StateChanged"]

    play(script)


def test_every_key_has_a_name_an_id_and_a_tooltip() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        for tab in ("1", "3"):
            await press(pilot, tab)
            own = [
                active.binding
                for active in app.screen.active_bindings.values()
                if type(active.node).__module__.startswith("gil_tui")
                and active.binding in [*type(active.node).BINDINGS, *GilTui.BINDINGS]
            ]
            assert all(binding.id and binding.tooltip and binding.description for binding in own)

    play(script)


def test_a_run_without_interpreter_facts_or_trials_still_draws() -> None:
    bare = Run(Experiment("countdown", "threads", 2, "/x/[red]python"), HOST, CREATED, "s")

    def events(selection: Selection) -> list[LabEvent]:
        return [SweepStarted("s", (bare,)), SweepEnded(Sweep("s", HOST, (bare,)), interrupted=False)]

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r")
        await until(pilot, lambda: app.session.live.phase == "done")
        assert "countdown on [red]python" in picture(app)
        assert "0 of 1 runs have trials" in shown_verdict(app)

    play(script, engine=fake_engine(Player(events)))


def test_the_help_follows_the_focus_and_closes_again() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "f1")
        await until(pilot, lambda: "What is run. Up and down" in picture(app))
        await press(pilot, "tab")
        await until(pilot, lambda: "How the tasks are spread" in picture(app))
        await press(pilot, "escape")
        await until(pilot, lambda: not app.screen.query("HelpPanel"))

    play(script)


def test_the_command_palette_runs_a_key_by_its_name() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Lab: Run", "Lab: Time", "Go to: History", "App: Quit", "Theme: light"} <= set(names)
        assert len(names) == len(set(names))
        await press(pilot, "ctrl+p")
        await until(pilot, lambda: "Search for commands" in picture(app))
        await press(pilot, *"Theme: light")
        await until(pilot, lambda: "Change the colours" in picture(app))
        await press(pilot, "enter", "enter")
        await until(pilot, lambda: app.theme == "light")

    play(script)


@pytest.mark.parametrize("theme", ["ansi-dark"])
def test_every_theme_draws_the_same_text(theme: str) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await shows(pilot, "lab_done_120x40")

    play(script, theme=theme)


def test_without_colour_every_state_has_a_glyph_and_the_focus_a_border(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        shown = picture(app)
        assert "[x] threads  [x] processes" in shown and "› cpu       countdown" in shown
        assert "┏" in shown

    play(script)


def test_another_theme_recolours_what_is_shown() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await shows(pilot, "lab_done_80x24")
        chart = app.screen.query_one("#chart", ChartPane)

        def colours() -> set[str]:
            strips = [chart.render_line(y) for y in range(chart.size.height)]
            return {
                segment.style.color.name
                for strip in strips
                for segment in strip
                if segment.style and segment.style.color
            }

        dark, title = colours(), chart.border_title
        app.theme = "light"
        await until(pilot, lambda: not colours() & dark and chart.border_title != title)
        await shows(pilot, "lab_done_80x24")

    play(script, size=(80, 24))
