"""The machine that a sweep runs on, and what disturbed it during a trial."""

import os
import platform

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


class Disturbance:
    """Looks at the whole host between `begin` and `end`; both together cost under a millisecond."""

    def __init__(self) -> None:
        self._sampler = CoreSampler()

    def begin(self) -> None:
        """The work begins."""
        self._sampler.frame(0.0)

    def end(self) -> CpuFrame:
        """What the host did since `begin`."""
        return self._sampler.frame(0.0)

    def close(self) -> None:
        """Let go of the kernel's files."""
        self._sampler.close()


def marks_of(frame: CpuFrame, own_cores: float, cpus: int) -> tuple[str, ...]:
    """What disturbed a trial, in words, most telling first; empty for a quiet one.

    `own_cores` is what the experiment itself used of the `cpus` online. Where workers outnumber the CPUs
    somebody always waits for one: pressure counts only where the CPUs are full and others have a part.
    """
    marks = []
    if frame.steal_share is not None and frame.steal_share > STEAL_SHARE:
        marks.append(f"steal {share(frame.steal_share)}")
    if frame.throttled_share:
        marks.append(f"throttled in {share(frame.throttled_share)} of the periods")
    busy = sum(frame.busy)
    others = max(0.0, busy - own_cores)
    pressed = frame.pressure_share is None or frame.pressure_share > PRESSURE_SHARE
    if pressed and others > OTHERS_SHARE * cpus and busy > FULL_SHARE * cpus:
        pressure = f", pressure {share(frame.pressure_share)}" if frame.pressure_share else ""
        marks.append(f"other programs use {mean(others)} CPUs{pressure}")
    return tuple(marks)
