"""`gil-tui selftest`: what is printed, how it ends, and that nothing is left of it."""

import json
import signal
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest
from jsonschema import Draft202012Validator

from gil_tui import cli
from gil_tui.lab import selftest
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.selftest import FULL, QUICK, Extent, OnProgress, Selftest
from gil_tui.schemas import text_of
from gil_tui.verdict.selftest import FAILED, PASSED, Check
from tests.history.samples import HOST
from tests.processes import StartedProcesses

CHECK = Check("gauge", "4 threads", "held", "share", PASSED, 0.99, (0.97, 1.0), 0.03, 0.011)
BAD = Check("gauge", "2 threads", "held", "share", FAILED, 0.5, (0.97, 1.0), 0.03, 0.011)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What the self-test is to find."""
    found: list[Check] = []

    async def run_selftest(interpreter: Interpreter, on_progress: OnProgress, extent: Extent) -> Selftest:
        on_progress("4 threads", 0.0, 60.0)
        when = "2026-01-02T03:04:05+00:00"
        quick = extent is QUICK
        assert quick or extent is FULL
        return Selftest(HOST, when, "0.1.0", interpreter.key, "CPython 3", quick, 42.0, tuple(found))

    monkeypatch.setattr(selftest, "run_selftest", run_selftest)
    return found


def test_a_table_and_the_result_in_words(checks: list[Check], capsys: pytest.CaptureFixture[str]) -> None:
    checks.append(CHECK)
    assert cli.main(["selftest", "-i", sys.executable]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == "1 of 1 check passed"
    assert "0.030 + 0.011  passed" in printed.out
    assert printed.err == ""


def test_a_failed_check_is_exit_code_1(checks: list[Check], capsys: pytest.CaptureFixture[str]) -> None:
    checks += [CHECK, BAD]
    assert cli.main(["selftest", "--quick", "--json", "-i", sys.executable]) == 1
    document: Any = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(text_of("selftest"))).validate(document)
    assert (document["passed"], document["quick"]) == (False, True)
    assert document["sentence"] == "1 of 2 checks passed, 1 failed"


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["selftest", "-i", "/nonexistent/python"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def started_selftest() -> subprocess.Popen[str]:
    """One under way: its loads and their watchers run."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gil_tui", "selftest", "-i", sys.executable],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline_s = time.monotonic() + 20
    while len(psutil.Process(process.pid).children()) < 4 and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert process.poll() is None
    return process


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched from outside")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_however_it_ends_nothing_is_left(no_orphans: StartedProcesses, number: signal.Signals) -> None:
    process = started_selftest()
    assert len(no_orphans.alive()) > 4
    process.send_signal(number)
    out, complaint = process.communicate(timeout=20)
    assert out == ""
    if number == signal.SIGKILL:
        assert process.returncode == -number
    else:
        assert process.returncode == 128 + number
        assert complaint == "gil-tui: the self-test was interrupted: nothing was shown by it\n"
    assert no_orphans.wait_gone() == []
