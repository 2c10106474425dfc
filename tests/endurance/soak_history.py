"""Ten thousand runs, one after the other, as sweeps write them: does writing slow down?

    python -m tests.endurance.soak_history [--runs N] [--trials N]

Each run is begun, gets its trials one by one, is finished and shown in the list, as on the screen. Prints
CPU time for some hundreds of runs and exits with 1 where the last hundred took more than 1.5 times the first.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.history import History
from tests.benchmarks.table import print_table
from tests.history.samples import a_run, a_trial, finished

HUNDRED = 100
MOST_TIMES = 1.5
SHOWN = 10


def one_run(history: History, number: int, trials: int) -> float:
    """CPU seconds of a run of so many trials, with the list that is read at its end.

    CPU, as other programs do not change it; what is written to the disk is a journal of always the same size.
    """
    run = a_run(sweep_id=f"sweep-{number // 12}", workers=1 << number % 4)
    began_s = time.process_time()
    run = run.with_id(history.add_run(run))
    done = [a_trial(at + 1, 1.0 + at / 100) for at in range(trials)]
    for trial in done:
        history.add_trial(run.id or 0, trial)
    history.finish_run(replace(finished(run), trials=tuple(done)))
    history.rows(limit=SHOWN)
    history.count()
    return time.process_time() - began_s


def quick(taken_s: Sequence[float]) -> float:
    """What a tenth of them stays below: what else runs on the host disturbs the others."""
    return sorted(taken_s)[len(taken_s) // 10]


def main() -> int:
    """Write, print, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--trials", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gil-tui" / "history.sqlite3"
        with History.open(path) as history:
            taken_s = [one_run(history, number, arguments.trials) for number in range(arguments.runs)]
            began_s = time.perf_counter()
        size = path.stat().st_size
        with History.open(path) as history:
            opened_s = time.perf_counter() - began_s
            kept = history.count()
    hundreds = [quick(taken_s[at : at + HUNDRED]) for at in range(0, len(taken_s), HUNDRED)]
    step = max(1, len(hundreds) // SHOWN)
    rows = [
        (f"{(at + 1) * HUNDRED:,}", f"{hundreds[at] * 1000:.2f} ms")
        for at in sorted({*range(0, len(hundreds), step), len(hundreds) - 1})
    ]
    ratio = hundreds[-1] / hundreds[0]
    print_table(
        f"a run with {arguments.trials} trials, the quickest tenth of a hundred", ("up to run", "CPU"), rows
    )
    print(f"last hundred against the first: {ratio:.2f}; {size / 1e6:.0f} MB; opened in {opened_s:.3f} s")
    return 1 if ratio > MOST_TIMES or kept != arguments.runs else 0


if __name__ == "__main__":
    sys.exit(main())
