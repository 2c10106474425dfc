"""The host's cores, and how much of them one process may use: affinity, quota, steal, throttling.

Sources: proc_stat(5), proc_pid_status(5), cgroup(7). Without /proc (macOS) the cores come from psutil
and what only Linux tells is None.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gil_tui.watch.cgroups import (
    CGROUP_ROOT,
    cpu_cgroups,
    is_hidden,
    kernel_lines,
    pressure_us,
    read_text,
    same_groups,
)
from gil_tui.watch.frames import CpuFrame

PROC = Path("/proc")
QUOTA_UNKNOWN = (
    "its CPU quota is not known, as its control group is not seen from this container:"
    " watch from the host or in its own container"
)

_LONGEST_CORE_NUMBER = 5
"""In digits: the largest kernels are built for 8192 CPUs (NR_CPUS)."""

EFFECTIVE_EVERY_S = 5.0
"""Affinity and quota of a live process seldom change: they are read again after this time."""


@dataclass(frozen=True, slots=True)
class EffectiveCpus:
    """CPUs a process may use: `count`, of `cpus_online`; `limited_by` is online, affinity or quota."""

    count: float
    cpus_online: int
    limited_by: str


@dataclass(frozen=True, slots=True)
class HostCpu:
    """The whole host since the reading before: `busy` share of each core, their sum, stolen share."""

    busy: tuple[float, ...]
    cores_busy: float
    steal_share: float | None


@dataclass(frozen=True, slots=True)
class CoreTicks:
    """One core's counters since the boot, in clock ticks; `stolen` is None where it is not told."""

    busy: float
    total: float
    stolen: float | None


def effective_cpus(
    pid: int | None = None, proc: Path = PROC, cgroup_root: Path = CGROUP_ROOT
) -> EffectiveCpus:
    """The smallest of CPUs online, affinity and CPU quota of the process (None: this one).

    The quota is the tightest one on the way up from the process's control group, version 1 or 2.
    A process that is gone counts as unlimited, as does one whose group is not seen, see `CoreSampler.why`.
    """
    process = proc / ("self" if pid is None else str(pid))
    online = parse_online(read_text(proc / "stat"))
    if not online:
        cpus = os.cpu_count() or 1
        return EffectiveCpus(float(cpus), cpus, "online")
    count, limited_by = float(len(online)), "online"
    allowed = parse_allowed(read_text(process / "status"))
    if allowed is not None and 0 < len(allowed & online) < count:
        count, limited_by = float(len(allowed & online)), "affinity"
    quotas = [quota for group in cpu_cgroups(process, cgroup_root) if (quota := group.quota_cpus())]
    if quotas and min(quotas) < count:
        count, limited_by = min(quotas), "quota"
    return EffectiveCpus(count, len(online), limited_by)


def parse_online(stat: str) -> frozenset[int]:
    """Numbers of the cores named in /proc/stat."""
    words = (line.split(None, 1)[0] for line in kernel_lines(stat) if line.startswith("cpu"))
    return frozenset(core for word in words if (core := _core_number(word[3:])) is not None)


def parse_allowed(status: str) -> frozenset[int] | None:
    """CPUs of `Cpus_allowed_list` in /proc/PID/status, such as `0-3,8`; None if it is not there."""
    for line in kernel_lines(status):
        name, _, value = line.partition(":")
        if name == "Cpus_allowed_list":
            return _cpu_list(value)
    return None


def parse_core_ticks(stat: str) -> dict[int, CoreTicks]:
    """Core number to its counters, from /proc/stat; a core taken offline, or not understood, is not there.

    Waiting for I/O counts as idle, guests are within user time, time stolen by the hypervisor is
    neither busy nor idle.
    """
    cores: dict[int, CoreTicks] = {}
    for line in kernel_lines(stat):
        name, *words = line.split() or [""]
        if not name.startswith("cpu"):
            break
        core = _core_number(name[3:])
        if core is None or len(words) < 4:
            continue
        try:
            user, nice, system, idle, iowait, irq, softirq, stolen = [*map(int, words[:8]), *[0] * 8][:8]
        except ValueError:
            continue
        busy = user + nice + system + irq + softirq
        cores[core] = CoreTicks(busy, busy + idle + iowait + stolen, stolen)
    return cores


def busy_between(before: dict[int, CoreTicks], after: dict[int, CoreTicks]) -> dict[int, float | None]:
    """Busy share of each core of `after`; None where no tick has passed or the core is new."""
    shares: dict[int, float | None] = {}
    for core, ticks in after.items():
        start = before.get(core)
        passed = ticks.total - start.total if start else 0
        shares[core] = (
            min(1.0, max(0.0, (ticks.busy - start.busy) / passed)) if start and passed > 0 else None
        )
    return shares


def steal_between(before: dict[int, CoreTicks], after: dict[int, CoreTicks]) -> float | None:
    """Share of all cores' time that the hypervisor gave to others; None where it is not told."""
    passed = stolen = 0.0
    for core, ticks in after.items():
        start = before.get(core)
        if start is None:
            continue
        if ticks.stolen is None or start.stolen is None:
            return None
        passed += ticks.total - start.total
        stolen += ticks.stolen - start.stolen
    if not after:
        return None
    return min(1.0, max(0.0, stolen / passed)) if passed > 0 else 0.0


