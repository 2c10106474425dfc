"""A history of a million runs: opening it, paging, filtering, sorting, moving the cursor.

    python -m tests.endurance.large_history [--runs N] [--state FOLDER] [--only store,screen]

Builds the store through its own schema (kept and found again where `--state` names a folder for it), then
measures the queries, and keys on the real screen in a terminal of 120x40: the time from a key to the first
byte drawn for it, which must stay under 100 ms (95 of 100), and to the last one, which for a filter or a
sort is the answer of the store. Exits with 1 where a key takes longer.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gil_tui.bench.spec import PythonFacts
from gil_tui.history import History
from gil_tui.history.rows import columns_of
from gil_tui.lab.records import Run
from gil_tui.verdict.model import CODES, Verdict
from gil_tui.verdict.statistics import Interval
from tests.benchmarks.table import print_table
from tests.benchmarks.terminal import Terminal
from tests.endurance.large_keys import MOST_S, Answer, answer_to, drawing_s, percentile, row_of
from tests.history.samples import PYTHON, a_run, a_trial, finished

GIL_TUI = str(Path(sys.executable).parent / "gil-tui")
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
PLACE = "?, '$.id', id, '$.sweep_id', sweep_id"
"""What differs between the documents of runs that are alike."""
WITH_TRIALS = 50_000
"""So many of the newest runs have their trials; the list reads none of them."""
WORKLOADS = ("countdown", "primes", "sha256", "sleep", "http", "shop/views.py:render")
EXECUTORS = ("sequential", "threads", "processes", "asyncio")
PYTHONS = ("3.11.7", "3.12.1", "3.13.2", "3.14.0")
TIMED = 5
DOWN, UP, PAGE_DOWN, PAGE_UP, END, HOME = "\x1b[B", "\x1b[A", "\x1b[6~", "\x1b[5~", "\x1b[F", "\x1b[H"
FILTER = "threads gil 3.13"
RARE = "nothing like it"


def build(path: Path, runs: int) -> None:
    """Fill the store in one transaction, with the tables that it makes itself."""
    with History.open(path) as history, history.writing() as connection:
        models = list(templates())
        names = list(columns_of(models[0], 1))
        marks = ", ".join("?" * len(names))
        connection.executemany(
            f"INSERT INTO runs ({', '.join(names)}) VALUES ({marks})", some_columns(models, runs)
        )
        for at, model in enumerate(models):
            document = {name: value for name, value in model.to_json().items() if name != "trials"}
            connection.execute(
                f"INSERT INTO documents SELECT id, json_set({PLACE}) FROM runs WHERE id % ? = ?",
                (json.dumps(document), len(models), at),
            )
        trial = json.dumps(a_trial().to_json())
        newest = f"SELECT id, 1, ? FROM runs WHERE id > {runs - WITH_TRIALS}"
        connection.execute(f"INSERT INTO trials {newest}", (trial,))


def templates() -> Iterator[Run]:
    """Runs as users have them: few workloads, executors, interpreters and verdicts."""
    verdicts = list(CODES)
    for number, (workload, executor, workers, python) in enumerate(
        itertools.product(WORKLOADS, EXECUTORS, (1, 2, 4, 8), PYTHONS)
    ):
        facts: PythonFacts = replace(PYTHON, version=python)
        run = replace(a_run(workload=workload, executor=executor, workers=workers), python=facts)
        verdict = Verdict(verdicts[number % len(verdicts)], 0.9, "A sentence of some length, as it has one.")
        wall_s = 0.5 + number % 97 / 40
        yield replace(
            finished(run, a_trial(1, wall_s)),
            verdict=verdict,
            wall_s=Interval(wall_s, wall_s * 0.98, wall_s * 1.02, 0.95),
        )


def some_columns(models: list[Run], runs: int) -> Iterator[list[object]]:
    """Rows of the table `runs`, one every minute; times differ from run to run."""
    columns = [columns_of(model, 1) for model in models]
    words = [one["search"].split(" ", 2)[2] for one in columns]
    for number in range(1, runs + 1):
        at = number % len(models)
        moment = FIRST + timedelta(minutes=number)
        one = columns[at] | {
            "created_at": moment.isoformat(),
            "sweep_id": f"sweep-{number // 12}",
            "wall_s": columns[at]["wall_s"] * (1 + number % 1009 / 10_000),
            "search": f"{moment:%Y-%m-%d %H:%M} {words[at]}",
        }
        yield list(one.values())


def store_table(path: Path) -> None:
    """Print what the queries take."""
    rows = []

    def timed(name: str, action: Callable[[], object]) -> None:
        spent_s = []
        for _ in range(TIMED):
            began_s = time.perf_counter()
            action()
            spent_s.append(time.perf_counter() - began_s)
        rows.append((name, f"{statistics.median(spent_s) * 1000:.1f} ms", f"{max(spent_s) * 1000:.1f} ms"))
        print(*rows[-1], file=sys.stderr, flush=True)

    timed("open and close", lambda: History.open(path).close())
    with History.open(path) as history:
        timed("first page", history.rows)
        timed("page 100", partial(history.rows, "", 200, 20_000))
        timed("count", history.count)
        for words in (FILTER, "primes x4", "2024-06-01", RARE):
            timed(f"filter {words!r}", partial(history.rows, words))
            timed(f"count {words!r}", partial(history.count, words))
        for column in ("wall_s", "workload", "created_at", "verdict"):
            timed(f"by {column}", partial(history.rows, order_by=column))
        timed("a run", partial(history.run, history.count() - 3))
        timed("its sweep", partial(history.sweep, history.run(history.count() - 3).sweep_id))
    print_table("queries", ("", "median", "most"), rows)


Keys = list[tuple[str, str]]


def keys() -> Iterator[tuple[str, Keys]]:
    """What a person does, and the keys for it with how they are called in the table."""
    yield "cursor", [("down", DOWN)] * 30 + [("up", UP)] * 10
    yield "page down", [("page down", PAGE_DOWN)] * 15
    yield "to the end, and back", [("end", END), ("home", HOME)] * 4
    yield "page up from the end", [("end", END)] + [("page up", PAGE_UP)] * 15 + [("home", HOME)]
    yield "sort by the next column", [("sort", ">")] * 9
    yield "reverse", [("reverse", "-")] * 4
    yield "into the filter", [("/", "/")]
    yield "filter", [("letter", letter) for letter in FILTER]
    yield "take back", [("backspace", "\x7f")] * len(FILTER)
    yield "filter for what is not there", [("letter", letter) for letter in RARE]
    yield "take back again", [("backspace", "\x7f")] * len(RARE)


def screen_table(home: Path) -> int:
    """Print how long keys take on the real screen; the number of groups of keys that take too long."""
    environ = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home), "TERM": "xterm-256color"}
    first, last, bad = [], [], 0
    with Terminal([GIL_TUI], environ=environ) as terminal:
        terminal.wait_painted("Workload", quiet_s=0.3)
        opened = answer_to(terminal, "3", quiet_s=1.0)
        terminal.wait_for("runs")
        print(f"the tab opens in {opened.last_s * 1000:.0f} ms", file=sys.stderr)
        for name, pressed in keys():
            before_s = drawing_s(terminal.pid)
            answers = [answer_to(terminal, key) for _, key in pressed]
            terminal.wait_painted("runs", quiet_s=0.4)  # the filter's cursor blinks
            cpu_s = (drawing_s(terminal.pid) - before_s) / len(pressed)
            first.append([*row_of(name, [one.first_s for one in answers]), f"{cpu_s * 1000:.0f} ms"])
            last.append(row_of(name, [one.last_s for one in answers]))
            bad += is_slow(answers)
            print(*first[-1], "| all", *last[-1][2:], file=sys.stderr, flush=True)
        quick_s = typed_at_once(terminal)
        terminal.send("\x03")
        terminal.wait_end()
    header = ("", "keys", "median", "95 %", "most")
    print_table("from a key to the first byte", (*header, "CPU a key"), first)
    print_table("from a key to the last byte", header, last)
    print(f"{RARE!r} typed at once: all there after {quick_s * 1000:.0f} ms")
    return bad


def typed_at_once(terminal: Terminal) -> float:
    """Seconds to the answer to a filter that finds nothing, typed faster than the store answers."""
    seen = len(terminal.text)
    began_s = time.monotonic()
    terminal.send(RARE)
    return terminal.wait_until(lambda: " 0 runs" in terminal.text[seen:], 60, "answer") - began_s


def is_slow(answers: list[Answer]) -> bool:
    """95 of 100 keys have to be answered within 100 ms."""
    return percentile([one.first_s for one in answers], 0.95) > MOST_S


def main() -> int:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--state", type=Path, help="keep the store here, and take it from here again")
    parser.add_argument("--only", default="store,screen")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = arguments.state or Path(folder)
        path = state / "gil-tui" / "history.sqlite3"
        if not path.exists():
            began_s = time.monotonic()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            build(path, arguments.runs)
            print(f"built in {time.monotonic() - began_s:.0f} s", file=sys.stderr)
        print(f"{path.stat().st_size / 1e6:,.0f} MB")
        if "store" in arguments.only:
            store_table(path)
        bad = screen_table(state) if "screen" in arguments.only else 0
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
