"""Targets: files of /proc and of control groups, with seeds from real ones."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from gil_tui.bench import accounting as bench_accounting
from gil_tui.lab.memory import parse_available, parse_droppable
from gil_tui.watch.access import parse_status
from gil_tui.watch.cgroups import Cgroup, cgroups_of, is_hidden, parse_pressure
from gil_tui.watch.cores import (
    busy_between,
    parse_allowed,
    parse_core_ticks,
    parse_online,
    steal_between,
)
from gil_tui.watch.frames import STATES
from gil_tui.watch.lane import Lane
from gil_tui.watch.memory import parse_maps
from gil_tui.watch.processes import (
    bracketed,
    container_pid,
    parse_pss,
    printable_command,
    python_of_maps,
    python_of_program,
    user_name,
)
from gil_tui.watch.syscalls import call_kind, call_table, descriptor_kind, parse_call
from gil_tui.watch.threads import printable_name
from gil_tui.watch.tree import parse_stat

HOST_STAT = (
    b"cpu  10 0 20 300 4 0 5 6 0 0\ncpu0 10 0 20 300 4 0 5 6 0 0\ncpu1 1 2 3 4\nintr 5 6\nctxt 7\n",
    b"cpu 1 2 3 4 5 6 7 8\ncpu12 11 0 20 300 4 0 5 6 0 0\ncpux 1 2 3 4\ncpu3 a b c d\n",
)
PROCESS_STAT = (
    b"4711 (python3.11) S 1 4711 4711 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 99 1000000 250 1844674407370",
    b"7 (a) b (c) R 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 99 1000000 250 1 2 3",
)
STATUS = (
    b"Name:\tx\nState:\tS (sleeping)\nPid:\t7\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t7\t1\nVmSize:\t 1 kB\n"
    b"VmHWM:\t 90 kB\nVmRSS:\t 80 kB\nCpus_allowed_list:\t0-3,8\nvoluntary_ctxt_switches:\t4\n",
    b"Name:\ta\rUid:\t0\nUid:\t7\t7\t7\t7\nNSpid:\t7\n",
    b"Cpus_allowed_list:\t0-99999999999\nUid:\t\xd9\xa1\xd9\xa1 99999999999999999999\n",
)
SCHEDSTAT = (b"1000 200 3\n2000 300 4\n2000 300 4\n90000 400 9\n", b"18446744073709551615 0 1\n-1 -2 -3\n")
SYSCALL = (
    b"202 0x7f0000001000 0x89 0x0 0x7ffe00 0x0 0xffffffff 0x7ffd0000 0x7f0000002000\n",
    b"running\n-1 0x7ffd0000 0x7f0000002000\n",
    b"0 0x3 0x0 0x0 0x0 0x0 0x0 0x7ffd0000 0x7f0000002000\n271 0x0 0x0 0 0 0 0 0 0\n72 1 7 0 0 0 0 0 0\n",
)
MAPS = (
    b"00400000-00401000 r-xp 00000000 08:01 12                         /usr/bin/python3.11\n"
    b"7f0000000000-7f0000001000 r--p 00000000 08:01 13 /usr/lib/libpython3.11.so.1.0 (deleted)\n"
    b"7ffd00000000-7ffd00001000 rw-p 00000000 00:00 0 [stack]\n",
    b"1-2 r 0 0 0 /a\rb\n3-4 x 0 0 0 /opt/lib/libpypy3.9-c.so\n",
)
CMDLINE = (
    b"python3\0-c\0import time\0",
    b"/usr/bin/pypy3 (deleted)\0\x1b]0;gone\x07\0\xe2\x80\xaeabc",
    b"\0\0\0",
)
COMM = (b"python3\n", b"\x1b[31mred\n", b"\xe2\x80\xae\xc2\x9b\xff\xed\xa0\x80")
MEMORY = (
    b"MemTotal: 8000 kB\nMemAvailable:    4000 kB\nPss:       123 kB\ninactive_file 77\n",
    b"Rss: 1 kB\nPss: x kB\nPrivate_Clean: 4 kB\nPrivate_Dirty: 5 kB\nMemAvailable:\n",
)
CGROUPS = (
    b"0::/a/b\x0032 31 0:29 / ROOT rw - cgroup2 x rw\x0050000 100000\0nr_periods 5\nnr_throttled 2\n",
    b"0::/docker/x/a\x0032 31 0:29 /docker/x ROOT rw - cgroup2 x rw\0max 100000\0nr_periods 5\n",
    b"0::/../x\x0032 31 0:29 /.. ROOT rw - cgroup2 x rw\0max 100000\0nr_periods 5\n",
    b"3:cpu,cpuacct:/a\n1:name=systemd:/\n0::/../x\x0032 31 0:29 /\\040 ROOT/cpu,cpuacct rw\n\x001\x001\n",
)
PRESSURE = (
    b"some avg10=0.00 avg60=0.00 avg300=0.00 total=12345\nfull avg10=0.00 total=7\n",
    b"some total=\xd9\xa1\n",
)
DESCRIPTOR = (b"socket:[4711]", b"anon_inode:[timerfd]", b"/dev/pts/3", b"/tmp/\x1b[2J (deleted)")

_X86, _ARM = call_table("x86_64"), call_table("aarch64")
_MOST_CPUS = 100_000


def text_of(data: bytes) -> str:
    """As the kernel's files are decoded."""
    return data.decode("utf-8", "replace")