class CoreSampler:
    """Shares of the host's cores since the reading before, and what held the subject `pid` back.

    A reading costs about 15 µs: one `pread` on a descriptor that stays open.
    """

    def __init__(
        self,
        pid: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        proc: Path = PROC,
        cgroup_root: Path = CGROUP_ROOT,
    ) -> None:
        self._pid, self._clock, self._proc, self._cgroup_root = pid, clock, proc, cgroup_root
        try:
            self._stat: int | None = os.open(proc / "stat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._stat = None
        self._size = 4096
        self._ticks = self._read_ticks()
        self._busy: dict[int, float] = {}
        self._steal_share: float | None = None
        self._limits = _Limits(pid, clock, proc, cgroup_root)

    @property
    def why(self) -> str:
        """Why the quota of the subject is not known; empty where it is, or where it is none."""
        return self._limits.why

    def host(self) -> HostCpu:
        """The host's cores since the call before; a core without a tick since keeps its share."""
        before, self._ticks = self._ticks, self._read_ticks()
        shares = busy_between(before, self._ticks)
        self._busy = {
            core: self._busy.get(core, 0.0) if share is None else share for core, share in shares.items()
        }
        busy = tuple(self._busy[core] for core in sorted(self._busy))
        return HostCpu(busy, sum(busy), steal_between(before, self._ticks))

    def frame(self, cores_used: float) -> CpuFrame:
        """The frame since the call before; `cores_used` is the subject's own CPU, in cores."""
        host = self.host()
        limits = self._limits
        limits.read()
        return CpuFrame(
            busy=host.busy,
            cores_effective=limits.effective.count,
            limited_by=limits.effective.limited_by,
            cores_used=cores_used,
            steal_share=host.steal_share,
            throttled_share=limits.throttled_share,
            pressure_share=limits.pressure_share,
        )

    def close(self) -> None:
        """Give the descriptor back."""
        if self._stat is not None:
            os.close(self._stat)
            self._stat = None

    def _read_ticks(self) -> dict[int, CoreTicks]:
        if self._stat is None:
            return {} if (self._proc / "self").exists() else _psutil_ticks()
        while True:
            text = os.pread(self._stat, self._size, 0)
            if len(text) < self._size or b"\nintr " in text:
                return parse_core_ticks(text.decode("ascii", "replace"))
            self._size *= 2


class _Limits:
    """What holds one process back: its effective CPUs, throttled periods, CPU pressure."""

    def __init__(self, pid: int | None, clock: Callable[[], float], proc: Path, cgroup_root: Path) -> None:
        self._pid, self._clock, self._proc, self._cgroup_root = pid, clock, proc, cgroup_root
        self._process = proc / ("self" if pid is None else str(pid))
        groups = cpu_cgroups(self._process, cgroup_root)
        own = next((group.directory / "cpu.pressure" for group in groups if group.version == 2), None)
        self._pressure = own if own is not None and own.exists() else proc / "pressure/cpu"
        self.throttled_share: float | None = None
        self.pressure_share: float | None = None
        self.why = ""
        self._at_s = self._effective_at_s = clock()
        self._find()
        self._pressure_us = pressure_us(self._pressure)

    def read(self) -> None:
        """Bring everything up to date."""
        now = self._clock()
        passed_us = (now - self._at_s) * 1e6
        if passed_us <= 0:
            return
        before_us, self._pressure_us = self._pressure_us, pressure_us(self._pressure)
        if before_us is not None and self._pressure_us is not None:
            self.pressure_share = min(1.0, max(0.0, (self._pressure_us - before_us) / passed_us))
        self.throttled_share = self._throttled()
        self._at_s = now
        if now - self._effective_at_s >= EFFECTIVE_EVERY_S and self._process.exists():
            self._effective_at_s = now
            self._find()

    def _find(self) -> None:
        self.effective = effective_cpus(self._pid, self._proc, self._cgroup_root)
        groups = cpu_cgroups(self._process, self._cgroup_root)
        self._hidden = is_hidden(self._process, "cpu", self._cgroup_root)
        elsewhere = self._hidden and not same_groups(self._process, self._proc / "self")
        self.why = QUOTA_UNKNOWN if elsewhere else ""
        self._periods = {group: group.periods() for group in groups if group.quota_cpus() is not None}

    def _throttled(self) -> float | None:
        """Share of the quota's periods that ran into it, of the worst group; 0 without a quota.

        None where neither can be known.
        """
        worst: float | None = None if self._periods or self._hidden else 0.0
        for group, before in self._periods.items():
            after = self._periods[group] = group.periods()
            if before is None or after is None:
                continue
            periods, throttled = after[0] - before[0], after[1] - before[1]
            worst = max(worst or 0.0, min(1.0, max(0.0, throttled / periods)) if periods > 0 else 0.0)
        return worst


def _cpu_list(text: str) -> frozenset[int]:
    cpus: set[int] = set()
    for part in text.strip().split(","):
        words = part.strip().split("-")
        first, last = _core_number(words[0]), _core_number(words[-1])
        if first is not None and last is not None:
            cpus.update(range(first, last + 1))
    return frozenset(cpus)


def _core_number(text: str) -> int | None:
    """None for what no kernel calls a core."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_CORE_NUMBER):
        return None
    return int(text)


def _psutil_ticks() -> dict[int, CoreTicks]:
    import psutil

    return {
        core: CoreTicks(sum(times) - times.idle, sum(times), None)
        for core, times in enumerate(psutil.cpu_times(percpu=True))
    }
