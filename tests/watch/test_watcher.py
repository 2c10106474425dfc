"""The watcher process as its parent sees it, on real processes."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import psutil
import pytest

from gil_tui.lab.interpreters import Interpreter
from gil_tui.watch.client import WatcherProcess
from gil_tui.watch.frames import Frame
from tests.processes import StartedProcesses

pytestmark = [
    pytest.mark.real,
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched from outside"),
]

SPINNERS = """
import sys, threading
def spin():
    while True: pass
for _ in range(int(sys.argv[1])): threading.Thread(target=spin, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
"""
SLEEPER = "import time; print('ready', flush=True); time.sleep(100)"
PATIENCE_S = 20.0


class Targets:
    """Starts programs to watch and ends them."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, *command: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, process_group=0)
        self._processes.append(process)
        assert process.stdout and process.stdout.readline()
        return process

    def python(
        self, program: str, *arguments: str, interpreter: str = sys.executable
    ) -> subprocess.Popen[str]:
        return self.start(interpreter, "-c", program, *arguments)

    def end(self) -> None:
        while self._processes:
            process = self._processes.pop()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def targets() -> Iterator[Targets]:
    started = Targets()
    yield started
    started.end()


@contextlib.asynccontextmanager
async def watching(pid: int) -> AsyncIterator[tuple[WatcherProcess, list[Frame]]]:
    frames: list[Frame] = []
    watcher = WatcherProcess(frames.append)
    await watcher.start()
    watcher.watch(pid)
    try:
        yield watcher, frames
    finally:
        await watcher.close()


async def until(frames: list[Frame], holds: Callable[[Frame], bool]) -> Frame:
    """The first frame of which `holds` is true."""
    async with asyncio.timeout(PATIENCE_S):
        seen = 0
        while True:
            for frame in frames[seen:]:
                seen += 1
                if holds(frame):
                    return frame
            await asyncio.sleep(0.02)


def first_frame(pid: int, holds: Callable[[Frame], bool]) -> Frame:
    async def look() -> Frame:
        async with watching(pid) as (_, frames):
            return await until(frames, holds)

    return asyncio.run(look())


def holds_a_gil(pid: int, frame: Frame) -> bool:
    return any(gil.pid == pid and gil.held for gil in frame.gils)


def ends_after(moment_s: float, frame: Frame) -> bool:
    return frame.end_s >= moment_s


def read(frame: Frame) -> bool:
    return any(gil.available and gil.samples >= 10 for gil in frame.gils)


def test_spinning_threads_on_every_interpreter(interpreters: list[Interpreter], targets: Targets) -> None:
    for interpreter in interpreters:
        if interpreter.implementation != "cpython" or interpreter.free_threaded:
            continue
        target = targets.python(SPINNERS, "4", interpreter=interpreter.path)
        (gil,) = first_frame(target.pid, read).gils
        assert gil.held is not None and gil.held > 0.7, interpreter
        assert gil.waiting is not None and 1.5 < gil.waiting < 3.5, interpreter
        assert gil.holders and sum(gil.holders.values()) > 0.9, interpreter
        assert len(gil.holders) > 1, interpreter
        target.kill()


def test_a_free_threaded_interpreter_runs_without(interpreters: list[Interpreter], targets: Targets) -> None:
    free = next((found for found in interpreters if found.free_threaded), None)
    if free is None:
        pytest.skip("no free-threaded interpreter on this host")
    frame = first_frame(targets.python(SPINNERS, "4", interpreter=free.path).pid, read)
    (gil,) = frame.gils
    assert (gil.enabled, gil.held, gil.waiting) == (False, 0.0, 0.0)
    assert frame.processes[0].free_threaded is True


def test_one_spinning_thread_holds_and_nobody_waits(targets: Targets) -> None:
    target = targets.python(SPINNERS, "1")
    frame = first_frame(target.pid, read)
    (gil,) = frame.gils
    assert gil.held is not None and gil.held > 0.7
    assert gil.waiting is not None and gil.waiting < 0.3
    assert {thread.tid for thread in frame.threads} >= set(gil.holders or {})


def test_a_sleeper_holds_nothing(targets: Targets) -> None:
    frame = first_frame(targets.python(SLEEPER).pid, read)
    assert frame.gils[0].held == pytest.approx(0, abs=0.1)
    assert frame.processes[0].python == f"CPython {sys.version.split()[0]}"
    assert not frame.ended


def test_frames_follow_each_other_without_gaps(targets: Targets) -> None:
    async def look(pid: int) -> list[Frame]:
        async with watching(pid) as (watcher, frames):
            await until(frames, read)
            for _ in range(3):
                cut_s = time.monotonic()
                watcher.cut()
                await until(frames, partial(ends_after, cut_s))
            return frames

    frames = asyncio.run(look(targets.python(SPINNERS, "2").pid))
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(frames))
    for frame in frames:
        for thread in frame.threads:
            assert sum(thread.shares.values()) == pytest.approx(1, abs=0.03)


