"""The watch against programs of known behaviour, and against what the kernel recorded of them.

Held is compared with what the program itself knows (`loads.py`): of several spinning threads that it is
held all the time but, at most, from the last piece of one thread to the first of the next. Each working
thread's lane is compared with `perf sched` (root), waiting with the threads that perf saw in GIL waits, at
most with those in the run queue besides: the gauge counts a woken waiter that still queues for a CPU.
Without perf only the spinning threads' waiting is known. Points are per cent of a thread's time.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.lab.interpreters import Interpreter, find_interpreters
from gil_tui.lab.observe import summarize
from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.verdict.selftest import Band, outside
from gil_tui.watch.client import WatcherProcess
from gil_tui.watch.frames import STATES, Frame
from gil_tui.watch.waits import CPU, GIL, RUN_QUEUE
from tests.benchmarks.perf_lanes import PerfTrace, perf_works
from tests.benchmarks.table import print_table

LOADS = str(Path(__file__).with_name("loads.py"))
SETTLE_S = 1.5
"""The watch begins so long before what is counted, as the lanes call nothing idle before a second."""

CPU_STATE = STATES[CPU]
PERF_WITHIN = 0.02
"""So near to a thread's CPU clock is what perf recorded of its time on a CPU, unless perf lost events."""
HELD_WITHIN, WAITING_WITHIN, WAITING_WITHIN_SHARE, LANE_WITHIN = 0.03, 0.2, 0.15, 0.04


@dataclass(frozen=True, slots=True)
class Case:
    """A load with its argument; `held` and `waiting` where they are known beforehand."""

    load: str
    number: int
    held: float | None = None
    waiting: float | None = None
    times: int = 1
    """As long as other cases: 0.03 is 2.4 standard errors of a half after 1,600 samples of the gauge, and
    0.04 is 2.8 after 1,200 of the lanes."""


