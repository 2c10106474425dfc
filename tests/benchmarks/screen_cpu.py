"""What the screen itself uses at 120x40, idle and during a run: CPU, and bytes on the terminal.

Counts the CPU time of the `gil-tui` process alone, threads and all (proc(5), `stat`); its watcher is shown
beside it, the experiment's own processes are left out.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.table import print_table
from tests.benchmarks.terminal import Terminal

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")


@dataclass(frozen=True)
class Use:
    """CPU seconds of screen and watcher, and bytes written to the terminal, up to `time_s`."""

    time_s: float
    screen_s: float
    watcher_s: float
    written: int


def used(terminal: Terminal) -> Use:
    """What has been used since the start."""
    screen = psutil.Process(terminal.pid)
    watchers = [child for child in screen.children() if "gil_tui.watch" in " ".join(child.cmdline())]
    return Use(
        time.monotonic(),
        _cpu_s(screen),
        sum(map(_cpu_s, watchers)),
        sum(len(chunk.data) for chunk in terminal.chunks),
    )


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def row(state: str, before: Use, after: Use) -> list[str]:
    """One line of the table: shares of a core and bytes a second between two moments."""
    seconds = after.time_s - before.time_s
    return [
        state,
        f"{seconds:.0f} s",
        f"{(after.screen_s - before.screen_s) / seconds:.2%}",
        f"{(after.watcher_s - before.watcher_s) / seconds:.2%}",
        f"{(after.written - before.written) / seconds:,.0f} B/s",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each of the two states")
    seconds = parser.parse_args().seconds
    rows = []
    with tempfile.TemporaryDirectory() as home:
        environ = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        with Terminal([GIL_TUI, "countdown"], environ=environ) as terminal:
            terminal.wait_painted("Workload", quiet_s=0.15)
            for state, keys in (("idle", ""), ("run", "r")):
                terminal.send(keys)
                terminal.read(3.0)  # settled: caches filled, calibration under way
                before = used(terminal)
                terminal.read(seconds)
                rows.append(row(state, before, used(terminal)))
            terminal.send("q")
            terminal.wait_end()
    print_table("The screen at 120x40", ["state", "for", "screen", "watcher", "terminal"], rows)


if __name__ == "__main__":
    main()
