"""What watching costs: the throughput it takes from a busy server, and the observer's own CPU.

The throughput of a server of 100 threads with an observer at work is compared with that of the neighbouring
blocks of time in which the observer is paused; "nothing" is a process that sleeps, for the noise.
"""

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.verdict.statistics import median_interval
from tests.benchmarks.table import print_table
from tests.benchmarks.watch_truth import Target, running

BLOCK_S = 0.7
START_S = 2.0
CPU_S = 6.0

GAUGE = """
import random, sys, time
from gil_tui.watch.gil import GilGauge
from gil_tui.watch.target import open_target
gauge = GilGauge(open_target(int(sys.argv[1])))
count = 0
while True:
    gauge.sample()
    count += 1
    if count % 25 == 0:
        gauge.frame()
    time.sleep(random.uniform(0.5, 1.5) / 100)
"""
PY_SPY = [str(Path(sys.executable).parent / "py-spy"), "record", "--rate", "100", "--duration", "3600"]
PY_SPY += ["--format", "raw", "--output", os.devnull]


@dataclass(frozen=True, slots=True)
class Observer:
    """One way to look at a process."""

    name: str
    command: tuple[str, ...]
    says: str = ""

    def start(self, pid: int) -> subprocess.Popen[str]:
        """Begin to look at `pid`."""
        command = [word.replace("PID", str(pid)) for word in self.command]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
        )
        if self.says:
            assert process.stdin
            process.stdin.write(self.says.replace("PID", str(pid)) + "\n")
            process.stdin.flush()
        time.sleep(START_S)
        return process


NOTHING = Observer("nothing", ("sleep", "3600"))
WATCH = Observer("gil-tui watch", (sys.executable, "-m", "gil_tui.watch"), '{"watch": PID}')
GAUGE_ALONE = Observer("gauge alone", (sys.executable, "-c", GAUGE, "PID"))
OBSERVERS = (
    NOTHING,
    WATCH,
    GAUGE_ALONE,
    Observer("py-spy --nonblocking", (*PY_SPY, "--nonblocking", "--pid", "PID")),
    Observer("py-spy --gil", (*PY_SPY, "--gil", "--pid", "PID")),
)


@contextlib.contextmanager
def at_work(observer: Observer, pid: int) -> Iterator[subprocess.Popen[str]]:
    """An observer while the block lasts."""
    process = observer.start(pid)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def cpu_s(pid: int) -> float:
    """CPU time of all threads of a process."""
    return time.clock_gettime(~pid << 3 | 2)


def rate(target: Target) -> float:
    """Pieces of work a second, over one block."""
    before = target.state()
    time.sleep(BLOCK_S)
    after = target.state()
    return float((after["done"] - before["done"]) / (after["t_s"] - before["t_s"]))


def pause(observer: subprocess.Popen[str], pid: int) -> None:
    """Pause an observer at a moment at which it does not pause the target."""
    while True:
        observer.send_signal(signal.SIGSTOP)
        time.sleep(0.005)
        if not is_stopped(pid):
            return
        observer.send_signal(signal.SIGCONT)
        time.sleep(0.003)


def is_stopped(pid: int) -> bool:
    """Is any thread of the process stopped, as by a debugger?"""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            if (task / "stat").read_text().rpartition(")")[2].split()[0] in "tT":
                return True
    return False


def throughput_left(target: Target, observer: Observer, pairs: int) -> tuple[list[float], float]:
    """Throughput with the observer at work as shares of that without, and the observer's CPU meanwhile."""
    shares, used_s, worked_s = [], 0.0, 0.0
    with at_work(observer, target.pid) as process:
        pause(process, target.pid)
        off_before = rate(target)
        for _ in range(pairs):
            process.send_signal(signal.SIGCONT)
            time.sleep(0.03)
            began_s, began_cpu_s = time.monotonic(), cpu_s(process.pid)
            on = rate(target)
            used_s += cpu_s(process.pid) - began_cpu_s
            worked_s += time.monotonic() - began_s
            pause(process, target.pid)
            off_after = rate(target)
            shares.append(on / ((off_before + off_after) / 2))
            off_before = off_after
    return shares, used_s / worked_s


def cpu_share(observer: Observer, pid: int) -> float:
    """CPU of an observer that works without pauses, in cores."""
    with at_work(observer, pid) as process:
        time.sleep(1)
        began_s, began_cpu_s = time.monotonic(), cpu_s(process.pid)
        time.sleep(CPU_S)
        return (cpu_s(process.pid) - began_cpu_s) / (time.monotonic() - began_s)


def throughput_table(interpreter: str, pairs: int, threads: int, observers: Sequence[Observer]) -> None:
    """Print what each observer leaves of a server's throughput."""
    rows = []
    for observer in observers:
        with running(interpreter, "server", threads) as target:
            shares, cpu = throughput_left(target, observer, pairs)
        median = median_interval(shares)
        low, high = median.low, median.high
        rows.append(
            (observer.name, f"{statistics.median(shares):.3f}", f"{low:.3f} to {high:.3f}", f"{cpu:.1%}")
        )
        print(*rows[-1], file=sys.stderr, flush=True)
    title = f"throughput of a server of {threads} busy threads, {pairs} pairs of {BLOCK_S:g} s"
    print_table(title, ("observer", "left (median)", "95 %", "its CPU"), rows)


def cpu_table(interpreter: str) -> None:
    """Print the observer's own CPU."""
    rows = []
    for load, number in (("spin", 4), ("server", 4), ("server", 100), ("server", 500), ("pool", 500)):
        with running(interpreter, load, number) as target:
            shares = [cpu_share(observer, target.pid) for observer in (WATCH, GAUGE_ALONE)]
        rows.append((f"{load} {number}", *(f"{share:.2%}" for share in shares)))
        print(*rows[-1], file=sys.stderr, flush=True)
    print_table(f"the observer's own CPU over {CPU_S:g} s", ("load", "gil-tui watch", "gauge alone"), rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=100)
    parser.add_argument("--interpreter", default=sys.executable)
    parser.add_argument("--observers", default="", help="beginnings of names with commas (default all)")
    parser.add_argument("--only", choices=("throughput", "cpu"))
    args = parser.parse_args()
    names = tuple(filter(None, args.observers.split(",")))
    observers = [one for one in OBSERVERS if not names or one.name.startswith(names)]
    if args.only != "cpu":
        throughput_table(args.interpreter, args.pairs, args.threads, observers)
    if args.only != "throughput":
        cpu_table(args.interpreter)


if __name__ == "__main__":
    main()
