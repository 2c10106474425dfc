"""How fast a history of 100,000 runs opens, lists, filters and grows.

    python -m tests.benchmarks.history_size [--runs N] [--trials N]

Builds the store in a temporary directory and prints medians; exits with 1 when opening or filtering
takes 100 ms or more.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from gil_tui.history import History
from gil_tui.lab.records import Run
from gil_tui.verdict.model import CODES, Verdict
from tests.history.samples import a_run, a_trial, finished

LIMIT_S = 0.100
TIMED = 15


def main() -> int:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--trials", type=int, default=1, help="kept with each run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gil-tui" / "history.sqlite3"
        build(path, arguments.runs, arguments.trials)
        print(f"{arguments.runs} runs, {path.stat().st_size / 1e6:.0f} MB")
        slow = [
            name
            for name, median_s in measure(path)
            if name.startswith(("open", "filter")) and median_s >= LIMIT_S
        ]
    if slow:
        print(f"over {LIMIT_S * 1000:.0f} ms: {', '.join(slow)}", file=sys.stderr)
    return 1 if slow else 0


def build(path: Path, runs: int, trials: int) -> None:
    """Fill the store as the application does, a transaction each."""
    source = random.Random(1)
    with History.open(path) as history:
        for number in range(runs):
            history.add_run(some_run(source, number, trials))


def some_run(source: random.Random, number: int, trials: int) -> Run:
    """A run as users have them: few workloads, executors and verdicts, over two years."""
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=10 * number)
    run = a_run(
        workload=source.choice(["countdown", "primes", "sha256", "sleep", "http", "shop/views.py:render"]),
        executor=source.choice(["sequential", "threads", "processes", "asyncio"]),
        workers=source.choice([1, 2, 4, 8]),
        created_at=moment.isoformat(),
        sweep_id=f"sweep-{number // 12}",
    )
    verdict = Verdict(source.choice(list(CODES)), 0.9, "A sentence of some length, as a verdict has one.")
    return replace(finished(run, *(a_trial(n + 1) for n in range(trials))), verdict=verdict)


def measure(path: Path) -> Iterator[tuple[str, float]]:
    """Name and median seconds of each action, printed as they come."""

    def open_and_close() -> None:
        History.open(path).close()

    yield timed("open", open_and_close)
    with History.open(path) as history:
        yield timed("first page of 200", history.rows)
        yield timed("count all", history.count)
        for typed in (
            "c",
            "gil",
            "threads x4",
            "3.13",
            "2025-06",
            "countdown threads gil",
            "nothing like it",
        ):
            yield timed(f"filter {typed!r}", partial(history.rows, typed))
            yield timed(f"filter, count {typed!r}", partial(history.count, typed))
        yield timed("sorted by time", partial(history.rows, order_by="wall_s"))
        yield timed("a run with its trials", partial(history.run, 5))
        yield timed("a sweep", partial(history.sweep, "sweep-3"))
        yield timed("insert: add, a trial, finish", partial(insert, history))


def insert(history: History) -> None:
    """What one run with one trial writes: three transactions."""
    run = a_run().with_id(history.add_run(a_run()))
    history.add_trial(run.id or 0, a_trial())
    history.finish_run(finished(run))


def timed(name: str, action: Callable[[], object]) -> tuple[str, float]:
    """Median of `TIMED` calls."""
    spent_s = []
    for _ in range(TIMED):
        started_s = time.perf_counter()
        action()
        spent_s.append(time.perf_counter() - started_s)
    median_s = statistics.median(spent_s)
    print(f"{median_s * 1000:8.2f} ms  {name}  (most {max(spent_s) * 1000:.2f})", flush=True)
    return name, median_s


if __name__ == "__main__":
    sys.exit(main())
