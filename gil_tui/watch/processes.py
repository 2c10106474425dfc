"""Python processes of this host, and what one process of a watched tree uses: CPU, memory, threads.

Sources: proc_pid_stat(5), proc_pid_status(5), proc_pid_smaps(5), clock_getcpuclockid(3).
"""

import os
import pwd
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gil_tui.watch import access
from gil_tui.watch.cgroups import kernel_lines, read_text
from gil_tui.watch.frames import ProcessFrame
from gil_tui.watch.tree import ProcessStat, process_ids, read_stat

PROC = Path("/proc")

PSS_SOON_S, PSS_EVERY_S = 1.0, 5.0
"""Reading PSS walks the page tables, so it is done seldom, and more seldom the longer it takes.

A program that has just started is smaller than it will be, so it is read again soon."""

_PSS_COST = 0.002
"""At most this share of time goes into reading one process's PSS."""

_LONGEST_COMMAND = 400
_COMMAND_BYTES = 4096
_PROGRAM = re.compile(r"(python|pypy)(\d(?:\.\d+)?t?)?(?:d|m|-\w+)?")
_LIBRARY = re.compile(r"/lib(python|pypy)(\d\.\d+t?)?[^/\n]*\.so")
_IMPLEMENTATIONS = {"python": "CPython", "pypy": "PyPy"}


@dataclass(frozen=True, slots=True)
class PythonProcess:
    """A row of the list: may it be watched, and if not `why`.

    `python` is as precise as the names of its files are, such as `CPython 3.11`. `cpu_share` is in cores,
    since the reading before; at the first one since the process began. `container_pid` is its id inside
    a container, None if it is not in one.
    """

    pid: int
    parent_pid: int
    user: str
    python: str
    command: str
    cpu_share: float
    threads: int
    age_s: float
    rss_bytes: int
    watchable: bool
    why: str = ""
    container_pid: int | None = None


def python_processes(proc: Path = PROC) -> list[PythonProcess]:
    """The Python processes of this host but this one, the busiest first; `ProcessTable` reads repeatedly."""
    return ProcessTable(proc).read()


class ProcessTable:
    """Reads the list again and again; what does not change is remembered. Without /proc, through psutil."""

    def __init__(
        self, proc: Path = PROC, *, uptime_s: Callable[[], float] | None = None, own_pid: int | None = None
    ) -> None:
        self._proc = proc
        self._uptime_s = uptime_s or _uptime_s
        self._own_pid = os.getpid() if own_pid is None else own_pid
        self._ticks_per_s = os.sysconf("SC_CLK_TCK")
        self._linked: dict[tuple[int, str], str | None] = {}
        self._used: dict[tuple[int, int], tuple[float, int]] = {}

    def read(self) -> list[PythonProcess]:
        """The list as it is now, the busiest first."""
        if not (self._proc / "self").exists() and not (self._proc / "stat").exists():
            return list(_through_psutil(self._own_pid))
        now = self._uptime_s()
        pids = process_ids(self._proc) - {self._own_pid}
        self._linked = {key: python for key, python in self._linked.items() if key[0] in pids}
        used: dict[tuple[int, int], tuple[float, int]] = {}
        rows = []
        for pid in pids:
            python = self._python(pid)
            stat = read_stat(pid, self._proc) if python else None
            if python and stat and not stat.ended:
                used[stat.identity] = (now, stat.cpu_ticks)
                rows.append(self._row(stat, python, now))
        self._used = used
        return sorted(rows, key=lambda row: (-row.cpu_share, row.pid))

    def _row(self, stat: ProcessStat, python: str, now: float) -> PythonProcess:
        began_s = stat.start_ticks / self._ticks_per_s
        since_s, ticks = self._used.get(stat.identity, (began_s, 0))
        used_s = (stat.cpu_ticks - ticks) / self._ticks_per_s
        status = read_text(f"{self._proc}/{stat.pid}/status")
        why = "" if access.may_read(stat.pid, self._proc) else access.refusal(stat.pid, self._proc)
        return PythonProcess(
            pid=stat.pid,
            parent_pid=stat.parent_pid,
            user=user_name(status),
            python=python,
            command=command_of(stat.pid, self._proc) or bracketed(stat.name),
            cpu_share=max(0.0, used_s) / max(now - since_s, 1 / self._ticks_per_s),
            threads=stat.threads,
            age_s=max(0.0, now - began_s),
            rss_bytes=stat.rss_bytes,
            watchable=not why,
            why=why,
            container_pid=container_pid(status),
        )

    def _python(self, pid: int) -> str | None:
        """By the name of its program, else by the library it has mapped; None if it is not Python."""
        folder = f"{self._proc}/{pid}"
        try:
            program = os.readlink(f"{folder}/exe")  # noqa: PTH115  (hundreds in a row: pathlib is slow)
        except OSError:
            return python_of_program(read_text(f"{folder}/cmdline", _COMMAND_BYTES).partition("\0")[0])
        if (pid, program) not in self._linked:
            by_name = python_of_program(program)
            self._linked[pid, program] = by_name or python_of_maps(read_text(f"{folder}/maps"))
        return self._linked[pid, program]


