"""The machine that a sweep runs on, and what disturbed it during a trial."""

import os
import platform

from gil_tui.lab.records import Host
from gil_tui.watch.cores import CoreSampler, effective_cpus
from gil_tui.watch.frames import CpuFrame

STEAL_SHARE = 0.02
PRESSURE_SHARE = 0.10


def describe_host() -> Host:
    """This machine as it stands now."""
    cpus = effective_cpus()
    return Host(
        name=platform.node(),
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        cpus=cpus.cpus_online,
        cpus_effective=cpus.count,
        cpus_limited_by=cpus.limited_by,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


class Disturbance:
    """Marks what disturbed the time between `begin` and `marks`; both together cost under a millisecond."""

    def __init__(self, cpus_effective: float) -> None:
        self._cpus_effective = cpus_effective
        self._sampler = CoreSampler()

    def begin(self) -> None:
        """The work begins."""
        self._sampler.frame(0.0)

    def marks(self, workers: int) -> tuple[str, ...]:
        """What disturbed `workers` workers since `begin`, in words, empty for a quiet time."""
        return marks_of(self._sampler.frame(0.0), workers, self._cpus_effective)

    def close(self) -> None:
        """Let go of the kernel's files."""
        self._sampler.close()


def marks_of(frame: CpuFrame, workers: int, cpus_effective: float) -> tuple[str, ...]:
    """Steal, throttling and pressure of a frame beyond what a quiet host shows.

    Pressure counts only while the workers have a CPU each: beyond, they queue for one another.
    """
    marks = []
    if frame.steal_share is not None and frame.steal_share > STEAL_SHARE:
        marks.append(f"steal {frame.steal_share:.0%}")
    if frame.throttled_share:
        marks.append(f"throttled {frame.throttled_share:.0%} of periods")
    crowded = workers > cpus_effective
    if not crowded and frame.pressure_share is not None and frame.pressure_share > PRESSURE_SHARE:
        marks.append(f"CPU pressure {frame.pressure_share:.0%}")
    return tuple(marks)
