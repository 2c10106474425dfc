"""What the README says of commands, options and verdicts is so."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from gil_tui.commands import COMMANDS
from gil_tui.verdict.model import CODES

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
LINES = sorted(
    set(re.findall(r"gil-tui(?: [^`\n#|]+)?", "\n".join(re.findall(r"`[^`]+`|```[^`]+```", README))))
)


@cache
def help_of(*command: str) -> str:
    called = [sys.executable, "-m", "gil_tui", *command, "--help"]
    return subprocess.run(called, check=True, capture_output=True, text=True, timeout=30).stdout


def test_every_command_is_told() -> None:
    told = {words[1] for line in LINES if len(words := line.split()) > 1}
    assert set(COMMANDS) <= told


@pytest.mark.parametrize("line", [line for line in LINES if re.search(r" -", line)])
def test_every_option_exists(line: str) -> None:
    words = line.split(" -- ")[0].split()
    command = words[1:2] if words[1] in COMMANDS else []
    options = {word for word in words if re.fullmatch(r"-\w|--[\w-]+", word)}
    assert options <= set(re.findall(r"(?<!\w)--?\w[\w-]*", help_of(*command)))


def test_every_verdict_is_told() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", README, re.MULTILINE))
    assert set(told) == set(CODES)


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    ci = (Path(__file__).parents[1] / ".ci" / "run").read_text("utf-8")
    assert "pip install '.[test,all]' && python -m pytest" in README
    assert "pip install --quiet '.[test,all]'" in ci
    assert "\npython -m pytest\n" in ci
