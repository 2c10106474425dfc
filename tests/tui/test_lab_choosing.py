"""Choosing from the whole matrix by its keys: families, dialogs, settings, what is not available."""

from dataclasses import replace

from textual.pilot import Pilot
from textual.widgets import Input

from gil_tui.lab.interpreters import Interpreter
from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import Workload
from gil_tui.tui.screens.chooser import ChooserDialog
from gil_tui.tui.screens.lab import LabScreen
from gil_tui.tui.screens.settings import SettingsDialog
from gil_tui.tui.start import Start
from gil_tui.tui.widgets.chart import ChartPane
from gil_tui.tui.widgets.experiment import ExperimentPane
from gil_tui.tui.widgets.families import FamilyPicker
from gil_tui.tui.widgets.pickers import ExecutorPicker, WorkloadPicker
from gil_tui.tui.widgets.verdict import VerdictPane
from tests.tui.fake_engine import EXECUTORS, PYTHON, PYTHON_T, WORKLOADS, Player, fake_engine
from tests.tui.pictures import picture, play, press, run_to_the_end, shows, until

LOOPS = tuple(one.name for one in WORKLOADS if one.family == "extension")


def lab(app: GilTui) -> LabScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, LabScreen)
    return screen


async def opened(pilot: Pilot[int], app: GilTui, dialog: type) -> None:
    await until(pilot, lambda: isinstance(app.screen, dialog))
    await until(pilot, lambda: bool(app.focused))


async def closed(pilot: Pilot[int], app: GilTui) -> None:
    await until(pilot, lambda: isinstance(app.screen, LabScreen))


def test_arrows_step_through_a_family() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        seen = []
        for key in ("down", "right", "right", "left", "down", "right", "left", "left"):
            await press(pilot, key)
            seen.append(lab(app).selection.workloads)
        assert seen[:4] == [("sha256",), ("numpy_matmul",), ("sha256",), ("numpy_matmul",)]
        assert seen[4:] == [LOOPS, ("loop_python",), LOOPS, ("loop_nogil",)]
        await press(pilot, "up")
        assert lab(app).selection.workloads == ("numpy_matmul",)

    play(script)


def test_a_workload_is_found_by_typing() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "enter")
        await opened(pilot, app, ChooserDialog)
        await press(pilot, *"num")
        await until(pilot, lambda: "needs numpy" in picture(app) and "countdown" not in picture(app))
        await shows(pilot, "chooser_80x24")
        await press(pilot, "down", "enter")
        await closed(pilot, app)
        assert lab(app).selection.workloads == ("loop_numpy",)

    play(script, size=(80, 24))


def test_several_workloads_are_marked_and_left_alone_by_the_cursor() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "enter")
        await opened(pilot, app, ChooserDialog)
        await press(pilot, "space", "down", "down", "space", "enter")
        await closed(pilot, app)
        assert lab(app).selection.workloads == ("countdown", "sha256")
        assert "Press r to run countdown and sha256 with" in picture(app)
        await press(pilot, "down", "down", "up")
        assert lab(app).selection.workloads == ("countdown", "sha256")
        await press(pilot, "enter")
        await opened(pilot, app, ChooserDialog)
        await press(pilot, "escape")
        await closed(pilot, app)
        assert lab(app).selection.workloads == ("countdown", "sha256")

    play(script)


def test_own_code_can_be_typed_where_workloads_are_found() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "enter")
        await opened(pilot, app, ChooserDialog)
        app.screen.query_one(Input).value = "shop.py:render"
        await until(pilot, lambda: "Your own code, imported" in picture(app))
        await press(pilot, "enter")
        await closed(pilot, app)
        assert lab(app).selection.workloads == ("shop.py:render",)

    play(script)


def test_a_search_that_finds_nothing_takes_nothing() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "enter")
        await opened(pilot, app, ChooserDialog)
        await press(pilot, *"zzz")
        await until(pilot, lambda: "Nothing is called so." in picture(app))
        await press(pilot, "space", "down", "enter")
        assert isinstance(app.screen, ChooserDialog)
        for size in ((1, 1), (20, 5), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0)
        await press(pilot, "escape")
        await closed(pilot, app)

    play(script)


