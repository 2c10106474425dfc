"""The screen is opened where it can be, and refused in one line where it cannot."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from gil_tui import cli
from gil_tui.commands.terminal import colours, description
from gil_tui.lab.interpreters import Interpreter
from gil_tui.language import language_called
from gil_tui.tui.start import Start


def test_without_a_terminal_it_ends_with_one_line() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "gil_tui"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "terminal" in ended.stderr
    assert "`gil-tui run" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color"}, "256 colours"),
        ({"TERM": "linux"}, "16 colours"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "16 million colours"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "no colours (NO_COLOR)"),
    ],
)
def test_colours_are_told_by_the_environment(environ: dict[str, str], expected: str) -> None:
    assert colours(environ) == expected
    assert expected in description(environ)


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        ("coundown", "did you mean countdown"),
        ("histroy", "did you mean history"),
        ("shop.views", "names no function"),
        (":render", "package.module:function"),
    ],
)
def test_what_is_neither_workload_nor_command(
    workload: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([workload]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert expected in captured.err
    assert captured.err.count("\n") == 1


def test_what_was_asked_for_reaches_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Start] = []
    options: dict[str, object] = {}

    def run(start: Start, interpreters: Sequence[Interpreter], **others: object) -> int:
        asked.append(start)
        options.update(others, interpreters=[one.key for one in interpreters])
        return 0

    monkeypatch.setattr("gil_tui.tui.terminal.refuse_without_terminal", lambda environ: None)
    monkeypatch.setattr("gil_tui.tui.app.run", run)
    assert cli.main(["shop.py:render", "--no-mouse", "--theme", "dark", "--lang", "en"]) == 0
    assert asked[-1] == Start(workloads=("shop.py:render",))
    assert options == {
        "interpreters": [],
        "no_mouse": True,
        "theme": "dark",
        "language": language_called("en"),
    }
    assert cli.main(["--redact", "--screenshots", "audit"]) == 0
    assert asked[-1] == Start(screenshots="audit", redact=True)
    assert cli.main(["countdown", "--cores", "6"]) == 0
    assert asked[-1] == Start(workloads=("countdown",), cores=6.0)
    line = "sleep countdown -e threads -w 1,8 --size 3 --switch-interval 0.005,0.05 --set duration_ms=5"
    assert cli.main([*line.split(), "-i", sys.executable]) == 0
    assert asked[-1].workloads == ("sleep", "countdown")
    assert (asked[-1].executors, asked[-1].workers) == (("threads",), (1, 8))
    assert list(asked[-1].interpreters) == options["interpreters"]
    assert asked[-1].settings == (
        ("size", "3"),
        ("switch interval", "0.005, 0.05"),
        ("duration_ms", "5"),
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sleep --set duratoin_ms=5", "no knob 'duratoin_ms'"),
        ("-w 0", "workers 0 is not possible"),
        ("countdown --pid 3", "not allowed with a workload"),
    ],
)
def test_options_are_refused_as_for_run(
    line: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gil_tui.tui.terminal.refuse_without_terminal", lambda environ: None)
    assert cli.main(line.split()) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("cores", ["0", "-1", "nan", "many"])
def test_no_number_of_cores_is_wrong_usage(cores: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([f"--cores={cores}"])
    assert ended.value.code == 2
    assert "is no number of cores" in capsys.readouterr().err
