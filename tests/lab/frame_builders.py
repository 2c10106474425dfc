"""Frames as the watcher sends them, built from the few numbers that a test is about."""

from dataclasses import replace
from typing import Any

from gil_tui.watch.frames import STATES, CpuFrame, Frame, GilFrame, ObserverFrame, ProcessFrame, ThreadFrame

CPU = CpuFrame(
    busy=(0.9, 0.4),
    cores_effective=2.0,
    limited_by="online",
    cores_used=1.0,
    steal_share=0.0,
    throttled_share=None,
    pressure_share=None,
)


def thread(tid: int, pid: int = 100, name: str = "python", **more: Any) -> ThreadFrame:
    """A thread by its shares (`lock_wait` for the state); what they leave of 1 is idle. Then other fields."""
    named = {"lock_wait" if state == "lock" else state: state for state in STATES}
    shares = dict.fromkeys(STATES, 0.0) | {named[key]: more.pop(key) for key in list(more) if key in named}
    shares["idle"] += max(0.0, 1 - sum(shares.values()))
    now = max(shares, key=lambda state: shares[state])
    return replace(ThreadFrame(pid, tid, name, shares, now, schedules_per_s=100.0), **more)


def gil(pid: int = 100, interpreter: int = 0, **more: Any) -> GilFrame:
    """A GIL with 25 samples, half of them with two threads waiting."""
    frame = GilFrame(
        pid,
        interpreter,
        available=True,
        enabled=True,
        held=1.0,
        waiting=1.0,
        waiting_counts=(12, 0, 13),
        switches_per_s=100.0,
        samples=25,
    )
    return replace(frame, **more)


def process(pid: int = 100, parent_pid: int = 1, **more: Any) -> ProcessFrame:
    """A CPython process."""
    frame = ProcessFrame(pid, parent_pid, "python app.py", "CPython 3.13.0", False, 1.0, 20_000_000, None, 2)
    return replace(frame, **more)


def frame(number: int = 0, length_s: float = 0.25, **more: Any) -> Frame:
    """The frame that begins `number` quarters of a second after 1,000 s."""
    start_s = 1000 + 0.25 * number
    built = Frame(
        start_s=start_s,
        end_s=start_s + length_s,
        gils=(gil(),),
        threads=(thread(100), thread(101, cpu=1.0)),
        processes=(process(),),
        cpu=CPU,
        observer=ObserverFrame(cpu_share=0.013, gil_rate_hz=100, lane_rate_hz=80, failed_samples=0),
    )
    return replace(built, **more)
