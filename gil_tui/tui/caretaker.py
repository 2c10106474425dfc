"""Puts the terminal in order when the screen is killed: by SIGKILL, by the OOM killer, by a crash in C."""

import subprocess
import sys
import termios

SHELL = "/bin/sh"
TAKEN, LEFT = b"taken\n", b"left\n"

SCRIPT = """
trap '' HUP INT QUIT TERM TSTP TTOU
while read -r line; do state=$line; done
[ "$state" = taken ] || exit 0
printf %s "$1"
exec <&1
case $(stty -a) in *-isig*) stty "$2" ;; esac
"""
"""Reads until nobody holds the other end of its input. A shell that was faster has set the terminal as it
likes: only one that turns no key into a signal is still set as the screen had it.
"""

MODES_ON = (7, 25)
MODES_OFF = (1000, 1002, 1003, 1006, 1015, 1016, 1004, 2004, 2026, 2048, 1049)
"""What a screen switches: wrapping and cursor; mouse, focus, pasting, output at once, sizes, its page."""
IN_ORDER = (
    "\x1b[<u"  # the keys' protocol belongs to the page, so it comes first
    + "".join(f"\x1b[?{mode}l" for mode in MODES_OFF)
    + "".join(f"\x1b[?{mode}h" for mode in MODES_ON)
    + "\x1b[0m"
)


class Caretaker:
    """A process of a megabyte that waits for the end of this one; no terminal is worth failing for it.

    It goes with `close`; without that it does its work and ends.
    """

    def __init__(self, descriptor: int) -> None:
        """To be made while the terminal `descriptor` is still as it is to be again."""
        self._process: subprocess.Popen[bytes] | None = None
        try:
            command = [SHELL, "-c", SCRIPT, "gil-tui", IN_ORDER, as_stty(termios.tcgetattr(descriptor))]
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=descriptor,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # SIGHUP and what kills the screen's group are not for it
            )
        except (OSError, termios.error):
            return  # there is no shell, or nothing can be started any more
        self.taken()

    def taken(self) -> None:
        """The terminal is the screen's from now on."""
        self._tell(TAKEN)

    def left(self) -> None:
        """The terminal is as it was, for a while."""
        self._tell(LEFT)

    def close(self) -> None:
        """The terminal is in order: nothing is to be done."""
        if self._process:
            self._process.kill()  # it may be stopped, and then would read no message
            self._process.communicate()
            self._process = None

    def _tell(self, state: bytes) -> None:
        if self._process and self._process.stdin:
            try:
                self._process.stdin.write(state)
            except BrokenPipeError:
                self.close()


def as_stty(attributes: list[object]) -> str:
    """Settings of a terminal as `stty -g` prints them on Linux; elsewhere what is usual everywhere."""
    if sys.platform != "linux":
        return "sane"
    *flags, _input_speed, _output_speed, characters = attributes
    assert isinstance(characters, list)
    codes = [code if isinstance(code, int) else ord(code) for code in characters]
    return ":".join(f"{number:x}" for number in (*flags, *codes))
