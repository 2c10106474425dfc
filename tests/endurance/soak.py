"""Hours of watching: does what gil-tui uses stay what it was after the first minutes?

The screen (in a terminal of its own) and the headless `watch` look at one busy process of 100 threads at
once. Every 10 s the memory, the descriptors and the CPU of each of our processes are written down; at the
end, or on SIGTERM and SIGINT, a table says how far they went from where they were after `--settle` minutes.
Exits with 1 where memory is not flat, descriptors grow, or CPU is above its budget.

    python -m tests.endurance.soak --minutes 120
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.table import print_table
from tests.benchmarks.terminal import Terminal

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
LOADS = str(Path(__file__).parents[1] / "benchmarks" / "loads.py")
EVERY_S = 10.0
LONG_S = 24 * 3600
MOST_GROWTH_BYTES = 5 << 20
WATCHER_BUDGET, VIEW_BUDGET = 0.05, 0.10
"""CPU in cores: of a watcher at 100 threads, and of the screen or the command that shows what it sees."""
MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process uses at `time_s`; `cpu_s` with that of its children which have ended."""

    time_s: float
    rss_bytes: int
    pss_bytes: int
    descriptors: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Watched:
    """One of our processes under its name, with what it may use of a core."""

    name: str
    process: psutil.Process
    budget: float

    def sample(self) -> Sample:
        """What it uses now; raises psutil.NoSuchProcess when it has ended."""
        memory, times = self.process.memory_full_info(), self.process.cpu_times()
        used_s = times.user + times.system + times.children_user + times.children_system
        return Sample(time.monotonic(), memory.rss, memory.pss, self.process.num_fds(), used_s)


def of_tree(name: str, pid: int) -> list[Watched]:
    """The process that was started, and its watcher."""
    root = psutil.Process(pid)
    watchers = [child for child in root.children() if "gil_tui.watch" in child.cmdline()]
    if len(watchers) != 1:
        raise RuntimeError(f"{name} has {len(watchers)} watchers")
    return [
        Watched(name, root, VIEW_BUDGET),
        Watched(f"{name}'s watcher", watchers[0], WATCHER_BUDGET),
    ]


