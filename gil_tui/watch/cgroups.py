"""What a control group allows a process of CPU time, and how long it held the process back.

Sources: cgroup(7), the kernel's admin-guide/cgroup-v2 and scheduler/sched-bwc, accounting/psi.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CGROUP_ROOT = Path("/sys/fs/cgroup")
LARGEST_FILE_BYTES = 1 << 26
"""No file of the kernel that is read here is larger on any machine."""
_CHUNK_BYTES = 1 << 14
_MOUNTED_WITH: dict[str, tuple[str, ...]] = {"cpu": ("cpu,cpuacct", "cpuacct,cpu")}


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One control group; `version` is 1 or 2."""

    directory: Path
    version: int

    def quota_cpus(self) -> float | None:
        """CPUs that the quota allows, such as 1.5; None without a quota or where it cannot be read."""
        if self.version == 2:
            words = read_text(self.directory / "cpu.max").split()
        else:
            words = [
                read_text(self.directory / name).strip() for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            ]
        try:
            quota_us, period_us = map(int, words)
        except ValueError:  # `max`, or no such file: the root of a hierarchy has none
            return None
        return quota_us / period_us if quota_us > 0 and period_us > 0 else None

    def periods(self) -> tuple[int, int] | None:
        """Periods of the quota so far and how many of them ran into it; None if it cannot be read."""
        counters = dict(line.split(None, 1) for line in _pairs(read_text(self.directory / "cpu.stat")))
        try:
            return int(counters["nr_periods"]), int(counters["nr_throttled"])
        except (KeyError, ValueError):
            return None


def cpu_cgroups(process: Path, cgroup_root: Path = CGROUP_ROOT) -> tuple[Cgroup, ...]:
    """The groups above a process with a say about its CPU time; see `cgroups_of`."""
    return cgroups_of(process, "cpu", cgroup_root)


def cgroups_of(process: Path, controller: str, cgroup_root: Path = CGROUP_ROOT) -> tuple[Cgroup, ...]:
    """The groups above the process of the /proc folder `process`: its own first, then up to the root.

    Those of the unified hierarchy, and of the one that has `controller` (cpu, memory) in version 1.

    Only what is mounted here: of a process in another container there may be nothing, and what this
    container has of quotas says nothing about it, see `is_hidden`.
    """
    mounted = _mounted_roots(process.parent / "self" / "mountinfo")
    found: list[Cgroup] = []
    for version, mount, path in _memberships(process, controller, cgroup_root):
        if mount is not None:
            root = mounted.get(os.path.realpath(mount), "/")
            found += [Cgroup(directory, version) for directory in _upwards(mount, root, path)]
    return tuple(found)


def is_hidden(process: Path, controller: str = "cpu", cgroup_root: Path = CGROUP_ROOT) -> bool:
    """Is the process in a group that has a say, of which nothing is seen from here?

    Version 1 has the say where it has the controller, else the unified hierarchy.
    """
    versions = {version for version, _, _ in _memberships(process, controller, cgroup_root)}
    seen = {group.version for group in cgroups_of(process, controller, cgroup_root)}
    return bool(versions) and min(versions) not in seen


def same_groups(process: Path, other: Path) -> bool:
    """Are both processes in the same groups of every hierarchy?"""
    return read_text(process / "cgroup") == read_text(other / "cgroup")


def pressure_us(path: Path) -> int | None:
    """Microseconds in which some task waited for a CPU, from a PSI file; None where there is none."""
    return parse_pressure(read_text(path))


def parse_pressure(text: str) -> int | None:
    """Microseconds in a PSI file's line `some`; None where it has none."""
    for line in kernel_lines(text):
        if line.startswith("some "):
            try:
                return int(line.rpartition("total=")[2])
            except ValueError:
                return None
    return None


def read_text(path: Path | str, most_bytes: int = LARGEST_FILE_BYTES) -> str:
    """A kernel file's beginning; empty if it is not there, may not be read, or its process is gone.

    A process may make its own command line as long as its address space, hence a limit.
    """
    parts: list[bytes] = []
    try:
        with open(path, "rb", buffering=0) as file:
            while most_bytes > 0 and (part := file.read(min(most_bytes, _CHUNK_BYTES))):
                parts.append(part)
                most_bytes -= len(part)
    except OSError:
        return ""
    return b"".join(parts).decode("utf-8", "replace")


def kernel_lines(text: str) -> list[str]:
    r"""Its lines, ended by `\n` alone.

    The kernel escapes that in names; every other line break in one would let it forge a line of its own.
    """
    return text.split("\n")


def _pairs(text: str) -> list[str]:
    return [line for line in kernel_lines(text) if len(line.split()) == 2]


def _unified_mount(cgroup_root: Path) -> Path | None:
    for mount in (cgroup_root, cgroup_root / "unified"):
        if (mount / "cgroup.controllers").exists():
            return mount
    return None


def _legacy_mount(cgroup_root: Path, controller: str, controllers: str) -> Path | None:
    for name in (controller, controllers, *_MOUNTED_WITH.get(controller, ())):
        if "/" not in name and os.path.isdir(cgroup_root / name):  # noqa: PTH112  (never raises)
            return cgroup_root / name
    return None


def _memberships(process: Path, controller: str, cgroup_root: Path) -> Iterator[tuple[int, Path | None, str]]:
    """Of each hierarchy with a say: its version, where it is mounted, and the path of the process's group.

    That path, as the root of a mount, is told from this process's cgroup namespace: a group outside of it
    begins with `/..` (cgroup_namespaces(7)).
    """
    for line in kernel_lines(read_text(process / "cgroup")):
        hierarchy, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if hierarchy == "0" and not controllers:
            yield 2, _unified_mount(cgroup_root), path
        elif controller in controllers.split(","):
            yield 1, _legacy_mount(cgroup_root, controller, controllers), path


def _mounted_roots(mountinfo: Path) -> dict[str, str]:
    """Which folder of its file system each mount point shows, of several the last (proc_pid_mountinfo(5))."""
    lines = (line.split(" ") for line in kernel_lines(read_text(mountinfo)))
    return {_unescaped(words[4]): _unescaped(words[3]) for words in lines if len(words) > 4}


def _unescaped(text: str) -> str:
    """Spaces, tabs, line ends and backslashes stand there as octal numbers."""
    return re.sub(r"\\([0-3][0-7]{2})", lambda found: chr(int(found[1], 8)), text)


def _upwards(mount: Path, root: str, path: str) -> list[Path]:
    """The folder of the group `path` in a mount that shows `root`, and those above; none if elsewhere."""
    above, parts = PurePosixPath(root).parts, PurePosixPath(path).parts
    inside = parts[len(above) :]
    if parts[: len(above)] != above or ".." in inside:
        return []
    if not os.path.isdir(mount.joinpath(*inside)):  # noqa: PTH112  (never raises)
        return []
    return [mount.joinpath(*inside[:depth]) for depth in range(len(inside), -1, -1)]