def test_the_other_executors_are_behind_more_with_what_they_mean() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "tab", "down", "down", "right", "enter")
        await opened(pilot, app, ChooserDialog)
        await until(pilot, lambda: "a pool of threads; pure Python" in picture(app))
        await press(pilot, *"spawn")
        await until(pilot, lambda: "processes that start from nothing" in picture(app))
        await press(pilot, "space", "enter")
        await closed(pilot, app)
        assert lab(app).selection.executors == ("threads", "processes", "processes:spawn")
        assert "[x] spawn" in picture(app)

    play(script)


def test_what_is_not_available_is_marked_and_refused_with_the_command_that_brings_it() -> None:
    player = Player()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        executors = app.screen.query_one(ExecutorPicker)
        await until(pilot, lambda: "[–] interpreters" in picture(app))
        executors.focus()
        await press(pilot, "right", "right", "space")
        await until(pilot, lambda: "interpreters is not available here" in picture(app))
        assert "or newer: uv python install 3.14" in picture(app)
        assert "interpreters" not in lab(app).selection.executors
        app.screen.query_one(WorkloadPicker).focus()
        await press(pilot, "down", "right")
        await until(pilot, lambda: "– numpy_matmul" in picture(app))
        hint = app.screen.query_one(ExperimentPane).hint
        assert "– not available: needs numpy" in hint.text
        await press(pilot, "r")
        await until(pilot, lambda: "numpy_matmul is not available here" in picture(app))
        assert "-m pip install numpy" in picture(app)

    play(script, engine=fake_engine(player))
    assert player.selections == []


def test_what_is_chosen_and_cannot_be_had_is_not_run() -> None:
    player = Player()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await until(pilot, lambda: "[–] interpreters" in picture(app))
        assert lab(app).selection.executors == ("threads",)
        await run_to_the_end(pilot, app)

    start = Start(executors=("threads", "interpreters"))
    play(script, engine=fake_engine(player), start=start)
    assert player.selections[0].executors == ("threads",)


def test_settings_are_checked_as_they_are_typed_and_shown_beside_the_key() -> None:
    player = Player()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "down", "down", "down", "comma")
        await opened(pilot, app, SettingsDialog)
        await shows(pilot, "settings_80x24")
        await press(pilot, *"5", "down", *"many")
        await until(pilot, lambda: "size takes a whole number, not 'many'" in picture(app))
        await press(pilot, "enter")
        assert isinstance(app.screen, SettingsDialog)
        await press(pilot, *["backspace"] * 4, *"100")
        await until(pilot, lambda: "size takes" not in picture(app))
        await press(pilot, "enter")
        await closed(pilot, app)
        await until(pilot, lambda: "Settings  duration_ms 5, s…" in picture(app))
        assert lab(app).selection.settings == (("duration_ms", "5"), ("size", "100"))
        await press(pilot, "r")
        await until(pilot, lambda: app.session.live.phase == "done")
        app.screen.query_one(FamilyPicker).focus()
        await press(pilot, "down")  # another workload, without that knob
        assert lab(app).selection.settings == (("size", "100"),)

    play(script, size=(80, 24), engine=fake_engine(player))
    assert player.selections[0].settings == (("duration_ms", "5"), ("size", "100"))


def test_settings_are_left_alone_by_escape_and_emptied_at_once() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "comma")
        await opened(pilot, app, SettingsDialog)
        await press(pilot, "backspace", *"7", "escape")
        await closed(pilot, app)
        assert lab(app).experiment.settings == (("size", "3"), ("repeats", "4"))
        await press(pilot, "comma")
        await opened(pilot, app, SettingsDialog)
        await press(pilot, "ctrl+r", "enter")
        await closed(pilot, app)
        assert lab(app).experiment.settings == ()
        await until(pilot, lambda: "Settings  as usual" in picture(app))

    play(script, start=Start(settings=(("size", "3"), ("repeats", "4"))))


