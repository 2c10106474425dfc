"""Waits that know a slow machine from a program that hangs: who stands in the run queue has a good excuse."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

MOST = 10.0
"""Nothing is waited for longer than so many times what it may take."""


def wait_fairly(
    condition: Callable[[], object],
    at_most_s: float,
    running: Callable[[], list[psutil.Process]],
    pass_time: Callable[[float], object],
) -> bool:
    """Let time pass until the condition holds; False after `at_most_s` in which it could have been done.

    Time that the `running` processes spend in the kernel's run queue is not counted.
    """
    began_s = time.monotonic()
    excused_s = 0.0
    queued: dict[Path, float] = {}
    while not condition():
        now = queued_s(running())
        excused_s += sum(seconds - queued.get(thread, seconds) for thread, seconds in now.items())
        queued = now
        passed_s = time.monotonic() - began_s
        if passed_s - excused_s > at_most_s or passed_s > MOST * at_most_s:
            return bool(condition())
        pass_time(0.05)
    return True


def queued_s(processes: Iterable[psutil.Process]) -> dict[Path, float]:
    """How long each thread has waited for a CPU so far (proc_pid_schedstat, second field)."""
    found: dict[Path, float] = {}
    for process in processes:
        for thread in _threads(process.pid):
            try:
                found[thread] = int((thread / "schedstat").read_text().split()[1]) / 1e9
            except (OSError, IndexError):
                continue  # it has just ended
    return found


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
