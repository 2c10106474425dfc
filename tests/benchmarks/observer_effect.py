"""Whether the live screen slows down what it shows: a two-process CPU-bound run with and without it.

Pairs of the same sweep (`countdown`, two processes, and the sequential runs that stand beside it), once
started by keys in the real screen at 120x40, once as `gil-tui run`, in random order. Each calibrates
itself, so times are taken per unit of work: wall time over size x tasks. The ratio is of medians a pair.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.history import History, default_path
from gil_tui.lab.records import Run
from gil_tui.verdict.statistics import median_interval
from tests.benchmarks.table import print_table
from tests.benchmarks.terminal import Terminal

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
EXPERIMENT = ("countdown", "processes", 2)
TAB, RIGHT, SPACE = "\t", "\x1b[C", " "
CHOOSE = (TAB, SPACE, TAB, SPACE, RIGHT, RIGHT, SPACE)
"""On the Lab as it opens: no threads; neither one worker nor four."""
SWEEP_S = 180.0
LOOK_EVERY_S = 4.0
"""Looking into the history costs CPU, which the other arm does not pay."""


def on_the_screen() -> Run:
    """The run as the screen makes it."""
    with Terminal([GIL_TUI, EXPERIMENT[0]]) as terminal:
        terminal.wait_painted("Workload", "Executors", "Workers", quiet_s=0.15)
        for key in CHOOSE:
            terminal.send(key)
            terminal.read(0.1)
        known = runs_known()
        terminal.send("r")
        deadline_s = time.monotonic() + SWEEP_S
        while not finished_after(known) and time.monotonic() < deadline_s:
            terminal.read(LOOK_EVERY_S)
        terminal.send("q")
        terminal.wait_end()
    return only(finished_after(known))


def headless() -> Run:
    """The same run without a screen."""
    known = runs_known()
    command = [GIL_TUI, "run", EXPERIMENT[0], "-e", EXPERIMENT[1], "-w", str(EXPERIMENT[2])]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=SWEEP_S)
    return only(finished_after(known))


def runs_known() -> int:
    """The highest number of a run so far."""
    with History.open() as history:
        return max((row.id for row in history.rows(limit=1)), default=0)


def finished_after(known: int) -> list[Run]:
    """Runs of the experiment newer than `known`, once all of their sweep are finished."""
    with History.open() as history:
        rows = [row for row in history.rows() if row.id > known]
        if not rows or any(row.status == "running" for row in rows):
            return []
        return [
            history.run(row.id) for row in rows if (row.workload, row.executor, row.workers) == EXPERIMENT
        ]


def only(runs: list[Run]) -> Run:
    """The one run of the sweep, which went well and had the same experiment in both arms."""
    if len(runs) != 1 or runs[0].status != "done":
        raise SystemExit(f"not one finished run of {EXPERIMENT}: {[run.status for run in runs]}")
    return runs[0]


def unit_time_s(run: Run) -> float:
    """Median wall time of its trials, for one unit of work."""
    assert run.experiment.size and run.experiment.tasks
    return statistics.median(run.walls_s) / (run.experiment.size * run.experiment.tasks)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9)
    pairs = parser.parse_args().pairs
    ratios, rows = [], []
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_STATE_HOME": folder, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        assert default_path().is_relative_to(folder)
        for number in range(1, pairs + 1):
            runs = {arm.__name__: arm() for arm in random.sample([on_the_screen, headless], 2)}
            live, quiet = runs["on_the_screen"], runs["headless"]
            ratios.append(unit_time_s(live) / unit_time_s(quiet))
            walls = [f"{statistics.median(run.walls_s) * 1000:.0f} ms" for run in (live, quiet)]
            trials = [str(len(run.walls_s)) for run in (live, quiet)]
            rows.append([f"pair {number}", *walls, *trials, f"{ratios[-1]:.4f}"])
            print(" ".join(rows[-1]), file=sys.stderr)
    print_table(
        "Two processes counting down, with the live screen and without",
        ["", "screen", "headless", "trials", "trials", "ratio"],
        rows,
    )
    ratio = median_interval(ratios)
    print(f"\nratio {ratio.median:.4f} ({ratio.level:.0%} interval {ratio.low:.4f} to {ratio.high:.4f})")


if __name__ == "__main__":
    main()
