"""How well the run with one worker foretells what two, four and eight workers carry.

Each workload is run with one worker, watched, and with more under several executors, in interleaved order as
in any sweep. From the first alone (wall time, GIL held, CPU) comes the prediction; it is held against what
the others measured. Lines with an error above 10 % say what the bound takes the limit to be.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.lab.judge import run_facts
from gil_tui.lab.records import Run
from gil_tui.verdict.bound import Site, bound, demand_of, predicted
from gil_tui.verdict.scaling import Demand
from tests.benchmarks.table import print_table

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
MATRIX = {
    "countdown": "threads,processes",
    "json": "threads,processes",
    "sha256": "threads,processes",
    "zlib": "threads,processes",
    "sleep": "threads,processes,asyncio",
    "http": "threads,processes,asyncio",
    "web": "threads,processes,asyncio",
    "loop_c_released": "threads",
}
WORKERS = (2, 4, 8)
GOOD = 0.10
QUIET_SPEED = 0.9
"""Cores that do less than this share of their best while all compute are shared with others."""
SPIN = """
import sys, time
end, turns = time.perf_counter() + float(sys.argv[1]), 0
while time.perf_counter() < end:
    for _ in range(10000): pass
    turns += 1
print(turns)
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """One workload under one executor with so many workers: predicted and measured speed-up."""

    name: str
    workers: int
    predicted: float
    measured: float
    low: float
    high: float
    limit: str
    marked: str

    @property
    def error(self) -> float:
        """Predicted against measured: above 0 where less was reached than was foretold."""
        return self.predicted / self.measured - 1


def core_speed(cpus: int, seconds: float = 0.5, rounds: int = 5) -> float:
    """What one core does while all compute, as a share of what it does alone: the best of a few rounds."""
    shares = []
    for _ in range(rounds):
        alone = _spin(1, seconds)
        shares.append(_spin(cpus, seconds) / cpus / alone)
    return min(1.0, max(shares))


def _spin(number: int, seconds: float) -> int:
    command = [sys.executable, "-c", SPIN, str(seconds)]
    spinners = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(number)]
    return sum(int(spinner.communicate()[0]) for spinner in spinners)


def measure(workload: str, executors: str, options: Sequence[str]) -> Mapping[str, Any]:
    """One sweep of a workload."""
    workers = ",".join(map(str, WORKERS))
    command = [GIL_TUI, "run", workload, "-e", executors, "-w", workers, "--json", "--no-save", *options]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=600)
    document: Mapping[str, Any] = json.loads(finished.stdout)
    return document


def pairs(document: Mapping[str, Any], speed: float) -> Iterator[tuple[Demand, Pair]]:
    """Every run with several workers against what the sequential one of the same document foretells."""
    runs = [Run.from_json(run) for run in document["runs"]]
    alone = next(run for run in runs if run.experiment.executor == "sequential")
    facts = run_facts(alone)
    task = demand_of(facts)
    if task is None:
        return
    site = Site(facts.cpus_effective, core_speed=speed)
    for run in runs:
        name, workers = run.experiment.executor, run.experiment.workers
        if run is alone or run.speedup is None:
            continue
        handed = min(run.handover_s.values()) if run.handover_s else 0.0
        here = Site(site.cpus, site.core_speed, handed if name == "processes" else 0.0)
        foretold = predicted(name, task, workers, here) * task.wall_s
        marked = sum(bool(trial.marks) for trial in run.trials)
        yield (
            task,
            Pair(
                f"{run.experiment.workload} {name}",
                workers,
                foretold,
                run.speedup.median,
                run.speedup.low,
                run.speedup.high,
                bound(name, task, workers, here).limit,
                f"{marked}/{len(run.trials)}",
            ),
        )


def rows(found: Sequence[tuple[Demand, Pair]]) -> list[list[str]]:
    """One line a pair and count."""
    return [
        [
            pair.name,
            str(pair.workers),
            f"{task.gil_s / task.wall_s:.0%}",
            f"{task.cpu_s / task.wall_s:.0%}",
            f"{pair.predicted:.2f}x",
            f"{pair.measured:.2f}x",
            f"{pair.low:.2f} - {pair.high:.2f}",
            f"{pair.error:+.0%}",
            pair.limit,
            pair.marked,
        ]
        for task, pair in found
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="workloads, separated by commas")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=64)
    parser.add_argument("-i", "--interpreter", default=sys.executable)
    parser.add_argument("--keep", type=Path, help="folder for the sweeps' documents")
    parser.add_argument("sweeps", nargs="*", type=Path, help="documents that were kept before")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else list(MATRIX)
    documents = [json.loads(path.read_text()) for path in options.sweeps]
    told = ["--repeats", str(options.repeats), "--tasks", str(options.tasks), "-i", options.interpreter]
    for workload in [] if documents else chosen:
        documents.append(measure(workload, MATRIX.get(workload, "threads,processes"), told))
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"bound-{workload}.json").write_text(json.dumps(documents[-1]))
    cpus = int(documents[0]["host"]["cpus_effective"])
    speed = core_speed(cpus) if not options.sweeps else 1.0
    found = [pair for document in documents for pair in pairs(document, 1.0)]
    print_table(
        f"One worker foretells many, on {cpus} CPUs (with all of them computing each does {speed:.0%})",
        ["workload", "workers", "GIL", "CPU", "foretold", "measured", "interval", "error", "limit", "marked"],
        rows(found),
    )
    if speed < QUIET_SPEED:
        print("\nOther programs use the CPUs: nothing that computes was measured as it is.")
    errors = [abs(pair.error) for _, pair in found]
    worst = max(found, key=lambda one: abs(one[1].error))[1]
    print_table(
        "Errors",
        ["", "points", "pairs", "median", "within 10 %", "worst"],
        [
            [
                "all",
                str(len(errors)),
                str(len({pair.name for _, pair in found})),
                f"{statistics.median(errors):.1%}",
                f"{sum(error <= GOOD for error in errors) / len(errors):.0%}",
                f"{worst.error:+.0%} ({worst.name} x{worst.workers})",
            ]
        ],
    )


if __name__ == "__main__":
    main()