def test_what_the_command_line_asks_for_is_chosen() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        selection = lab(app).selection
        assert selection.workloads == ("sleep", "http")
        assert selection.executors == ("asyncio", "dask")
        assert selection.workers == (3, 8)
        assert selection.interpreters == (PYTHON_T,)
        assert selection.settings == (("duration_ms", "5"),)

    start = Start(("http", "sleep"), ("dask", "asyncio"), (8, 3), (PYTHON_T,), (("duration_ms", "5"),))
    play(script, start=start)


def test_what_other_packages_provide_comes_later() -> None:
    more = (*WORKLOADS, Workload("theirs", "What somebody else measures.", "plugins", "things"))

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await until(pilot, lambda: "plugins   theirs" in picture(app))
        assert lab(app).selection.workloads == ("countdown",)

    play(script, engine=replace(fake_engine(), catalogue=lambda: (more, EXECUTORS)))


def test_many_interpreters_are_behind_more() -> None:
    found = [
        Interpreter(PYTHON, "cpython", "3.11.7", False, "3.11", "running"),
        *(Interpreter(f"/p/{n}", "cpython", f"3.{n}.0", False, f"3.{n}", "pyenv") for n in (14, 13, 12, 8)),
        Interpreter(PYTHON_T, "cpython", "3.13.15", True, "3.13t", "opt"),
        Interpreter(PYTHON_T, "cpython", "3.13.15", True, "3.13t+gil", "opt", gil=True),
    ]

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await until(pilot, lambda: "[x] 3.11  [ ] 3.14  [ ] 3.13t" in picture(app))
        assert "4 more…" in picture(app)
        await press(pilot, "shift+tab")
        while getattr(app.focused, "id", "") != "interpreters":
            await press(pilot, "shift+tab")
        await press(pilot, "down", "enter")
        await opened(pilot, app, ChooserDialog)
        await press(pilot, *"+gil", "space", "enter")
        await closed(pilot, app)
        assert lab(app).selection.interpreters == (PYTHON, f"{PYTHON_T}+gil")
        assert "[x] 3.13t+gil" in picture(app)

    play(script, size=(80, 24), engine=fake_engine(interpreters=found))


def test_a_sweep_over_a_family_is_a_table_and_its_workloads_are_stepped_through() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await until(pilot, lambda: len(app.session.live.parts) == 6)
        await until(pilot, lambda: "SCALES" in picture(app))
        app.screen.set_focus(app.screen.query_one(WorkloadPicker))
        await shows(pilot, "lab_family_80x24")
        chart = app.screen.query_one(ChartPane)
        await press(pilot, "w")
        await until(pilot, lambda: "Speed-up loop_python" in picture(app))
        assert "2 processes do the work of" in app.screen.query_one(VerdictPane).text
        await until(pilot, lambda: chart.drawn_series == chart.series)
        await press(pilot, *["w"] * 5)
        await until(pilot, lambda: "Speed-up loop_nogil" in picture(app))
        await press(pilot, "w")
        await until(pilot, lambda: chart.view.chart.names[:2] == ("python", "numpy"))
        await press(pilot, "x")
        await until(pilot, lambda: chart.view.chart.axis == "workers")

    play(script, size=(80, 24), start=Start(workloads=LOOPS))


def test_interpreters_on_the_axis_and_one_after_another() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        chart = app.screen.query_one(ChartPane)
        assert (chart.view.chart.axis, chart.view.facet) == ("workers", "3.11.7")
        await press(pilot, "i")
        assert chart.view.facet == "3.13.0"
        await press(pilot, "i", "i")
        assert chart.view.facet == ""  # all three
        await press(pilot, "x")
        assert chart.view.chart.names == ("3.11", "3.13", "3.13t")
        assert "i Python" not in picture(app)
        await press(pilot, "z")
        await until(pilot, lambda: chart.size.width > 100)
        await press(pilot, "z")
        await until(pilot, lambda: chart.size.width < 60)

    start = Start(interpreters=(PYTHON, "/usr/bin/python3.13", PYTHON_T))
    play(script, start=start)


def test_without_color_what_is_not_available_has_a_sign() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "down", "right")
        await until(pilot, lambda: "› native    – numpy_matmul" in picture(app))
        assert "[–] interpreters" in picture(app)

    play(script, theme="ansi-dark")
