"""`doctor` says what is there and what would help, and changes nothing."""

import json
import os
from pathlib import Path

import pytest

from gil_tui import cli
from gil_tui.commands import checks
from gil_tui.commands.checks import (
    FIRST_PIDS,
    FIRST_USERS,
    Check,
    check_cgroup,
    check_container,
    check_cpus,
    check_history,
    check_load,
    check_tool,
    check_watching,
)
from gil_tui.history import default_path
from gil_tui.lab.interpreters import Interpreter
from gil_tui.watch.cores import EffectiveCpus

ORDINARY = Interpreter("/usr/bin/python3.13", "cpython", "3.13.2", False, "3.13", "path")
FREE = Interpreter("/usr/bin/python3.13t", "cpython", "3.13.2", True, "3.13t", "path")


@pytest.fixture(autouse=True)
def few_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_interpreters", lambda: [ORDINARY])


def test_every_line_has_a_state_and_what_is_missing_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    found = {check["name"]: check for check in document["checks"]}
    assert document["schema"] == "gil-tui/doctor/1"
    assert {
        "system",
        "cpus",
        "interpreters",
        "history",
        "terminal",
        "watching",
        "container",
        "cgroup",
        "perf",
        "py-spy",
    } <= found.keys()
    for check in found.values():
        assert check["state"] in ("ok", "warn", "missing")
        assert check["finding"]
        assert check["remedy"] or check["state"] != "missing"
    assert found["free-threaded"]["state"] == "missing"
    assert not default_path().exists()


def test_as_text_each_check_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines if line.startswith("ok       interpreters")] == [
        ["ok", "interpreters"]
    ]
    assert any(line.startswith("missing  free-threaded") for line in lines)


def test_a_free_threaded_interpreter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_interpreters", lambda: [ORDINARY, FREE])
    assert list(checks.check_interpreters())[1] == Check("free-threaded", "ok", "3.13t")


@pytest.mark.parametrize(
    ("count", "limited_by", "state", "finding"),
    [
        (8, "online", "ok", "8 of 8 may be used: all that are online"),
        (1.5, "quota", "warn", "1.5 of 8 may be used: limited by a cgroup quota"),
    ],
)
def test_cpus_say_why(
    count: float, limited_by: str, state: str, finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "effective_cpus", lambda: EffectiveCpus(count, 8, limited_by))
    check = check_cpus()
    assert (check.state, check.finding) == (state, finding)


def test_other_work_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (7.5, 1.0, 1.0))
    monkeypatch.setattr(checks, "effective_cpus", lambda: EffectiveCpus(8, 8, "online"))
    assert check_load().state == "warn"


def test_the_history_is_looked_at(kept_runs: list[int], tmp_path: Path) -> None:
    assert check_history() == Check("history", "ok", f"3 runs in {default_path()}")
    damaged = tmp_path / "history.sqlite3"
    damaged.write_bytes(b"not a database, " * 100)
    check = check_history(damaged)
    assert check.state == "missing"
    assert "is damaged" in check.finding
    file = tmp_path / "file"
    file.touch()
    assert check_history(file / "gil-tui" / "history.sqlite3").state == "missing"


def proc_tree(
    root: Path, *, capabilities: str = "0000000000000000", scope: int | None = None, hidden: bool = False
) -> Path:
    own = root / "self"
    own.mkdir()
    (own / "mem").touch()
    (own / "status").write_text(f"Name:\tpython\nCapEff:\t{capabilities}\n")
    if not hidden:
        (root / "1").mkdir()
        (root / "1" / "stat").touch()
    if scope is not None:
        yama = root / "sys" / "kernel" / "yama"
        yama.mkdir(parents=True)
        (yama / "ptrace_scope").write_text(f"{scope}\n")
    return root


def test_watching_all(tmp_path: Path) -> None:
    assert check_watching(proc_tree(tmp_path, capabilities="000001ffffffffff")).state == "ok"


def test_watching_without_the_capability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    check = check_watching(proc_tree(tmp_path, capabilities="00000000a80425fb"))
    assert check.state == "warn"
    assert "--cap-add SYS_PTRACE" in check.remedy and "securityContext" in check.remedy


def test_watching_as_an_ordinary_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert check_watching(proc_tree(tmp_path, scope=0)).state == "ok"


def test_watching_where_the_kernel_restricts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    check = check_watching(proc_tree(tmp_path, scope=1))
    assert check.state == "warn"
    assert "ptrace_scope 1" in check.finding and "gil-tui watch -- COMMAND" in check.remedy


def test_watching_where_nobody_may(tmp_path: Path) -> None:
    check = check_watching(proc_tree(tmp_path, scope=3, capabilities="000001ffffffffff"))
    assert check.state == "missing" and "ptrace_scope 3" in check.finding


def test_watching_where_processes_are_hidden(tmp_path: Path) -> None:
    check = check_watching(proc_tree(tmp_path, hidden=True))
    assert check.state == "warn"
    assert "hidepid" in check.remedy


def in_namespaces(proc: Path, pids: str, users: str) -> Path:
    folder = proc / "self" / "ns"
    folder.mkdir(parents=True)
    (folder / "pid").symlink_to(pids)
    (folder / "user").symlink_to(users)
    return proc


@pytest.mark.parametrize(
    ("mark", "pids", "users", "state", "words"),
    [
        (
            "",
            FIRST_PIDS,
            FIRST_USERS,
            "ok",
            "not in a container that is known; the host's processes are seen",
        ),
        (".dockerenv", FIRST_PIDS, FIRST_USERS, "ok", "(Docker); the host's"),
        ("run/.containerenv", "pid:[4026532198]", FIRST_USERS, "warn", "(Podman), in a process namespace"),
        ("var/run/secrets/kubernetes.io", "pid:[4026532198]", FIRST_USERS, "warn", "(Kubernetes)"),
        ("", FIRST_PIDS, "user:[4026532200]", "warn", "in a user namespace"),
    ],
)
def test_a_container_is_told(
    tmp_path: Path, mark: str, pids: str, users: str, state: str, words: str
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    if mark:
        (root / mark).mkdir(parents=True)
    check = check_container(in_namespaces(tmp_path / "proc", pids, users), root)
    assert check.state == state and words in check.finding
    assert check.remedy or state == "ok"


def test_a_host_without_control_groups_is_told(tmp_path: Path) -> None:
    check = check_cgroup(tmp_path)
    assert check.state == "warn" and "/sys/fs/cgroup" in check.remedy


def test_watching_without_proc(tmp_path: Path) -> None:
    assert check_watching(tmp_path).state == "missing"


def test_a_tool_that_is_not_there() -> None:
    assert check_tool("no-such-tool", "nothing", "none").state == "missing"
    assert check_tool("sh", "nothing", "none").state == "ok"
