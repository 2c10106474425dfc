"""What the README says of commands, options, verdicts and pictures is so."""

import argparse
import importlib
import re
import shlex
import subprocess
import sys
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from gil_tui import cli
from gil_tui.commands import COMMANDS
from gil_tui.lab.records import Host
from gil_tui.lab.selftest import Selftest
from gil_tui.verdict.model import CODES
from gil_tui.verdict.selftest import NOT_POSSIBLE, PASSED, Check

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "screenshots"
README = (ROOT / "README.md").read_text("utf-8")
LINES = sorted(
    set(re.findall(r"gil-tui(?: [^`\n#|]+)?", "\n".join(re.findall(r"`[^`]+`|```[^`]+```", README))))
)
EXAMPLES = [
    *re.findall(r"^\| `[^`]+` \| [^|]+ \| `([^`]+)` \|$", README, re.MULTILINE),
    *(line.partition("  #")[0].strip() for line in re.findall(r"^gil-tui .+", README, re.MULTILINE)),
]
SHOWN = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)


@cache
def help_of(*command: str) -> str:
    called = [sys.executable, "-m", "gil_tui", *command, "--help"]
    return subprocess.run(called, check=True, capture_output=True, text=True, timeout=30).stdout


def parsed(line: str) -> argparse.Namespace:
    """As the command line would take it; nothing is run."""
    words = shlex.split(line.partition(" # ")[0])[1:]
    if not words or words[0] not in COMMANDS:
        return cli._screen_parser().parse_args(words)
    parser = cli.Parser(prog="gil-tui")
    importlib.import_module(f"gil_tui.commands.{words[0]}").add_parser(parser.add_subparsers())
    return parser.parse_args(words)


def from_pictures(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module beside the pictures, as the script there imports it."""
    monkeypatch.syspath_prepend(str(PICTURES))
    for one in ("shop", "figures", "story"):
        monkeypatch.delitem(sys.modules, one, raising=False)
    return importlib.import_module(name)


def test_every_command_is_told_with_an_example() -> None:
    assert set(COMMANDS) <= {line.split()[1] for line in EXAMPLES if len(line.split()) > 1}


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_is_taken(line: str) -> None:
    assert line.startswith("gil-tui")
    parsed(line)


@pytest.mark.parametrize("line", [line for line in LINES if re.search(r" -\w| --\w", line)])
def test_every_option_exists(line: str) -> None:
    words = line.split(" -- ")[0].split()
    command = words[1:2] if words[1] in COMMANDS else []
    options = {word for word in words if re.fullmatch(r"-\w|--[\w-]+", word)}
    assert options <= set(re.findall(r"(?<!\w)--?\w[\w-]*", help_of(*command)))


def test_every_verdict_is_told() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \| [^|]+ \|$", README, re.MULTILINE))
    assert set(told) == set(CODES)


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "pip install '.[test,all]' && python -m pytest" in README
    assert "pip install --quiet '.[test,all]'" in ci
    assert "\npython -m pytest\n" in ci


@pytest.mark.parametrize(("words", "file"), SHOWN)
def test_every_picture_is_there_and_told_in_words(words: str, file: str) -> None:
    assert (ROOT / file).is_file()
    assert len(words.split()) > 3


def test_every_step_has_its_picture_at_every_size_in_every_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    story = from_pictures("story", monkeypatch)
    steps = set(re.findall(r'\.keep\("([\w-]+)"\)', (PICTURES / "story.py").read_text()))
    behind = ["", *(f"-{width}x{height}-{theme}" for width, height in story.SIZES for theme in story.THEMES)]
    behind.remove("-120x40-dark")
    kept = {file.stem for file in PICTURES.glob("*.svg")}
    assert kept == {f"{step}{end}" for step in steps for end in behind}


def test_the_service_answers_and_says_how_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = from_pictures("shop", monkeypatch)
    server = shop.http.server.ThreadingHTTPServer(("127.0.0.1", 0), shop.Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        said = shop.load(server.server_port, 2, 0.2)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert re.fullmatch(r"2 clients: \d+ ms an answer, \d+ answers a second", said)
    assert shop.postage() == 6450
    with pytest.raises(ConnectionError):
        shop.load(server.server_port, 1, 0.2)


def test_figures_are_written_between_their_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = from_pictures("figures", monkeypatch)
    copy = tmp_path / "README.md"
    copy.write_text(README, "utf-8")
    for mark in ("load", "selftest"):
        for _ in range(2):
            figures.write_between(mark, f"new {mark}\\1", copy)
    text = copy.read_text("utf-8")
    assert text.count("new load\\1") == text.count("new selftest\\1") == 1
    assert "## Commands" in text and "## What it needs" in text
    assert "answers a second" in README and "| figure | loads | passed |" in README
    with pytest.raises(ValueError, match="the mark nothing 0 times"):
        figures.write_between("nothing", "", copy)


def test_the_selftest_is_told_by_its_worst_load(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = from_pictures("figures", monkeypatch)
    host = Host("web-01", "Linux 6.1.0-9-amd64", "x86_64", 8, 2.0, "quota", 8 << 30)
    near = Check("gauge", "one thread", "held", "share", PASSED, 0.99, (1.0, 1.0), 0.03, 0.01)
    far = Check("gauge", "two threads", "held", "share", PASSED, 0.97, (1.0, 1.0), 0.03, 0.01)
    lane = Check("lanes", "two threads", "GIL wait", "share", NOT_POSSIBLE, note="why")
    found = Selftest(host, "2026-03-01T14:02:00+00:00", "0.1.0", "python3", "CPython 3.13.2", False, 60.0, ())
    text = figures.selftest_text(replace(found, checks=(near, far, lane)))
    assert "web-01" not in text and "2026-03-01" in text and "2 of 8 CPUs (quota)" in text
    assert "Linux 6.1 x86_64" in text
    assert (
        "| share of time in which the GIL is held | 2 | 2 | -3.0 points | two threads | 4.0 points |" in text
    )
    assert "| a thread's time: GIL wait | 1 | 0 | not possible here |" in text


def test_the_pod_of_the_readme_shares_its_processes_and_adds_the_right() -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, which distributed brings (extra dask)")
    same, pod = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
    assert pod["spec"]["shareProcessNamespace"] is True
    beside = pod["spec"]["containers"][1]["securityContext"]
    assert beside["capabilities"]["add"] == ["SYS_PTRACE"] and beside["runAsUser"] == 0
    assert same == {"securityContext": {"runAsUser": 1000}}
