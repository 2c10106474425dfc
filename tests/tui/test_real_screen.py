"""What the real program writes to a real terminal: colours, mouse, and its refusals."""

import base64
import os
import re
import sys
from pathlib import Path

import pytest

from tests.benchmarks.terminal import Terminal
from tests.processes import StartedProcesses

COMMAND = str(Path(sys.executable).parent / "gil-tui")
START_S = 30.0
"""What a start may take on a busy machine; the tests wait for the picture, not for this."""
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?([34][0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
EXTENDED = re.compile(rb"\x1b\[(?:[0-9;]*;)?[34]8;[25];")
MOUSE = b"\x1b[?1000h"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not Path(COMMAND).exists(), reason=f"{COMMAND} is not installed"),
]


def painted(*arguments: str, **environ: str) -> bytes:
    """All bytes up to the first complete picture."""
    with Terminal([COMMAND, *arguments], environ=dict(os.environ) | environ) as terminal:
        terminal.wait_painted("Workload", "countdown", "Quit", quiet_s=0.15, timeout_s=START_S)
        terminal.send("q")
        assert terminal.wait_end(START_S) == 0
        return terminal.output


def test_without_colour_no_colour_is_sent(no_orphans: StartedProcesses) -> None:
    output = painted(NO_COLOR="1")
    assert not COLOUR.search(output)
    assert MOUSE in output


def test_a_terminal_of_16_colours_gets_no_others_and_no_mouse_means_none(
    no_orphans: StartedProcesses,
) -> None:
    output = painted("--no-mouse", TERM="linux")
    assert COLOUR.search(output)
    assert not EXTENDED.search(output)
    assert MOUSE not in output


def test_an_unknown_theme_is_said(no_orphans: StartedProcesses) -> None:
    with Terminal([COMMAND, "--theme", "solar"]) as terminal:
        terminal.wait_painted("There is no theme solar", quiet_s=0.15, timeout_s=START_S)
        terminal.send("q")
        assert terminal.wait_end(START_S) == 0


def test_a_picture_is_saved_and_its_path_copied(no_orphans: StartedProcesses, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    with Terminal([COMMAND, "--screenshots", str(folder), "--redact"]) as terminal:
        terminal.wait_painted("Workload", "countdown", "Quit", quiet_s=0.15, timeout_s=START_S)
        terminal.send("p")
        terminal.wait_painted("Saved", quiet_s=0.15, timeout_s=START_S)
        terminal.send("q")
        assert terminal.wait_end(START_S) == 0
        copied = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\a", terminal.output)
    assert copied
    paths = base64.b64decode(copied[1]).decode().split()
    assert paths == [str(file) for file in sorted(folder.iterdir(), reverse=True)]
    assert paths[0].endswith("-lab.svg")
