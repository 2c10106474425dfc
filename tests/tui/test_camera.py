"""The key for a picture: what the files are called, where they go, what is said, what is copied."""

import base64
import os
import shlex
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from gil_tui.lab.errors import LabError
from gil_tui.report import png
from gil_tui.tui.app import GilTui
from gil_tui.tui.picture import cells_of
from gil_tui.tui.picture_files import file_stem, save
from gil_tui.tui.start import Start
from gil_tui.tui.theme import SHADES
from tests.tui.pictures import Play, picture, play, press, run_to_the_end, until

NOW = datetime(2026, 3, 1, 14, 2)
CONTENTS = {"svg": b"<svg/>", "png": b"png"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory; SVG only, unless a test wants both."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gil_tui.tui.camera.why_no_png", lambda: "PNG needs resvg-py: pip install it")
    return tmp_path


def svgs(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.svg"))


def taking(*keys: str, look: Callable[[GilTui], None] | None = None) -> Play:
    """Press keys, then wait for the line that says where the picture is."""

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, *keys)
        await until(pilot, lambda: "Saved" in picture(app))
        if look:
            look(app)

    return script


def copied(app: GilTui) -> list[str]:
    """What was sent to the terminal's clipboard (OSC 52), word by word."""
    found: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app._driver, "write", found.append)  # the headless one writes nowhere
        app.copy_to_clipboard(app.clipboard)
    head, _, rest = found[0].partition(";c;")
    assert head == "\x1b]52" and rest.endswith("\a")
    return shlex.split(base64.b64decode(rest[:-1]).decode())


def test_a_name_tells_time_host_and_subject() -> None:
    assert file_stem(NOW, "web-01", "lab countdown") == "20260301-140200-web-01-lab-countdown"
    assert file_stem(NOW, "", "watch 4711") == "20260301-140200-watch-4711"


@pytest.mark.parametrize(
    "subject",
    ["../../etc/passwd", "a b\n\x1b[31mc", "…/views.py:render", "été à Zürich", "x" * 300, "-rf *", ""],
)
def test_any_name_is_safe(subject: str) -> None:
    stem = file_stem(NOW, "höst/1", f"lab {subject}")
    assert stem.startswith("20260301-140200-host-1-lab")
    assert len(stem) < 120
    assert not set(stem) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")
    assert ".." not in stem


def test_the_folder_is_made(here: Path) -> None:
    saved = save(CONTENTS, "name", "some/where", os.environ)
    assert saved.files == (here / "some/where/name.svg", here / "some/where/name.png")
    assert [file.read_bytes() for file in saved.files] == list(CONTENTS.values())
    assert saved.complaint == ""


def test_no_picture_is_written_over(here: Path) -> None:
    (here / "screenshots").mkdir()
    (here / "screenshots" / "name.png").write_text("mine")
    saved = save(CONTENTS, "name", "", os.environ)
    assert [file.name for file in saved.files] == ["name-2.svg", "name-2.png"]
    assert (here / "screenshots" / "name.png").read_text() == "mine"


def test_another_folder_takes_what_this_one_does_not(here: Path, isolation: Path) -> None:
    (here / "screenshots").write_text("a file")
    saved = save(CONTENTS, "name", "", os.environ)
    assert saved.files[0] == isolation / "state" / "gil-tui" / "screenshots" / "name.svg"
    assert "screenshots: " in saved.complaint
    assert f"saved in {saved.files[0].parent} instead" in saved.complaint


def test_of_two_files_none_is_left_behind_alone(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_open = os.open

    def full(path: Path, *rest: int) -> int:
        if str(path).endswith(".png") and "screenshots" in str(path) and str(here) not in str(path):
            raise OSError(28, "No space left on device", str(path))
        return real_open(path, *rest)

    monkeypatch.setattr("gil_tui.tui.picture_files.os.open", full)
    saved = save(CONTENTS, "name", "", os.environ)
    assert "no space left on device" in saved.complaint
    assert svgs(here) == []
    assert len(saved.files) == 2 and "gil-tui-" in str(saved.files[0])


def test_where_nothing_can_be_written_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied", "somewhere")

    monkeypatch.setattr("gil_tui.tui.picture_files.os.open", refuse)
    with pytest.raises(LabError, match="the picture cannot be saved: somewhere: permission denied"):
        save(CONTENTS, "name", "", os.environ)


def test_a_key_saves_what_is_seen_and_copies_its_path(here: Path) -> None:
    paths: list[str] = []
    play(taking("p", look=lambda app: paths.extend(copied(app))))
    (file,) = svgs(here / "screenshots")
    assert paths == [str(file)]
    assert file.name.endswith("-web-01-lab.svg")
    shown = "".join(part.text or "" for part in ET.parse(file).iter())
    assert "web-01" in shown and "countdown" in shown and "Saved" not in shown


def test_where_text_is_typed_another_key_takes_it(here: Path) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "3", "slash", "p")
        await until(pilot, lambda: app.screen.query_one(Input).value == "p")
        await press(pilot, "f2")
        await until(pilot, lambda: len(svgs(here)) == 1)

    play(script)


def test_a_second_picture_is_without_the_news_of_the_first(here: Path) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "p")
        await until(pilot, lambda: "Saved" in picture(app))
        await press(pilot, "p")
        await until(pilot, lambda: len(svgs(here)) == 2)

    play(script)
    assert all("Saved" not in file.read_text() for file in svgs(here))


def test_what_is_missing_for_png_is_said_with_the_picture(here: Path) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "p")
        await until(pilot, lambda: "pip install it" in picture(app))

    play(script)
    assert len(svgs(here)) == 1


def test_with_the_extra_both_are_saved(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py", reason="PNG needs the extra png")
    monkeypatch.setattr("gil_tui.tui.camera.why_no_png", png.why_no_png)
    paths: list[str] = []
    play(taking("p", look=lambda app: paths.extend(copied(app))))
    assert [Path(path).suffix for path in paths] == [".svg", ".png"]
    assert Path(paths[1]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("theme", ["dark", "ansi-dark", "light"])
def test_for_print_it_is_on_white(theme: str, here: Path) -> None:
    play(taking("P"), theme=theme)
    (file,) = svgs(here)
    colours = SHADES["light"]
    assert f'fill="{colours.background}"/>' in file.read_text().splitlines()[2]
    assert colours.text in file.read_text() and SHADES["dark"].text not in file.read_text()


def test_the_folder_of_the_command_line_is_used(here: Path) -> None:
    play(taking("p"), start=Start(screenshots="audit/pictures"))
    assert len(svgs(here / "audit" / "pictures")) == 1


def test_the_key_works_over_dialogs_but_types_where_text_is_typed(here: Path) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await press(pilot, "e", "p")
        await until(pilot, lambda: len(svgs(here)) == 1)
        await press(pilot, "escape", "3")
        await press(pilot, "slash")
        app.simulate_key("p")
        await pilot.pause(0.1)
        assert len(svgs(here)) == 1

    play(script)
    assert "lab-countdown" in svgs(here)[0].name


def test_a_masked_picture_does_not_name_the_host(here: Path) -> None:
    play(taking("p"), start=Start(redact=True))
    (file,) = svgs(here)
    assert "web-01" not in file.name and "web-01" not in file.read_text()


def test_all_that_is_seen_is_in_the_picture() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        assert cells_of(app).text == picture(app).rstrip("\n")

    play(script, size=(80, 24))
