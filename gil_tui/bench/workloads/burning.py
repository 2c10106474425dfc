"""Computing for a set time: the CPU part of workloads that mix it with waiting."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable


def burn(milliseconds: float, step: Callable[[], object]) -> None:
    """Repeat `step` until this thread has used so much CPU time: waiting for a GIL or a CPU does not count.

    So a task costs the same on every interpreter and host, and its parts have the lengths that were asked
    for; how fast an interpreter computes is what the family cpu tells. `step` should take microseconds.
    """
    clock_ns = time.thread_time_ns
    end_ns = clock_ns() + round(milliseconds * 1e6)
    while clock_ns() < end_ns:
        step()
