"""What the kernel counts of the work: `perf stat` on this process and on all that it starts from then on.

perf runs beside the experiment, not below it: a shell starts it and ends, so that the guardian inherits it.
It is in no tally of the experiment's processes, and it ends with the experiment's group.
"""

from __future__ import annotations

import os
import re
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional, Tuple

EVENTS = (
    "task-clock",
    "context-switches",
    "cpu-migrations",
    "page-faults",
    "cycles",
    "instructions",
    "cache-misses",
)
IN_THE_KERNEL = ("context-switches", "cpu-migrations")
"""They happen in the kernel alone: where only user mode may be counted (`:u`), their 0 means nothing."""

SEPARATOR = ";"
PATIENCE_S = 2.0
"""perf is ready after some 30 ms, and answers in less than one."""

BESIDE = 'exec 3<&0; "$@" <&3 3<&- & echo "pid $!"'
"""For sh: start the command in the background, which would lose its input otherwise, and tell its pid."""

NOT_INSTALLED = "perf is not installed: apt-get install linux-perf (Ubuntu: linux-tools-generic)"
PARANOID = "/proc/sys/kernel/perf_event_paranoid"


class Counters:
    """Counters of this process with its threads and of whatever it starts; made off, see `start`.

    `why` says why nothing is counted; every method does nothing then.
    """

    def __init__(self) -> None:
        """Nothing is asked for."""
        self.why = ""
        self._pid = 0
        self._orders = self._answers = -1
        self._said = b""
        self._ended = False

    @classmethod
    def start(cls) -> Counters:
        """Have perf attach itself to this process, which takes some 30 ms; nothing is counted yet."""
        counters = cls()
        perf = _found("perf")
        if not perf:
            counters.why = NOT_INSTALLED
            return counters
        try:
            counters._launch(perf)
            ready = counters._order("ping")
        except OSError as error:
            counters.why = "perf cannot be started: %s" % error
            return counters
        if not ready:
            counters._give_up()
        return counters

    def enable(self) -> None:
        """Count from now on."""
        if self._orders >= 0:
            self._order("enable")

    def disable(self) -> None:
        """Count no more."""
        if self._orders >= 0:
            self._order("disable")

    def take(self) -> Optional[Dict[str, float]]:
        """End perf and return what it counted, None with the reason in `why`."""
        if self._orders < 0:
            return None
        self._end(signal.SIGINT, signal.SIGKILL)
        counted = parsed(self._said.decode("utf-8", "replace"))
        if not counted:
            self.why = reason(self._said.decode("utf-8", "replace"), _paranoid())
        return counted or None

    def _launch(self, perf: str) -> None:
        import subprocess  # only here: it is a good part of what a trial without counters takes

        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        command = [perf, "stat", "-D", "-1", "--control", "fd:0,1", "-x", SEPARATOR]
        command += ["-e", ",".join(EVENTS), "-p", str(os.getpid())]
        try:
            shell = subprocess.Popen(
                ["/bin/sh", "-c", BESIDE, "sh", *command],
                stdin=orders,
                stdout=answers,
                stderr=answers,
                env=dict(os.environ, LC_ALL="C", PERF_CONFIG=os.devnull),
            )
        finally:
            os.close(orders)
            os.close(answers)
        shell.wait()
        self._pid = self._told_pid()

    def _order(self, order: str) -> bool:
        """Tell perf and wait for its answer; False if none comes."""
        try:
            os.write(self._orders, order.encode("ascii") + b"\n")
        except OSError:  # it has ended
            self._hear(0.1)
            return False
        end_s = time.monotonic() + PATIENCE_S
        while b"ack\n" not in self._said:
            if not self._hear(end_s - time.monotonic()):
                return False
        self._said = self._said.partition(b"ack\n")[2].lstrip(b"\0")
        return True

    def _told_pid(self) -> int:
        """The pid that the shell tells; perf may have spoken before it."""
        end_s = time.monotonic() + PATIENCE_S
        told = re.compile(rb"^pid (\d+)\n", re.M)
        while not told.search(self._said) and self._hear(end_s - time.monotonic()):
            continue
        found = told.search(self._said)
        self._said = told.sub(b"", self._said, 1)
        return int(found.group(1)) if found else 0

    def _hear(self, patience_s: float) -> bool:
        """Take what perf says within that time; False if it says nothing or has ended."""
        poller = select.poll()
        poller.register(self._answers, select.POLLIN)
        if not poller.poll(max(0.0, patience_s) * 1000):
            return False
        said = os.read(self._answers, 65536)
        self._said += said
        self._ended = not said
        return bool(said)

    def _give_up(self) -> None:
        self._end(signal.SIGKILL)
        self.why = reason(self._said.decode("utf-8", "replace"), _paranoid())

    def _end(self, *signals: signal.Signals) -> None:
        """End perf and hear it out; while its end of the pipe is open, its number is nobody else's."""
        for number in signals:
            end_s = time.monotonic() + PATIENCE_S
            self._hear(0)
            if self._pid and not self._ended:
                os.kill(self._pid, number)
            while self._hear(end_s - time.monotonic()):
                continue
        os.close(self._orders)
        os.close(self._answers)
        self._orders = self._answers = -1


def parsed(text: str) -> Dict[str, float]:
    """The counters of `perf stat -x ;`, such as `task_clock_s` and `context_switches`.

    What the host does not support or did not come to count is left out. Parts of a hybrid CPU add up.
    A counter that had its turn for a part of the time only stands as perf scaled it. See perf-stat(1).
    """
    found: Dict[str, float] = {}
    for line in text.splitlines():
        fields = line.split(SEPARATOR)
        if len(fields) < 3:
            continue
        event, modifier = _event(fields[2])
        try:
            value = float(fields[0].replace(",", "."))
        except ValueError:  # <not supported>, <not counted>
            continue
        if event not in EVENTS or (event in IN_THE_KERNEL and modifier == "u"):
            continue
        name = event.replace("-", "_")
        if event == "task-clock":
            name, value = "task_clock_s", value / 1000
        found[name] = found.get(name, 0.0) + value
    return found


def _event(field: str) -> Tuple[str, str]:
    """Name and modifier of `cycles:u`, `cpu_core/cycles/` or `cpu_atom/cycles/u`."""
    if field.count("/") == 2:
        _, event, modifier = field.split("/")
        return event, modifier.lstrip(":")
    event, _, modifier = field.partition(":")
    return event, modifier


def reason(said: str, paranoid: str) -> str:
    """Why perf counts nothing, from what it said: one line with the remedy."""
    low = said.lower()
    if "perf_event_paranoid" in low or "permission" in low or "not permitted" in low:
        if paranoid.lstrip("-").isdecimal() and int(paranoid) > 2:
            return (
                "perf is not permitted: perf_event_paranoid is %s; sysctl kernel.perf_event_paranoid=2"
                % paranoid
            )
        return (
            "perf is not permitted although perf_event_paranoid is %s: run as the same user, "
            "in a container with --cap-add PERFMON" % (paranoid or "unknown")
        )
    lines = [line.strip() for line in said.splitlines() if line.strip(" \0")]
    return "perf counts nothing: %s" % (lines[0][:200] if lines else "it does not answer")


def _paranoid() -> str:
    try:
        with open(PARANOID, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _found(program: str) -> str:
    """Where on PATH a program is, empty if it is not; `shutil.which` would import half the library."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder or ".", program)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return ""
