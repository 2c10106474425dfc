import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.watch.tree import REFRESH_EVERY_S, ProcessStat, ProcessTree, parse_stat, read_stat, tree
from tests.watch.trees import process_stat, write


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def born(proc: Path, pid: int, parent: int, *, start: int = 1000, state: str = "S") -> None:
    write(proc / str(pid) / "stat", process_stat(pid, parent=parent, start=start, state=state))


def died(proc: Path, pid: int) -> None:
    shutil.rmtree(proc / str(pid))


def pids(stats: tuple[ProcessStat, ...]) -> list[int]:
    return [stat.pid for stat in stats]


@given(
    st.integers(1, 2**22),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=15),
    st.integers(0, 2**40),
)
def test_a_line_is_read_whatever_the_process_is_called(pid: int, name: str, ticks: int) -> None:
    stat = parse_stat(process_stat(pid, name=name, cpu_ticks=ticks, threads=7, start=42, rss_pages=3))
    assert stat is not None
    assert (stat.pid, stat.name, stat.cpu_ticks, stat.threads) == (pid, name, ticks, 7)
    assert stat.identity == (pid, 42)
    assert stat.rss_bytes == 3 * os.sysconf("SC_PAGE_SIZE")


@given(st.text())
def test_no_other_line_breaks_the_parser(text: str) -> None:
    assert parse_stat(text) is None or ")" in text


def test_the_tree_is_the_root_and_all_below_it(tmp_path: Path) -> None:
    for pid, parent in ((1, 0), (10, 1), (11, 10), (12, 11), (20, 1), (21, 20)):
        born(tmp_path, pid, parent)
    write(tmp_path / "uptime", "1 1")
    assert sorted(pids(tree(10, tmp_path))) == [10, 11, 12]
    assert pids(tree(10, tmp_path))[0] == 10
    assert tree(99, tmp_path) == ()


def test_zombies_do_not_count(tmp_path: Path) -> None:
    born(tmp_path, 10, 1)
    born(tmp_path, 11, 10, state="Z")
    assert pids(tree(10, tmp_path)) == [10]


def test_an_orphan_stays_a_member(tmp_path: Path) -> None:
    for pid, parent in ((10, 1), (11, 10), (12, 11)):
        born(tmp_path, pid, parent)
    members = ProcessTree(10, proc=tmp_path)
    members.scan()
    died(tmp_path, 11)
    born(tmp_path, 12, 1)
    born(tmp_path, 13, 12)
    assert sorted(pids(members.scan())) == [10, 12, 13]
    died(tmp_path, 10)
    born(tmp_path, 12, 1, state="Z")
    assert pids(members.scan()) == [13]


def test_a_number_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    for pid, parent in ((10, 1), (11, 10)):
        born(tmp_path, pid, parent, start=1000)
    members = ProcessTree(10, proc=tmp_path)
    members.scan()
    born(tmp_path, 11, 1, start=2000)
    assert pids(members.scan()) == [10]
    born(tmp_path, 10, 1, start=3000)
    assert members.scan() == (), "the root's number: still another process"


def test_a_strangers_number_may_become_a_childs(tmp_path: Path) -> None:
    clock = Clock()
    born(tmp_path, 10, 1)
    born(tmp_path, 11, 1)
    members = ProcessTree(10, clock=clock, proc=tmp_path)
    assert pids(members.scan()) == [10]
    born(tmp_path, 11, 10, start=2000)
    clock.now += REFRESH_EVERY_S
    assert pids(members.scan()) == [10, 11]


def test_strangers_are_not_read_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    born(tmp_path, 10, 1)
    for pid in range(100, 200):
        born(tmp_path, pid, 1)
    members = ProcessTree(10, proc=tmp_path)
    members.scan()
    reads = []

    def counting(pid: int, proc: Path) -> ProcessStat | None:
        reads.append(pid)
        return read_stat(pid, proc)

    monkeypatch.setattr("gil_tui.watch.tree.read_stat", counting)
    members.scan()
    assert reads == [10]


@pytest.mark.real
def test_a_storm_of_short_processes_is_survived() -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc here")
    storm = "import os\nfor _ in range(300):\n    if not os.fork(): os._exit(0)\n    os.wait()"
    with subprocess.Popen([sys.executable, "-c", storm]) as process:
        members = ProcessTree(process.pid)
        seen = set()
        while process.poll() is None:
            seen |= {stat.identity for stat in members.scan()}
            time.sleep(0.001)
        assert process.returncode == 0
        assert process.pid in {pid for pid, _ in seen}
        assert members.scan() == ()
