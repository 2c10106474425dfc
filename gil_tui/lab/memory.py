"""Memory that a sweep may still take: of the host, and within the limits of its control groups.

Sources: proc_meminfo(5) (MemAvailable), the kernel's admin-guide/cgroup-v2 and cgroup-v1/memory.
"""

from dataclasses import dataclass
from pathlib import Path

from gil_tui.watch.cgroups import CGROUP_ROOT, Cgroup, cgroups_of, kernel_lines, read_text

PROC = Path("/proc")
UNLIMITED = 1 << 60
"""Version 1 writes a limit beyond any memory where there is none."""


@dataclass(frozen=True, slots=True)
class AvailableMemory:
    """Bytes that may still be taken; `limited_by` is host or cgroup."""

    size_bytes: int
    limited_by: str


def available_memory(proc: Path = PROC, cgroup_root: Path = CGROUP_ROOT) -> AvailableMemory | None:
    """The least of what the host has available and what the control groups leave to this process.

    None where the kernel does not tell (other systems than Linux).
    """
    available_bytes = parse_available(read_text(proc / "meminfo"))
    if available_bytes is None:
        return None
    left = [
        left
        for group in cgroups_of(proc / "self", "memory", cgroup_root)
        if (left := _left(group)) is not None
    ]
    if left and min(left) < available_bytes:
        return AvailableMemory(max(0, min(left)), "cgroup")
    return AvailableMemory(available_bytes, "host")


def parse_available(meminfo: str) -> int | None:
    """Bytes of `MemAvailable` in /proc/meminfo; None where it does not say."""
    for line in kernel_lines(meminfo):
        if line.startswith("MemAvailable:"):
            try:
                return int(line.split()[1]) * 1024
            except (ValueError, IndexError):
                return None
    return None


def _left(group: Cgroup) -> int | None:
    """What the group's limit leaves, files that can be dropped counting as free; None without a limit."""
    names = {
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        2: ("memory.max", "memory.current", "inactive_file"),
    }
    limit, usage, droppable = names[group.version]
    try:
        limit_bytes = int(read_text(group.directory / limit))
        used_bytes = int(read_text(group.directory / usage))
    except ValueError:  # `max`, or no such file: the root of a hierarchy has none
        return None
    if limit_bytes >= UNLIMITED:
        return None
    return limit_bytes - used_bytes + parse_droppable(read_text(group.directory / "memory.stat"), droppable)


def parse_droppable(memory_stat: str, name: str) -> int:
    """Bytes of that name in a group's `memory.stat`, 0 where it does not say."""
    for line in kernel_lines(memory_stat):
        word, _, value = line.partition(" ")
        if word == name:
            try:
                return int(value)
            except ValueError:
                return 0
    return 0
