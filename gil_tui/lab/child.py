"""Starts one bench child, listens to it, and sees to it that nothing of it is left."""

import asyncio
import contextlib
import functools
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, TypeVar

from gil_tui.bench import spec
from gil_tui.lab.allowance import Allowance, limited
from gil_tui.lab.streams import NOTHING, Captured, EventLines, HeadAndTail

BENCH = Path(spec.__file__).with_name("__main__.py")
FINAL_EVENTS = ("calibrated", "finished", "handed_over", "failed")

STOP_S = 2.0
"""A child that is told to end, or has given its answer, gets this long to do so."""
DRAIN_S = 0.5
"""After the end of a child its pipes are read for this long at most."""
MESSAGE_CHARS = 300
TRACEBACK_CHARS = 16384

Event = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChildReport:
    """What became of one bench child.

    `answer` is its last event (`FINAL_EVENTS`), None if it ended or was stopped without one. `failure`
    has `kind` (of `spec.FAILURES`, or `crashed`, `timeout`, `start`), `message` and `traceback`; None
    for success. `started_s` and `ended_s` are CLOCK_MONOTONIC; `junk_events` counts lines that
    the bench did not write; `stopped_s` is time in which gil-tui itself did not run.
    """

    started_s: float
    ended_s: float
    exit_code: int | None = None
    answer: Event | None = None
    failure: Mapping[str, str] | None = None
    stdout: Captured = NOTHING
    stderr: Captured = NOTHING
    junk_events: int = 0
    stopped_s: float = 0.0


def prepare_launcher() -> None:
    """Start the thread that children are started from; call it before lowering this thread's priority.

    Linux keeps a nice value per thread and hands it on to children and new threads (sched(7)).
    """
    launcher().submit(time.monotonic).result()


async def run_child(
    job: spec.Job,
    on_event: Callable[[Event], None],
    timeout_s: float,
    command: tuple[str, ...] = (),
) -> ChildReport:
    """Run `job` in a fresh child and hand on its events until it has ended.

    `command` stands in for `INTERPRETER .../bench/__main__.py`. Whatever happens here (timeout,
    cancellation, an error of `on_event`), the child and all it started have ended when this returns.
    Time in which this process is stopped does not count against `timeout_s`.
    """
    command = command or (job.experiment.interpreter, str(BENCH))
    child = _Child(job, command, on_event)
    timed_out = False
    allowance = Allowance(timeout_s)
    try:
        await outlast(child.start())
        async with limited(allowance):
            await child.converse()
    except TimeoutError:
        timed_out = allowance.left_s <= 0
        if not timed_out:
            raise
    except OSError as error:
        if child.process is not None:
            raise
        return _not_started(command[0], error, child.started_s)
    finally:
        await outlast(child.stop())
    return replace(child.report(timeout_s if timed_out else None), stopped_s=allowance.stopped_s)


async def outlast(awaitable: Awaitable[T]) -> T:
    """The result of `awaitable`, which runs to its end even if this is cancelled meanwhile."""
    task = asyncio.ensure_future(awaitable)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return task.result()


def ended_in_words(exit_code: int) -> str:
    """How a child ended that gave no result: `killed by SIGSEGV`, `ended with exit code 3 ...`.

    Negative if the guardian was killed; the guardian itself ends with 128 + the experiment's signal.
    """
    number = exit_code - 128 if exit_code > 128 else -exit_code
    if number > 0:
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(number).name}"
    if exit_code < 0:
        return f"killed by signal {number}"
    return f"ended with exit code {exit_code} without a result"


def foreign_lines(number: int) -> str:
    """What is said of lines in the events' pipe that the bench did not write."""
    lines = "line" if number == 1 else "lines"
    return f"{number} {lines} in gil-tui's own pipe came from the function or a library, and did not count"


