"""The guardian: it outlives the experiment, and sees to it that nothing of the experiment outlives it.

    application --starts--> guardian --forks--> experiment --starts--> workers and whatever else

The guardian ends everything when the experiment has ended, when the application closes its end of the
switch (or is gone, however it went), and on SIGTERM, SIGINT or SIGHUP. As a subreaper it inherits
processes that left the group or whose parents are gone. Should it be killed itself, then the kernel kills
the experiment's group: the dead man's switch, which works even while a C call holds the GIL for ever.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

from .family import descendants, entries, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Optional

GIVE_UP_S = 5.0
"""A process that SIGKILL has not ended by then belongs to another user or hangs in the kernel."""

SCRATCH_FOLDER = "/dev/shm"
TEMPORARY_FOLDER = os.path.abspath(os.environ.get("TMPDIR") or "/tmp")
"""On a disk, mostly: what workloads write to files, they write there."""
SCRATCH = "gil-tui-%d-%s" % (os.getpid(), os.urandom(4).hex())
"""How the names of an experiment's semaphores and temporary folders begin; its guardian knows it too."""

READY = b"."
GUARDIAN_FAILED = 70  # EX_SOFTWARE of sysexits.h

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
PR_SET_PTRACER = 0x59616D61
PR_SET_PTRACER_ANY = -1
F_SETSIG = 10  # asm-generic/fcntl.h; PyPy's fcntl does not name it everywhere


def split(switch_fd: int, events_fd: int) -> int:
    """Fork; return in the experiment alone, with a pipe that ends with the guardian; see `arm`.

    The guardian's exit code is the experiment's, 128 + the signal if one killed it.
    """
    lifeline, held = os.pipe()
    experiment = os.fork()
    if experiment == 0:
        os.close(held)
        os.setpgid(0, 0)
        return lifeline
    code = GUARDIAN_FAILED
    try:
        os.close(lifeline)
        os.close(events_fd)
        code = _Guardian(experiment, switch_fd, held).watch()
    except BaseException:
        sys.excepthook(*sys.exc_info())  # the experiment ends with the lifeline
    os._exit(code)


def arm(switch_fd: int, lifeline: int) -> None:
    """Have the kernel kill this process's group when the application or the guardian is gone.

    Waits for the guardian to be on guard. On systems that cannot choose the signal (macOS) the guardian
    alone stands in for the application.
    """
    if os.read(lifeline, 1) != READY:
        os._exit(1)
    if not sys.platform.startswith("linux"):
        return
    import fcntl

    for descriptor in (switch_fd, lifeline):
        fcntl.fcntl(descriptor, F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        if _closed(descriptor):  # before it was armed
            os._exit(1)


def allow_watching() -> None:
    """Let the application's watcher read this process where only ancestors may (Yama, ptrace scope 1)."""
    if read("/proc/sys/kernel/yama/ptrace_scope").strip() == "1":
        _prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY)


class _Guardian:
    """Waits for whatever comes first and then ends the experiment and all its descendants."""

    def __init__(self, experiment: int, switch_fd: int, held: int) -> None:
        self._experiment = experiment
        self._switch_fd = switch_fd
        self._told = False
        self._ended: Optional[int] = None
        self._wake, wake_write = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _do_nothing)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._tell)
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        os.write(held, READY)

    def watch(self) -> int:
        """Return the exit code to end with, everything having ended."""
        poller = select.poll()
        poller.register(self._switch_fd, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        while self._reap() and self._ended is None and not self._told:
            ready = [descriptor for descriptor, _ in poller.poll()]
            if self._switch_fd in ready:
                break
            os.read(self._wake, 512)
        self._end_all()
        _remove_leftovers()
        return GUARDIAN_FAILED if self._ended is None else self._ended

    def _tell(self, number: int, frame: Optional[FrameType]) -> None:
        self._told = True

    def _reap(self) -> bool:
        """Take what has ended; False when no child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._experiment:
                killed = os.WIFSIGNALED(status)
                self._ended = 128 + os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)

    def _end_all(self) -> None:
        """Kill until no descendant is left: those of a killed process come to this one to be found."""
        deadline_s = time.monotonic() + GIVE_UP_S
        _kill(-self._experiment)  # the group, at one stroke
        while self._reap() and time.monotonic() < deadline_s:
            for pid in descendants(os.getpid()):
                _kill(pid)
            time.sleep(0.001)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _do_nothing(number: int, frame: Optional[FrameType]) -> None:
    """Stand as a handler, so that the signal wakes `poll`."""


def _closed(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(0))


def _prctl(option: int, argument: int) -> None:
    """prctl(2); without effect where there is none, or no ctypes."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes
    except ImportError:
        return
    zero = ctypes.c_ulong(0)
    ctypes.CDLL(None).prctl(option, ctypes.c_ulong(argument), zero, zero, zero)


def _remove_leftovers() -> None:
    """Remove what a killed experiment, or multiprocessing in it, could not remove itself."""
    for folder in {SCRATCH_FOLDER, TEMPORARY_FOLDER}:
        for name in entries(folder):
            path = os.path.join(folder, name)
            if name.startswith("sem." + SCRATCH):
                os.unlink(path)
            elif name.startswith(SCRATCH):
                import shutil

                shutil.rmtree(path, ignore_errors=True)