@contextmanager
def busy_process(threads: int) -> Iterator[int]:
    """A server of so many threads at the lowest priority; gives its process id.

    Where the kernel groups tasks by session it is the group's niceness that counts (sched(7), autogroup).
    """
    command = ["nice", "-n", "19", sys.executable, LOADS, "server", str(threads)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout
        process.stdout.readline()
        with contextlib.suppress(OSError):
            Path(f"/proc/{process.pid}/autogroup").write_text("19")
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def faults_of(watched: Watched, samples: Sequence[Sample]) -> list[str]:
    """What is not as it should be in what came after the settling."""
    if len(samples) < 8:
        return ["too short"]
    quarter = len(samples) // 4
    early, late = (min(one.descriptors for one in part) for part in (samples[:quarter], samples[-quarter:]))
    faults = ["memory"] if growth_bytes(samples) > MOST_GROWTH_BYTES else []
    faults += ["descriptors"] if late > early else []
    faults += ["CPU"] if cpu_share(samples) > watched.budget else []
    return faults


def growth_bytes(samples: Sequence[Sample]) -> int:
    """The most that resident memory ever went above the first of these."""
    return max(one.rss_bytes for one in samples) - samples[0].rss_bytes


def cpu_share(samples: Sequence[Sample]) -> float:
    """CPU in cores from the first to the last."""
    return (samples[-1].cpu_s - samples[0].cpu_s) / (samples[-1].time_s - samples[0].time_s)


def row_of(watched: Watched, samples: Sequence[Sample]) -> list[str]:
    """One line of the verdict."""
    first, last = samples[0], samples[-1]
    counts = [one.descriptors for one in samples]
    return [
        watched.name,
        f"{first.rss_bytes / MB:.1f}",
        f"{last.rss_bytes / MB:.1f}",
        f"{growth_bytes(samples) / MB:+.1f}",
        f"{last.pss_bytes / MB:.1f}",
        f"{min(counts)} - {max(counts)}",
        f"{cpu_share(samples):.2%} of {watched.budget:.0%}",
        ", ".join(faults_of(watched, samples)) or "flat",
    ]


HEADER = ("process", "RSS MB", "at the end", "most", "PSS MB", "descriptors", "CPU", "")


class Soak:
    """Samples until the time is over or a signal comes."""

    def __init__(self, terminal: Terminal, watched: Sequence[Watched]) -> None:
        self._terminal = terminal
        self._watched = watched
        self._asked_to_end = False
        self.samples: dict[str, list[Sample]] = {one.name: [] for one in watched}
        self.written_bytes = 0
        self.started_s = time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def run(self, seconds: float) -> None:
        """Sample; the terminal is read all the while, as by a person before it."""
        next_s = self.started_s
        while not self._asked_to_end and next_s < self.started_s + seconds:
            self._read_until(next_s)
            for one in self._watched:
                self.samples[one.name].append(one.sample())
            self._say()
            next_s += EVERY_S

    def _read_until(self, time_s: float) -> None:
        while not self._asked_to_end and (left_s := time_s - time.monotonic()) > 0:
            self._terminal.read(min(1.0, left_s))
            self.written_bytes += sum(len(chunk.data) for chunk in self._terminal.chunks)
            self._terminal.chunks.clear()

    def _say(self) -> None:
        now = [samples[-1] for samples in self.samples.values()]
        cells = [
            f"{one.rss_bytes / MB:7.1f} {one.pss_bytes / MB:6.1f} MB {one.descriptors:3d} {one.cpu_s:7.1f} s"
            for one in now
        ]
        print(f"{time.monotonic() - self.started_s:6.0f} s |", " | ".join(cells), flush=True)

    def _end(self, *_: object) -> None:
        self._asked_to_end = True


def end_headless(process: subprocess.Popen[bytes]) -> str:
    """End the command; how long its verdict on all that it saw has taken."""
    began_s = time.monotonic()
    process.send_signal(signal.SIGTERM)  # in the background SIGINT is ignored
    output, _ = process.communicate(timeout=120)
    first = output.decode().partition("\n")[0]
    return f"{time.monotonic() - began_s:.1f} s from SIGTERM to: {first} (exit code {process.returncode})"


def soak(threads: int, seconds: float, settle_s: float) -> int:
    """Start all, sample, judge."""
    with tempfile.TemporaryDirectory() as home, busy_process(threads) as pid:
        environ = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        command = [GIL_TUI, "watch", "--seconds", str(LONG_S), str(pid)]
        headless = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE)
        try:
            with Terminal([GIL_TUI, "--pid", str(pid)], environ=environ) as terminal:
                terminal.wait_for("held", "switch", timeout_s=60)
                terminal.read(5)
                watched = [*of_tree("screen", terminal.pid), *of_tree("headless", headless.pid)]
                print("process:", ", ".join(f"{one.name} {one.process.pid}" for one in watched), flush=True)
                run = Soak(terminal, watched)
                run.run(seconds)
                terminal.send("q")
                status = terminal.wait_end()
            said = end_headless(headless)
        finally:
            headless.kill()
            headless.communicate()
    return report(run, watched, settle_s, [f"screen: exit code {status}", f"headless: {said}"])


def report(run: Soak, watched: Sequence[Watched], settle_s: float, remarks: Sequence[str]) -> int:
    """Print the verdict; 1 when something is not flat."""
    settled = {name: after(samples, run.started_s + settle_s) for name, samples in run.samples.items()}
    lasted_s = run.samples[watched[0].name][-1].time_s - run.started_s
    title = f"{lasted_s / 60:.0f} minutes, judged from minute {settle_s / 60:g} on"
    print_table(title, HEADER, [row_of(one, settled[one.name]) for one in watched])
    print(f"terminal: {run.written_bytes / max(1.0, lasted_s):,.0f} B/s")
    for remark in remarks:
        print(remark)
    return 1 if any(faults_of(one, settled[one.name]) for one in watched) else 0


def after(samples: list[Sample], time_s: float) -> list[Sample]:
    """Those from `time_s` on; all where that leaves nothing to compare."""
    late = [one for one in samples if one.time_s >= time_s]
    return late if len(late) > 1 else samples


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--settle", type=float, default=10.0, help="minutes that are not judged")
    parser.add_argument("--threads", type=int, default=100)
    arguments = parser.parse_args()
    return soak(arguments.threads, arguments.minutes * 60, arguments.settle * 60)


if __name__ == "__main__":
    sys.exit(main())
