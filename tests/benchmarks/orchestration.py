"""What a trial costs beyond the interpreter's own start and the work.

Trials of one experiment follow each other at once, so the time from one trial's end of work to the next
one's is the whole price of a trial: ending the child, keeping the result, starting the next child, its
pool and its warm-up, the work. Taken off: the work, the start of the pool (which `gil-tui` reports apart)
and `INTERPRETER -c pass`, measured in between. The work is small, so that its warm-up does not count.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.verdict.statistics import median_interval
from tests.benchmarks.table import print_table

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
EXPERIMENTS = (("sequential", 1), ("threads", 2), ("processes", 2), ("asyncio", 2))


def interpreter_start_s(interpreter: str) -> float:
    """Seconds that `interpreter` takes to start and end without doing anything."""
    before_s = time.perf_counter()
    subprocess.run([interpreter, "-c", "pass"], check=True)
    return time.perf_counter() - before_s


def trials_of(executor: str, workers: int, repeats: int) -> Sequence[Mapping[str, Any]]:
    """The trials of one experiment of almost no work, as `run --json` tells them."""
    command = (
        f"run countdown -e {executor} -w {workers} --size 2000 --tasks {workers * 4} --repeats {repeats}"
    )
    finished = subprocess.run(
        [GIL_TUI, *command.split(), "-i", sys.executable, "--json", "--no-save"],
        check=True,
        capture_output=True,
        timeout=300,
    )
    runs = json.loads(finished.stdout)["runs"]
    trials = next(run["trials"] for run in runs if run["experiment"]["executor"] == executor)
    return [trial for trial in trials if trial.get("wall_s") is not None]


def costs_s(trials: Sequence[Mapping[str, Any]]) -> list[float]:
    """What each trial after the first took, without its work and its pool's start, in seconds."""
    return [
        after["work_end_s"] - before["work_end_s"] - after["wall_s"] - after["startup_s"]
        for before, after in pairwise(trials)
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    repeats = parser.parse_args().repeats
    rows, starts_s = [], []
    for executor, workers in EXPERIMENTS:
        starts_s += [interpreter_start_s(sys.executable) for _ in range(10)]
        trials = trials_of(executor, workers, repeats)
        start_s = statistics.median(starts_s)
        cost = median_interval([cost_s - start_s for cost_s in costs_s(trials)])
        told = [trial["overhead_s"] for trial in trials if trial["overhead_s"] is not None]
        rows.append(
            [
                f"{executor} x{workers}",
                str(len(trials)),
                f"{cost.median * 1000:.1f} ms",
                f"{cost.low * 1000:.1f} - {cost.high * 1000:.1f}",
                f"{statistics.median(told) * 1000:.1f} ms" if told else "-",
            ]
        )
    print_table(
        f"A trial beyond the interpreter's start ({statistics.median(starts_s) * 1000:.1f} ms) and the work",
        ["experiment", "trials", "median", "95 % interval", "told by gil-tui"],
        rows,
    )


if __name__ == "__main__":
    main()
