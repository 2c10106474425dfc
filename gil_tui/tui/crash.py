"""What goes wrong in the screen itself: it is left in time, with one line instead of a traceback."""

import asyncio
import os
import threading
from contextlib import suppress
from typing import Any

from textual._context import active_message_pump
from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import MountError
from textual.worker import WorkerFailed, get_current_worker

LEAVE_WITHIN_S = 30.0
"""More than saving takes, also where another writer has locked the store."""


def told_unless_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For `set_exception_handler`: what leaving has cancelled is not worth a traceback behind the screen."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


class ToldCrash(App[int]):
    """Leaves in order when something fails, and keeps what it was for whoever has run it."""

    crash: Exception | None = None

    def on_load(self) -> None:
        """Hear of what nobody waited for."""
        asyncio.get_running_loop().set_exception_handler(told_unless_cancelled)

    def _handle_exception(self, error: Exception) -> None:
        """Textual writes the source, with the values of all variables; without a terminal it raises."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(cause, MountError | NoMatches | ScreenStackError) and (
            self._exit or self._is_on_its_way_out(error)
        ):
            return
        if self.is_headless:
            super()._handle_exception(error)
        elif self.crash is None:
            self.crash = cause if isinstance(cause, Exception) else error
            self.leave_in_time(1)
            self._close_messages_no_wait()

    def leave_in_time(self, code: int) -> None:
        """End this process with `code` if it has not ended by then: nothing that hangs keeps a person here.

        The caretaker puts the terminal in order, guardians end what was started.
        """
        if not self.is_headless:
            end = threading.Timer(LEAVE_WITHIN_S, os._exit, [code])
            end.daemon = True
            end.start()

    async def close_sessions(self) -> None:
        """End all that was started for this screen."""
        raise NotImplementedError

    async def on_unmount(self) -> None:
        """Leave nothing running behind a failure."""
        if self.crash:
            with suppress(Exception):  # of what has failed already: the first cause is told
                await self.close_sessions()

    def _is_on_its_way_out(self, error: Exception) -> bool:
        """Whether what has failed is of a screen that is being removed: it may lack its widgets already."""
        node: MessagePump | None = active_message_pump.get(None)
        if isinstance(error, WorkerFailed):
            node = get_current_worker().node
        while node is not None and not isinstance(node, Screen):
            node = node._parent
        return isinstance(node, Screen) and not any(node in stack for stack in self._screen_stacks.values())
