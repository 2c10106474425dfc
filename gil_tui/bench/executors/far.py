"""What a Dask worker does, wherever it runs; `shipping` brings this package to it."""

from __future__ import annotations

import os
import sys
import threading
import time

from ..failures import JobError, in_words
from ..family import read
from ..gil import gil_enabled
from ..workloads import load
from .base import empty
from .work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    from ..gil import Gil
    from .work import Order, Record

    Place = Tuple[str, int, int]
    """Where a worker is: its `here`, process and thread id."""
    Reading = Tuple[float, float, Optional[float], str]
    """Of a worker's process, in seconds: now, CPU time, and GIL contention so far or else why not."""


class Post:
    """A worker's part in one experiment: its seat, its work, and one task at a time."""

    def __init__(self, seat: int, work: Work) -> None:
        self.seat = seat
        self.work = work
        self.turn = threading.Lock()
        self.usual_interval_s = sys.getswitchinterval()


__all__ = ["empty", "enlist", "leave", "reading", "task", "told", "warm"]

_posts: Dict[str, Post] = {}
"""By experiment: a worker of somebody's cluster may be asked by several at once."""


def enlist(
    experiment: str, seat: int, order: Order, size: int, switch_interval_s: Optional[float], ours: bool
) -> Place:
    """Take a seat; `ours` is a worker that was started for this experiment alone."""
    if ours:
        import faulthandler

        from ..guard import allow_watching

        allow_watching()
        faulthandler.enable(2)
    _posts[experiment] = Post(seat, Work(load(*order), size, time.thread_time_ns))
    if switch_interval_s is not None:
        sys.setswitchinterval(switch_interval_s)
    return here(), os.getpid(), threading.get_native_id()


def warm(experiment: str, seconds: float) -> Gil:
    """Warm up; return whether there is a GIL."""
    post = _posts[experiment]
    with post.turn:
        post.work.warm_up(seconds)
    return gil_enabled()


def task(experiment: str, number: int) -> Record:
    """Do one task: in a worker with several threads too, one after the other."""
    post = _posts[experiment]
    with post.turn:
        return post.work.task(post.seat, number)


def leave(experiment: str) -> None:
    """Give the seat back and leave the worker as it was."""
    post = _posts.pop(experiment)
    sys.setswitchinterval(post.usual_interval_s)
    post.work.workload.leave()


def reading(dask_worker: Any) -> Reading:
    """What this worker's process has used so far, asked in the thread of its event loop."""
    monitor = dask_worker.monitor
    why, contention_s = "", None
    if getattr(monitor, "monitor_gil_contention", False):
        monitor.update()  # adds what has come since its own last look
        contention_s = getattr(monitor, "cumulative_gil_contention", None)
    if contention_s is None:
        why = "no gilknocker" if not _has_gilknocker() else "switched off"
    return time.monotonic(), time.process_time(), contention_s, why


def _has_gilknocker() -> bool:
    import importlib.util

    return importlib.util.find_spec("gilknocker") is not None


def here() -> str:
    """Equal in two processes if the one can see the other by its process id."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = os.uname().nodename
    return read("/proc/sys/kernel/random/boot_id").strip() + namespace


def told(error: BaseException) -> BaseException:
    """The error in a form that every process can read, whether it has this package or not."""
    if isinstance(error, JobError):
        return RuntimeError(error.kind, error.message, error.traceback)
    return RuntimeError("internal", in_words(error), "")
