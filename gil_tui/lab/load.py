"""What a trial and the host do meanwhile: CPU time of a tree of processes, and the CPUs' clock.

Sources: proc_pid_stat(5), proc_pid_task(5) (`children`), the kernel's cpufreq documentation
(`scaling_cur_freq`). Where one of them is missing, as /sys is in most virtual machines, the answer is None.
"""

import contextlib
import os
from pathlib import Path

PROC = Path("/proc")
CPUFREQ = Path("/sys/devices/system/cpu/cpufreq")
MOST_POLICIES = 32
"""Clocks that are read on a host with many: each read may wake a CPU."""

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def tree_cpu_s(pid: int, proc: Path = PROC) -> float | None:
    """CPU time of a process, its descendants and those that they have waited for; None once it is gone."""
    root = _cpu_s(pid, proc)
    if root is None:
        return None
    total, parents = root, [pid]
    while parents:
        for child in _children(parents.pop(), proc):
            total += _cpu_s(child, proc) or 0.0
            parents.append(child)
    return total


def clock_ghz(cpufreq: Path = CPUFREQ) -> float | None:
    """The highest clock of the CPUs now, in GHz; None where the kernel does not tell."""
    policies = sorted(cpufreq.glob("policy*/scaling_cur_freq"))
    clocks = []
    for policy in policies[:: max(1, len(policies) // MOST_POLICIES)]:
        with contextlib.suppress(OSError, ValueError):  # a CPU that is offline has no clock
            clocks.append(int(policy.read_text("ascii")) / 1e6)
    return max(clocks, default=None)


def _cpu_s(pid: int, proc: Path) -> float | None:
    try:
        fields = (proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return sum(map(int, fields[11:15])) * _TICK_S


def _children(pid: int, proc: Path) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):  # the process has ended: Path.glob raises then
        for path in (proc / str(pid) / "task").glob("*/children"):
            with contextlib.suppress(OSError):  # the thread has ended
                found += map(int, path.read_text("ascii").split())
    return found
