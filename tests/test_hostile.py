"""What others wrote: every parser is attacked, and no text of theirs is obeyed by a terminal or a browser."""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gil_tui import cli
from gil_tui.history import History
from gil_tui.history.audits import Audits
from gil_tui.lab.auditing import new_audit
from gil_tui.lab.records import Run
from gil_tui.verdict.model import Advice, Evidence, Verdict
from tests.endurance.fuzz_targets import ATTACKS, kept
from tests.history.samples import a_full_trial, a_run, finished
from tests.hostile import NASTY, hostile_process, obeyed
from tests.processes import StartedProcesses
from tests.report.audits import a_document

ROOT = Path(__file__).parents[1]
SLOW = {
    "markup",
    "kept_run",
    "runtime",
    "svg",
    "result",
    "cgroups",
    "watch",
    "audited",
    "judgement",
    "report",
}
EXAMPLES, EXAMPLES_OF_SLOW = 120, 30

NOBODY = 41_000


@st.composite
def changed(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """A seed with a few pieces replaced, repeated, cut or put in; or any bytes."""
    data = draw(st.sampled_from(seeds) | st.binary(max_size=64))
    for _ in range(draw(st.integers(0, 3))):
        at, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        piece = draw(st.binary(max_size=12) | st.just(data[at:end] * 3) | st.sampled_from(seeds))
        data = data[:at] + piece + data[end:]
    return data


@pytest.mark.parametrize("name", ATTACKS)
def test_no_input_breaks_a_parser(name: str) -> None:
    attack = ATTACKS[name]

    @settings(
        max_examples=EXAMPLES_OF_SLOW if name in SLOW else EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(changed(attack.seeds))
    def attacked(data: bytes) -> None:
        attack(data)

    attacked()


@pytest.mark.parametrize(("name", "number"), [(name, n) for name in ATTACKS for n in range(len(kept(name)))])
def test_what_once_broke_a_parser_does_not_any_more(name: str, number: int) -> None:
    ATTACKS[name](kept(name)[number])


def test_every_kept_input_has_a_target() -> None:
    corpus = ROOT / "tests/endurance/corpus"
    assert {path.name for path in corpus.iterdir() if path.is_dir()} <= ATTACKS.keys()


@pytest.fixture
def hostile_history() -> int:
    """A run and an audit whose every text is hostile; returns the run's number."""
    verdict = Verdict(
        "gil",
        0.9,
        NASTY,
        (Evidence(NASTY, 0.5, "share", NASTY),),
        (Advice(NASTY, 1.5, NASTY, NASTY),),
        (NASTY,),
    )
    trial = replace(a_full_trial(1), stdout=NASTY * 3, stderr=NASTY, marks=(NASTY,))
    failed = replace(
        trial, number=2, result=None, failure={"kind": "raised", "message": NASTY, "traceback": NASTY}
    )
    stored = NASTY.replace("\udc80", "")
    run = finished(a_run(workload=f"{stored}.py:work"), trial, failed)
    run = replace(
        run,
        verdict=verdict,
        notes=(NASTY,),
        watch_why=NASTY,
        version=stored,
        sweep_id=f"sweep{stored}",
        created_at=stored,
        host=replace(run.host, name=stored, system=stored),
        python=replace(run.python, executable=stored, version=stored) if run.python else None,
        experiment=replace(run.experiment, interpreter=stored),
    )
    with History.open() as history:
        number = kept_run(history, run)
        kept_run(history, replace(run, sweep_id="another"))
        audits = Audits(history)
        audit = audits.add(new_audit(f"{stored}.py:work", stored))
        document = a_document(NASTY, verdict=verdict.to_json(), why=NASTY, python=NASTY)
        audits.include(audit, runs=[number], watches=[audits.keep_watch(document, stored)])
        history._connection.execute("UPDATE runs SET executor = ?, verdict = ?, python = ?", (stored,) * 3)
    return number


def kept_run(history: History, run: Run) -> int:
    number = history.add_run(run)
    history.finish_run(run.with_id(number))
    return number


@pytest.mark.parametrize(
    "command",
    [
        "history",
        "history --limit 1",
        "show 1",
        "show 1 --output",
        "compare 1 2",
        "audit",
        "list workloads",
        "doctor",
        "show 4711",
        "run \x1b[31mred",
        "run -e \x1b[31mred countdown",
        "run -i /\x9b2J countdown",
        "watch 999999999",
        "\x1b]0;x\x07 --nonsense\x1b[2J",
        "show 1 --json",
        "history --json",
    ],
)
def test_nothing_that_is_printed_is_obeyed(
    command: str, hostile_history: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(SystemExit):
        cli.main(command.split(" "))
    captured = capsys.readouterr()
    assert captured.out or captured.err
    assert obeyed(captured.out + captured.err) == set()
    assert "Traceback" not in captured.err


def test_nothing_in_a_report_is_obeyed(
    hostile_history: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", "1", "-o", str(tmp_path / "report")]) == 0
    files = [path for path in (tmp_path / "report").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".md", ".html", ".csv", ".json", ".svg"}
    for path in files:
        text = path.read_text("utf-8")
        assert obeyed(text) == set(), path
        assert path.suffix not in (".html", ".svg") or "<script" not in text, path
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o700
    assert obeyed(capsys.readouterr().out) == set()


@pytest.mark.parametrize("tab", ["lab", "history", "audit"])
def test_nothing_on_the_screen_is_obeyed(tab: str, hostile_history: int, tmp_path: Path) -> None:
    """Markup would have changed colours instead of being shown."""
    file = tmp_path / f"{tab}.svg"
    chosen = ["--run", "1"] if tab != "audit" else []
    assert cli.main(["screenshot", "--tab", tab, *chosen, "-o", str(file)]) == 0
    text = file.read_text("utf-8")
    assert obeyed(text) == set()
    assert "[bold" in text


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_lies_about_itself_is_shown_and_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], started_processes: StartedProcesses
) -> None:
    with hostile_process(tmp_path) as process:
        assert_it_is_shown_and_not_obeyed(process.pid, tmp_path / "watch.svg", capsys)


def assert_it_is_shown_and_not_obeyed(pid: int, shot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "processes"]) == 0
    listed = capsys.readouterr().out
    assert obeyed(listed) == set()
    line = next(line for line in listed.splitlines() if line.split()[0] == str(pid))
    assert "12345" not in line
    assert len(line) < 300
    assert cli.main(["list", "processes", "--json"]) == 0
    row = next(row for row in json.loads(capsys.readouterr().out)["processes"] if row["pid"] == pid)
    assert row["container_pid"] is None
    assert row["watchable"]
    for command in (
        ["watch", "--seconds", "1.5", "--save", str(pid)],
        ["screenshot", "--pid", str(pid), "--seconds", "1", "-o", str(shot)],
        ["audit"],
    ):
        assert cli.main(command) == 0
        captured = capsys.readouterr()
        assert obeyed(captured.out + captured.err) == set(), command
        if command[0] == "watch":
            assert f"process {pid}" in captured.out
            assert "GIL" in captured.out
    assert obeyed(shot.read_text("utf-8")) == set()


@pytest.mark.real
def test_a_function_with_a_hostile_name_that_prints_and_raises_is_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "[bold]\x1b[31m\u202eevil.py"
    text = NASTY.replace("\udc80", "")
    file.write_text(f"def work():\n    print({text!r})\n    raise Exception({NASTY!r})\n")
    for command in (
        ["run", f"{file}:work", "-e", "sequential", "--repeats", "1", "--size", "1", "--tasks", "1"],
        ["show", "1", "--output"],
        ["history"],
    ):
        assert cli.main(command) == (1 if command[0] == "run" else 0)
        captured = capsys.readouterr()
        assert "evil.py" in captured.out
        assert obeyed(captured.out + captured.err) == set(), command


def experiment(tmp_path: Path, source: str, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """One run of a hostile function; its document."""
    (tmp_path / "evil.py").write_text(source)
    command = ["run", f"{tmp_path}/evil.py:work", "-e", "sequential", "--repeats", "1", "--size", "1"]
    cli.main([*command, "--tasks", "3", "--no-save", "--json", "--timeout", "20", *more])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    run: dict[str, Any] = json.loads(captured.out)["runs"][0]
    return run


FORGER = """
import json, os, stat, time
def pipes():
    for number in range(3, 64):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                os.set_blocking(number, False)
                yield number
        except OSError:
            pass
def tell(event):
    for number in pipes():
        try:
            os.write(number, (json.dumps(event) + "\\n").encode())
        except OSError:
            pass
"""
FORGED = """
RESULT = {"event": "finished", "t_s": 1.0, "wall_s": 1e-9, "startup_s": 0, "cpu_s": 0, "checksums": [],
  "throughput_per_s": 1e9, "latency_s": {"p50": 0, "p95": 0, "p99": 0, "max": 0}, "workers": [],
  "peak_pss_bytes": 1, "context_switches": {}, "work_start_s": 0, "work_end_s": 1e-9}
"""


@pytest.mark.real
def test_a_forged_result_is_not_taken_and_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = experiment(
        tmp_path,
        FORGER + FORGED + "def work():\n    tell(RESULT); time.sleep(0.02)\n    return 1\n",
        capsys,
    )
    trial = run["trials"][0]
    assert run["status"] == "done"
    assert trial["wall_s"] > 0.01
    assert any("did not count" in note for note in trial["notes"])


@pytest.mark.real
def test_a_forged_result_before_a_sudden_end_is_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = FORGER + FORGED + "def work():\n    tell(RESULT)\n    os._exit(0)\n"
    run = experiment(tmp_path, source, capsys)
    assert run["status"] == "failed"
    assert run["failure"]["kind"] == "crashed"
    assert "did not count" in run["failure"]["message"]


@pytest.mark.real
def test_a_forged_greeting_ends_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], started_processes: StartedProcesses
) -> None:
    """A function that names somebody else's process as its own, and then hangs until it is ended."""
    bystander = subprocess.Popen(["sleep", "60"], process_group=0)
    try:
        hello = {"event": "hello", "t_s": 1.0, "pid": bystander.pid, "python": {}}
        source = FORGER + f"def work():\n    tell({hello!r})\n    time.sleep(60)\n"
        run = experiment(tmp_path, source, capsys, "--timeout", "1")
        assert run["failure"]["kind"] == "timeout"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.real
