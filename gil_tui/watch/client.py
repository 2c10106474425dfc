"""The parent's side of the watcher: starts it, gives it commands, hands on its frames."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Any

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
        self._process: Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    @property
    def pid(self) -> int | None:
        """The watcher's process, None before `start`."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the watcher; WatcherError when that fails."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "gil_tui.watch"),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                process_group=0,
                limit=_LONGEST_FRAME,
            )
        except OSError as error:
            raise WatcherError(f"the watcher cannot be started: {error.strerror}") from error
        self._tasks = [asyncio.create_task(self._listen(self._process))]

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
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await asyncio.shield(process.wait())
        except TimeoutError:
            pass
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await asyncio.shield(process.wait())
            await asyncio.gather(*self._tasks)

    def _command(self, **command: Any) -> None:
        process = self._process
        if process and process.stdin and not process.stdin.is_closing():
            process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _listen(self, process: Process) -> None:
        assert process.stdout and process.stderr
        words = asyncio.create_task(_last_words(process.stderr))
        while line := await process.stdout.readline():
            if self.on_frame:
                self.on_frame(Frame.from_json(json.loads(line)))
        code = await process.wait()
        last = await words
        if not self._closing:
            self.failure = f"the watcher ended (exit code {code}){': ' if last else ''}{last}"
            if self.on_end:
                self.on_end(self.failure)


async def _last_words(stream: asyncio.StreamReader) -> str:
    """The last line of what the watcher complained about, empty if it did not."""
    last = b""
    async for line in stream:
        last = line.strip() or last
    return last.decode(errors="replace")
