import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.watch.processes import (
    PSS_EVERY_S,
    PSS_SOON_S,
    ProcessMeter,
    ProcessTable,
    command_of,
    container_pid,
    parse_pss,
    process_cpu_ns,
    python_of_maps,
    python_of_program,
    python_processes,
    user_name,
)
from gil_tui.watch.tree import ProcessStat, parse_stat
from tests.watch.trees import process_stat, write

TICKS = os.sysconf("SC_CLK_TCK")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def process(
    proc: Path, pid: int, program: str, command: str = "", *, readable: bool = True, cpu_ticks: int = 0
) -> None:
    folder = proc / str(pid)
    write(folder / "stat", process_stat(pid, start=10 * TICKS, cpu_ticks=cpu_ticks, threads=3))
    write(folder / "status", f"State:\tS\nUid:\t0\t0\t0\t0\nNSpid:\t{pid}\t7\nVmSize:\t9 kB\n")
    write(folder / "cmdline", command)
    if program:
        (folder / "exe").symlink_to(program)
    if readable:
        write(folder / "syscall", "running\n")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    write(tmp_path / "stat", "cpu 1 2 3 4\n")
    return tmp_path


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("/usr/bin/python3.11", "CPython 3.11"),
        ("/usr/bin/python3.11 (deleted)", "CPython 3.11"),
        ("/opt/python3.13t/bin/python3.13t", "CPython 3.13t"),
        ("python3", "CPython 3"),
        ("python", "CPython"),
        ("/usr/bin/python3.12-dbg", "CPython 3.12"),
        ("/usr/lib/pypy/bin/pypy3.9", "PyPy 3.9"),
        ("/usr/bin/pypy3-c", "PyPy 3"),
        ("/usr/bin/pythonista-editor", None),
        ("/usr/bin/bash", None),
        ("/srv/python3.11/bash", None),
        ("", None),
    ],
)
def test_interpreters_by_the_name_of_the_program(program: str, expected: str | None) -> None:
    assert python_of_program(program) == expected


def test_interpreters_by_the_library_of_a_program() -> None:
    line = "7f00-7f01 r-xp 00000000 08:01 42 /usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0\n"
    assert python_of_maps("7f-80 r-xp 0 0 0 /usr/bin/uwsgi\n" + line) == "CPython 3.11"
    assert python_of_maps("7f-80 r-xp 0 0 0 /lib/libc.so.6\n") is None


@given(st.text())
def test_parsers_survive_any_text(text: str) -> None:
    python_of_program(text)
    python_of_maps(text)
    parse_pss(text)
    user_name(f"Uid:{text}")
    container_pid(f"NSpid:{text}")


def test_the_list_names_python_processes_only(proc: Path) -> None:
    process(proc, 7, "/usr/bin/python3.11", "python3\0-m\0http.server\0")
    process(proc, 8, "/usr/bin/bash", "bash\0")
    process(proc, 9, "/usr/bin/uwsgi", "uwsgi\0")
    write(proc / "9/maps", "7f-80 r-xp 0 0 0 /usr/lib/libpython3.12.so.1.0\n")
    rows = {row.pid: row for row in ProcessTable(proc, uptime_s=lambda: 30.0).read()}
    assert rows.keys() == {7, 9}
    assert (rows[7].python, rows[7].command) == ("CPython 3.11", "python3 -m http.server")
    assert (rows[7].age_s, rows[7].threads, rows[7].user) == (20.0, 3, "root")
    assert rows[7].container_pid == 7
    assert rows[7].watchable and not rows[7].why
    assert rows[9].python == "CPython 3.12"


def test_this_process_is_not_in_its_own_list(proc: Path) -> None:
    process(proc, 7, "/usr/bin/python3.11")
    assert ProcessTable(proc, own_pid=7).read() == []


def test_what_may_not_be_watched_says_why(proc: Path) -> None:
    process(proc, 7, "/usr/bin/python3.11", "python3\0", readable=False)
    (row,) = ProcessTable(proc, uptime_s=lambda: 30.0).read()
    assert not row.watchable
    assert "7" in row.why


def test_a_program_that_cannot_be_read_is_known_by_its_command(proc: Path) -> None:
    process(proc, 7, "", "/usr/bin/python3\0app.py\0", readable=False)
    assert [row.python for row in ProcessTable(proc).read()] == ["CPython 3"]


def test_cpu_is_since_the_beginning_and_then_since_the_reading_before(proc: Path) -> None:
    clock = Clock()
    process(proc, 7, "/usr/bin/python3.11", cpu_ticks=45 * TICKS)
    table = ProcessTable(proc, uptime_s=clock)
    assert table.read()[0].cpu_share == 0.5
    clock.now += 2.0
    write(proc / "7/stat", process_stat(7, start=10 * TICKS, cpu_ticks=48 * TICKS))
    assert table.read()[0].cpu_share == 1.5


