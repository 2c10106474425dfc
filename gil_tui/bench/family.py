"""Who descends from a process, by /proc; nobody where there is no /proc."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List


def descendants(pid: int) -> List[int]:
    """All processes below `pid`, parents before their children.

    A process whose parent has ended is found below init or the nearest subreaper instead.
    """
    everybody = None if os.path.exists("/proc/thread-self/children") else _children_of_all()
    found = [pid]
    for parent in found:
        found += _children(parent) if everybody is None else everybody.get(parent, [])
    return found[1:]


def _children(pid: int) -> List[int]:
    """The kernel keeps a list for each thread, of the processes that it forked (proc_pid_children(5))."""
    found = []
    tasks = "/proc/%d/task" % pid
    for tid in entries(tasks):
        found += [int(child) for child in read("%s/%s/children" % (tasks, tid)).split()]
    return found


def _children_of_all() -> Dict[int, List[int]]:
    """For kernels built without CONFIG_PROC_CHILDREN: every process's parent, turned round."""
    found: Dict[int, List[int]] = {}
    for name in entries("/proc"):
        if name.isdecimal():
            stat = stat_fields(int(name))
            if stat:
                found.setdefault(int(stat[1]), []).append(int(name))
    return found


def stat_fields(pid: int) -> List[str]:
    """The fields of /proc/PID/stat from the state on (proc_pid_stat(5)); empty for a process that is gone.

    The command before them may hold blanks and parentheses.
    """
    return read("/proc/%d/stat" % pid).rpartition(")")[2].split()


def entries(folder: str) -> List[str]:
    """Names in a folder of /proc, none if it is gone."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def read(path: str) -> str:
    """The text of a file of /proc, empty if it is gone or may not be read."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
