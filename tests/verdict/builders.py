"""Facts about runs, as the tests write them: numbers of a host with two CPUs unless said otherwise."""

from dataclasses import replace
from typing import Any

from gil_tui.verdict.facts import RunFacts
from gil_tui.verdict.observation import Observation
from gil_tui.verdict.statistics import Interval

MB = 1_000_000


def around(value: float, share: float = 0.01) -> Interval:
    return Interval(value, value * (1 - share), value * (1 + share), 0.95)


def run(executor: str, workers: int = 1, speedup: float | None = None, **more: Any) -> RunFacts:
    """A finished run of six trials of work that takes one worker 4 s."""
    label = "sequential" if executor == "sequential" else f"{executor} x{workers}"
    gained = 1.0 if speedup is None else speedup
    facts = RunFacts(
        executor=executor.split(":")[0],
        workers=workers,
        label=label,
        workload="countdown",
        work="countdown",
        units=1000.0,
        python="CPython 3.13.0",
        gil_enabled=True,
        cpus_effective=2.0,
        trials=6,
        wall_s=around(4.0 / gained),
        speedup=around(gained),
        startup_s={"threads": 0.001, "processes": 0.061}.get(executor.split(":")[0], 0.0),
        cores_used=min(2.0, gained),
        tasks=40,
        task_s=0.02,
        peak_bytes=10 * MB,
    )
    facts = replace(facts, **more)
    if "walls_s" in more or facts.wall_s is None:
        return facts
    return replace(facts, walls_s=walls(facts.wall_s))


def walls(interval: Interval) -> tuple[float, ...]:
    """Six trials with this median and this interval."""
    low, middle, high = interval.low, interval.median, interval.high
    return (low, (low + middle) / 2, middle, middle, (middle + high) / 2, high)


def sequential(**more: Any) -> RunFacts:
    return run("sequential", **({"observation": BUSY} | more))


def watched(**numbers: Any) -> Observation:
    """What the watch saw over 600 samples."""
    return Observation(**({"seconds": 6.0, "samples": 600, "cpus_effective": 2.0, "idle": 1.0} | numbers))


BUSY = watched(cpu=1.0, held=1.0, held_sum=1.0, waiting=0.0, busy_gils=1, busiest_cpu=1.0)
GIL_4 = watched(cpu=1.0, run_queue=0.2, gil=2.8, held=0.99, held_sum=0.99, waiting=2.8, busy_gils=1)
GIL_2 = watched(cpu=1.0, gil=1.0, held=0.99, held_sum=0.99, waiting=1.0, busy_gils=1)
FULL = watched(cpu=1.95, run_queue=1.9, held=0.05, held_sum=0.1, waiting=0.0)
RELEASED_2 = watched(cpu=1.95, held=0.02, held_sum=0.02, waiting=0.0, busiest_cpu=0.98)
TWO_BUSY = watched(cpu=1.95, held=0.99, held_sum=1.95, waiting=0.0, busy_gils=2, busiest_cpu=0.98)
ASLEEP_1 = watched(cpu=0.01, sleep=0.98, held=0.0, held_sum=0.0, waiting=0.0)
ASLEEP_8 = watched(cpu=0.03, sleep=7.9, held=0.01, held_sum=0.01, waiting=0.0)
LOCKED_4 = watched(cpu=0.98, lock=2.9, held=0.1, held_sum=0.1, waiting=0.0)
