"""The parent's side of the watcher: starts it, gives it commands, hands on its frames."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from typing import IO, Any

from gil_tui.watch.frames import Frame

_LONGEST_FRAME = 64 << 20
_END_S = 2.0


class WatcherError(Exception):
    """The watcher could not be started; the message is one line for a person."""


class WatcherProcess:
    """The watcher child of an asyncio program; `on_frame` is called with every frame, in order.

    Commands never wait. `failure` is empty while the watcher lives and after `close`, else one line
    saying how it ended; `on_end` is called with it. The child ends with its parent, however that ends.
    """

    def __init__(
        self, on_frame: Callable[[Frame], None] | None = None, on_end: Callable[[str], None] | None = None
    ) -> None:
        self.on_frame = on_frame
        self.on_end = on_end
        self.failure = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def pid(self) -> int | None:
        """The watcher's process, None before `start`."""
        return self._process.pid if self._process else None

    async def start(self, launcher: Executor | None = None) -> None:
        """Start the watcher; WatcherError when that fails.

        It inherits its priority from the thread of `launcher` that starts it, without one from this
        thread: give one where this thread's priority is or will be lowered, since late samples are wrong.
        """
        loop = asyncio.get_running_loop()
        try:
            process = await loop.run_in_executor(launcher, _spawn) if launcher else _spawn()
        except OSError as error:
            raise WatcherError(f"the watcher cannot be started: {error.strerror}") from error
        self._process = process
        frames, complaints = await _reader(process.stdout), await _reader(process.stderr)
        self._listening = asyncio.create_task(self._listen(process, frames, complaints))

    def watch(self, pid: int) -> None:
        """Look at this process and its descendants from now on."""
        self._command(watch=pid)

    def unwatch(self) -> None:
        """Look at nothing."""
        self._command(unwatch=True)

    def cut(self) -> None:
        """End the frame under way and begin the next; new processes are looked for at once."""
        self._command(cut=True)

    def set_rate(self, rate_hz: float) -> None:
        """Samples of the gauge a second, from the next `watch` on."""
        self._command(rate_hz=rate_hz)

    async def close(self) -> None:
        """End the watcher and wait until it has gone; twice does no harm."""
        self._closing = True
        process, listening = self._process, self._listening
        if process is None or process.stdin is None or listening is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await asyncio.shield(listening)
        except TimeoutError:
            pass
        finally:
            if not listening.done():
                process.kill()
            await asyncio.shield(listening)

    def _command(self, **command: Any) -> None:
        process = self._process
        if process and process.stdin and not process.stdin.closed:
            # A watcher that has ended says so in `failure`; one that takes no more is about to.
            with contextlib.suppress(BrokenPipeError, BlockingIOError):
                process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _listen(
        self, process: subprocess.Popen[bytes], frames: asyncio.StreamReader, complaints: asyncio.StreamReader
    ) -> None:
        words = asyncio.create_task(_last_words(complaints))
        refused = ""
        try:
            while line := await _line(frames):
                frame = Frame.from_json(json.loads(line))
                if self.on_frame:
                    self.on_frame(frame)
        except Exception as error:  # whatever it is: unread frames would fill the memory, and nobody be told
            process.kill()
            refused = f"what the watcher saw cannot be taken in: {type(error).__name__}: {error}"
        code = await asyncio.to_thread(process.wait)
        last = await words
        if not self._closing:
            self.failure = refused or f"the watcher ended (exit code {code}){': ' if last else ''}{last}"
            if self.on_end:
                self.on_end(self.failure)


def _spawn() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "gil_tui.watch"],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )
    assert process.stdin
    os.set_blocking(process.stdin.fileno(), False)
    return process


async def _reader(pipe: IO[bytes] | None) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_LONGEST_FRAME)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line; empty at the end, and where one is longer than any frame."""
    try:
        return await stream.readline()
    except ValueError:
        return b"\n"


async def _last_words(stream: asyncio.StreamReader) -> str:
    """The last line of what the watcher complained about, empty if it did not."""
    last = b""
    async for line in stream:
        last = line.strip() or last
    return last.decode(errors="replace")
