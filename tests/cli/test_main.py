"""The command line as a whole: help, usage errors, exit codes, pipes, and what is not imported."""

import os
import signal
import subprocess
import sys

import pytest

from gil_tui import cli
from gil_tui.commands import COMMANDS, screen
from gil_tui.lab.errors import LabError, UsageError

HEAVY = ("textual", "rich", "plotext", "psutil", "asyncio")


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def exit_code(*arguments: str) -> int:
    """Of one command line; argparse leaves by SystemExit."""
    try:
        return cli.main(arguments)
    except SystemExit as left:
        return int(left.code or 0)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    printed = capsys.readouterr().out
    for name, does in COMMANDS.items():
        assert f"  {name} " in printed
        assert does in printed
    assert "130 interrupted" in printed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(name, "--help") == 0
    assert capsys.readouterr().out.startswith(f"usage: gil-tui {name}")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--version") == 0
    assert capsys.readouterr().out.startswith("gil-tui 0.")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["history", "--jsno"], "did you mean --json?"),
        (["--no-mous"], "did you mean --no-mouse?"),
        (["show"], "the following arguments are required: ID"),
        (["show", "1", "--cores", "one"], "'one' is no number of cores"),
        (["show", "1", "2"], "unrecognized arguments: 2"),
        (["countdown", "--pid", "1"], "not allowed with"),
        (["schema", "rum"], "invalid choice: 'rum'"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert expected in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (UsageError("no workload 'x'"), 2, "gil-tui: no workload 'x'\n"),
        (LabError("no room\n\x1b[2J"), 1, "gil-tui: no room [2J\n"),
        (
            ZeroDivisionError("by zero"),
            1,
            "gil-tui: ZeroDivisionError: by zero; GIL_TUI_DEBUG=1 shows where\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_is_one_line(
    error: BaseException,
    status: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.delenv("GIL_TUI_DEBUG", raising=False)
    monkeypatch.setattr(screen, "run", fail)
    assert cli.main([]) == status
    assert capsys.readouterr() == ("", line)


def test_the_traceback_is_had_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise ZeroDivisionError("by zero")

    monkeypatch.setenv("GIL_TUI_DEBUG", "1")
    monkeypatch.setattr(screen, "run", fail)
    assert cli.main([]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_ends_it_quietly(kept_runs: list[int]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "gil_tui", "history"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_terminal_without_utf_8_gets_its_table(kept_runs: list[int]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "gil_tui", "history"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"countdown" in ended.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = f"""
import sys
from gil_tui.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""
    assert run_python(program, *arguments).stderr == "[]\n"


def test_an_interruption_while_the_program_is_imported_is_quiet() -> None:
    """The entry point has imported nothing by then that could take time."""
    program = """
import sys
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name in ("argparse", "gil_tui.cli"):
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from gil_tui.__main__ import INTERRUPTED, main
assert "argparse" not in sys.modules
sys.exit(main())
"""
    ended = run_python(program, "--help")
    assert (ended.returncode, ended.stdout, ended.stderr) == (cli.INTERRUPTED, "", "")


@pytest.mark.parametrize("module", ["gil_tui.cli", "gil_tui.commands.schema"])
def test_ctrl_c_during_an_import_is_not_lost(module: str) -> None:
    """As an exception it might be: what importlib calls when it lets go of a lock can raise nothing."""
    program = f"""
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                print("Exception ignored")
sys.meta_path.insert(0, Interrupting())
from gil_tui.__main__ import main
sys.exit(main())
"""
    ended = run_python(program, "schema", "run")
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + program
    assert run_python(ignoring, "schema", "run").returncode == 0