def test_a_flood_in_the_pipe_is_thrown_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = FORGER + (
        "def work():\n    for number in pipes():\n        os.set_blocking(number, True)\n"
        "        try:\n            for _ in range(40):\n                os.write(number, b'x' * 65536)\n"
        "            os.write(number, b'\\n' * 4096)\n"
        "        except OSError:\n            pass\n    return 1\n"
    )
    run = experiment(tmp_path, source, capsys)
    assert run["status"] == "done"
    assert any("did not count" in note for note in run["trials"][0]["notes"])


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="a subreaper is Linux's own")
def test_a_function_that_becomes_a_daemon_ends_with_its_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], no_orphans: StartedProcesses
) -> None:
    """Two forks, a session of its own, all signals ignored: `no_orphans` fails if it is still there."""
    source = """
import os, signal, time
def work():
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)
    time.sleep(60)
"""
    run = experiment(tmp_path, source, capsys, "--timeout", "1")
    assert run["failure"]["kind"] == "timeout"


@pytest.mark.real
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_users_process_is_refused_with_cause_and_remedy(
    started_processes: StartedProcesses,
) -> None:
    """By the command as by the list; `screenshot`, `audit` and the screen ask the same function."""
    python = next((one for one in (sys.executable, "/usr/bin/python3") if _can_import(one)), None)
    if python is None:
        pytest.skip("another user can read no Python and this source here")
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    pid = str(sleeper.pid)
    cause = f"process {pid} belongs to another user (uid 0): run gil-tui as that user or as root"
    try:
        for command in (["watch", "--seconds", "1", pid], ["watch", "--seconds", "1", "--json", pid]):
            refused = _as_another(python, "-m", "gil_tui", *command)
            assert refused.returncode == 1, command
            assert refused.stdout == "", command
            assert refused.stderr == f"gil-tui: {cause}\n", command
        listed = _as_another(python, "-m", "gil_tui", "list", "processes", "--json")
        row = next(one for one in json.loads(listed.stdout)["processes"] if one["pid"] == sleeper.pid)
        assert (row["watchable"], row["why"]) == (False, cause)
        shown = _as_another(python, "-m", "gil_tui", "list", "processes")
        assert cause in next(line for line in shown.stdout.splitlines() if line.split()[0] == pid)
    finally:
        sleeper.kill()
        sleeper.wait()


def _can_import(python: str) -> bool:
    with contextlib.suppress(OSError):
        return _as_another(python, "-c", "import gil_tui.cli, tomllib").returncode == 0
    return False


def _as_another(*command: str) -> subprocess.CompletedProcess[str]:
    """A command as a user without rights, whose home is nowhere."""
    own = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env=own | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
