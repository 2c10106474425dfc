"""`watch` on real processes: what is passed on, what is printed, and how it ends."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gil_tui import cli
from gil_tui.commands.live_verdict import LiveVerdict
from gil_tui.lab.judged_watch import busiest_process
from gil_tui.schemas import text_of
from gil_tui.verdict.model import CODES, Verdict
from gil_tui.verdict.observation import Observation, ProcessSeen, ThreadSeen
from gil_tui.watch.processes import printable_command
from tests.processes import StartedProcesses

real = [
    pytest.mark.real,
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched from outside"),
]

GIL_TUI = [sys.executable, "-m", "gil_tui", "watch"]
SPINNERS = """
import sys, threading, time
def spin(end):
    while time.monotonic() < end: pass
end = time.monotonic() + float(sys.argv[1])
for _ in range(4): threading.Thread(target=spin, args=(end,)).start()
"""


def watch(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GIL_TUI, *arguments], capture_output=True, text=True, timeout=60, check=False, **options
    )


def watched_document(*arguments: str) -> Any:
    finished = watch("--json", *arguments)
    assert finished.returncode == 0, finished.stderr
    document = json.loads(finished.stdout)
    Draft202012Validator(json.loads(text_of("watch"))).validate(document)
    return document


# --- commands


@pytest.mark.usefixtures("no_orphans")
class TestCommand:
    pytestmark = real

    def test_exit_code_input_and_output_are_the_commands_own(self) -> None:
        program = "import sys; print(sys.stdin.read().upper()); print('moan', file=sys.stderr); sys.exit(7)"
        finished = watch("--", sys.executable, "-c", program, input="hello")
        assert finished.returncode == 7
        assert finished.stdout.startswith("HELLO\n")
        assert "moan" in finished.stderr

    def test_a_command_killed_by_a_signal_ends_as_in_a_shell(self) -> None:
        finished = watch("--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
        assert finished.returncode == 128 + 9

    def test_options_behind_the_dashes_belong_to_the_command(self) -> None:
        finished = watch("--", sys.executable, "-c", "import sys; print(sys.argv[1:])", "--json", "--", "-x")
        assert finished.stdout.startswith("['--json', '--', '-x']\n")

    def test_four_spinning_threads_are_bound_by_the_gil(self) -> None:
        document = watched_document("--", sys.executable, "-c", SPINNERS, "4")
        assert document["verdict"]["code"] == "gil"
        assert document["gil"]["available"] is True
        assert document["gil"]["held"] > 0.8
        assert 1 < document["gil"]["waiting"] < 3.5
        assert document["ended"] is True
        assert document["python"] == f"CPython {sys.version.split()[0]}"

    def test_a_launcher_is_no_part_of_what_it_starts(self) -> None:
        """As pyenv's shims do: nothing of the shell is told, nor the figures thinned by its time."""
        program = [sys.executable, "-c", SPINNERS, "3"]
        document = watched_document("--", "sh", "-c", 'sleep 1.5; exec "$@"', "sh", *program)
        [process] = document["processes"]
        assert document["command"] == process["command"] == printable_command("\0".join(program))
        assert document["python"] == process["python"] == f"CPython {sys.version.split()[0]}"
        assert document["why"] == ""
        assert document["gil"]["held"] > 0.8
        assert process["pss_bytes"] > 2e6

    def test_with_json_the_commands_output_goes_to_stderr(self) -> None:
        finished = watch("--json", "--", sys.executable, "-c", "print('hello')")
        assert json.loads(finished.stdout)["schema"] == "gil-tui/watch/1"
        assert "hello" in finished.stderr

    def test_after_the_seconds_the_command_runs_on_to_its_end(self) -> None:
        program = "import time; time.sleep(2); print('done', flush=True)"
        finished = watch("--seconds", "0.5", "--no-stacks", "--", sys.executable, "-c", program)
        assert (finished.returncode, finished.stdout.splitlines()[0]) == (0, "done")
        assert re.search(r"watched (\d+ ms|[01]\.\d+ s)", finished.stdout)

    def test_what_cannot_be_started_is_one_line(self) -> None:
        finished = watch("--", "/nonexistent/program")
        assert finished.returncode == 1
        assert finished.stderr.splitlines() == [
            "gil-tui: cannot start /nonexistent/program: No such file or directory"
        ]


