"""500 threads in one process, and 64 processes, watched for real on the screen: does it answer keys?

    python -m tests.endurance.large_watch [--seconds S]

Each subject mostly sleeps. In a terminal of 120x40 keys are typed while the screen is live; an answer is
drawn within 100 ms for 95 of 100 of them, or this exits with 1. Besides come the CPU, the memory and the
descriptors of the screen and of its watcher.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.table import print_table
from tests.benchmarks.terminal import Terminal
from tests.endurance.large_keys import MOST_S, answer_to, percentile, row_of
from tests.endurance.soak import MB, Sample, Watched, cpu_share, of_tree

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
KEYS = ("\x1b[6~", "\x1b[5~", "\x1b[B", "\x1b[A", "\x1b[F", "\x1b[H", "+", "-", "[", "l", " ", " ", "\t")
"""Scroll, other windows, back in time, follow, freeze and go on, the next pane."""
ROUNDS = 4
SETTLE_S = 10.0

THREADS = """
import sys, threading, time
def work(number):
    while True:
        time.sleep(1 + number % 7 / 10)
for number in range(int(sys.argv[1])):
    threading.Thread(target=work, args=(number,), daemon=True).start()
print(flush=True)
sys.stdin.read()
"""
PROCESSES = """
import os, sys, threading, time
parent = os.getpid()
for number in range(int(sys.argv[1]) - 1):
    if not os.fork():
        for _ in range(7):
            threading.Thread(target=lambda: time.sleep(3600), daemon=True).start()
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)
time.sleep(1)
print(flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is watched: a program and its argument."""

    name: str
    program: str
    number: int


SUBJECTS = (
    Subject("500 threads", THREADS, 500),
    Subject("64 processes of 8 threads", PROCESSES, 64),
)


@contextmanager
def running(subject: Subject) -> Iterator[int]:
    """The subject's process id while the block lasts; it ends with its standard input."""
    command = [sys.executable, "-c", subject.program, str(subject.number)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
    finally:
        process.communicate()


def watch(subject: Subject, seconds: float) -> tuple[list[list[str]], list[float]]:
    """Rows on our processes, and the time that each key has taken to its first byte."""
    with tempfile.TemporaryDirectory() as home, running(subject) as pid:
        environ = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        with Terminal([GIL_TUI, "--pid", str(pid)], environ=environ) as terminal:
            terminal.wait_for("held", "switch", timeout_s=60)
            terminal.read(SETTLE_S)
            ours = of_tree("screen", terminal.pid)
            before = [one.sample() for one in ours]
            terminal.read(seconds)
            after = [one.sample() for one in ours]
            taken_s = keys_while_live(terminal)
            terminal.send("q")
            terminal.wait_end(20.0)
    return [use_row(*one, subject) for one in zip(ours, before, after, strict=True)], taken_s


def keys_while_live(terminal: Terminal) -> list[float]:
    """Keys at moments at which the screen has nothing of its own to draw."""
    taken_s = []
    for key in KEYS * ROUNDS:
        wait_quiet(terminal)
        try:
            taken_s.append(answer_to(terminal, key, quiet_s=0.02, patience_s=2.0).first_s)
        except TimeoutError:
            continue  # such as up, where there is nothing above
    return taken_s


def wait_quiet(terminal: Terminal) -> None:
    """Until the live panes have just been drawn, so that the next bytes are the answer to a key.

    Frozen ones are not drawn at all.
    """
    seen = len(terminal.chunks)
    with contextlib.suppress(TimeoutError):
        terminal.wait_until(lambda: len(terminal.chunks) > seen, 1.0, "live screen")
    deadline_s = time.monotonic() + 1.0
    while terminal.read(0.03) and time.monotonic() < deadline_s:
        continue


def use_row(watched: Watched, before: Sample, after: Sample, subject: Subject) -> list[str]:
    """One line on one of our processes."""
    return [
        f"{subject.name}: {watched.name}",
        f"{cpu_share([before, after]):.1%}",
        f"{after.rss_bytes / MB:.0f} MB",
        str(after.descriptors),
    ]


def main() -> int:
    """Watch, type, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="of each count of CPU")
    seconds = parser.parse_args().seconds
    uses, answers, bad = [], [], 0
    for subject in SUBJECTS:
        rows, taken_s = watch(subject, seconds)
        uses += rows
        answers.append(row_of(subject.name, taken_s))
        bad += percentile(taken_s, 0.95) > MOST_S
        for row in (*rows, answers[-1]):
            print(*row, file=sys.stderr, flush=True)
    print_table("our processes", ("", "CPU", "RSS", "descriptors"), uses)
    print_table(
        "from a key to the first byte, live at 120x40", ("", "keys", "median", "95 %", "most"), answers
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
