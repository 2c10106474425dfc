"""A process and its descendants, followed while they come and go.

Sources: proc_pid_stat(5). A process id alone does not name a process, since ids are used again; id and
start time together do.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

REFRESH_EVERY_S = 5.0
"""Processes outside of the tree are read once, when they appear, and all again after this time."""

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ENDED = "ZXx"


@dataclass(frozen=True, slots=True)
class ProcessStat:
    """One line of `/proc/PID/stat`; times are clock ticks (`SC_CLK_TCK` a second), CPU of all threads."""

    pid: int
    name: str
    state: str
    parent_pid: int
    cpu_ticks: int
    threads: int
    start_ticks: int
    rss_bytes: int

    @property
    def identity(self) -> tuple[int, int]:
        """Process id and start time."""
        return self.pid, self.start_ticks

    @property
    def ended(self) -> bool:
        """It is a zombie: it has ended and its parent has not looked yet."""
        return self.state in _ENDED


def parse_stat(line: str) -> ProcessStat | None:
    """A line of `/proc/PID/stat`, whatever stands in the name; None if it is not one."""
    head, _, tail = line.rpartition(")")
    pid, _, name = head.partition("(")
    words = tail.split()
    try:
        return ProcessStat(
            pid=int(pid),
            name=name,
            state=words[0],
            parent_pid=int(words[1]),
            cpu_ticks=int(words[11]) + int(words[12]),
            threads=int(words[17]),
            start_ticks=int(words[19]),
            rss_bytes=int(words[21]) * _PAGE_BYTES,
        )
    except (ValueError, IndexError):
        return None


def read_stat(pid: int, proc: Path = Path("/proc")) -> ProcessStat | None:
    """What the kernel says of a process, zombies included; None once it is gone."""
    try:
        descriptor = os.open(f"{proc}/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return parse_stat(os.read(descriptor, 1024).decode("utf-8", "replace"))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def process_ids(proc: Path = Path("/proc")) -> set[int]:
    """The processes that this /proc shows."""
    return {int(name) for name in os.listdir(proc) if name.isdecimal()}  # noqa: PTH208  (ten times cheaper)


def tree(root: int, proc: Path = Path("/proc")) -> tuple[ProcessStat, ...]:
    """A process and its descendants as they are now, the root first; empty if it has ended."""
    return ProcessTree(root, proc=proc).scan()


class ProcessTree:
    """The tree under `root`: who has once belonged to it does so until the end, even without a parent.

    A scan lists /proc and reads the members and whoever is new, so a host full of other processes costs
    little. Once the root has ended, nobody new is looked for.
    """

    def __init__(
        self, root: int, *, clock: Callable[[], float] = time.monotonic, proc: Path = Path("/proc")
    ) -> None:
        self._root_pid = root
        self._clock, self._proc = clock, proc
        self._members: dict[int, ProcessStat] = {}
        self._strangers: set[int] = set()
        self._refreshed_s: float | None = None

    def scan(self) -> tuple[ProcessStat, ...]:
        """Those alive now, parents before their children."""
        now = self._clock()
        first = self._refreshed_s is None
        if self._refreshed_s is None or now - self._refreshed_s >= REFRESH_EVERY_S:
            self._refreshed_s = now
            self._strangers.clear()
        present = process_ids(self._proc)
        self._strangers &= present
        before, self._members = self._members, {}
        for pid, old in before.items():
            stat = read_stat(pid, self._proc)
            if stat is not None and not stat.ended and stat.identity == old.identity:
                self._members[pid] = stat
        newcomers = self._read(present - self._strangers - self._members.keys())
        if first and self._root_pid in newcomers:
            self._members[self._root_pid] = newcomers[self._root_pid]
        self._adopt(newcomers)
        self._strangers |= newcomers.keys() - self._members.keys()
        return tuple(self._members.values())

    def _read(self, pids: Iterable[int]) -> dict[int, ProcessStat]:
        stats = ((pid, read_stat(pid, self._proc)) for pid in pids)
        return {pid: stat for pid, stat in stats if stat is not None and not stat.ended}

    def _adopt(self, newcomers: dict[int, ProcessStat]) -> None:
        """Take in the children of members, their children, and so on."""
        children: dict[int, list[ProcessStat]] = {}
        for stat in sorted(newcomers.values(), key=lambda stat: (stat.start_ticks, stat.pid)):
            children.setdefault(stat.parent_pid, []).append(stat)
        parents = [*self._members]
        while parents:
            for stat in children.pop(parents.pop(), ()):
                if stat.pid not in self._members:
                    self._members[stat.pid] = stat
                    parents.append(stat.pid)