def test_the_busiest_come_first(proc: Path) -> None:
    for pid, seconds in ((7, 1), (8, 9), (9, 4)):
        process(proc, pid, "/usr/bin/python3.11", cpu_ticks=seconds * TICKS)
    assert [row.pid for row in ProcessTable(proc).read()] == [8, 9, 7]


def test_commands_are_fit_for_a_terminal(proc: Path) -> None:
    write(proc / "7/cmdline", "python3\0\x1b[2Jboo\0" + "x" * 10_000)
    command = command_of(7, proc)
    assert "\x1b" not in command
    assert len(command) <= 400


def test_without_proc_nothing_may_be_watched(tmp_path: Path) -> None:
    rows = python_processes(tmp_path)
    assert all("Linux" in row.why and not row.watchable for row in rows)


SMAPS = "5500-7ffd ---p 0 0 0 [rollup]\nRss:    900 kB\nPss:    400 kB\nPss_Dirty: 100 kB\nSwapPss: 0 kB\n"


def stat_of(pid: int) -> ProcessStat:
    stat = parse_stat(process_stat(pid, rss_pages=2, threads=5, parent=3))
    assert stat is not None
    return stat


def test_memory_and_cpu_of_one_process(proc: Path) -> None:
    clock, used_ns = Clock(), [0]
    process(proc, 7, "/usr/bin/python3.11", "python3\0app.py\0")
    write(proc / "7/smaps_rollup", SMAPS)
    meter = ProcessMeter(7, clock=clock, proc=proc, cpu_clock=lambda _: used_ns[0])
    clock.now, used_ns[0] = 100.5, 750_000_000
    frame = meter.frame(stat_of(7), "CPython 3.11.7", False)
    assert (frame.cpu_share, frame.pss_bytes, frame.threads) == (1.5, 400 * 1024, 5)
    assert frame.rss_bytes == 2 * os.sysconf("SC_PAGE_SIZE")
    assert (frame.command, frame.parent_pid, frame.python) == ("python3 app.py", 3, "CPython 3.11.7")


def test_pss_is_read_seldom(proc: Path) -> None:
    clock = Clock()
    process(proc, 7, "")
    write(proc / "7/smaps_rollup", SMAPS)
    meter = ProcessMeter(7, clock=clock, proc=proc, cpu_clock=lambda _: 0)
    meter.frame(stat_of(7), None, None)
    write(proc / "7/smaps_rollup", SMAPS.replace("400", "500"))
    clock.now += PSS_SOON_S / 2
    assert meter.frame(stat_of(7), None, None).pss_bytes == 400 * 1024
    clock.now += PSS_SOON_S
    assert meter.frame(stat_of(7), None, None).pss_bytes == 500 * 1024
    write(proc / "7/smaps_rollup", SMAPS.replace("400", "600"))
    clock.now += PSS_EVERY_S / 2
    assert meter.frame(stat_of(7), None, None).pss_bytes == 500 * 1024
    clock.now += PSS_EVERY_S
    assert meter.frame(stat_of(7), None, None).pss_bytes == 600 * 1024


def test_of_another_program_everything_is_read_anew(proc: Path) -> None:
    clock = Clock()
    process(proc, 7, "", "sh\0run\0")
    write(proc / "7/smaps_rollup", SMAPS)
    meter = ProcessMeter(7, clock=clock, proc=proc, cpu_clock=lambda _: 0)
    assert meter.frame(stat_of(7), None, None).command == "sh run"
    write(proc / "7/cmdline", "python3\0app.py\0")
    write(proc / "7/smaps_rollup", SMAPS.replace("400", "500"))
    meter.renew()
    frame = meter.frame(stat_of(7), None, None)
    assert (frame.command, frame.pss_bytes) == ("python3 app.py", 500 * 1024)


def test_a_process_that_is_gone_uses_nothing(proc: Path) -> None:
    def refuse(pid: int) -> int:
        raise ProcessLookupError(pid)

    meter = ProcessMeter(7, proc=proc, cpu_clock=refuse)
    frame = meter.frame(stat_of(7), None, None)
    assert (frame.cpu_share, frame.pss_bytes, frame.command) == (0.0, None, "[python3]")


@pytest.mark.real
def test_the_cpu_clock_of_a_process_is_exact() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux numbers its clocks like this")
    before = process_cpu_ns(os.getpid())
    sum(range(200_000))
    after = process_cpu_ns(os.getpid())
    assert 0 < after - before < 5_000_000_000
    with pytest.raises(OSError):
        process_cpu_ns(2**22 + 1)


@pytest.mark.real
def test_this_process_is_found_by_another_table() -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc here")
    row = next(row for row in ProcessTable(own_pid=0).read() if row.pid == os.getpid())
    assert row.python.startswith(("CPython", "PyPy"))
    assert row.watchable, row.why
    assert row.rss_bytes > 1_000_000
    assert row.threads >= 1
