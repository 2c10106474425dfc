"""The tabs in another language: no word that a person reads stays English, but for names."""

import json
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from gil_tui.language import language_called
from gil_tui.tui.app import GilTui
from gil_tui.tui.screens.dialogs import TextDialog
from gil_tui.tui.screens.watch import WatchScreen
from gil_tui.tui.widgets.process_list import age_text
from gil_tui.verdict.model import CODES
from tests.tui import test_audit_screen as audits
from tests.tui import test_history_screen as histories
from tests.tui import test_watch_screen as watches
from tests.tui.fake_engine import GIL_VERDICT, SCALES_VERDICT, WORKLOADS, fake_engine
from tests.tui.pictures import picture, play, press, run_to_the_end, until
from tests.tui.pseudo import WORD, Pseudo, spoken_as, unspoken
from tests.tui.watching import PROCESSES, Host

SIZES = [(120, 40), (80, 24), (60, 20)]
COMMAND = {"run", "audit", "points", "usr", "bin", "opt"}
VERDICTS = json.dumps([GIL_VERDICT.to_json(), SCALES_VERDICT.to_json()])
"""Made up for tests: no verdict says such sentences."""
HOST = {"web", "root", "dans"}
"""Users, and a word that French puts into names."""
WATCHED = {"shop", "app", "port", "worker", "render", "views", "main", "gunicorn", "www", "data"}
REFUSED = "process 300 belongs to another user (uid 0): run gil-tui as that user or as root"
STORED = {"countdown", "sha", "shop", "checkout", "older", *CODES}


def watched_host() -> Host:
    *others, last = PROCESSES
    return Host(processes=(*others, replace(last, why=REFUSED)))


def english_in(*more: set[str], shown: str) -> list[str]:
    allowed = {word.lower() for word in WORD.findall(VERDICTS)}.union(HOST, *more)
    return unspoken(shown, frozenset(allowed))


@pytest.mark.parametrize("size", SIZES)
def test_the_watch_has_no_word_of_english(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        def missed() -> list[str]:
            return english_in(WATCHED, shown=picture(screen.app))

        await until(pilot, lambda: "300" in picture(screen.app))
        assert missed() == []
        await press(pilot, *"/nobody")
        assert english_in(WATCHED, {"nobody"}, shown=picture(screen.app)) == []
        await press(pilot, "escape", "escape")
        await watches.watch(pilot, screen, host)
        assert missed() == []
        await press(pilot, "v", "h")
        await until(pilot, lambda: not screen.app.watch_session.naming)
        await press(pilot, "space", "plus", "[")
        assert missed() == []
        host.end_watcher("process 100 is gone")
        screen._show()
        await pilot.pause(0)
        assert missed() == []
        await press(pilot, "e")
        await until(pilot, lambda: len(screen.app.screen_stack) > 1)
        assert english_in(WATCHED, {"srv"}, shown=picture(screen.app)) == []

    with spoken_as(Pseudo()):
        watches.play(script, size=size, host=watched_host())


@pytest.mark.parametrize("size", SIZES)
def test_the_history_has_no_word_of_english(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await histories.open_history(pilot, app)
        assert english_in(STORED, shown=picture(app)) == []
        await press(pilot, "m", "down", "d")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        assert english_in(STORED, shown=picture(app)) == []
        await press(pilot, "escape", "slash", *"nothing", "enter")
        await until(pilot, lambda: not histories.ids(app))
        await pilot.pause(0)
        assert english_in(STORED, {"nothing"}, shown=picture(app)) == []

    with spoken_as(Pseudo()):
        play(script, size=size, engine=fake_engine(history=histories.filled))


@pytest.mark.parametrize("size", SIZES)
def test_the_audit_has_no_word_of_english(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "4", "n")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        await press(pilot, "enter")
        assert english_in(STORED, shown=picture(app)) == []
        await press(pilot, "escape")
        await audits.open_list(pilot, app)
        assert english_in(STORED, shown=picture(app)) == []
        await audits.open_audit(pilot, app)
        for _ in range(9):
            await pilot.pause(0)
            assert english_in(STORED, COMMAND, shown=picture(app)) == []
            await press(pilot, "down")

    with spoken_as(Pseudo()):
        play(script, size=size, engine=audits.engine())


@pytest.mark.parametrize("size", SIZES)
def test_the_lab_has_no_word_of_english(size: tuple[int, int]) -> None:
    names = {word.lower() for one in WORKLOADS for word in WORD.findall(one.name)}

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        assert english_in(STORED, names, shown=picture(app)) == []
        await run_to_the_end(pilot, app)
        assert english_in(STORED, names, shown=picture(app)) == []

    with spoken_as(Pseudo()):
        play(script, size=size)


def test_what_is_read_in_dialogs_has_no_word_of_english() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await histories.open_history(pilot, app)
        for keys in (("i",), ("o",), ("m", "down", "down", "c")):
            await press(pilot, *keys)
            await until(pilot, lambda: len(app.screen_stack) > 1)
            dialog = app.screen
            assert isinstance(dialog, TextDialog)
            text = "\n".join([str(dialog._title), *dialog._lines])
            assert english_in(STORED, COMMAND, {"linux", "sweep", "et"}, shown=text) == []
            await press(pilot, "escape")

    with spoken_as(Pseudo()):
        play(script, engine=fake_engine(history=histories.filled))


@pytest.mark.parametrize("size", SIZES)
def test_the_watch_in_french(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], screen: WatchScreen, host: Host) -> None:
        app = screen.app
        await until(pilot, lambda: "commande" in picture(app))
        assert "3 processus · 1 ne peut être observé" in str(screen.processes.border_subtitle)
        assert "24\u00a0Mo" in picture(app) or size[0] < 70
        await watches.watch(pilot, screen, host)
        shown = picture(app)
        assert "2 Observation" in shown
        assert "Limité par le GIL" in shown
        assert "certitude 0,97" in shown
        assert "à faire" in shown or size[0] < 120
        if screen.gauge.display:
            assert "détenu  ▇" in shown
            assert "2,9 threads" in shown
        await press(pilot, "space")
        assert "Verdict sur 15\u00a0s jusqu’à" in str(screen.verdict.border_title)

    with spoken_as(language_called("fr")):
        watches.play(script, size=size, host=watched_host())


@pytest.mark.parametrize("size", SIZES)
def test_the_history_in_french(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await histories.open_history(pilot, app)
        await until(pilot, lambda: "13 mesures" in picture(app))
        shown = picture(app)
        assert "charge" in shown and "exécuteur" in shown and "temps" in shown
        assert "440\u00a0ms" in shown
        assert "1,91\u00a0×" in shown
        assert "3 Historique" in shown
        await press(pilot, "d")
        await until(pilot, lambda: "Supprimer la mesure" in picture(app))

    with spoken_as(language_called("fr")):
        play(script, size=size, engine=fake_engine(history=histories.filled))


@pytest.mark.parametrize("size", SIZES)
def test_the_audit_in_french(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await audits.open_audit(pilot, app)
        shown = picture(app)
        assert "points mesurés sur 9" in shown
        assert "Attentes du GIL" in shown or "Le GIL est-il attendu, et par qui" in shown
        assert "pas encore" in shown

    with spoken_as(language_called("fr")):
        play(script, size=size, engine=audits.engine())


def test_ages_are_short_in_every_language() -> None:
    assert [age_text(one) for one in (12.0, 300.0, 90_000.0, 1e6)] == ["12 s", "5 min", "25 h", "12 d"]
    with spoken_as(language_called("fr")):
        assert [age_text(one) for one in (12.0, 1e6)] == ["12\u00a0s", "12 j"]
