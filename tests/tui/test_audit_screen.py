"""Keys on the Audit, and what becomes of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from gil_tui.history import History
from gil_tui.history.audits import Audits
from gil_tui.lab.auditing import OnEvent, StepEnded, StepStarted
from gil_tui.lab.events import Progressed
from gil_tui.tui.app import GilTui
from gil_tui.tui.audit_session import Progress
from gil_tui.tui.engine import Engine
from gil_tui.tui.screens.audit import AuditScreen, progress_text
from gil_tui.tui.widgets.lines import row_text, row_width
from gil_tui.tui.widgets.points import points_rows
from gil_tui.verdict.audit import checklist
from gil_tui.verdict.audit_model import FUNCTION, Audit, Fill, Material
from tests.audit.material import AUDIT, OF_PROCESS, gil_bound, watch
from tests.history.test_audits import a_document
from tests.tui.fake_engine import PYTHON, WALLS_S, ended, fake_engine, run_of
from tests.tui.pictures import picture, play, press, shows, until

SHOP = Audit("Shop checkout", "countdown", FUNCTION, "2026-03-01T14:02:03+00:00", PYTHON, "/srv")


def filled() -> History:
    history = History.in_memory()
    for executor, walls in WALLS_S.items():
        for workers in sorted(walls):
            history.add_run(ended(run_of(executor, workers, 6)))
    Audits(history).add(replace(SHOP, title="Older", subject="sha256"))
    Audits(history).add(SHOP)
    return history


class Measuring:
    """Stands in for what measures; it waits to be let go on, if told to."""

    def __init__(self, *, holds: bool = False) -> None:
        self.fills: Sequence[Fill] = ()
        self.go = asyncio.Event()
        self.cancelled = False
        self._holds = holds

    async def __call__(
        self, audit: Audit, fills: Sequence[Fill], on_event: OnEvent, history: History
    ) -> Audit:
        self.fills = fills
        try:
            for number, fill in enumerate(fills, 1):
                on_event(StepStarted(number, len(fills), fill.points, fill.command))
                on_event(Progressed(0.37, 12.0))
                if self._holds:
                    await self.go.wait()
                on_event(StepEnded(fill.points))
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        kept = Audits(history).keep_watch(a_document("countdown") | {"hot": watch().document["hot"]})
        Audits(history).include(audit, watches=[kept])
        return audit


def engine(measuring: Measuring | None = None) -> Engine:
    return replace(fake_engine(history=filled), auditing=measuring or Measuring())


def screen_of(app: GilTui) -> AuditScreen:
    assert isinstance(app.screen, AuditScreen)
    return app.screen


async def open_list(pilot: Pilot[int], app: GilTui) -> None:
    await press(pilot, "4")
    await until(pilot, lambda: isinstance(app.screen, AuditScreen) and app.screen.audits.count > 0)


async def open_audit(pilot: Pilot[int], app: GilTui) -> None:
    await open_list(pilot, app)
    await press(pilot, "enter")
    await until(pilot, lambda: app.audit_session.checklist is not None)
    await until(pilot, lambda: app.focused is screen_of(app).points)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (200, 60)])
def test_the_picture(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_audit(pilot, app)
        await press(pilot, "down", "down", "down")
        await shows(pilot, f"audit_{size[0]}x{size[1]}")

    play(script, size=size, engine=engine())


def test_the_list_names_the_audits_the_newest_first() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_list(pilot, app)
        assert [audit.title for audit in app.audit_session.listed] == ["Shop checkout", "Older"]
        await shows(pilot, "audit_list_80x24")

    play(script, size=(80, 24), engine=engine())


def test_without_any_audit_the_way_to_one_is_told() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "4")
        await until(pilot, lambda: "press n" in picture(app))

    play(script)


def test_what_the_history_has_of_the_subject_is_taken_over() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_audit(pilot, app)
        found = app.audit_session.checklist
        assert found is not None
        assert 4 in {point.number for point in found.points if point.runs}
        assert "GIL" in screen_of(app).verdict.text or "UNSURE" in screen_of(app).verdict.text
        await press(pilot, "down", "down", "down", "enter")
        await until(pilot, lambda: "reproduce: gil-tui run countdown" in picture(app))

    play(script, engine=engine())


def test_one_key_measures_the_point_at_the_cursor() -> None:
    measuring = Measuring()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_audit(pilot, app)
        await press(pilot, "down", "r")
        await until(pilot, lambda: "`render` in views.py" in picture(app))
        assert [fill.points for fill in measuring.fills] == [(2,)]
        assert not app.audit_session.busy

    play(script, engine=engine(measuring))


def test_another_key_measures_all_that_is_missing_and_says_how_far_it_is() -> None:
    measuring = Measuring(holds=True)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_audit(pilot, app)
        await press(pilot, "a")
        await until(pilot, lambda: "37 %" in picture(app) and "▸ now" in picture(app))
        assert len(measuring.fills) > 1
        measuring.go.set()
        await until(pilot, lambda: not app.audit_session.busy)
        assert "▸ now" not in picture(app)

    play(script, engine=engine(measuring))


def test_measuring_can_be_stopped_and_goes_on_behind_other_tabs() -> None:
    measuring = Measuring(holds=True)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_audit(pilot, app)
        await press(pilot, "a")
        await until(pilot, lambda: bool(measuring.fills))
        await press(pilot, "1", "r")
        await until(pilot, lambda: "An audit is being measured" in picture(app))
        assert app.session.live.phase == "idle"
        await press(pilot, "4", "s")
        await until(pilot, lambda: not app.audit_session.busy)
        assert measuring.cancelled

    play(script, engine=engine(measuring))


def test_quitting_stops_what_is_being_measured() -> None:
    measuring = Measuring(holds=True)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_audit(pilot, app)
        await press(pilot, "a")
        await until(pilot, lambda: bool(measuring.fills))
        await press(pilot, "q")
        await until(pilot, lambda: measuring.cancelled)

    play(script, engine=engine(measuring))


def test_an_audit_is_begun_by_its_subject_and_title() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_list(pilot, app)
        await press(pilot, "n")
        await until(pilot, lambda: bool(app.screen.query("#subject")))
        await press(pilot, "enter")
        await until(pilot, lambda: "What is to be audited?" in picture(app))
        await press(pilot, *"sha256", "tab", *"Hashes", "enter")
        await until(pilot, lambda: app.audit_session.checklist is not None)
        assert app.audit_session.open_audit is not None
        assert app.audit_session.open_audit.title == "Hashes"

    play(script, engine=engine())


def test_a_subject_that_is_none_is_said() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_list(pilot, app)
        await press(pilot, "n")
        await until(pilot, lambda: bool(app.screen.query("#subject")))
        app.screen.query_one("#subject", Input).value = "nosuch"
        await press(pilot, "enter")
        await until(pilot, lambda: "no workload" in picture(app))
        assert app.audit_session.open_audit is None

    play(script, engine=engine())


def test_an_audit_is_deleted_after_asking_and_its_runs_stay() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_list(pilot, app)
        await press(pilot, "d", "n")
        assert len(app.audit_session.listed) == 2
        await press(pilot, "d")
        await until(pilot, lambda: "Delete audit 2?" in picture(app))
        await press(pilot, "y")
        await until(pilot, lambda: len(app.audit_session.listed) == 1)
        assert app.session.history is not None
        assert app.session.history.count() == 13

    play(script, engine=engine())


def test_escape_goes_back_to_the_list() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await open_audit(pilot, app)
        await press(pilot, "escape")
        await until(pilot, lambda: app.focused is screen_of(app).audits)

    play(script, engine=engine())


@pytest.mark.parametrize("width", [24, 56, 76, 116, 196])
def test_rows_fit_whatever_the_width(width: int) -> None:
    for found in (
        checklist(AUDIT, gil_bound(watches=(watch(),))),
        checklist(OF_PROCESS, Material(watches=(watch(),))),
        checklist(AUDIT, Material()),
    ):
        rows = points_rows(found.points, width, cursor=1, measuring={3})
        assert all(row_width(row) <= width for row in rows)
        assert row_text(rows[2]).startswith("▸ now")


def test_a_state_is_told_by_glyph_and_word() -> None:
    texts = [
        row_text(row)
        for row in points_rows(checklist(OF_PROCESS, Material(watches=(watch(),))).points, 116, cursor=None)
    ]
    assert texts[0].startswith("● done")
    assert texts[3].startswith("– not here")
    blank = [row_text(row) for row in points_rows(checklist(AUDIT, Material()).points, 116, cursor=None)]
    assert blank[0].startswith("○ not yet")


def test_progress_is_told_in_one_line() -> None:
    assert progress_text(Progress(2, 4, (3, 4), share=0.37, left_s=12.0)) == (
        "2 of 4: points 3, 4 · 37 % · 12 s left"
    )
    assert progress_text(Progress(2, 4, (3,), stopping=True)) == "stopping"