class _Child:
    """One child and the four pipes to it; all methods on the event loop's thread."""

    def __init__(self, job: spec.Job, command: tuple[str, ...], on_event: Callable[[Event], None]) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.started_s = self.ended_s = time.monotonic()
        self._job = replace(job, token=secrets.token_hex(8))
        self._command, self._on_event = command, on_event
        self._loop = asyncio.get_running_loop()
        self._exited: asyncio.Future[int] = self._loop.create_future()
        self._lines = EventLines(token=self._job.token)
        self._stdout, self._stderr = _Drain(self._loop), _Drain(self._loop)
        self._transports: list[asyncio.BaseTransport] = []
        self._switch: int | None = None
        self._answer: Event | None = None
        self._experiment_pid: int | None = None

    async def start(self) -> None:
        """Start the process and connect its pipes; OSError if it cannot be started."""
        events, events_write = os.pipe()
        switch_read, self._switch = os.pipe()
        events_file = open(events, "rb", buffering=0)  # noqa: SIM115 - the transport closes it
        try:
            self.started_s = self.ended_s = time.monotonic()
            process = await self._loop.run_in_executor(
                launcher(),
                _spawn,
                self._command,
                environment_of(self._job.experiment),
                (events_write, switch_read),
            )
        except BaseException:
            events_file.close()
            raise
        finally:
            os.close(events_write)
            os.close(switch_read)
        self.process = process
        self._watch_for_exit(process)
        self._events = asyncio.StreamReader()
        await self._connect(events_file, asyncio.StreamReaderProtocol(self._events))
        await self._connect(process.stdout, self._stdout)
        await self._connect(process.stderr, self._stderr)
        await self._tell(replace(self._job, events_fd=events_write, switch_fd=switch_read))

    async def converse(self) -> None:
        """Hand on events until the child has answered and ended, or ended without an answer."""
        reading = asyncio.ensure_future(self._read_events())
        either: tuple[asyncio.Future[Any], ...] = (reading, self._exited)
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
            if self._exited.done():
                await asyncio.wait({reading}, timeout=DRAIN_S)
            elif self._answer is not None:
                await asyncio.wait({self._exited}, timeout=STOP_S)
            else:  # its end of the pipe is closed, but it lives: until the timeout
                await asyncio.wait({self._exited})
            if reading.done():
                reading.result()
        finally:
            reading.cancel()

    async def stop(self) -> None:
        """End the child and everything it started, reap it and let go of all pipes."""
        if self._switch is not None:
            os.close(self._switch)
            self._switch = None
        if self.process is not None:
            await asyncio.wait({self._exited}, timeout=STOP_S)
            # A guardian that was killed could not take its experiment with it.
            if not self._exited.done() or self._exited.result() < 0:
                self._kill()
            await self._exited
            await asyncio.wait({self._stdout.closed, self._stderr.closed}, timeout=DRAIN_S)
        for transport in self._transports:
            transport.close()

    def report(self, timed_out_after_s: float | None) -> ChildReport:
        """Everything that is known of the child after its end."""
        stdout, stderr = self._stdout.kept.captured(), self._stderr.kept.captured()
        return ChildReport(
            self.started_s,
            self.ended_s,
            self._exited.result(),
            self._answer,
            self._failure(timed_out_after_s, stderr),
            stdout,
            stderr,
            self._lines.junk,
        )

    def _failure(self, timed_out_after_s: float | None, stderr: Captured) -> dict[str, str] | None:
        if self._answer is not None:
            if self._answer["event"] != "failed":
                return None
            kind, message = self._answer.get("kind", "internal"), self._answer.get("message", "")
            return _failure(str(kind), str(message), str(self._answer.get("traceback") or ""))
        if timed_out_after_s is not None:
            return _failure("timeout", f"not finished after {timed_out_after_s:g} s (--timeout)")
        exit_code = self._exited.result()
        said = f": {stderr.last_line}" if 0 < exit_code <= 128 and stderr.last_line else ""
        foreign = f" ({foreign_lines(self._lines.junk)})" if self._lines.junk else ""
        return _failure("crashed", ended_in_words(exit_code) + said + foreign)

    async def _read_events(self) -> None:
        while data := await self._events.read(65536):
            for event in self._lines.feed(data):
                if event["event"] == "hello" and self._experiment_pid is None:
                    self._experiment_pid = event["pid"]
                if event["event"] in FINAL_EVENTS:
                    self._answer = event
                self._on_event(event)
            if self._answer is not None:
                return

    async def _connect(self, pipe: IO[bytes] | None, protocol: asyncio.BaseProtocol) -> None:
        transport, _ = await self._loop.connect_read_pipe(lambda: protocol, pipe)
        self._transports.append(transport)

    async def _tell(self, job: spec.Job) -> None:
        assert self.process is not None
        transport, _ = await self._loop.connect_write_pipe(asyncio.BaseProtocol, self.process.stdin)
        self._transports.append(transport)
        transport.write(_line(job))
        transport.write_eof()

    def _watch_for_exit(self, process: subprocess.Popen[bytes]) -> None:
        def reap() -> None:
            self.ended_s = time.monotonic()
            self._exited.set_result(process.wait())

        def wait() -> None:
            process.wait()
            self._loop.call_soon_threadsafe(reap)

        try:
            pidfd = os.pidfd_open(process.pid)
        except (AttributeError, OSError):  # macOS, or a kernel before 5.3
            self._loop.run_in_executor(None, wait)
            return

        def readable() -> None:
            self._loop.remove_reader(pidfd)
            os.close(pidfd)
            reap()

        self._loop.add_reader(pidfd, readable)

    def _kill(self) -> None:
        assert self.process is not None
        for pid in (self._experiment_pid, self.process.pid):
            # Our session's only: by now the number may belong to somebody else.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if pid is not None and pid > 1 and os.getsid(pid) == os.getsid(0):
                    os.killpg(pid, signal.SIGKILL)
        if not self._exited.done():
            self.process.kill()


