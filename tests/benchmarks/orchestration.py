"""What a trial costs beyond the interpreter's own start and the work.

Trials of a sweep follow each other at once, so the time from one trial's end of work to the next one's is
the whole price of the later: ending the child before, keeping its result, starting the next child, its
imports, its pool and its warm-up, the work. Taken off: the work, what `gil-tui` reports apart (the set-up
with the executor's imports, the start of the pool), and `INTERPRETER -c pass`, measured before and after.
The work is small, so that its warm-up does not count.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.bench.spec import Experiment
from gil_tui.verdict.statistics import median_interval
from tests.benchmarks.table import print_table

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
SWEEP = "run countdown -e threads,processes,asyncio -w 2 --size 2000 --tasks 8 --json --no-save"


def interpreter_starts_s(number: int) -> list[float]:
    """Seconds that the interpreter takes to start and end without doing anything."""
    taken_s = []
    for _ in range(number):
        before_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        taken_s.append(time.perf_counter() - before_s)
    return taken_s


def sweep(repeats: int, *options: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Trials of almost no work with their experiment's label, in the order in which they were made."""
    command = [GIL_TUI, *SWEEP.split(), "--repeats", str(repeats), "-i", sys.executable, *options]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=300)
    trials = [
        (Experiment.from_json(run["experiment"]).label, trial)
        for run in json.loads(finished.stdout)["runs"]
        for trial in run["trials"]
        if trial.get("wall_s") is not None
    ]
    return sorted(trials, key=lambda labelled: float(labelled[1]["work_end_s"]))


def costs_s(trials: list[tuple[str, Mapping[str, Any]]]) -> dict[str, list[float]]:
    """By experiment, what each trial took without its work, its set-up and its pool's start, in seconds."""
    costs = defaultdict(list)
    for (_, before), (label, after) in pairwise(trials):
        apart_s = after["wall_s"] + after["setup_s"] + after["startup_s"]
        costs[label].append(after["work_end_s"] - before["work_end_s"] - apart_s)
    return costs


def milliseconds(trials: list[Mapping[str, Any]], key: str) -> str:
    """Median of one of their times."""
    known = [trial[key] for trial in trials if trial[key] is not None]
    return f"{statistics.median(known) * 1000:.1f} ms" if known else "-"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    repeats = parser.parse_args().repeats
    starts_s = interpreter_starts_s(20)
    swept = {"watched": sweep(repeats), "not watched": sweep(repeats, "--no-watch")}
    starts_s += interpreter_starts_s(20)
    start_s = statistics.median(starts_s)
    rows = []
    for how, trials in swept.items():
        for label, costs in sorted(costs_s(trials).items()):
            cost = median_interval([cost_s - start_s for cost_s in costs])
            own = [trial for name, trial in trials if name == label]
            rows.append(
                [
                    f"{label}, {how}",
                    str(len(costs)),
                    f"{cost.median * 1000:.1f} ms",
                    f"{cost.low * 1000:.1f} - {cost.high * 1000:.1f}",
                    *(milliseconds(own, key) for key in ("overhead_s", "setup_s", "startup_s")),
                ]
            )
    print_table(
        f"A trial beyond the interpreter's start ({start_s * 1000:.1f} ms) and the work",
        ["experiment", "trials", "median", "95 % interval", "told by gil-tui", "set-up", "pool"],
        rows,
    )


if __name__ == "__main__":
    main()