CASES = (
    *(Case("spin", threads, 1.0, threads - 1.0) for threads in (1, 2, 4, 8, 16)),
    *(Case("hold", percent, None, 0.0, times=2) for percent in (50, 20, 80)),
    Case("hash", 2, 0.0, 0.0),
    Case("lock", 4, 0.0, 0.0, times=6),
    Case("sleep", 10, 0.0, 0.0),
    Case("network", 4),
    Case("convoy", 4, times=3),
    Case("pool", 8, 0.0, 0.0),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen of a case, and the truth where it is known; lane errors are shares of a thread's time."""

    held: float | None
    waiting: float | None
    true_held: Band | None
    true_waiting: Band | None
    lane_errors: tuple[tuple[float, str], ...]
    code: str

    def faults(self) -> Iterator[str]:
        """What is out of its bounds."""
        if self.held is None or self.waiting is None:
            yield "no gauge"
            return
        if self.true_held is not None and abs(outside(self.held, self.true_held)) > HELD_WITHIN:
            yield "held"
        if self.true_waiting is not None:
            allowed = max(WAITING_WITHIN, WAITING_WITHIN_SHARE * self.true_waiting[1] - 1)
            if abs(outside(self.waiting, self.true_waiting)) > allowed:
                yield "waiting"
        if any(error > LANE_WITHIN for error, _ in self.lane_errors):
            yield "lanes"


class Target:
    """A running load, asked for its own figures."""

    def __init__(self, interpreter: str, load: str, number: int) -> None:
        command = [interpreter, LOADS, load, str(number)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.pid = self._process.pid
        self._line()

    def state(self) -> Mapping[str, Any]:
        """What it says of itself now."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        state: Mapping[str, Any] = json.loads(self._line())
        return state

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def running(interpreter: str, load: str, number: int) -> Iterator[Target]:
    """A load while the block lasts."""
    target = Target(interpreter, load, number)
    try:
        yield target
    finally:
        target.end()


async def measure(interpreter: str, case: Case, seconds: float, perf: bool, folder: Path) -> Outcome:
    """Watch one load."""
    frames: list[Frame] = []
    watcher = WatcherProcess(frames.append)
    await watcher.start()
    try:
        with running(interpreter, case.load, case.number) as target:
            watcher.watch(target.pid)
            trace = PerfTrace(target.pid, folder) if perf else None
            await asyncio.sleep(SETTLE_S)
            before = target.state()
            await asyncio.sleep(seconds * case.times)
            after = target.state()
            watcher.cut()
            await asyncio.sleep(0.3)
            if trace:
                trace.stop()
    finally:
        await watcher.close()
    wanted = [frame for frame in frames if before["t_s"] <= frame.start_s and frame.end_s <= after["t_s"]]
    seen = summarize(wanted)
    true_waiting = None if case.waiting is None else (case.waiting, case.waiting)
    return Outcome(
        held=seen.held,
        waiting=seen.waiting,
        true_held=true_held(case, before, after),
        true_waiting=waiting_by_perf(wanted, trace) if trace else true_waiting,
        lane_errors=tuple(lane_errors(wanted, trace, clocks(before, after))) if trace else (),
        code=diagnose_observation(seen).code,
    )


def true_held(case: Case, before: Mapping[str, Any], after: Mapping[str, Any]) -> Band | None:
    """As known beforehand, or as the program has counted it."""

    def share(counted: str) -> float:
        return float((after[counted] - before[counted]) / (after["t_s"] - before["t_s"]))

    if case.load == "hold":
        return share("held_s"), share("held_s")
    if case.held is None:
        return None
    return case.held - (share("between_s") if case.load == "spin" and case.number > 1 else 0.0), case.held


def clocks(before: Mapping[str, Any], after: Mapping[str, Any]) -> Mapping[int, float]:
    """Each working thread's share of time on a CPU, by its own CPU clock."""
    counted = {thread["tid"]: thread["cpu_s"] for thread in before["threads"]}
    elapsed_s = after["t_s"] - before["t_s"]
    return {
        thread["tid"]: (thread["cpu_s"] - counted[thread["tid"]]) / elapsed_s
        for thread in after["threads"]
        if thread["cpu_s"] is not None and counted.get(thread["tid"]) is not None
    }


def lane_errors(
    frames: Sequence[Frame], trace: PerfTrace, clocks: Mapping[int, float]
) -> Iterator[tuple[float, str]]:
    """For each thread the largest difference between its lane and the record, and in which state.

    Where the record is far from the thread's CPU clock it has lost switches: then that clock is the truth.
    """
    start_s, end_s = frames[0].start_s, frames[-1].end_s
    for tid in trace.tids[1:]:  # the first one only waits for our questions
        seen = dict.fromkeys(STATES, 0.0)
        for frame in frames:
            for thread in frame.threads:
                if thread.tid == tid:
                    weight = (frame.end_s - frame.start_s) / (end_s - start_s)
                    for state in STATES:
                        seen[state] += thread.shares[state] * weight
        true = dict(zip(STATES, trace.shares(tid, start_s, end_s), strict=True))
        clock = clocks.get(tid)
        if clock is not None and abs(true[CPU_STATE] - clock) > PERF_WITHIN:
            yield abs(seen[CPU_STATE] - clock), f"{CPU_STATE} by its clock"
        else:
            yield max((abs(seen[state] - true[state]), state) for state in STATES)


def waiting_by_perf(frames: Sequence[Frame], trace: PerfTrace) -> Band:
    """Mean number of threads in GIL waits, and with those in the run queue."""
    shares = [trace.shares(tid, frames[0].start_s, frames[-1].end_s) for tid in trace.tids]
    gil = sum(parts[GIL] for parts in shares)
    return gil, gil + sum(parts[RUN_QUEUE] for parts in shares)


def row(interpreter: Interpreter, case: Case, outcome: Outcome) -> tuple[str, ...]:
    """One line of the table."""
    worst = max(outcome.lane_errors, default=None)
    return (
        f"{case.load} {case.number}",
        interpreter.version,
        _with_bounds(outcome.held, outcome.true_held, 3),
        _with_bounds(outcome.waiting, outcome.true_waiting, 2),
        f"{worst[0] * 100:.1f} {worst[1]}" if worst else "-",
        outcome.code,
        ", ".join(outcome.faults()) or "ok",
    )


def _with_bounds(value: float | None, bounds: Band | None, digits: int) -> str:
    if value is None or bounds is None:
        return "-" if value is None else f"{value:.{digits}f}"
    truth = " to ".join(f"{bound:.{digits}f}" for bound in dict.fromkeys(bounds))
    return f"{value:.{digits}f} (true {truth}: {outside(value, bounds):+.{digits}f})"


def main() -> int:
    """Measure and print; 1 when anything is out of its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=8.0, help="of most loads; chance needs more for some"
    )
    parser.add_argument(
        "--interpreters", default="", help="versions with commas, as in 3.8,3.13 (default all)"
    )
    parser.add_argument("--loads", default="", help="names with commas (default all)")
    parser.add_argument("--no-perf", action="store_true")
    args = parser.parse_args()
    versions, loads = (tuple(filter(None, text.split(","))) for text in (args.interpreters, args.loads))
    found = [
        one
        for one in find_interpreters()
        if one.implementation == "cpython"
        and not one.free_threaded
        and (not versions or one.version.startswith(versions))
    ]
    perf = not args.no_perf and perf_works()
    rows, bad = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for interpreter in found:
            for case in CASES:
                if loads and case.load not in loads:
                    continue
                outcome = asyncio.run(measure(interpreter.path, case, args.seconds, perf, Path(folder)))
                rows.append(row(interpreter, case, outcome))
                bad += any(outcome.faults())
                print(*rows[-1], file=sys.stderr, flush=True)
    header = ("load", "Python", "held", "waiting", "worst lane, points", "verdict", "")
    against = "perf sched" if perf else "nothing: perf does not work here"
    title = f"{args.seconds:g} s each; lanes against {against}"
    print_table(title, header, rows)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
