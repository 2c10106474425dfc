"""The key for a report: what of, where to, what is said, what is hidden."""

import os
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gil_tui.history import History
from gil_tui.lab.errors import LabError
from gil_tui.tui.app import GilTui
from gil_tui.tui.reporting import FOLDER, Reported, make
from tests.tui.fake_engine import HOST
from tests.tui.pictures import Play, picture, play, press, run_to_the_end, until


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reports(folder: Path) -> list[Path]:
    return sorted(folder.rglob("report.html"))


def reporting(*keys: str) -> Play:
    """Run a sweep, press keys, wait for the line that says where the report is."""

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        assert "R Report" not in picture(app)
        await run_to_the_end(pilot, app)
        await until(pilot, lambda: "R Report" in picture(app))
        await press(pilot, *keys)
        await until(pilot, lambda: "Saved" in picture(app))
        assert app.clipboard.split()[0].endswith("report.html")

    return script


def test_the_lab_reports_the_sweep_that_it_shows(here: Path) -> None:
    play(reporting("R"), size=(160, 50))
    (page,) = reports(here)
    assert page.parent == here / FOLDER
    assert "countdown" in page.read_text() and HOST.name in page.read_text()
    assert (here / FOLDER / "report.md").exists() and (here / FOLDER / "runs.csv").exists()
    assert page.parent.stat().st_mode & 0o077 == 0


def test_an_earlier_report_stays(here: Path) -> None:
    for _ in range(2):
        play(reporting("R"), size=(160, 50))
    assert [page.parent.name for page in reports(here)] == [FOLDER, f"{FOLDER}-2"]


def test_the_mask_covers_the_report(here: Path) -> None:
    play(reporting("k", "R"), size=(160, 50))
    (page,) = reports(here)
    assert HOST.name not in page.read_text()


def test_the_history_reports_what_is_marked() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await press(pilot, "3")
        await until(pilot, lambda: "R Report" in picture(app))
        screen = app.screen
        assert screen.reported() == Reported(("sweep-1",))  # type: ignore[attr-defined]
        await press(pilot, "m")
        marked = screen.table.marked[0]  # type: ignore[attr-defined]
        assert screen.reported() == Reported((f"#{marked}",))  # type: ignore[attr-defined]

    play(script, size=(160, 50))


def test_the_watch_has_no_such_key() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await press(pilot, "2")
        await until(pilot, lambda: app.current_mode == "watch")
        assert "R Report" not in picture(app)

    play(script, size=(160, 50))


def test_nothing_is_left_of_a_report_that_failed(here: Path) -> None:
    with pytest.raises(LabError, match="no run or sweep"):
        make(History.in_memory(), Reported(("gone",)), redact=False, environ=os.environ)
    assert list(here.iterdir()) == []


def test_it_goes_elsewhere_where_the_folder_takes_none(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made: list[Path] = []

    def make_report(history: History, folder: Path, *others: object, **options: object) -> list[Path]:
        made.append(folder)
        return [folder / "report.html"]

    def refused(self: Path, *others: object, **options: object) -> None:
        if not self.is_absolute() and self.name == FOLDER:
            raise PermissionError(13, "Permission denied", str(self))
        real(self, *others, **options)  # type: ignore[arg-type]

    real = Path.mkdir
    monkeypatch.setattr(Path, "mkdir", refused)
    monkeypatch.setattr("gil_tui.report.making.make_report", make_report)
    state = tmp_path_factory.mktemp("state")
    saved = make(History.in_memory(), Reported(("x",)), redact=False, environ={"XDG_STATE_HOME": str(state)})
    assert made == [state / "gil-tui" / FOLDER]
    assert "permission denied" in saved.complaint and "saved in" in saved.complaint
