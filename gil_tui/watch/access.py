"""May this process be looked at, and if not: why, and what would help."""

import os
from pathlib import Path

from gil_tui.watch.cgroups import kernel_lines

_SCOPE_REMEDIES = {
    1: "only descendants may be watched: start it with `gil-tui watch -- COMMAND`, or become root",
    2: "only root may watch: become root",
    3: "nobody may watch, root neither, until the next boot",
}
_SYS_PTRACE = 1 << 19
_READ_ALL_FILES = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE or CAP_DAC_READ_SEARCH: `/proc/PID/mem` is a file that only its owner may open."""


def gone(pid: int, proc: Path = Path("/proc")) -> str:
    """Why there is nothing to watch: no such process, a zombie, a kernel thread; empty if there is."""
    try:
        status = _status(pid, proc)
    except OSError:
        return _not_seen(pid, proc)
    if status.get("State", "").startswith(("Z", "X")):
        return f"process {pid} has ended and waits for its parent (a zombie)"
    if "VmSize" not in status:
        return f"process {pid} is a kernel thread"
    return ""


def refused(pid: int, proc: Path = Path("/proc")) -> str:
    """Why a process cannot be watched, with the remedy: there is none, it is closed; empty if it can."""
    return gone(pid, proc) or ("" if may_read(pid, proc) else gone(pid, proc) or refusal(pid, proc))


def may_read(pid: int, proc: Path = Path("/proc")) -> bool:
    """May its memory be read? The right to read `syscall` is the same (ptrace(2)).

    Opening may succeed where reading fails; a kernel without that file is asked for the memory itself.
    """
    folder = proc / str(pid)
    name = "syscall" if (folder / "syscall").exists() else "mem"
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if name == "syscall":
            os.read(descriptor, 64)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def refusal(pid: int, proc: Path = Path("/proc")) -> str:
    """The one line for a process whose memory the kernel does not let us read (ptrace(2))."""
    try:
        status = _status(pid, proc)
        owner = int(status["Uid"].split()[0])
    except (OSError, KeyError, ValueError, IndexError):
        return f"process {pid} is gone"
    scope = ptrace_scope(proc)
    if scope == 3:
        return ": ".join(restriction(scope))
    if _capabilities(proc) & _SYS_PTRACE:
        if not may_trace_all(proc) and owner != os.geteuid():
            return (
                f"CAP_SYS_PTRACE alone does not open process {pid} of another user (uid {owner}):"
                f" add CAP_DAC_READ_SEARCH, or be uid {owner}"
            )
        return (
            f"process {pid} (uid {owner}) is closed even to CAP_SYS_PTRACE: it is outside of this container,"
            " or AppArmor or SELinux forbids it: watch from the host"
        )
    if os.geteuid() == 0:
        return (
            f"root without CAP_SYS_PTRACE may not look into process {pid} (uid {owner}): run the container"
            f" with --cap-add SYS_PTRACE, be uid {owner} in it, or watch from the host"
        )
    if owner != os.geteuid():
        return f"process {pid} belongs to another user (uid {owner}): run gil-tui as that user or as root"
    if scope in _SCOPE_REMEDIES:
        return ": ".join(restriction(scope))
    return f"process {pid} is protected (privileged, not dumpable, or in a container): run gil-tui as root"


def restriction(scope: int) -> tuple[str, str]:
    """What Yama's `ptrace_scope` forbids from 1 on, and the remedy."""
    return f"the kernel restricts looking into processes (ptrace_scope {scope})", _SCOPE_REMEDIES[scope]


def may_trace_all(proc: Path = Path("/proc")) -> bool:
    """Have we the capabilities to look into any process of our user namespace; see capabilities(7)."""
    own = _capabilities(proc)
    return bool(own & _SYS_PTRACE and own & _READ_ALL_FILES)


def _capabilities(proc: Path) -> int:
    try:
        return int(_status("self", proc)["CapEff"], 16)
    except (OSError, KeyError, ValueError):
        return 0


def ptrace_scope(proc: Path = Path("/proc")) -> int:
    """Of Yama, from 0 to 3; a kernel without Yama restricts nothing."""
    try:
        return int((proc / "sys/kernel/yama/ptrace_scope").read_text())
    except (OSError, ValueError):
        return 0


def hides_others(proc: Path = Path("/proc")) -> bool:
    """Is /proc mounted with `hidepid`, so that those of other users are not seen; see proc(5)."""
    try:
        mounts = [line.split() for line in (proc / "self" / "mounts").read_text(errors="replace").split("\n")]
    except OSError:
        return False
    options = [words[3].split(",") for words in mounts if len(words) > 3 and words[1] == str(proc)]
    return any(option.startswith("hidepid=") for option in (options[-1] if options else ()))


def _not_seen(pid: int, proc: Path) -> str:
    if hides_others(proc) and not may_trace_all(proc):
        return (
            f"there is no process {pid}, or it is another user's and /proc hides it (hidepid):"
            " run gil-tui as that user or as root"
        )
    return (
        f"there is no process {pid} here; a container numbers processes anew:"
        " `gil-tui list processes` shows those that can be seen"
    )


def _status(pid: int | str, proc: Path) -> dict[str, str]:
    return parse_status((proc / str(pid) / "status").read_bytes())


def parse_status(status: bytes) -> dict[str, str]:
    """The fields of `/proc/PID/status`; a name cannot forge one, see `kernel_lines`."""
    lines = kernel_lines(status.decode("utf-8", "replace"))
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
