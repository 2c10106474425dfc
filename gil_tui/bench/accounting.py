"""What the processes of an experiment use: CPU time, memory, context switches."""

from __future__ import annotations

import os
import resource
import sys
import time

from .family import descendants, entries, read, stat_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Sequence

KIB = 1024


class Usage:
    """CPU time and context switches of a tree since its processes began; two of them can be subtracted."""

    def __init__(self, cpu_s: float, voluntary: int, involuntary: int) -> None:
        self.cpu_s = cpu_s
        self.voluntary = voluntary
        self.involuntary = involuntary

    def __sub__(self, earlier: Usage) -> Usage:
        return Usage(
            max(0.0, self.cpu_s - earlier.cpu_s),
            max(0, self.voluntary - earlier.voluntary),
            max(0, self.involuntary - earlier.involuntary),
        )


def usage(helpers: Sequence[int] = ()) -> Usage:
    """The usage of this process, of its living descendants, and of those that they have waited for.

    `helpers` and what they started do not count. Without /proc: this process and its ended children.
    """
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = Usage(time.process_time() + ended.ru_utime + ended.ru_stime, own.ru_nvcsw, own.ru_nivcsw)
    for pid in _others(helpers):
        total.cpu_s += _cpu_s(pid) + _cpu_of_ended_children_s(pid)
        for tid in entries("/proc/%d/task" % pid):
            status = _numbers("/proc/%d/task/%s/status" % (pid, tid))
            total.voluntary += status.get("voluntary_ctxt_switches", 0)
            total.involuntary += status.get("nonvoluntary_ctxt_switches", 0)
    return total


def peak_pss_bytes(helpers: Sequence[int] = (), guardian: Optional[int] = None) -> Optional[int]:
    """PSS of this process and its descendants, plus what each gave back since its own peak of RSS.

    Pages that the experiment shares with its `guardian`, a fork of it, count in full. None where the
    kernel does not tell (no smaps_rollup before Linux 4.14, none on other systems).
    """
    total = 0
    for pid in [os.getpid(), *_others(helpers)]:
        memory = _numbers("/proc/%d/smaps_rollup" % pid)
        status = _numbers("/proc/%d/status" % pid)
        if "Pss" in memory:
            total += memory["Pss"] + max(0, status.get("VmHWM", 0) - status.get("VmRSS", 0))
        elif pid == os.getpid():
            return None
    if guardian is not None:
        memory = _numbers("/proc/%d/smaps_rollup" % guardian)
        private = memory.get("Private_Clean", 0) + memory.get("Private_Dirty", 0)
        total += max(0, memory.get("Pss", 0) - private)
    return total * KIB


def _others(helpers: Sequence[int]) -> List[int]:
    left_out = set(helpers)
    for helper in helpers:
        left_out.update(descendants(helper))
    return [pid for pid in descendants(os.getpid()) if pid not in left_out]


def _cpu_s(pid: int) -> float:
    """CPU time of another process with all its threads, ended ones too, to the nanosecond.

    The clock's number holds the process's, as clock_getcpuclockid(3) computes it on Linux:
    MAKE_PROCESS_CPUCLOCK in linux/posix-timers.h.
    """
    if not sys.platform.startswith("linux"):
        return 0.0
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # gone
        return 0.0


def _cpu_of_ended_children_s(pid: int) -> float:
    """cutime and cstime of /proc/PID/stat; the state is field 3 there and 0 here."""
    stat = stat_fields(pid)
    return (int(stat[13]) + int(stat[14])) / os.sysconf("SC_CLK_TCK") if len(stat) > 14 else 0.0


def _numbers(path: str) -> Dict[str, int]:
    """The lines `Name:  123 kB` of a file of /proc."""
    found = {}
    for line in read(path).splitlines():
        name, _, value = line.partition(":")
        first = value.split(None, 1)[:1]
        if first and first[0].isdecimal():
            found[name] = int(first[0])
    return found
