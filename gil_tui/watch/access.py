"""May this process be looked at, and if not: why, and what would help."""

import os
from pathlib import Path

from gil_tui.watch.cgroups import kernel_lines

_SCOPE_REMEDIES = {
    1: "only descendants may be watched: start it with `gil-tui watch -- COMMAND`, or become root",
    2: "only root may watch: become root",
    3: "nobody may watch, and that lasts until the next boot",
}


def gone(pid: int, proc: Path = Path("/proc")) -> str:
    """Why there is nothing to watch: no such process, a zombie, a kernel thread; empty if there is."""
    try:
        status = _status(pid, proc)
    except OSError:
        return f"there is no process {pid}, or this system hides it"
    if status.get("State", "").startswith(("Z", "X")):
        return f"process {pid} has ended and waits for its parent (a zombie)"
    if "VmSize" not in status:
        return f"process {pid} is a kernel thread"
    return ""


def refusal(pid: int, proc: Path = Path("/proc")) -> str:
    """The one line for a process whose memory the kernel does not let us read (ptrace(2))."""
    try:
        status = _status(pid, proc)
        owner = int(status["Uid"].split()[0])
    except (OSError, KeyError, ValueError, IndexError):
        return f"process {pid} is gone"
    if os.geteuid() == 0:
        return (
            f"the kernel refuses process {pid} even to root: in a container, run it with"
            " --cap-add SYS_PTRACE or watch from the host"
        )
    if owner != os.geteuid():
        return f"process {pid} belongs to another user (uid {owner}): run gil-tui as that user or as root"
    scope = _ptrace_scope(proc)
    if scope in _SCOPE_REMEDIES:
        return f"the kernel restricts looking into processes (ptrace_scope {scope}): {_SCOPE_REMEDIES[scope]}"
    return f"process {pid} is protected (privileged, not dumpable, or in a container): run gil-tui as root"


def _ptrace_scope(proc: Path) -> int:
    try:
        return int((proc / "sys/kernel/yama/ptrace_scope").read_text())
    except (OSError, ValueError):
        return 0


def _status(pid: int, proc: Path) -> dict[str, str]:
    return parse_status((proc / str(pid) / "status").read_bytes())


def parse_status(status: bytes) -> dict[str, str]:
    """The fields of `/proc/PID/status`; a name cannot forge one, see `kernel_lines`."""
    lines = kernel_lines(status.decode("utf-8", "replace"))
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