def obeyed(text: str) -> bool:
    """Would a terminal obey something in this line?"""
    return not all(character.isprintable() for character in text)


def host_stat(data: bytes) -> None:
    """/proc/stat, two readings of it."""
    first, _, second = text_of(data).partition("\0")
    before, after = parse_core_ticks(first), parse_core_ticks(second or first)
    assert len(parse_online(first)) <= _MOST_CPUS
    shares = busy_between(before, after).values()
    assert all(share is None or 0 <= share <= 1 for share in shares)
    stolen = steal_between(before, after)
    assert stolen is None or 0 <= stolen <= 1


def process_stat(data: bytes) -> None:
    """/proc/PID/stat."""
    stat = parse_stat(text_of(data))
    if stat:
        assert not obeyed(bracketed(stat.name))


def status(data: bytes) -> None:
    """/proc/PID/status."""
    text = text_of(data)
    parse_status(data)
    user_name(text)
    container_pid(text)
    allowed = parse_allowed(text)
    assert allowed is None or len(allowed) <= _MOST_CPUS


def schedstat(data: bytes) -> None:
    """/proc/PID/task/TID/schedstat, a line a sample, down to the shares of a frame."""
    lane = Lane(7, born_s=0.0, since_s=0.0)
    for tick, line in enumerate(data.split(b"\n")[:20], 1):
        lane.settle(line, tick * 0.1, tick, 1)
        lane.state = len(line) % len(STATES)
        lane.counts[lane.state] += 1
    for end_s in (2.0, 3.0):
        shares, _, _ = lane.close_frame(end_s - 1, end_s)
        assert abs(sum(shares.values()) - 1) < 0.001
        assert all(0 <= share <= 1 for share in shares.values())


def syscall(data: bytes) -> None:
    """/proc/PID/task/TID/syscall, a line a thread."""
    for line in data.split(b"\n")[:8]:
        call = parse_call(line)
        if call:
            call_kind(call, _X86)
            call_kind(call, _ARM)


def maps(data: bytes) -> None:
    """/proc/PID/maps."""
    text = text_of(data)
    python = python_of_maps(text)
    assert python is None or not obeyed(python)
    for mapping in parse_maps(text.split("\n")):
        assert "/" not in mapping.name


def cmdline(data: bytes) -> None:
    """/proc/PID/cmdline."""
    text = text_of(data)
    assert not obeyed(printable_command(text))
    python = python_of_program(text.partition("\0")[0])
    assert python is None or not obeyed(python)


def comm(data: bytes) -> None:
    """/proc/PID/task/TID/comm."""
    assert not obeyed(printable_name(data))
    assert not obeyed(bracketed(text_of(data)))


def memory(data: bytes) -> None:
    """/proc/PID/smaps_rollup, /proc/meminfo and memory.stat."""
    text = text_of(data)
    parse_pss(text)
    parse_available(text)
    parse_droppable(text, "inactive_file")


def pressure(data: bytes) -> None:
    """/proc/pressure/cpu."""
    parse_pressure(text_of(data))


def descriptor(data: bytes) -> None:
    """What a link in /proc/PID/fd says."""
    descriptor_kind(text_of(data))


def cgroups(data: bytes) -> None:
    """/proc/PID/cgroup, what is mounted and the files of the group, separated by NUL, in real files."""
    tree = _tree()
    root, process = tree / "root", tree / "proc/7"
    membership, mounts, limit, counters = (*data.split(b"\0", 3), b"", b"", b"")[:4]
    (process / "cgroup").write_bytes(membership)
    (tree / "proc/self/mountinfo").write_bytes(mounts.replace(b"ROOT", os.fsencode(root)))
    (root / "cpu.max").write_bytes(limit)
    (root / "cpu.cfs_quota_us").write_bytes(limit)
    (root / "cpu.cfs_period_us").write_bytes(counters)
    (root / "cpu.stat").write_bytes(counters)
    for controller in ("cpu", "memory"):
        for group in cgroups_of(process, controller, root):
            assert root == group.directory or root in group.directory.parents
            assert ".." not in group.directory.parts
        is_hidden(process, controller, root)
    for version in (1, 2):
        whole = Cgroup(root, version)
        quota = whole.quota_cpus()
        assert quota is None or quota > 0
        whole.periods()


def accounting(data: bytes) -> None:
    """The bench's own reading of status and smaps_rollup."""
    path = _tree() / "proc/7/status"
    path.write_bytes(data)
    bench_accounting._numbers(str(path))


def scratch_folder() -> Path:
    """A folder of this process."""
    folder = Path(tempfile.mkdtemp(prefix="gil-tui-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _tree() -> Path:
    folder = scratch_folder()
    for name in ("proc/7", "proc/self", "root/a/b", "root/cpu,cpuacct/a"):
        (folder / name).mkdir(parents=True)
    (folder / "root/cgroup.controllers").touch()
    return folder
