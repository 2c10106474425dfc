"""A command that `gil-tui watch` starts: its terminal is its own, its end is tied to ours."""

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from gil_tui.lab.errors import LabError

_END_S = 5.0
_POLL_S = 0.05


class StartedCommand:
    """The command's process; `ended` is done when it has ended. LabError when it cannot be started."""

    def __init__(self, command: Sequence[str], *, output_to_stderr: bool = False) -> None:
        reading, self._switch = os.pipe()
        try:
            self._process = subprocess.Popen(
                command, stdout=sys.stderr.fileno() if output_to_stderr else None, pass_fds=(reading,)
            )
            _end_when_closed(reading, self._process.pid)
        except OSError as error:
            os.close(self._switch)
            raise LabError(f"cannot start {command[0]}: {error.strerror or error}") from error
        finally:
            os.close(reading)
        self.pid = self._process.pid
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reaping = asyncio.create_task(self._reap())

    @property
    def exit_code(self) -> int:
        """As a shell gives it: 128 + n when signal n ended it."""
        code = self._process.returncode or 0
        return code if code >= 0 else 128 - code

    async def end(self, number: int) -> None:
        """Hand a signal on, and see to it that the command has ended."""
        self._send(number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await asyncio.shield(self.ended)
        self._send(signal.SIGKILL)
        await asyncio.shield(self.ended)

    def close(self) -> None:
        """Let go of an ended command."""
        os.close(self._switch)

    def _send(self, number: int) -> None:
        if not self.ended.done():
            self._process.send_signal(number)

    async def _reap(self) -> None:
        with contextlib.suppress(OSError):  # before Linux 5.3
            pidfd = os.pidfd_open(self.pid)
            readable = asyncio.Event()
            loop = asyncio.get_running_loop()
            loop.add_reader(pidfd, readable.set)
            try:
                await readable.wait()
            finally:
                loop.remove_reader(pidfd)
                os.close(pidfd)
        while self._process.poll() is None:
            await asyncio.sleep(_POLL_S)
        self.ended.set_result(None)


def _end_when_closed(reading: int, pid: int) -> None:
    """Have the kernel kill `pid` when the other end of the pipe closes, as it does if we are killed.

    Signal-driven I/O (fcntl(2)) belongs to the open file, which the command has inherited: it holds
    until the command closes the descriptor.
    """
    if not hasattr(fcntl, "F_SETSIG"):
        return
    fcntl.fcntl(reading, fcntl.F_SETOWN, pid)
    fcntl.fcntl(reading, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(reading, fcntl.F_SETFL, fcntl.fcntl(reading, fcntl.F_GETFL) | os.O_ASYNC)
