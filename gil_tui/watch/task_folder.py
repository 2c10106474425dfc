"""The /proc folder of one process, held open: a process number that is reused cannot be mistaken for it."""

import os
import resource
from pathlib import Path

_READ = os.O_RDONLY | os.O_CLOEXEC
_DESCRIPTORS_WANTED = 65_536


class TaskFolder:
    """`/proc/PID` and its `task` folder; every method raises OSError once the process has ended.

    Where they cannot be opened, `links` raises why.
    """

    def __init__(self, pid: int, proc: Path = Path("/proc")) -> None:
        self._process = self._tasks = -1
        self._refusal: OSError | None = None
        try:
            self._process = os.open(proc / str(pid), _READ | os.O_DIRECTORY)
            self._tasks = os.open("task", _READ | os.O_DIRECTORY, dir_fd=self._process)
        except OSError as error:
            self._refusal = error

    def links(self) -> int:
        """A number that changes with the number of threads: cheaper than to list them."""
        if self._refusal is not None:
            raise self._refusal
        return os.fstat(self._tasks).st_nlink

    def tids(self) -> set[int]:
        """The threads; none once the process has ended."""
        names = os.listdir(self._tasks)  # noqa: PTH208  (by descriptor, which pathlib cannot)
        return {int(name) for name in names if name.isdecimal()}

    def open(self, tid: int, name: str) -> int:
        """A descriptor of `task/TID/name`, for the caller to close."""
        return os.open(f"{tid}/{name}", _READ, dir_fd=self._tasks)

    def read(self, tid: int, name: str, size: int = 512) -> bytes:
        """The beginning of `task/TID/name`."""
        descriptor = self.open(tid, name)
        try:
            return os.read(descriptor, size)
        finally:
            os.close(descriptor)

    def descriptor_link(self, descriptor: int) -> str:
        """What the process has open under that number, such as `socket:[4711]` or a path."""
        return os.readlink(f"fd/{descriptor}", dir_fd=self._process)

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in (self._tasks, self._process):
            if descriptor >= 0:
                os.close(descriptor)
        self._process = self._tasks = -1


def raise_descriptor_limit() -> int:
    """Allow this process as many descriptors as it may have, within reason; the limit that holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS_WANTED if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS_WANTED)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _DESCRIPTORS_WANTED if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError):
        return soft
    return wanted
