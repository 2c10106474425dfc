"""The checks of `gil-tui doctor`, each a finding with its remedy."""

import os
import platform
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from gil_tui.commands import terminal
from gil_tui.history import History, StoreError, default_path
from gil_tui.lab.errors import LabError
from gil_tui.lab.interpreters import find_interpreters
from gil_tui.lab.plugins import broken_plugins, plugins
from gil_tui.text import count
from gil_tui.tui.terminal import refuse_without_terminal
from gil_tui.watch.access import hides_others, may_trace_all, ptrace_scope, restriction
from gil_tui.watch.cgroups import cpu_cgroups
from gil_tui.watch.cores import effective_cpus

PROC = Path("/proc")
FIRST_PIDS, FIRST_USERS = "pid:[4026531836]", "user:[4026531837]"
"""The namespaces that the kernel began with (include/linux/proc_ns.h): those of the host itself."""
CONTAINERS = (
    ("Kubernetes", "/var/run/secrets/kubernetes.io"),
    ("Podman", "/run/.containerenv"),
    ("Docker", "/.dockerenv"),
)
LIMITS = {
    "online": "all that are online",
    "affinity": "limited by affinity",
    "quota": "limited by a cgroup quota",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `state` is `ok`, `warn` (works, with a limit) or `missing`; `remedy` may be empty."""

    name: str
    state: str
    finding: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        """As a JSON object."""
        return asdict(self)


def all_checks() -> list[Check]:
    """Every check, in the order in which they are printed."""
    return [
        check_system(),
        check_cpus(),
        check_load(),
        *check_interpreters(),
        check_plugins(),
        check_history(),
        check_terminal(),
        check_watching(),
        check_container(),
        check_cgroup(),
        check_tool("py-spy", "function names of what holds the GIL", "pip install py-spy"),
        check_tool(
            "perf", "only to check the lanes against the kernel's own account", "apt-get install linux-perf"
        ),
    ]


def check_system() -> Check:
    """The kernel and the Python that runs this program."""
    found = (
        f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"
    )
    if sys.platform == "linux":
        return Check("system", "ok", found)
    return Check("system", "warn", found, "the gauge and the lanes need Linux; the Lab runs without them")


def check_cpus() -> Check:
    """How many CPUs an experiment may use, and why."""
    cpus = effective_cpus()
    why = LIMITS.get(cpus.limited_by, cpus.limited_by)
    found = f"{count(cpus.count)} of {cpus.cpus_online} may be used: {why}"
    if cpus.count < 2:
        return Check("cpus", "warn", found, "with fewer than two CPUs nothing can run faster side by side")
    return Check("cpus", "ok", found)


def check_load() -> Check:
    """Whether other work would disturb a measurement."""
    busy = os.getloadavg()[0]
    found = f"load {busy:.2f} over the last minute"
    if busy > 0.25 * effective_cpus().cpus_online:
        return Check("load", "warn", found, "other work disturbs the timing: measure again when it is quiet")
    return Check("load", "ok", found)


def check_interpreters() -> Iterator[Check]:
    """What experiments can be run on."""
    found = find_interpreters()
    yield Check("interpreters", "ok", ", ".join(interpreter.label for interpreter in found))
    free = [interpreter.label for interpreter in found if interpreter.free_threaded]
    if free:
        yield Check("free-threaded", "ok", ", ".join(free))
    else:
        remedy = "to compare with a Python without the GIL install one, such as `uv python install 3.14t`"
        yield Check("free-threaded", "missing", "no interpreter without the GIL was found", remedy)


def check_plugins() -> Check:
    """What other packages add, and what of it cannot be used."""
    broken = [f"{one.name} of {one.package}: {one.why}" for one in broken_plugins()]
    if broken:
        remedy = "everything else works; the package's authors can tell more"
        return Check("plugins", "warn", "; ".join(broken), remedy)
    return Check("plugins", "ok", ", ".join(f"{one.name} of {one.package}" for one in plugins()) or "none")


def check_history(path: Path | None = None) -> Check:
    """Whether runs can be kept; a store that is not there yet is not made."""
    path = path or default_path()
    if path.exists():
        try:
            with History.open(path) as history:
                return Check("history", "ok", f"{history.count()} runs in {path}")
        except StoreError as error:
            return Check("history", "missing", str(error), "until then runs are shown but not kept")
    parent = next(folder for folder in path.parents if folder.exists())
    if os.access(parent, os.W_OK | os.X_OK) and parent.is_dir():
        return Check("history", "ok", f"no run yet; the first one makes {path}")
    remedy = "set XDG_STATE_HOME to a directory of your own; until then runs are shown but not kept"
    return Check("history", "missing", f"{parent} may not be written", remedy)


def check_terminal() -> Check:
    """Whether the screen can be shown, and in how many colours."""
    try:
        refuse_without_terminal(os.environ)
    except LabError as error:
        return Check("terminal", "warn", str(error))
    return Check("terminal", "ok", terminal.description())


def check_watching(proc: Path = PROC) -> Check:
    """Whose processes may be looked into (ptrace(2), proc(5) on hidepid)."""
    if not (proc / "self" / "mem").exists():
        return Check(
            "watching", "missing", f"there is no {proc}/PID/mem", "the gauge and the lanes need Linux"
        )
    scope = ptrace_scope(proc)
    if scope == 3:
        return Check("watching", "missing", *restriction(scope))
    if may_trace_all(proc):
        outside = _link(proc / "self" / "ns" / "user") not in ("", FIRST_USERS)
        whose = "this user namespace" if outside else "every user"
        return Check("watching", "ok", f"the processes of {whose} may be watched{_scope_text(scope)}")
    if hides_others(proc) or not (proc / "1" / "stat").exists():
        remedy = "watch as the user whose process it is, as root, or mount /proc without hidepid"
        return Check("watching", "warn", "/proc hides the processes of other users (hidepid)", remedy)
    if os.geteuid() == 0:
        finding = "root without CAP_SYS_PTRACE: only processes of uid 0 with no more rights may be watched"
        remedy = "in a container: --cap-add SYS_PTRACE (Kubernetes: securityContext.capabilities.add)"
        return Check("watching", "warn", finding, remedy)
    if scope > 0:
        return Check("watching", "warn", *restriction(scope))
    return Check(
        "watching", "ok", f"your own processes may be watched{_scope_text(scope)}; those of others need root"
    )


def check_container(proc: Path = PROC, root: Path = Path("/")) -> Check:
    """Whose processes are seen at all: those of the host, or of a container (namespaces(7))."""
    kind = next((name for name, mark in CONTAINERS if (root / mark.lstrip("/")).exists()), "")
    inside = f"in a container ({kind})" if kind else "not in a container that is known"
    names = [_link(proc / "self" / "ns" / name) for name in ("pid", "user")]
    if names[0] not in ("", FIRST_PIDS):
        finding = f"{inside}, in a process namespace: only the processes in it are seen"
        remedy = "to see others: --pid=host or --pid=container:NAME, shareProcessNamespace, or from the host"
        return Check("container", "warn", finding, remedy)
    if names[1] not in ("", FIRST_USERS):
        finding = f"{inside}, in a user namespace: rights end at its border, those of root too"
        return Check("container", "warn", finding, "to watch others: from outside, as their user or as root")
    return Check("container", "ok", f"{inside}; the host's processes are seen")


def check_cgroup(process: Path = PROC / "self") -> Check:
    """Whether quotas and throttling can be read (cgroups(7))."""
    groups = cpu_cgroups(process)
    if not groups:
        remedy = "mount /sys/fs/cgroup into the container"
        return Check(
            "cgroup", "warn", "no CPU control group is seen: a quota and throttling stay unknown", remedy
        )
    quotas = [quota for group in groups if (quota := group.quota_cpus())]
    limit = f"a quota of {count(min(quotas))} CPUs" if quotas else "no CPU quota"
    return Check("cgroup", "ok", f"version {groups[0].version}, {limit}")


def check_tool(name: str, purpose: str, remedy: str) -> Check:
    """A program that is used when it is there; beside this Python counts, as in a virtual environment."""
    beside = sysconfig.get_path("scripts")
    found = shutil.which(name) or shutil.which(name, path=beside)
    if found:
        return Check(name, "ok", found)
    return Check(name, "missing", f"not found; it is for {purpose}", remedy)


def _scope_text(scope: int) -> str:
    return f" (ptrace_scope {scope})" if scope else ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
