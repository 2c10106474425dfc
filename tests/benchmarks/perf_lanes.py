"""What every thread of a process really did, from the kernel's scheduler and system calls (`perf`, root)."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from gil_tui.watch.frames import STATES
from gil_tui.watch.target import open_target
from gil_tui.watch.task_folder import TaskFolder
from gil_tui.watch.waits import CPU, DISK, IDLE, RUN_QUEUE, Waits

IDLE_AFTER_S = 1.0
_EVENT = re.compile(r"\s*(\d+)\s+(\d+\.\d+):\s+(\w+:\w+):\s*(.*)")
_SWITCH = re.compile(r"prev_pid=(\d+) .*prev_state=(\S+) ==> .*next_pid=(\d+)")
_WAKING = re.compile(r"\bpid=(\d+)")
_ENTER = re.compile(r"NR (-?\d+) \((.*)\)")

Moment = tuple[float, int]
"""From this time (CLOCK_MONOTONIC) on the thread was in this state, a position in `STATES`."""


def perf_works() -> bool:
    """Can scheduler events be recorded here?"""
    if os.geteuid() != 0 or not shutil.which("perf"):
        return False
    command = ["perf", "record", "-q", "-a", "-o", "/dev/null", "-e", "sched:sched_switch", "--", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class PerfTrace:
    """Records the threads that live now from `__init__` to `stop`; `shares` gives their time by state."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid, self._file = pid, folder / "perf.data"
        tids = sorted(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir())
        self.tids = tids
        self._states: dict[int, list[Moment]] = {tid: [] for tid in tids}
        ours = f"{{0}}>={tids[0]} && {{0}}<={tids[-1]}"
        switch = f"({ours.format('prev_pid')}) || ({ours.format('next_pid')})"
        command = ["perf", "record", "-q", "-k", "CLOCK_MONOTONIC", "-a", "-m", "8M", "-o", str(self._file)]
        for event, condition in (
            ("sched:sched_switch", switch),
            ("sched:sched_waking", ours.format("pid")),
            ("raw_syscalls:sys_enter", ours.format("common_pid")),
            ("raw_syscalls:sys_exit", ours.format("common_pid")),
        ):
            command += ["-e", event, "--filter", condition]
        command += ["--", "cat"]  # which ends, and the recording with it, when its input does
        null = subprocess.DEVNULL
        self._perf = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=null, stderr=null)
        time.sleep(1.0)
        self._waits = Waits(open_target(pid), TaskFolder(pid, Path("/proc")))
        self._calls = {tid: self._line(tid) for tid in tids}

    def stop(self) -> None:
        """Stop recording and read what was recorded; while the process lives."""
        self._perf.communicate()
        for tid, line in self._calls.items():
            self._states[tid].append((0.0, CPU if line.startswith(b"running") else self._state(tid, line)))
        command = ["perf", "script", "-i", str(self._file), "-F", "tid,time,event,trace", "--ns"]
        script = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert script.stdout
        for event in script.stdout:
            found = _EVENT.match(event)
            if found:
                self._take(int(found[1]), float(found[2]), found[3].partition(":")[2], found[4])
        script.wait()

    def shares(self, tid: int, start_s: float, end_s: float) -> list[float]:
        """One thread's shares by state between two moments; unbroken waits of a second are idle."""
        parts = [0.0] * len(STATES)
        for began_s, ended_s, state in self._spans(tid):
            inside_s = min(ended_s, end_s) - max(began_s, start_s)
            if inside_s > 0:
                rests = state not in (CPU, RUN_QUEUE) and ended_s - began_s >= IDLE_AFTER_S
                parts[IDLE if rests else state] += inside_s
        return [part / (end_s - start_s) for part in parts]

    def _spans(self, tid: int) -> Iterator[tuple[float, float, int]]:
        moments = self._states[tid]
        for at, (began_s, state) in enumerate(moments):
            ended_s = moments[at + 1][0] if at + 1 < len(moments) else float("inf")
            yield began_s, ended_s, state

    def _take(self, tid: int, at_s: float, event: str, words: str) -> None:
        if tid in self._states and self._states[tid][-1][1] != CPU:
            self._enter(tid, at_s, CPU)  # whoever emits an event is on a CPU, also where its switch was lost
        if event == "sched_switch":
            self._switch(at_s, words)
        elif event == "sched_waking":
            found = _WAKING.search(words)
            woken = int(found[1]) if found else 0
            if woken in self._states and self._states[woken][-1][1] not in (CPU, RUN_QUEUE):
                self._enter(woken, at_s, RUN_QUEUE)
        elif tid in self._calls:
            call = _ENTER.match(words) if event == "sys_enter" else None
            self._calls[tid] = _proc_line(call) if call else b"running"

    def _switch(self, at_s: float, words: str) -> None:
        found = _SWITCH.search(words)
        if not found:
            return
        left, entered = int(found[1]), int(found[3])
        if left in self._states:
            preempted = found[2].startswith("R")
            self._enter(left, at_s, RUN_QUEUE if preempted else self._state(left, self._calls[left]))
        if entered in self._states:
            self._enter(entered, at_s, CPU)

    def _enter(self, tid: int, at_s: float, state: int) -> None:
        self._states[tid].append((at_s, state))

    def _state(self, tid: int, line: bytes) -> int:
        if line.startswith(b"running"):  # blocked outside of a system call: by a page fault
            return DISK
        return (self._waits.known.get(line) or self._waits.learn(line, tid)).state

    def _line(self, tid: int) -> bytes:
        return Path(f"/proc/{self._pid}/task/{tid}/syscall").read_bytes()


def _proc_line(call: re.Match[str]) -> bytes:
    """As `/proc/PID/task/TID/syscall` writes it; the two pointers at its end are not known."""
    arguments = " ".join(f"0x{word.strip()}" for word in call[2].split(","))
    return f"{call[1]} {arguments} 0x0 0x0\n".encode()
