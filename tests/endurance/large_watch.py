"""500 threads in one process, 64 processes, and both, watched for real on the screen: does it answer keys?

    python -m tests.endurance.large_watch [--seconds S] [--fill S] [--only WORDS]

Each subject mostly sleeps. In a terminal of 120x40 keys are typed while the screen is live, once `--fill`
seconds of frames are there. For 95 of 100 of them an answer is drawn within 100 ms, less the time for which
the thread that answers had to wait for a CPU, and takes it 60 ms of CPU at most, or this exits with 1.
Besides come the CPU, the memory and the descriptors of the screen and of its watcher.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.table import print_table
from tests.benchmarks.terminal import Terminal
from tests.endurance.large_keys import MOST_S, answer_to, drawn_and_queued_s, percentile, row_of
from tests.endurance.soak import MB, Sample, Watched, cpu_share, of_tree

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
KEYS = {
    "page down": "\x1b[6~",
    "page up": "\x1b[5~",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "earlier": "[",
    "later": "]",
    "longer": "+",
    "longer still": "+",
    "shorter": "-",
    "shorter again": "-",
    "freeze": " ",
    "go on": " ",
    "back": "[",
    "live": "l",
    "next pane": "\t",
    "pane before": "\x1b[Z",
}
"""Scroll, back in time, other windows, freeze and go on, follow, the panes."""
ROUNDS = 5
MOST_CPU_S = 0.060

THREADS = """
import sys, threading, time
def work(number):
    while True:
        time.sleep(1 + number % 7 / 10)
for number in range(int(sys.argv[1]) - 1):
    threading.Thread(target=work, args=(number,), daemon=True).start()
print(flush=True)
sys.stdin.read()
"""
PROCESSES = """
import os, sys, threading, time
parent, processes, threads = os.getpid(), int(sys.argv[1]), int(sys.argv[2])
def work(number):
    while True:
        time.sleep(1 + number % 7 / 10)
for number in range(processes - 1):
    if not os.fork():
        for other in range((threads - 1) * (number + 1) // (processes - 1)
                           - (threads - 1) * number // (processes - 1) - 1):
            threading.Thread(target=work, args=(other,), daemon=True).start()
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)
time.sleep(1)
print(flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is watched: a program and its arguments, and how many processes and threads it comes to."""

    name: str
    program: str
    arguments: tuple[int, ...]
    processes: int
    threads: int


SUBJECTS = (
    Subject("500 threads", THREADS, (500,), 1, 500),
    Subject("64 processes", PROCESSES, (64, 64), 64, 64),
    Subject("64 processes with 500 threads", PROCESSES, (64, 500), 64, 500),
)


class Key(NamedTuple):
    """Seconds from a key to the first byte; until all is drawn, those of the thread on a CPU, and queued."""

    name: str
    first_s: float
    cpu_s: float
    queued_s: float

    @property
    def alone_s(self) -> float:
        """To the first byte, had nothing else run on this host, at least."""
        return max(0.0, self.first_s - self.queued_s)


@contextmanager
def running(subject: Subject) -> Iterator[int]:
    """The subject's process id while the block lasts; it ends with its standard input."""
    command = [sys.executable, "-c", subject.program, *map(str, subject.arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
    finally:
        process.communicate()


def watch(subject: Subject, seconds: float, fill_s: float) -> tuple[list[list[str]], list[Key]]:
    """Rows on our processes, and what each key has taken."""
    with tempfile.TemporaryDirectory() as home, running(subject) as pid:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
        there = len(tree), sum(process.num_threads() for process in tree)
        if there != (subject.processes, subject.threads):
            raise RuntimeError("{} has {} processes with {} threads".format(subject.name, *there))
        environ = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        with Terminal([GIL_TUI, "--pid", str(pid)], environ=environ) as terminal:
            terminal.wait_for("held", "switch", timeout_s=60)
            terminal.read(max(0.0, fill_s - seconds))
            ours = of_tree("screen", terminal.pid)
            before = [one.sample() for one in ours]
            terminal.read(seconds)
            after = [one.sample() for one in ours]
            keys = keys_while_live(terminal)
            terminal.send("q")
            terminal.wait_end(20.0)
    return [use_row(*one, subject) for one in zip(ours, before, after, strict=True)], keys


def keys_while_live(terminal: Terminal) -> list[Key]:
    """Keys at moments at which the screen has nothing of its own to draw."""
    keys = []
    for name, typed in [*KEYS.items()] * ROUNDS:
        wait_quiet(terminal)
        cpu_s, queued_s = drawn_and_queued_s(terminal.pid)
        with contextlib.suppress(TimeoutError):  # such as up, where there is nothing above
            first_s = answer_to(terminal, typed, quiet_s=0.02, patience_s=2.0).first_s
            now_cpu_s, now_queued_s = drawn_and_queued_s(terminal.pid)
            keys.append(Key(name, first_s, now_cpu_s - cpu_s, now_queued_s - queued_s))
    return keys


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
    parser.add_argument("--fill", type=float, default=75.0, help="seconds that are watched before keys")
    parser.add_argument("--only", default="", help="subjects whose names hold this")
    arguments = parser.parse_args()
    uses, answers, costs, bad = [], [], [], 0
    for subject in (one for one in SUBJECTS if arguments.only in one.name):
        rows, keys = watch(subject, arguments.seconds, arguments.fill)
        uses += rows
        answers.append(row_of(subject.name, [key.first_s for key in keys]))
        answers.append(row_of(f"{subject.name}, less the run queue", [key.alone_s for key in keys]))
        costs += [row_of(name, [key.cpu_s for key in of_name]) for name, of_name in by_name(subject, keys)]
        bad += percentile([key.alone_s for key in keys], 0.95) > MOST_S
        bad += percentile([key.cpu_s for key in keys], 0.95) > MOST_CPU_S
        for row in (*rows, *answers[-2:], costs[-len(KEYS) - 1]):
            print(*row, file=sys.stderr, flush=True)
    header = ("", "keys", "median", "95 %", "most")
    print_table("our processes", ("", "CPU", "RSS", "descriptors"), uses)
    print_table("from a key to the first byte, live at 120x40", header, answers)
    print_table("CPU of the thread that answers keys, a key", header, costs)
    return 1 if bad else 0


def by_name(subject: Subject, keys: Sequence[Key]) -> Iterator[tuple[str, list[Key]]]:
    """All keys of a subject, and those of each name."""
    yield f"{subject.name}: all", [*keys]
    for name in KEYS:
        of_name = [key for key in keys if key.name == name]
        if of_name:
            yield f"{subject.name}: {name}", of_name


if __name__ == "__main__":
    sys.exit(main())