class ProcessMeter:
    """What one process uses: exact CPU and RSS in every frame, PSS every few seconds."""

    def __init__(
        self,
        pid: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        proc: Path = PROC,
        cpu_clock: Callable[[int], int] | None = None,
    ) -> None:
        self._pid, self._clock, self._folder = pid, clock, proc / str(pid)
        self._proc = proc
        self._cpu_clock = cpu_clock or process_cpu_ns
        self._at_s = clock()
        self._cpu_ns = self._cpu()
        self._pss_bytes: int | None = None
        self._command = ""
        self.renew()

    def renew(self) -> None:
        """The process runs another program: its command and memory are those of the one before."""
        self._pss_at_s, self._pss_after_s = self._clock(), PSS_SOON_S

    def frame(self, stat: ProcessStat, python: str | None, free_threaded: bool | None) -> ProcessFrame:
        """The frame since the call before; `stat` is the process's line as read for this frame."""
        now, cpu_ns = self._clock(), self._cpu()
        passed_s = now - self._at_s
        used_ns = 0 if cpu_ns is None or self._cpu_ns is None else max(0, cpu_ns - self._cpu_ns)
        self._cpu_ns = cpu_ns or self._cpu_ns
        self._at_s = now
        if now >= self._pss_at_s:
            self._read_slowly(now)
        return ProcessFrame(
            pid=self._pid,
            parent_pid=stat.parent_pid,
            command=self._command or bracketed(stat.name),
            python=python,
            free_threaded=free_threaded,
            cpu_share=used_ns / 1e9 / passed_s if passed_s > 0 else 0.0,
            rss_bytes=stat.rss_bytes,
            pss_bytes=self._pss_bytes,
            threads=stat.threads,
        )

    def _cpu(self) -> int | None:
        try:
            return self._cpu_clock(self._pid)
        except OSError:
            return None

    def _read_slowly(self, now: float) -> None:
        self._command = command_of(self._pid, self._proc)
        self._pss_bytes = parse_pss(read_text(self._folder / "smaps_rollup"))
        took_s = self._clock() - now
        self._pss_at_s = now + max(self._pss_after_s, took_s / _PSS_COST)
        self._pss_after_s = PSS_EVERY_S


def process_cpu_ns(pid: int) -> int:
    """CPU time of all threads that a process has ever had, exactly; OSError once it is gone.

    The clock of another process has the number that clock_getcpuclockid(3) makes of its id.
    """
    return time.clock_gettime_ns(~pid << 3 | 2)


def parse_pss(smaps_rollup: str) -> int | None:
    """Bytes of `Pss` in `/proc/PID/smaps_rollup`; None where it is missing or may not be read."""
    for line in kernel_lines(smaps_rollup):
        words = line.split()
        if len(words) == 3 and words[0] == "Pss:":
            try:
                return int(words[1]) * 1024
            except ValueError:
                return None
    return None


def python_of_program(program: str) -> str | None:
    """Such as `CPython 3.11` for `/usr/bin/python3.11`; None for a program of another name."""
    match = _PROGRAM.fullmatch(program.removesuffix(" (deleted)").rpartition("/")[2])
    return f"{_IMPLEMENTATIONS[match[1]]} {match[2] or ''}".rstrip() if match else None


def python_of_maps(maps: str) -> str | None:
    """Such as `CPython 3.11` for a program that has mapped libpython3.11; None without such a library."""
    match = _LIBRARY.search(maps)
    return f"{_IMPLEMENTATIONS[match[1]]} {match[2] or ''}".rstrip() if match else None


def command_of(pid: int, proc: Path = PROC) -> str:
    """The command line as text that a terminal may be given; empty for a zombie or a kernel thread."""
    return printable_command(read_text(f"{proc}/{pid}/cmdline", _COMMAND_BYTES))


def printable_command(cmdline: str) -> str:
    """The words of a `/proc/PID/cmdline` in one line, what is not printable as spaces."""
    text = " ".join(cmdline.rstrip("\0").split("\0"))[:_LONGEST_COMMAND]
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def bracketed(name: str) -> str:
    """The name of a program without a command line, as ps(1) writes it."""
    return f"[{printable_command(name)}]"


def user_name(status: str) -> str:
    """The effective user of a process, by name where it has one, from `/proc/PID/status`."""
    number = _status_words(status, "Uid")[1:2]
    if not number or not number[0].isdecimal():
        return ""
    try:
        return pwd.getpwuid(int(number[0])).pw_name
    except (KeyError, OverflowError, ValueError):
        return number[0]


def container_pid(status: str) -> int | None:
    """Its id in the innermost process namespace, from `/proc/PID/status`; None if there is only ours."""
    numbers = _status_words(status, "NSpid")
    try:
        return int(numbers[-1]) if len(numbers) > 1 else None
    except ValueError:
        return None


def _status_words(status: str, key: str) -> list[str]:
    for line in kernel_lines(status):
        name, _, value = line.partition(":")
        if name == key:
            return value.split()
    return []


def _uptime_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _through_psutil(own_pid: int) -> Iterator[PythonProcess]:
    import psutil

    why = "only Linux lets a process be watched from outside"
    names = ["pid", "ppid", "username", "name", "cmdline", "num_threads", "create_time", "memory_info"]
    for process in psutil.process_iter(names):
        info = process.info
        python = python_of_program(info["name"] or "")
        if python is None or info["pid"] == own_pid:
            continue
        yield PythonProcess(
            pid=info["pid"],
            parent_pid=info["ppid"] or 0,
            user=info["username"] or "",
            python=python,
            command=" ".join(info["cmdline"] or [info["name"]]),
            cpu_share=0.0,
            threads=info["num_threads"] or 0,
            age_s=max(0.0, time.time() - (info["create_time"] or time.time())),
            rss_bytes=info["memory_info"].rss if info["memory_info"] else 0,
            watchable=False,
            why=why,
        )
