"""A refusal names what stands in the way on this host, and what would help."""

import os
import sys
from pathlib import Path

import pytest

from gil_tui.watch.access import gone, may_read, refusal, refused
from gil_tui.watch.memory import Memory

ALL = "000001ffffffffff"
DOCKER = "00000000a80425fb"
"""What a container has by default: no CAP_SYS_PTRACE."""
PTRACE_ALONE = "0000000000080000"


def proc_of(
    tmp_path: Path, *, owner: int = 33, own: str = "0", scope: int | None = None, hidepid: str = ""
) -> Path:
    """A /proc with one process, 7, and what it tells of the one that looks."""
    for name, lines in (("7", [f"Uid:\t{owner}"]), ("self", [f"CapEff:\t{own}"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "status").write_text("\n".join(["State:\tS (sleeping)", "VmSize:\t9 kB", *lines]))
    option = f",hidepid={hidepid}" if hidepid else ""
    (tmp_path / "self" / "mounts").write_text(f"proc {tmp_path} proc rw,relatime{option} 0 0\n")
    if scope is not None:
        yama = tmp_path / "sys" / "kernel" / "yama"
        yama.mkdir(parents=True)
        (yama / "ptrace_scope").write_text(f"{scope}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("euid", "own", "scope", "words"),
    [
        (0, DOCKER, None, ("root without CAP_SYS_PTRACE", "uid 33", "--cap-add SYS_PTRACE", "be uid 33")),
        (0, ALL, None, ("even to CAP_SYS_PTRACE", "AppArmor", "watch from the host")),
        (0, PTRACE_ALONE, None, ("CAP_SYS_PTRACE alone", "uid 33", "CAP_DAC_READ_SEARCH", "be uid 33")),
        (33, PTRACE_ALONE, None, ("even to CAP_SYS_PTRACE",)),
        (0, ALL, 3, ("ptrace_scope 3", "root neither", "next boot")),
        (1000, "0", 1, ("another user (uid 33)", "as that user or as root")),
        (33, "0", 1, ("ptrace_scope 1", "gil-tui watch -- COMMAND", "become root")),
        (33, "0", 2, ("ptrace_scope 2", "become root")),
        (33, "0", None, ("protected", "not dumpable", "as root")),
    ],
)
def test_cause_and_remedy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    euid: int,
    own: str,
    scope: int | None,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    said = refusal(7, proc_of(tmp_path, own=own, scope=scope))
    assert [word for word in words if word not in said] == []
    assert "\n" not in said


@pytest.mark.parametrize("hidepid", ["invisible", "2", "ptraceable"])
def test_a_process_that_is_not_seen_may_be_hidden(tmp_path: Path, hidepid: str) -> None:
    said = gone(8, proc_of(tmp_path, hidepid=hidepid))
    assert "no process 8" in said and "hidepid" in said and "as root" in said


def test_who_may_trace_all_is_not_told_of_hidepid(tmp_path: Path) -> None:
    said = gone(8, proc_of(tmp_path, own=ALL, hidepid="2"))
    assert "hidepid" not in said and "gil-tui list processes" in said


def test_a_number_from_outside_of_a_container_is_thought_of(tmp_path: Path) -> None:
    said = gone(8, proc_of(tmp_path))
    assert "no process 8 here" in said and "container" in said and "hidepid" not in said


def test_memory_that_may_not_be_opened_leaves_no_other_complaint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    with pytest.raises(FileNotFoundError):
        Memory(8, tmp_path)
    assert complaints == []


def test_who_may_not_read_is_refused_and_who_may_is_not(tmp_path: Path) -> None:
    """Links to themselves and folders stand for what root, too, may not open or not read."""
    proc = proc_of(tmp_path)
    (proc / "7" / "mem").symlink_to("mem")
    assert not may_read(7, proc)
    assert refused(7, proc) == refusal(7, proc)
    (proc / "7" / "mem").unlink()
    (proc / "7" / "mem").write_bytes(b"")
    assert may_read(7, proc), "a kernel without the file `syscall`"
    (proc / "7" / "syscall").mkdir()
    assert not may_read(7, proc), "open, and yet not to be read"
    (proc / "7" / "syscall").rmdir()
    (proc / "7" / "syscall").write_text("running\n")
    assert refused(7, proc) == ""
    assert refused(8, proc) == gone(8, proc) != ""


def test_what_ends_while_it_is_asked_for_is_gone_and_not_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["", "process 7 has ended and waits for its parent (a zombie)"])
    monkeypatch.setattr("gil_tui.watch.access.gone", lambda *_: next(answers))
    assert "a zombie" in refused(7, proc_of(tmp_path))
