"""A process that lies in all its names, on the real screen: listed, watched, in what leaving leaves, kept."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui import cli
from tests.benchmarks.terminal import Terminal
from tests.hostile import BLINKING, hostile_process, obeyed
from tests.processes import StartedProcesses

COMMAND = [sys.executable, "-m", "gil_tui"]
START_S = 60.0
"""What it may take on a busy machine; the tests wait for the picture, not for this."""
QUIET_S = 0.1
POINTER = "22;default"
"""Textual sets the shape of the mouse's pointer."""
CSI = re.compile(r"\x1b\[([0-?]*)[ -/]*[@-~]")
OSC = re.compile(r"\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)")
OTHER = re.compile(r"\x1b[P_^X][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


@pytest.fixture
def hostile(tmp_path: Path, no_orphans: StartedProcesses) -> Iterator[int]:
    """The number of such a process."""
    with hostile_process(tmp_path) as process:
        yield process.pid


def assert_nothing_obeyed(output: bytes) -> None:
    """Of all that the terminal got: sequences of the screen's own alone, and text between them."""
    told = output.decode("utf-8")
    assert BLINKING not in told
    assert set(OSC.findall(told)) <= {POINTER}
    text = OTHER.sub("", CSI.sub("", OSC.sub("", told)))
    assert obeyed(text) - {"\r", "\x08"} == set()


def test_in_the_list_of_processes(hostile: int) -> None:
    with Terminal(COMMAND, columns=250, environ=dict(os.environ)) as terminal:
        terminal.wait_painted("Workload", "Quit", quiet_s=QUIET_S, timeout_s=START_S)
        terminal.send("2")
        terminal.wait_painted("Python processes", str(hostile), quiet_s=QUIET_S, timeout_s=START_S)
        assert "[bold] evil/python3.99" in terminal.text, "markup is shown, not obeyed"
        terminal.send("q")
        assert terminal.wait_end(START_S) == 0
        assert_nothing_obeyed(terminal.output)


@pytest.mark.alone
@pytest.mark.parametrize("language", ["en", "fr"])
def test_watched_and_left(hostile: int, language: str) -> None:
    """Until its functions are named, which py-spy reads; the farewell stays in the terminal."""
    command = [*COMMAND, "--pid", str(hostile), "--lang", language]
    with Terminal(command, environ=dict(os.environ)) as terminal:
        terminal.wait_painted("gnp[b]", quiet_s=0.0, timeout_s=START_S)
        terminal.send("h")  # on a busy machine it is the CPUs that decide, and then nobody is named unasked
        terminal.wait_painted("[b]spin[@click=app.quit]", quiet_s=0.0, timeout_s=START_S)
        terminal.send("q")
        assert terminal.wait_end(START_S) == 0
        assert_nothing_obeyed(terminal.output)
        farewell = terminal.text[-600:]
    assert f"gil-tui watch {hostile}" in farewell
    assert obeyed(farewell[-200:].replace("\r\n", "")) == set()


def test_kept_and_shown_again(hostile: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["watch", "--seconds", "3", "--save", "--json", str(hostile)]) == 0
    printed = capsys.readouterr()
    assert obeyed(printed.out + printed.err) == set()
    document = json.loads(printed.out)
    assert len(document["command"]) < 5000
    assert "gnp[b]" in str(document["threads"])
    for command in (["show", "watch:1"], ["show", "watch:1", "--json"], ["history", "--watches"]):
        assert cli.main(command) == 0
        printed = capsys.readouterr()
        assert obeyed(printed.out + printed.err) == set(), command
    assert cli.main(["report", "watch:1", "-o", str(tmp_path / "report")]) == 0
    for path in (tmp_path / "report").iterdir():
        text = path.read_text("utf-8")
        assert obeyed(text) == set(), path
        assert "<script" not in text, path
    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    assert "gnp[b]" in page
    with Terminal(COMMAND, environ=dict(os.environ)) as terminal:
        terminal.wait_painted("Workload", "Quit", quiet_s=QUIET_S, timeout_s=START_S)
        terminal.send("3")
        terminal.wait_painted("History", quiet_s=1.0, timeout_s=START_S)
        terminal.send("q")
        assert terminal.wait_end(START_S) == 0
        assert_nothing_obeyed(terminal.output)
