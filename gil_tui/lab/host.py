"""The machine that a sweep runs on, and what disturbed it during a trial."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass

from gil_tui.lab.load import clock_ghz, tree_cpu_s
from gil_tui.lab.memory import available_memory
from gil_tui.lab.records import Host
from gil_tui.verdict.words import mean, share
from gil_tui.watch.cores import CoreSampler, effective_cpus
from gil_tui.watch.frames import CpuFrame

STEAL_SHARE = 0.02
PRESSURE_SHARE = 0.10
OTHERS_SHARE = 0.1
"""Share of all CPUs from which other programs count; screen and watcher use less."""
FULL_SHARE = 0.85
HEAVY_SHARE = 0.5
"""Share of all CPUs from which other programs count even where some CPUs are free: they share caches and
clock, and often a core."""
SLOW_CLOCK = 0.8
"""Share of the highest clock seen below which the CPUs were slowed; all cores at once reach 0.85 of one."""
COMPUTES = 0.5
"""CPUs that an experiment uses from which the clock matters to it."""


def describe_host() -> Host:
    """This machine as it stands now."""
    cpus, memory = effective_cpus(), available_memory()
    return Host(
        name=platform.node(),
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        cpus=cpus.cpus_online,
        cpus_effective=cpus.count,
        cpus_limited_by=cpus.limited_by,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        memory_available_bytes=memory.size_bytes if memory else None,
        memory_limited_by=memory.limited_by if memory else "",
    )


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What went on during a trial: the host's CPUs, CPUs that the experiment's tree used, the clock.

    `tree_cores` counts servers and the processes that hand out work, workers being only a part of them.
    `clock_ghz` is the highest one at the end, `best_ghz` the highest of all trials so far. None where it
    could not be read.
    """

    cpu: CpuFrame
    tree_cores: float | None = None
    clock_ghz: float | None = None
    best_ghz: float | None = None


class Disturbance:
    """Looks at the whole host between `begin` and `end`; both together cost about a millisecond."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        tree: Callable[[int], float | None] = tree_cpu_s,
        clock: Callable[[], float | None] = clock_ghz,
    ) -> None:
        self._sampler = CoreSampler()
        self._monotonic, self._tree, self._clock = monotonic, tree, clock
        self._pid, self._begun_s = 0, 0.0
        self._used_s: float | None = None
        self._best_ghz: float | None = None

    def begin(self, pid: int = 0) -> None:
        """The work of the experiment `pid` begins; 0 where it is not known."""
        self._pid = pid
        self._used_s = self._tree(pid) if pid else None
        self._sampler.frame(0.0)
        self._begun_s = self._monotonic()

    def end(self) -> Meanwhile:
        """What went on since `begin`."""
        seconds = self._monotonic() - self._begun_s
        cpu = self._sampler.frame(0.0)
        used_s = self._tree(self._pid) if self._pid else None
        cores = None
        if used_s is not None and self._used_s is not None and seconds > 0:
            cores = max(0.0, used_s - self._used_s) / seconds
        clock = self._clock()
        if clock is not None:
            self._best_ghz = max(clock, self._best_ghz or 0.0)
        return Meanwhile(cpu, cores, clock, self._best_ghz)

    def close(self) -> None:
        """Let go of the kernel's files."""
        self._sampler.close()


def marks_of(seen: Meanwhile, own_cores: float, cpus: int) -> tuple[str, ...]:
    """What disturbed a trial, in words, most telling first; empty for a quiet one.

    `own_cores` is what the workers themselves used of the `cpus` online.
    """
    frame, own_cores = seen.cpu, max(own_cores, seen.tree_cores or 0.0)
    marks = []
    if frame.steal_share is not None and frame.steal_share > STEAL_SHARE:
        marks.append(f"steal {share(frame.steal_share)}")
    if frame.throttled_share:
        marks.append(f"throttled in {share(frame.throttled_share)} of the periods")
    others = max(0.0, sum(frame.busy) - own_cores)
    if _others_count(frame, others, cpus):
        pressure = f", pressure {share(frame.pressure_share)}" if frame.pressure_share else ""
        marks.append(f"other programs use {mean(others)} CPUs{pressure}")
    clock, best = seen.clock_ghz, seen.best_ghz
    if clock is not None and best is not None and own_cores >= COMPUTES and clock < SLOW_CLOCK * best:
        marks.append(f"CPU clock {mean(clock)} GHz, {mean(best)} before")
    return tuple(marks)


def _others_count(frame: CpuFrame, others: float, cpus: int) -> bool:
    """Where workers outnumber the CPUs somebody always waits for one, so pressure alone says little.

    What others use counts where the CPUs are full and somebody waits, or where it is half of them.
    """
    if others > HEAVY_SHARE * cpus:
        return True
    pressed = frame.pressure_share is None or frame.pressure_share > PRESSURE_SHARE
    return pressed and others > OTHERS_SHARE * cpus and sum(frame.busy) > FULL_SHARE * cpus
