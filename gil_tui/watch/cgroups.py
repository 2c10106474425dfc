"""What a control group allows a process of CPU time, and how long it held the process back.

Sources: cgroup(7), the kernel's admin-guide/cgroup-v2 and scheduler/sched-bwc, accounting/psi.
"""

import os
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

    Only folders that exist here: inside a container the path in `/proc/PID/cgroup` may be the host's
    while the mount shows the container's own group as its root, which is then the one that is found.
    """
    found: list[Cgroup] = []
    for line in kernel_lines(read_text(process / "cgroup")):
        hierarchy, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if hierarchy == "0" and not controllers:
            mount, version = _unified_mount(cgroup_root), 2
        elif controller in controllers.split(","):
            mount, version = _legacy_mount(cgroup_root, controller, controllers), 1
        else:
            continue
        if mount is not None:
            found += [Cgroup(directory, version) for directory in _upwards(mount, path)]
    return tuple(found)


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
        if (cgroup_root / name).is_dir():
            return cgroup_root / name
    return None


def _upwards(mount: Path, path: str) -> list[Path]:
    parts = PurePosixPath(path.lstrip("/")).parts
    if ".." in parts:  # a group outside this namespace: only the root of the mount is known
        parts = ()
    folders = [mount.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1)]
    return [folder for folder in folders if os.path.isdir(folder)]  # noqa: PTH112  (never raises)
