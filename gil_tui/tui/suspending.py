"""Stopped and going on as a shell's job: the terminal is whole meanwhile, and as before at the end."""

import asyncio
import os
import signal
from collections.abc import Callable

from textual.driver import Driver

from gil_tui.tui.caretaker import Caretaker


class Suspending:
    """Takes SIGTSTP and SIGCONT over from Textual's driver; `redraw` is called when the screen is back.

    The driver would take the terminal's settings under SIGCONT for those to be restored at the end, which
    are the screen's own where SIGSTOP came without notice. Its handlers run between any two instructions,
    also of one that holds the lock of its output; these run on the event loop.
    """

    def __init__(self, driver: Driver, caretaker: Caretaker | None, redraw: Callable[[], object]) -> None:
        self._driver = driver
        self._caretaker = caretaker
        self._redraw = redraw
        self._is_back = False

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear the signals from now on."""
        loop.add_signal_handler(signal.SIGTSTP, self.stop)
        loop.add_signal_handler(signal.SIGCONT, self.go_on)

    def stop(self) -> None:
        """Leave the terminal and stop; this returns when somebody lets the process go on."""
        self._driver.suspend_application_mode()
        if self._caretaker:
            self._caretaker.left()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._is_back = True
        if self._caretaker:
            self._caretaker.taken()
        self._driver.resume_application_mode()
        self._redraw()

    def go_on(self) -> None:
        """Take the terminal anew, unless `stop` has just done so: nobody knows what was done to it."""
        if not self._is_back:
            self._driver.suspend_application_mode()
            self._driver.resume_application_mode()
            self._redraw()
        self._is_back = False