def waiting_command(*options: str) -> tuple[subprocess.Popen[str], int]:
    """A watch on a command that sleeps, and the command's process."""
    program = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    command = [*GIL_TUI, *options, "--", sys.executable, "-c", program]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    return process, int(process.stdout.readline())


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched from outside")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda n: n.name)
def test_the_command_ends_with_us(no_orphans: StartedProcesses, number: signal.Signals) -> None:
    process, _ = waiting_command()
    time.sleep(0.3)
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == (128 + number if number != signal.SIGKILL else -number)
    assert no_orphans.wait_gone() == []


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched from outside")
def test_on_interrupt_the_command_decides() -> None:
    process, command = waiting_command()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    os.kill(command, signal.SIGINT)  # as the terminal does, to all in its foreground
    process.communicate(timeout=20)
    assert process.returncode == 130


# --- processes


@pytest.mark.usefixtures("no_orphans")
class TestProcess:
    pytestmark = real

    def test_a_running_process_is_watched_and_left_running(self) -> None:
        target = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        try:
            document = watched_document("--seconds", "1.5", str(target.pid))
            assert target.poll() is None
        finally:
            target.kill()
            target.wait()
        assert (document["pid"], document["ended"]) == (target.pid, False)
        assert [thread["tid"] for thread in document["threads"]] == [target.pid]
        assert document["gil"]["held"] == pytest.approx(0, abs=0.1)

    def test_text_names_process_threads_and_observer(self) -> None:
        finished = watch("--seconds", "1", "--no-stacks", str(os.getpid()))
        assert finished.returncode == 0
        assert f"process {os.getpid()}: " in finished.stdout
        assert "on CPU" in finished.stdout
        assert "observer: " in finished.stdout

    def test_interrupt_prints_what_was_seen(self) -> None:
        process = subprocess.Popen(
            [*GIL_TUI, "--json", "--seconds", "60", str(os.getpid())], stdout=subprocess.PIPE, text=True
        )
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        assert process.returncode == 130
        assert json.loads(output)["pid"] == os.getpid()

    def test_a_process_that_is_gone_is_one_line(self) -> None:
        target = subprocess.Popen(["true"])
        target.wait()
        finished = watch(str(target.pid))
        assert finished.returncode == 1
        assert finished.stdout == ""
        assert f"there is no process {target.pid}" in finished.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--seconds", "0", "1"],
        ["--seconds", "nan", "1"],
        ["--rate", "5000", "1"],
        ["--rate", "x", "1"],
        ["--wrong", "1"],
    ],
    ids=str,
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["watch", *arguments])
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


# --- parts


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def verdict(code: str) -> Verdict:
    return Verdict(code, 0.9, f"{CODES[code]}\x1b[2J, a sentence")


def test_live_line_is_written_anew_and_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    live = LiveVerdict(plain=False, stream=terminal)
    live.show(verdict("gil"))
    live.show(verdict("gil"))
    live.clear()
    assert terminal.getvalue().count("a sentence") == 2
    assert "\n" not in terminal.getvalue()
    assert "[2J" in terminal.getvalue() and "\x1b[2J" not in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_beside_a_command_only_changes_are_said() -> None:
    terminal = Terminal()
    live = LiveVerdict(plain=True, stream=terminal)
    for code in ("gil", "gil", "lock"):
        live.show(verdict(code))
    live.clear()
    assert [line.split(":")[2][:12] for line in terminal.getvalue().splitlines()] == [
        " threads wai",
        " threads wai",
    ]


def test_without_a_terminal_nothing_is_said() -> None:
    stream = io.StringIO()
    LiveVerdict(plain=True, stream=stream).show(verdict("gil"))
    assert stream.getvalue() == ""


def test_stacks_are_asked_of_the_python_process_that_matters() -> None:
    def thread(pid: int, cpu: float, lock: float) -> ThreadSeen:
        return ThreadSeen(pid, pid, "t", 1.0, cpu, 0.0, 0.0, lock, 0.0, 0.0)

    members = tuple(
        ProcessSeen(pid, 1, "x", python, 0.0, 0, None, 1)
        for pid, python in ((1, None), (2, "CPython 3.13.1"), (3, "CPython 3.13.1"))
    )
    threads = (thread(1, 2.0, 2.0), thread(2, 0.2, 0.9), thread(3, 0.3, 0.1), thread(3, 0.3, 0.1))
    observation = Observation(members=members, threads=threads)
    assert busiest_process(observation, "cpu") == 3
    assert busiest_process(observation, "lock") == 2
    assert busiest_process(Observation(), "cpu") is None


def test_the_schema_knows_every_verdict_and_refuses_another_version() -> None:
    schema = json.loads(text_of("watch"))
    assert schema["$defs"]["verdict"]["properties"]["code"]["enum"] == list(CODES)
    assert list(Draft202012Validator(schema).iter_errors({"schema": "gil-tui/watch/2"}))
