"""Keys and clicks that come faster than what they act on: a slow line brings many at once."""

import asyncio
import gc

import pytest
from textual import events
from textual.command import CommandList
from textual.pilot import Pilot
from textual.widgets.option_list import Option

from gil_tui.tui.app import GilTui
from gil_tui.tui.crash import told_unless_cancelled
from gil_tui.tui.palette import SpokenPalette
from gil_tui.tui.screens.chooser import ChooserDialog
from gil_tui.tui.screens.lab import LabScreen
from gil_tui.tui.screens.settings import SettingsDialog
from tests.tui.pictures import picture, play, press, until


async def opened_palette(pilot: Pilot[int], app: GilTui) -> CommandList:
    await press(pilot, "ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, SpokenPalette))
    commands = app.screen.query_one(CommandList)
    await until(pilot, lambda: commands.option_count > 5)
    return commands


def test_a_dialog_is_closed_once() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "comma")
        await until(pilot, lambda: isinstance(app.screen, SettingsDialog))
        dialog = app.screen
        dialog.dismiss(None)
        dialog.dismiss(None)
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await press(pilot, "comma")
        await until(pilot, lambda: isinstance(app.screen, SettingsDialog))

    play(script)


def test_a_key_on_a_dialog_that_is_still_being_made_is_nothing() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        dialog = ChooserDialog("Workload", [])
        app.push_screen(dialog)
        for action in ("move(1)", "mark", "take"):
            await app.run_action(action, dialog)
        await until(pilot, lambda: dialog.is_mounted and app.screen is dialog)
        await press(pilot, "down", "escape")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))

    play(script)


def test_what_leaving_has_cancelled_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    async def cancel(kind: type[BaseException]) -> None:
        asyncio.get_running_loop().set_exception_handler(told_unless_cancelled)
        forgotten = asyncio.get_running_loop().create_future()
        forgotten.set_exception(kind("of no use"))
        del forgotten
        gc.collect()

    asyncio.run(cancel(asyncio.CancelledError))
    assert not caplog.text
    asyncio.run(cancel(ValueError))
    assert "of no use" in caplog.text


def test_a_dialog_that_is_closed_before_its_next_paint_draws_nothing() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, ChooserDialog))
        dialog = app.screen
        told = dialog._tell_again  # type: ignore[attr-defined]
        dialog.dismiss(None)
        await until(pilot, lambda: not dialog.is_running)
        app.screen.call_after_refresh(told)
        await press(pilot, "comma")
        await until(pilot, lambda: isinstance(app.screen, SettingsDialog))

    play(script)


def test_the_palette_is_closed_once() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await opened_palette(pilot, app)
        await pilot.click(offset=(2, 38), times=2)
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await opened_palette(pilot, app)
        palette = app.screen
        palette.dismiss(None)
        palette.dismiss(None)
        await until(pilot, lambda: isinstance(app.screen, LabScreen))

    play(script)


def test_a_click_on_what_the_terminal_had_before_it_became_smaller_is_nothing() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await opened_palette(pilot, app)
        click = events.Click(app.screen, 100, 38, 0, 0, 1, False, False, False)
        await pilot.resize_terminal(40, 12)
        app.screen.post_message(click)
        await pilot.pause()
        assert isinstance(app.screen, SpokenPalette)

    play(script)


def test_the_palette_opens_again_while_it_is_closed() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await opened_palette(pilot, app)
        first = app.screen
        first.dismiss(None)
        app.action_command_palette()
        await until(pilot, lambda: isinstance(app.screen, SpokenPalette) and not first.is_running)
        assert app.screen is not first

    play(script)


def test_a_page_of_the_palette_that_is_not_drawn_yet_is_not_turned() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        commands = await opened_palette(pilot, app)
        await pilot.resize_terminal(1, 1)
        commands.clear_options().add_options([Option("one"), Option("two")])
        commands.highlighted = 0
        for action in ("page_down", "page_up"):
            await app.run_action(f"command_list('{action}')", app.screen)
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))

    play(script)


def test_the_chooser_bears_a_terminal_of_one_cell() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, ChooserDialog))
        for width, height in ((1, 1), (2, 40), (9, 12), (120, 40)):
            await pilot.resize_terminal(width, height)
        await until(pilot, lambda: "type to find" in picture(app) and "lock_contended" in picture(app))

    play(script)


def test_what_fails_in_a_screen_that_is_being_removed_is_no_crash() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, ChooserDialog))
        dialog = app.screen
        dialog.call_later(lambda: dialog.query_one("#nobody"))
        dialog.dismiss(None)
        await until(pilot, lambda: not dialog.is_running)
        assert isinstance(app.screen, LabScreen)

    play(script)