def test_children_come_and_go(targets: Targets) -> None:
    program = f"""
import subprocess, sys, time
print("ready", flush=True)
for _ in range(2):
    child = subprocess.Popen([sys.executable, "-c", {SPINNERS!r}, "2"], stdout=subprocess.DEVNULL)
    sys.stdin.readline()
    child.kill(); child.wait()
time.sleep(100)
"""

    def children(frame: Frame) -> set[int]:
        return {process.pid for process in frame.processes if process.parent_pid == target.pid}

    def without(child: int, frame: Frame) -> bool:
        return child not in children(frame)

    async def look() -> None:
        async with watching(target.pid) as (_, frames):
            for _ in range(2):
                (child,) = children(await until(frames, lambda frame: bool(children(frame))))
                await until(frames, partial(holds_a_gil, child))
                frames.clear()
                assert target.stdin
                target.stdin.write("\n")
                target.stdin.flush()
                await until(frames, partial(without, child))
                frames.clear()

    target = targets.python(program)
    asyncio.run(look())


def test_a_program_replaced_by_exec_is_recognised(targets: Targets) -> None:
    script = f"echo ready; sleep 1; exec {sys.executable} -c '{SPINNERS}' 2"
    target = targets.start("sh", "-c", script)
    frame = first_frame(target.pid, read)
    assert frame.processes[0].python is not None


def test_the_end_of_the_process_is_the_last_frame(targets: Targets) -> None:
    async def look(process: subprocess.Popen[str]) -> list[Frame]:
        async with watching(process.pid) as (_, frames):
            await until(frames, read)
            process.kill()  # not reaped: a zombie has ended, too
            await until(frames, lambda frame: frame.ended)
            await asyncio.sleep(0.5)
            return frames

    frames = asyncio.run(look(targets.python(SPINNERS, "1")))
    assert [frame.ended for frame in frames].index(True) == len(frames) - 1


def test_a_process_that_never_was_is_said_at_once() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    frame = first_frame(gone.pid, lambda frame: True)
    assert (frame.ended, frame.threads) == (True, ())
    assert f"no process {gone.pid}" in frame.why


def test_a_stopped_process_is_said_to_be_stopped(targets: Targets) -> None:
    target = targets.python(SPINNERS, "2")
    target.send_signal(signal.SIGSTOP)
    frame = first_frame(target.pid, lambda frame: "stopped" in frame.why)
    assert [gil.available for gil in frame.gils] == [False]


def test_pypy_says_why_there_is_no_gauge(interpreters: list[Interpreter], targets: Targets) -> None:
    pypy = next((found for found in interpreters if found.implementation == "pypy"), None)
    if pypy is None:
        pytest.skip("no PyPy on this host")
    target = targets.python(SPINNERS, "3", interpreter=pypy.path)
    frame = first_frame(target.pid, lambda frame: any(thread.shares["gil"] > 0 for thread in frame.threads))
    assert "PyPy" in frame.why
    assert [gil.available for gil in frame.gils] == [False]


