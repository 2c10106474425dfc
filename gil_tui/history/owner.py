"""Who writes a run: an instance of gil-tui, known by boot, process id and start time."""

import os
from functools import cache
from pathlib import Path

ENDED = ("Z", "X")
"""States of a process that waits to be collected, or is just being."""


def this_instance() -> str:
    """The mark of this process, to be kept with the runs that it has under way."""
    pid = os.getpid()
    return f"{_boot()} {pid} {_started(pid)}"


def is_alive(mark: str | None) -> bool:
    """True when the instance that left `mark` still runs on this host; a reused pid does not count."""
    boot, _, rest = (mark or "").partition(" ")
    pid, _, started = rest.partition(" ")
    return boot == _boot() and pid.isdecimal() and bool(started) and started == _started(int(pid))


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "-"


def _started(pid: int) -> str:
    """Start time of the process, field 22 of /proc/PID/stat (proc_pid_stat(5)); empty when it has ended.

    A zombie has ended: where nobody collects them it would else be taken for alive for ever.
    """
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return "" if fields[0] in ENDED else fields[19]
        except (OSError, IndexError):
            return ""
    import psutil

    try:
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""
