"""Finds what a test has started and left running."""

import os
import time
import uuid

import psutil

MARK = "GIL_TUI_TEST_MARK"


class StartedProcesses:
    """Processes that carry this object's mark in their environment, or descend from this process since.

    Whoever starts a process hands the mark on with the environment; a session or group of its own does not
    lose it. What forks without an exec shows its parent's old environment, hence the descendants too.
    """

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        self._before = {process.pid for process in psutil.Process().children(recursive=True)}

    def alive(self) -> list[psutil.Process]:
        """Those that still run; a zombie counts as gone, its reaping is its parent's business."""
        found = {process.pid: process for process in psutil.Process().children(recursive=True)}
        found.update((process.pid, process) for process in psutil.process_iter() if self._is_marked(process))
        return [
            process
            for pid, process in found.items()
            if pid not in self._before and pid != os.getpid() and not _is_gone(process)
        ]

    def wait_gone(self, timeout_s: float = 3.0) -> list[psutil.Process]:
        """Wait until none is alive, at most `timeout_s`; return those that are."""
        deadline_s = time.monotonic() + timeout_s
        while (alive := self.alive()) and time.monotonic() < deadline_s:
            time.sleep(0.05)
        return alive

    def end(self) -> None:
        """Kill those still alive, so that one test's failure is not the next one's."""
        for process in self.alive():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue

    def _is_marked(self, process: psutil.Process) -> bool:
        try:
            with open(f"/proc/{process.pid}/environ", "rb") as file:
                return f"{MARK}={self.mark}".encode() in file.read()
        except OSError:
            return False  # gone meanwhile, or another user's and so not ours


def _is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return True


def describe(processes: list[psutil.Process]) -> str:
    """One line a process: pid, parent and command."""
    lines = []
    for process in processes:
        try:
            lines.append(
                f"{process.pid} (parent {process.ppid()}): {' '.join(process.cmdline()) or process.name()}"
            )
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            lines.append(f"{process.pid}: gone meanwhile")
    return "\n".join(lines)
