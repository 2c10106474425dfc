"""Time from starting `gil-tui` to its first complete paint, against two well-known Textual applications.

A paint is complete when every marker text has been painted and then nothing came for `QUIET_S`; the time
taken is that of the last byte before the silence. Each program starts `--rounds` times in a terminal of
120x40, in random order, in a home that its first, uncounted start has prepared. The two others are
installed from the package index into virtual environments under the cache folder, once.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.verdict.statistics import median_interval, ratio_interval
from tests.benchmarks.table import print_table
from tests.benchmarks.terminal import Terminal

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gil-tui-benchmarks"
QUIET_S = 0.15


@dataclass(frozen=True)
class Subject:
    """A program to start: what to install (empty: this project's own), and what its screen must show."""

    name: str
    requirements: tuple[str, ...]
    markers: tuple[str, ...]

    def command(self) -> str:
        """Path of the program, installed when it is not there yet."""
        if not self.requirements:
            return str(Path(sys.executable).parent / self.name)
        folder = CACHE / self.name
        program = folder / "bin" / self.name
        if not program.exists():
            print(f"installing {self.name} into {folder}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([folder / "bin" / "pip", "install", "-q", *self.requirements], check=True)
        return str(program)


SUBJECTS = (
    Subject("gil-tui", (), ("Workload", "Executors", "Workers", "Verdict", "History", "Quit")),
    # 2.11 crashes with tree-sitter 0.26.
    Subject(
        "posting", ("posting", "tree-sitter==0.25.*"), ("Collection", "No headers", "Response", "Commands")
    ),
    Subject("harlequin", ("harlequin",), ("Data Catalog", "Run Query", "Query Results", "Quit")),
)


def first_paint_s(command: str, markers: tuple[str, ...], home: str) -> float:
    """Seconds from the fork to the last byte of the first complete paint."""
    environ = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    with Terminal([command], environ=environ) as terminal:
        return terminal.wait_painted(*markers, quiet_s=QUIET_S) - terminal.started_s


def measure(rounds: int) -> dict[str, list[float]]:
    """First paints by name, in seconds."""
    times: dict[str, list[float]] = {subject.name: [] for subject in SUBJECTS}
    with tempfile.TemporaryDirectory() as home:
        for number in range(rounds + 1):
            for subject in random.sample(SUBJECTS, len(SUBJECTS)):
                taken_s = first_paint_s(subject.command(), subject.markers, home)
                if number:
                    times[subject.name].append(taken_s)
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    times = measure(parser.parse_args().rounds)
    own = times["gil-tui"]
    rows = []
    for name, taken in times.items():
        interval, ratio = median_interval(taken), ratio_interval(taken, own)
        rows.append(
            [
                name,
                f"{interval.median * 1000:.0f} ms",
                f"{interval.low * 1000:.0f} - {interval.high * 1000:.0f}",
                f"{ratio.median:.2f}",
                f"{ratio.low:.2f} - {ratio.high:.2f}",
            ]
        )
    print_table(
        f"First complete paint at 120x40, median of {len(own)} starts, 95 % intervals",
        ["program", "median", "interval", "of gil-tui", "interval"],
        rows,
    )


if __name__ == "__main__":
    main()
