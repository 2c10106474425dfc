"""`gil-tui screenshot`: pictures without a terminal, and one clear line where there is none to take."""

import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from gil_tui import cli
from gil_tui.commands.screenshot import LARGEST, SMALLEST
from gil_tui.report import png
from gil_tui.report.glyphs import CELL_HEIGHT, CELL_WIDTH
from gil_tui.report.terminal_svg import MARGIN
from tests.processes import StartedProcesses

BUSY = """
import threading, time
def render():
    while True:
        sum(range(1000))
for _ in range(3):
    threading.Thread(target=render, daemon=True).start()
time.sleep(60)
"""


def words_of(file: Path) -> str:
    return "\n".join(part.text or "" for part in ET.parse(file).iter() if part.text)


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("-o x.gif", 2, "x.gif is neither FILE.svg nor FILE.png"),
        ("-o x", 2, "neither FILE.svg nor FILE.png"),
        ("", 2, "required: -o/--output"),
        ("-o x.svg --run 4711", 1, "no run 4711 in the history"),
        ("-o x.svg --run 1 --tab watch", 2, "--run goes with --tab lab or history, not with watch"),
        ("-o x.svg --pid 1 --tab lab", 2, "--pid goes with --tab watch, not with lab"),
        ("-o x.svg --audit a --tab lab", 2, "--audit goes with --tab audit, not with lab"),
        ("-o x.svg --pid 999999999", 1, "no process 999999999"),
        ("-o x.svg --seconds 3", 2, "--seconds goes with --pid"),
        ("-o x.svg --pid 1 --seconds 0", 2, "not above 0"),
        ("-o x.svg --size 120", 2, "'120' is no size: columns and lines, such as 120x40"),
        ("-o x.svg --size 10x10", 2, f"not from {SMALLEST[0]}x{SMALLEST[1]} to {LARGEST[0]}x{LARGEST[1]}"),
        ("-o x.svg --theme pink", 2, "invalid choice: 'pink'"),
        ("-o x.svg --tab labb", 2, "invalid choice: 'labb'"),
    ],
)
def test_what_cannot_be_pictured_is_refused_in_one_line(
    line: str, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = cli.main(["screenshot", *line.split()])
    except SystemExit as left:
        status = int(left.code or 0)
    captured = capsys.readouterr()
    assert (status, captured.out) == (code, "")
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert not Path("x.svg").exists()


def test_png_without_the_extra_names_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(png, "find_spec", lambda name: None)
    assert cli.main(["screenshot", "-o", "x.png"]) == 1
    assert "pip install 'resvg-py>=0.5'" in capsys.readouterr().err


def test_a_run_of_the_history_at_any_size(
    kept_runs: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "lab.svg"
    assert cli.main(["screenshot", "-o", str(file), "--run", str(kept_runs[1]), "--size", "100x30"]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    root = ET.parse(file).getroot()
    assert root.get("width") == str(100 * CELL_WIDTH + 2 * MARGIN)
    assert root.get("height") == str(30 * CELL_HEIGHT + 2 * MARGIN)
    assert f"#{kept_runs[1]}" in words_of(file)


def test_all_numbers_of_a_run_on_white(kept_runs: list[int], tmp_path: Path) -> None:
    file = tmp_path / "run.svg"
    line = ["--tab", "history", "--run", str(kept_runs[1]), "--theme", "light"]
    assert cli.main(["screenshot", "-o", str(file), *line]) == 0
    shown = words_of(file)
    assert f"#{kept_runs[1]} countdown" in shown and "trial" in shown
    assert 'fill="#ffffff"' in file.read_text()


def test_a_png_of_the_history(kept_runs: list[int], tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="PNG needs the extra png")
    file = tmp_path / "history.PNG"
    assert cli.main(["screenshot", "-o", str(file), "--tab", "history", "--size", "80x24"]) == 0
    size = struct.unpack(">II", file.read_bytes()[16:24])
    assert size == tuple(
        png.ZOOM * (cells * pixels + 2 * MARGIN) for cells, pixels in ((80, CELL_WIDTH), (24, CELL_HEIGHT))
    )


def test_a_folder_that_cannot_be_written_is_named(
    kept_runs: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["screenshot", "-o", str(tmp_path / "file" / "x.svg"), "--tab", "history"]) == 1
    assert "x.svg cannot be written" in capsys.readouterr().err


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched")
def test_a_process_is_watched_first(tmp_path: Path, started_processes: StartedProcesses) -> None:
    (tmp_path / "server.py").write_text(BUSY)
    command = [sys.executable, "server.py", "--token", "secret"]
    target = subprocess.Popen(command, cwd=tmp_path)
    file = tmp_path / "watch.svg"
    try:
        line = ["--pid", str(target.pid), "--seconds", "3", "--redact"]
        assert cli.main(["screenshot", "-o", str(file), *line]) == 0
    finally:
        target.kill()
        target.wait()
    shown = words_of(file)
    assert f"pid {target.pid}" in shown and "[hidden]" in shown
    assert "secret" not in shown and str(tmp_path) not in shown
