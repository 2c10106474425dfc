"""`gil-tui run`: experiments without a screen."""

import argparse
import math
import signal
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, TypeVar

from gil_tui.commands.cores import add_cores

if TYPE_CHECKING:
    from gil_tui.commands import Subparsers
    from gil_tui.lab.plan import Plan

T = TypeVar("T")

EXECUTORS = ("threads", "processes")
WORKERS_AT_LEAST = 4
SIGNALLED = 128

DESCRIPTION = """Run each workload under each executor and number of workers, always beside a sequential
baseline, and print how the times compare. Each trial is a fresh process; runs are kept in the history."""
EPILOG = """WORKLOAD is a name from `gil-tui list workloads` or your own code: package.module:function or
path/to/file.py:function, which takes nothing or the task number.

Ends with 0 when what could be run was measured, 1 when any run failed (the others are printed all the
same) or nothing could be run, 2 for wrong usage, 130 after Ctrl-C (128 + n after signal n); finished
trials are kept."""


def add_parser(subparsers: "Subparsers") -> None:
    """What is taken."""
    parser = subparsers.add_parser("run", description=DESCRIPTION, epilog=EPILOG)
    add = parser.add_argument
    add("workloads", nargs="+", metavar="WORKLOAD", help="a name, or module:function, or file.py:function")
    add_options(parser)
    add_cores(parser)
    add("--json", action="store_true", help="print one JSON document, see `gil-tui schema run`")
    add("--no-save", action="store_true", help="leave the history alone")
    add("--no-watch", action="store_true", help="do not look at the GIL and the threads meanwhile")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be said of a sweep beside its workloads; the screen takes the same."""
    add = parser.add_argument
    add(
        "-e",
        "--executors",
        type=_list_of(str),
        metavar="A,B",
        help="see `gil-tui list executors` (default threads,processes); a start method as in processes:spawn",
    )
    add(
        "-w",
        "--workers",
        type=_list_of(int),
        metavar="N,M",
        help="how many workers (default 1,2,4 and on to twice the CPUs that may be used)",
    )
    add(
        "-i",
        "--interpreters",
        type=_list_of(str),
        default=(),
        metavar="A,B",
        help="versions, commands or paths, as in 3.13t,pypy3 (default: the active environment's); "
        "switched as in 3.13t+gil, pypy3+nojit",
    )
    add("--size", type=int, metavar="N", help="work in a task (default: so that a task takes about 20 ms)")
    add("--tasks", type=int, metavar="N", help="tasks in a trial (default: at least 10 for each worker)")
    add("--repeats", type=int, metavar="N", help="trials at most; fewer when the time is known to 2 %%")
    add(
        "--switch-interval",
        type=_list_of(float),
        metavar="S,T",
        help="seconds, see sys.setswitchinterval; several are compared",
    )
    add("--timeout", type=float, metavar="S", help="seconds that one trial may take")
    add(
        "--set",
        type=_knob,
        action="append",
        default=[],
        dest="knobs",
        metavar="NAME=VALUE",
        help="a setting of the workload, see `gil-tui list workloads`; may be repeated",
    )
    add("--args", metavar="JSON", help="arguments of your own function: an array, or an object by name")
    add("--dask", metavar="ADDRESS", help="have executor dask use this scheduler, as in tcp://host:8786")


def run(args: argparse.Namespace) -> int:
    """Conduct the sweep and print it."""
    plan = plan_of(args)
    from gil_tui.commands.conducting import conduct_until_signalled
    from gil_tui.commands.cores import document_of
    from gil_tui.commands.output import complain, print_json, print_lines
    from gil_tui.report.sweep import sweep_lines, trouble_line

    outcome = conduct_until_signalled(plan, save=not args.no_save)
    sweep = outcome.sweep
    if sweep is None:
        return SIGNALLED + outcome.signal
    with suppress(OSError) if outcome.signal == signal.SIGHUP else nullcontext():  # the terminal is gone
        if args.json:
            print_json(document_of(sweep, args.cores, sweep.runs))
        else:
            print_lines(sweep_lines(sweep, args.cores))
    if outcome.signal:
        return SIGNALLED + outcome.signal
    trouble = trouble_line(sweep)
    if trouble:
        complain(trouble)
    return 1 if trouble else 0


def plan_of(args: argparse.Namespace) -> "Plan":
    """What the arguments ask for; raises UsageError."""
    from gil_tui.lab.interpreters import resolve_interpreter
    from gil_tui.lab.plan import plan_sweep

    asked = {"repeats": args.repeats, "timeout_s": args.timeout}
    return plan_sweep(
        args.workloads,
        EXECUTORS if args.executors is None else args.executors,
        default_workers() if args.workers is None else args.workers,
        [resolve_interpreter(text) for text in args.interpreters],
        size=args.size,
        tasks=args.tasks,
        switch_interval_s=args.switch_interval,
        knobs=dict(args.knobs) | ({} if args.args is None else {"args": args.args}),
        cluster=args.dask,
        watch=not args.no_watch,
        **{name: value for name, value in asked.items() if value is not None},
    )


def default_workers() -> list[int]:
    """Powers of two up to twice the CPUs that may be used, 1, 2 and 4 at least."""
    from gil_tui.watch.cores import effective_cpus

    most = max(WORKERS_AT_LEAST, 2 * effective_cpus().count)
    return [2**power for power in range(int(math.log2(most)) + 1)]


def _list_of(kind: Callable[[str], T]) -> Callable[[str], list[T]]:
    """Items between commas, each of `kind`; argparse names `kind` where one is not."""

    def parse(text: str) -> list[T]:
        return [kind(item.strip()) for item in text.split(",") if item.strip()]

    parse.__name__ = f"list of {kind.__name__}"
    return parse


def _knob(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