class _Drain(asyncio.Protocol):
    """Reads a pipe to its end and keeps a bounded part; `closed` is done at the end."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.kept = HeadAndTail()
        self.closed: asyncio.Future[None] = loop.create_future()

    def data_received(self, data: bytes) -> None:
        """Keep what fits."""
        self.kept.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing more will come."""
        if not self.closed.done():
            self.closed.set_result(None)


@functools.cache
def launcher() -> ThreadPoolExecutor:
    """The one thread that children are started from, of the priority that its first caller had."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="launch")


def environment_of(experiment: spec.Experiment) -> dict[str, str]:
    """What the child and all that it starts find in their environment.

    GIL and JIT are switched by it (CPython: using/cmdline.rst; PyPy: PYPY_DISABLE_JIT is its `--jit off`
    for worker processes too, which take no such argument on).
    """
    # A function that goes by the order of a set would give another checksum in every process.
    environment = {"PYTHONHASHSEED": "0"} | os.environ
    if experiment.gil is not None:
        environment["PYTHON_GIL"] = "01"[experiment.gil]
    if experiment.jit is not None:
        environment["PYTHON_JIT"] = "01"[experiment.jit]
        environment.pop("PYPY_DISABLE_JIT", None)
    if experiment.jit is False:
        environment["PYPY_DISABLE_JIT"] = "1"
    return environment


def _spawn(
    command: tuple[str, ...], environment: Mapping[str, str], fds: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        bufsize=0,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=fds,
        process_group=0,
    )


def _line(job: spec.Job) -> bytes:
    return (json.dumps(job.to_json()) + "\n").encode()


def _failure(kind: str, message: str, traceback: str = "") -> dict[str, str]:
    line = " ".join(message.split())
    short = line if len(line) <= MESSAGE_CHARS else line[: MESSAGE_CHARS - 1] + "…"
    return {"kind": kind, "message": short, "traceback": traceback[-TRACEBACK_CHARS:]}


def _not_started(executable: str, error: OSError, started_s: float) -> ChildReport:
    why = f"cannot start {executable}: {error.strerror or error}"
    return ChildReport(started_s, time.monotonic(), failure=_failure("start", why))
