"""Keys on the History, and what becomes of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from gil_tui.history import History
from gil_tui.lab.records import Run, Trial
from gil_tui.tui.app import GilTui
from gil_tui.tui.pages import PAGE
from gil_tui.tui.screens.history import HistoryScreen
from gil_tui.tui.widgets.history_columns import columns_for, heading, next_order
from gil_tui.tui.widgets.history_table import HistoryTable
from gil_tui.tui.widgets.verdict import VerdictPane
from tests.tui.fake_engine import WALLS_S, ended, fake_engine, run_of
from tests.tui.pictures import assert_picture, picture, play, press, shows, type_at_once, until

Script = Callable[[Pilot[int], GilTui], object]


def filled(*extra: Run) -> History:
    history = History.in_memory()
    for executor, walls in WALLS_S.items():
        for workers in sorted(walls):
            history.add_run(ended(run_of(executor, workers, 3)))
    for run in extra:
        history.add_run(run)
    return history


def table_of(app: GilTui) -> HistoryTable:
    return app.screen.query_one("#runs", HistoryTable)


def ids(app: GilTui) -> list[int]:
    return [row.id for row in table_of(app).listed]


async def open_history(pilot: Pilot[int], app: GilTui) -> None:
    await press(pilot, "3")
    await until(pilot, lambda: bool(app.screen.query("#runs")) and bool(ids(app)))
    await until(pilot, lambda: bool(app.screen.query_one("#verdict", VerdictPane).text))


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
def test_the_picture(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await until(pilot, lambda: "13 runs" in picture(app) and "SCALES" in picture(app))
        await shows(pilot, f"history_{size[0]}x{size[1]}")

    play(script, size=size, engine=fake_engine(history=filled))


def test_the_filter_s_key_is_none_before_the_screen_stands() -> None:
    assert not HistoryScreen().check_action("filter", ())


def test_all_that_is_typed_at_once_is_the_filter() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        type_at_once(pilot, "/do/kp")
        await until(pilot, lambda: app.screen.query_one("#filter", Input).value == "do/kp")
        assert app.focused is app.screen.query_one("#filter", Input)

    play(script, engine=fake_engine(history=filled))


def test_typing_filters_and_escape_goes_back() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await press(pilot, "slash", *"threads gil")
        await until(pilot, lambda: ids(app) == [5, 4, 3])
        await until(pilot, lambda: "3 runs" in picture(app))
        await press(pilot, "enter")
        assert app.focused is table_of(app)
        await press(pilot, "escape")
        await until(pilot, lambda: len(ids(app)) == 13)
        assert app.screen.query_one("#filter", Input).value == ""

    play(script, engine=fake_engine(history=filled))


def test_sorting_by_key_and_by_a_click_on_the_heading() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        table = table_of(app)
        await press(pilot, "minus")
        await until(pilot, lambda: ids(app) == list(range(1, 14)))
        while table.order_by != "wall_s":
            await press(pilot, "greater_than_sign")
        walls = sorted(wall for runs in WALLS_S.values() for wall in runs.values())
        await until(pilot, lambda: [row.wall_s for row in table.listed] == walls)
        assert "time▲" in picture(app)
        await pilot.click("#runs", offset=(6, 1))
        await until(pilot, lambda: ids(app) == list(range(13, 0, -1)))

    play(script, engine=fake_engine(history=filled))


def test_delete_asks_first() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await press(pilot, "down", "d")
        await until(pilot, lambda: "Delete run 12?" in picture(app))
        assert "yes, this run: countdown asyncio x4" in picture(app)
        await press(pilot, "n")
        await until(pilot, lambda: app.screen.query("#runs").first() is not None)
        assert len(ids(app)) == 13
        await press(pilot, "d")
        await until(pilot, lambda: "Delete run 12?" in picture(app))
        await press(pilot, "y")
        await until(pilot, lambda: bool(app.screen.query("#runs")) and len(ids(app)) == 12)
        assert 12 not in ids(app)
        await press(pilot, "d")
        await until(pilot, lambda: "all 12 runs of its sweep" in picture(app))
        await press(pilot, "a")
        await until(pilot, lambda: "No run here yet" in picture(app))

    play(script, engine=fake_engine(history=filled))


def test_enter_shows_the_run_in_the_chart() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await press(pilot, "down", "enter")
        await until(pilot, lambda: app.current_mode == "lab")
        await until(pilot, lambda: "#12 countdown" in picture(app) and "◆ async" in picture(app))

    play(script, engine=fake_engine(history=filled))


def test_details_and_output_of_a_run() -> None:
    run = ended(run_of("threads", 4, 2))
    first, second = run.trials
    noisy = replace(run, trials=(replace(first, stdout="printed [b]this[/b]\x1b[2J\n" * 300), second))

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await press(pilot, "i")
        await until(pilot, lambda: "size 100000, 40 tasks" in picture(app))
        assert "remarks" in picture(app), "its trials"
        await press(pilot, "escape", "o")
        await until(pilot, lambda: "printed [b]this[/b][2J" in picture(app))
        await press(pilot, "escape")

    play(script, engine=fake_engine(history=lambda: filled(noisy)))


def test_a_long_history_comes_in_pages() -> None:
    def long() -> History:
        history = History.in_memory()
        for _ in range(PAGE + 5):
            history.add_run(ended(run_of("threads", 2, 1)))
        return history

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        assert len(ids(app)) == PAGE
        await until(pilot, lambda: f"{PAGE + 5} runs" in picture(app))
        await press(pilot, "end")
        await until(pilot, lambda: len(ids(app)) == PAGE + 5)
        assert ids(app)[-1] == 1
        at = table_of(app).row_at_cursor
        assert at is not None and at.id == 1

    play(script, engine=fake_engine(history=long))


def test_a_sweep_that_ends_meanwhile_appears() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r", "3")
        await until(pilot, lambda: app.current_mode == "history" and app.session.live.phase == "done")
        await until(pilot, lambda: ids(app) == [7, 6, 5, 4, 3, 2, 1])

    play(script)


def test_an_empty_history_says_what_to_do() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "3")
        await until(pilot, lambda: "No run here yet: press 1, then r." in picture(app))
        await press(pilot, "enter", "d", "i", "o", "minus")
        assert app.current_mode == "history"

    play(script)


def test_columns_by_width() -> None:
    assert [column.title for column in columns_for(54)] == [
        "#",
        "workload",
        "executor",
        "time",
        "gain",
        "verdict",
    ]
    assert len(columns_for(200)) == 10
    assert heading(columns_for(54)[0], "id", True) == "#▼"
    assert next_order("id", 1) == "created_at"
    assert next_order("id", -1) == "verdict"


def two_sweeps() -> History:
    """Runs 1 to 3 are of one sweep, 4 to 6 the same in another one; 7 is of other work."""
    history = History.in_memory()
    for sweep_id, factor in (("aa11" * 4, 1.0), ("bb22" * 4, 0.5)):
        for executor, workers in (("sequential", 1), ("threads", 2), ("processes", 2)):
            run = replace(ended(run_of(executor, workers, 6)), sweep_id=sweep_id)
            history.add_run(replace(run, trials=tuple(faster(trial, factor) for trial in run.trials)))
    history.add_run(replace(ended(run_of("threads", 2, 6, workload="primes")), sweep_id="cc33" * 4))
    return history


def faster(trial: Trial, factor: float) -> Trial:
    assert trial.result
    return replace(trial, result=replace(trial.result, wall_s=trial.result.wall_s * factor))


def test_two_marked_runs_are_held_against_each_other() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await press(pilot, "down", "m")
        await until(pilot, lambda: "◆6" in picture(app))
        await press(pilot, "down", "m")
        assert table_of(app).marked == [6, 5] and table_of(app).cursor_row == 2
        await press(pilot, "c")
        await until(pilot, lambda: "#6 against #5" in picture(app))
        shown = " ".join(picture(app).split())
        assert "#6 is 1.9" in shown and "faster than #5; noise" in shown
        assert "executor: threads x2 / processes x2" in shown
        assert_picture("compare_120x40", picture(app))
        await press(pilot, "escape", "down", "down", "m")
        assert table_of(app).marked == [5, 3]
        await press(pilot, "m", "c")
        await until(pilot, lambda: "#5 against #3" in picture(app))

    play(script, engine=fake_engine(history=two_sweeps))


def test_what_has_no_common_measure_is_one_line_and_sweeps_are_compared_too() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await press(pilot, "c")
        await until(pilot, lambda: "Mark a run with m" in picture(app))
        await press(pilot, "m", "down", "down", "c")
        await until(pilot, lambda: "different work has no" in picture(app))
        await press(pilot, "up", "up", "m", "down", "m", "down", "down", "down", "C")
        await until(pilot, lambda: "Sweep bb22bb22 against aa11aa11" in picture(app))
        assert "3 of 3 experiments are faster in bb22bb22" in " ".join(picture(app).split())

    play(script, engine=fake_engine(history=two_sweeps))


def a_long_history(runs: int = 3 * PAGE) -> History:
    history = History.in_memory()
    for _ in range(runs):
        history.add_run(ended(run_of("threads", 2, 1)))
    return history


def at_cursor(app: GilTui) -> int | None:
    row = table_of(app).row_at_cursor
    return row.id if row else None


def test_runs_that_come_and_go_move_nobody() -> None:
    """The cursor stays on its run and on its line, far down too."""

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        table, history = table_of(app), app.session.history
        assert history is not None
        await until(pilot, lambda: table.total == 3 * PAGE)
        await press(pilot, "end", *["up"] * 60)
        await until(pilot, lambda: at_cursor(app) == 61)
        line = table.cursor_row - table.scroll_offset.y
        history.add_run(ended(run_of("threads", 2, 1)))
        history.delete([3 * PAGE - 1, 3 * PAGE - 2, 3 * PAGE - 3])
        app.history_changed()
        await until(pilot, lambda: table.total == 3 * PAGE - 2 and at_cursor(app) == 61)
        assert table.cursor_row - table.scroll_offset.y == line
        assert "598 runs" in picture(app)

    play(script, engine=fake_engine(history=a_long_history))


def test_at_the_top_new_runs_are_seen() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        history = app.session.history
        assert history is not None
        number = history.add_run(ended(run_of("threads", 2, 1)))
        app.history_changed()
        await until(pilot, lambda: ids(app)[0] == number)
        assert table_of(app).scroll_offset.y == 0 and at_cursor(app) == number - 1

    play(script, engine=fake_engine(history=filled))


@pytest.mark.parametrize("leaves", [True, False], ids=["coming back", "looking on"])
def test_what_another_instance_keeps_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    monkeypatch.setattr("gil_tui.tui.screens.history.LOOK_EVERY_S", 3600.0 if leaves else 0.02)
    path = tmp_path / "history.sqlite3"

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "3")
        await until(pilot, lambda: bool(app.screen.query("#runs")) and "No run here yet" in picture(app))
        await until(pilot, lambda: "0 runs" in picture(app))
        if leaves:
            await press(pilot, "1")
        with History.open(path) as other:
            number = other.add_run(ended(run_of("threads", 2, 1)))
        if leaves:
            await press(pilot, "3")
        await until(pilot, lambda: ids(app) == [number])

    play(script, engine=fake_engine(history=lambda: History.open(path)))


def test_in_the_background_nothing_is_listed() -> None:
    """While a sweep is measured nobody searches a history that nobody looks at."""

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        table, history = table_of(app), app.session.history
        assert history is not None
        await press(pilot, "1")
        await until(pilot, lambda: app.current_mode == "lab")
        number = history.add_run(ended(run_of("threads", 2, 1)))
        app.history_changed()
        for _ in range(20):
            await pilot.pause(0)
        assert table.total == number - 1
        await press(pilot, "3")
        await until(pilot, lambda: ids(app)[0] == number)

    play(script, engine=fake_engine(history=filled))


def test_what_is_deleted_is_gone_before_the_store_has_listed_the_rest() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await press(pilot, "end", "d")
        await until(pilot, lambda: "Delete run 1?" in picture(app))
        await press(pilot, "y")
        await until(pilot, lambda: ids(app) == list(range(13, 1, -1)) and at_cursor(app) == 2)
        await until(pilot, lambda: "12 runs" in picture(app))

    play(script, engine=fake_engine(history=filled))


def test_pages_are_turned_with_the_cursor_on_its_line() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        table = table_of(app)
        await until(pilot, lambda: table.total == 3 * PAGE)
        await press(pilot, "down", "down", *["pagedown"] * 8)
        height = table.size.height - 1
        assert table.cursor_row == 2 + 8 * height and table.scroll_offset.y == 8 * height
        await until(pilot, lambda: at_cursor(app) == 3 * PAGE - table.cursor_row)
        await press(pilot, "pageup")
        assert table.cursor_row == 2 + 7 * height and table.scroll_offset.y == 7 * height
        await press(pilot, "home")
        assert table.cursor_row == 0 and table.scroll_offset.y == 0

    play(script, engine=fake_engine(history=a_long_history))


def test_a_page_is_turned_before_the_list_has_its_scroll_bar() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        table = table_of(app)
        rows = [replace(table.listed[0], id=number) for number in range(100 + PAGE, 100, -1)]
        assert not table.show_vertical_scrollbar
        table.list_rows(rows)
        table.action_page_down()
        height = table.size.height - 1
        assert table.cursor_row == table.scroll_offset.y == height
        await pilot.pause()
        assert table.show_vertical_scrollbar
        assert table.cursor_row == table.scroll_offset.y == height

    play(script, engine=fake_engine(history=filled))


def test_a_click_goes_to_a_row_and_a_second_one_shows_it() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await pilot.click("#runs", offset=(20, 4))
        assert at_cursor(app) == 11
        await pilot.click("#runs", offset=(20, 25))
        assert at_cursor(app) == 11, "there is no row"
        await pilot.click("#runs", offset=(20, 4))
        await until(pilot, lambda: app.current_mode == "lab")

    play(script, engine=fake_engine(history=filled))


def test_a_filter_that_finds_nothing_says_so() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await press(pilot, "slash", *"none")
        await until(pilot, lambda: "No run matches." in picture(app) and " 0 runs" in picture(app))

    play(script, engine=fake_engine(history=filled))


def test_the_mask_takes_what_is_seen_away_at_once() -> None:
    named = replace(run_of("threads", 2, 1), created_at="2026-03-01T14:02:03+00:00")
    named = ended(replace(named, experiment=replace(named.experiment, workload="/home/secret/shop.py:f")))

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await until(pilot, lambda: "/secret/" in picture(app))
        app.action_mask()
        await until(pilot, lambda: "shop.py:f" in picture(app) and "secret" not in picture(app))

    play(script, engine=fake_engine(history=lambda: filled(named)))


def test_a_sweep_that_is_measured_is_not_disturbed_by_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a list the next one for new runs waits; what the person asks for does not."""
    monkeypatch.setattr("gil_tui.tui.screens.history.REST", 1e6)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_history(pilot, app)
        await until(pilot, lambda: f"{PAGE + 1} runs" in picture(app))
        history = app.session.history
        assert history is not None
        history.add_run(ended(run_of("threads", 2, 1)))
        app.history_changed()
        for _ in range(20):
            await pilot.pause(0.01)
        assert table_of(app).total == PAGE + 1
        await press(pilot, "minus")
        await until(pilot, lambda: ids(app)[0] == 1 and table_of(app).total == PAGE + 2)

    play(script, engine=fake_engine(history=lambda: a_long_history(PAGE + 1)))