def test_what_is_no_python_has_lanes(targets: Targets) -> None:
    frame = first_frame(
        targets.start("sh", "-c", "echo ready; sleep 100; true").pid, lambda f: bool(f.threads)
    )
    assert frame.gils == ()
    assert "not a Python process" in frame.why


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's process takes root to try")
def test_another_users_process_is_counted_and_the_reason_said(targets: Targets) -> None:
    program = "import os, gil_tui.watch.__main__ as watch; os.setgid(65534); os.setuid(65534); watch.main()"
    target = targets.python(SPINNERS, "1")
    watcher = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert watcher.stdin and watcher.stdout
        watcher.stdin.write(json.dumps({"watch": target.pid}) + "\n")
        watcher.stdin.flush()
        frame = [Frame.from_json(json.loads(watcher.stdout.readline())) for _ in range(4)][-1]
    finally:
        watcher.communicate()
    assert "another user" in frame.why
    assert all(thread.counted_only for thread in frame.threads)
    assert sum(thread.shares["cpu"] for thread in frame.threads) > 0.2


# --- its own end


def test_commands_that_are_not_understood_are_passed_over(targets: Targets) -> None:
    pid = targets.python(SLEEPER).pid
    lines = [
        b"",
        b"{",
        b"[]",
        b"3",
        b'{"watch": "x"}',
        b'{"watch": -1}',
        b'{"rate_hz": true}',
        b'{"cut": true}',
    ]
    lines += [b"\xff\xfe", b'{"rate_hz": 1e999}', b'{"unknown": 1}', b'{"watch": %d}' % pid]
    watcher = subprocess.Popen(
        [sys.executable, "-m", "gil_tui.watch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert watcher.stdin and watcher.stdout
    watcher.stdin.write(b"\n".join(lines) + b"\n")
    watcher.stdin.flush()
    assert Frame.from_json(json.loads(watcher.stdout.readline())).processes[0].pid == pid
    watcher.communicate()
    assert watcher.returncode == 0


def test_it_ends_with_its_input_and_imports_no_screen() -> None:
    program = "import gil_tui.watch.__main__ as w, sys; w.main(); print(sorted(sys.modules), file=sys.stderr)"
    finished = subprocess.run(
        [sys.executable, "-c", program], input=b"", capture_output=True, timeout=PATIENCE_S, check=True
    )
    loaded = finished.stderr.decode()
    for module in ("textual", "rich", "plotext", "psutil", "asyncio"):
        assert f"'{module}'" not in loaded


def test_nobody_is_left_when_the_parent_is_killed(no_orphans: StartedProcesses, targets: Targets) -> None:
    target = targets.python(SLEEPER)
    program = f"""
import asyncio
from gil_tui.watch.client import WatcherProcess
async def main():
    watcher = WatcherProcess(lambda frame: print("frame", flush=True))
    await watcher.start()
    watcher.watch({target.pid})
    await asyncio.sleep(100)
asyncio.run(main())
"""
    parent = targets.python(program)
    parent.kill()
    targets.end()
    assert no_orphans.wait_gone() == []


def test_a_watcher_that_dies_is_noticed() -> None:
    async def look() -> tuple[str, list[str]]:
        words: list[str] = []
        watcher = WatcherProcess(on_end=words.append)
        await watcher.start()
        assert watcher.pid is not None
        os.kill(watcher.pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_S):
            while not watcher.failure:
                await asyncio.sleep(0.02)
        watcher.watch(1)
        await watcher.close()
        return watcher.failure, words

    failure, words = asyncio.run(look())
    assert words == [failure]
    assert "ended" in failure


def test_frames_that_cannot_be_taken_in_end_it_and_are_said() -> None:
    """Unread they would be kept, up to 128 MB of them."""

    def refuse(frame: Frame) -> None:
        raise LookupError(f"no room for {frame.processes[0].pid}")

    async def look() -> tuple[str, list[str]]:
        words: list[str] = []
        watcher = WatcherProcess(refuse, words.append)
        await watcher.start()
        watcher.watch(os.getpid())
        async with asyncio.timeout(PATIENCE_S):
            while not words:
                await asyncio.sleep(0.02)
        assert not psutil.pid_exists(watcher.pid or 0)
        await watcher.close()
        return watcher.failure, words

    failure, words = asyncio.run(look())
    assert words == [failure]
    assert failure == f"what the watcher saw cannot be taken in: LookupError: no room for {os.getpid()}"
