"""What executors there are, what each is for and what it needs; nothing of them is imported for that."""

from __future__ import annotations

from ..spec import START_METHODS

TYPE_CHECKING = False
if TYPE_CHECKING or not __name__.startswith("gil_tui_bench"):
    from dataclasses import dataclass
    from typing import Dict, Tuple
else:
    from ..plain import dataclass


@dataclass(frozen=True)
class ExecutorEntry:
    """One executor: what it `means` in one line, and where it can be had.

    It takes up to `workers_at_most`, has these `start_methods` (none: there is nothing to choose), and works
    where Python is at least `oldest` and can import what it `needs`; `extra` is the extra of gil-tui that
    brings that. `module` (of this package) and `class_name` say where it is.
    """

    means: str
    module: str
    class_name: str
    workers_at_most: int = 1_000
    start_methods: Tuple[str, ...] = ()
    needs: Tuple[str, ...] = ()
    oldest: Tuple[int, int] = (3, 8)
    extra: str = ""


CATALOGUE: Dict[str, ExecutorEntry] = {
    "sequential": ExecutorEntry(
        "one task after another: the baseline of every sweep", "sequential", "Sequential", workers_at_most=1
    ),
    "threads": ExecutorEntry(
        "a pool of threads; pure Python takes turns at the GIL", "threads", "Threads", workers_at_most=10_000
    ),
    "processes": ExecutorEntry(
        "a pool of processes; each has its own GIL, tasks and results are pickled",
        "processes",
        "Processes",
        start_methods=START_METHODS,
    ),
    "interpreters": ExecutorEntry(
        "a pool of threads, each with an interpreter and a GIL of its own; tasks and results are copied",
        "interpreters",
        "Interpreters",
        oldest=(3, 14),
    ),
    "asyncio": ExecutorEntry(
        "one thread and an event loop; what awaits does so at once, everything else blocks it",
        "asynchronous",
        "Asynchronous",
        workers_at_most=100_000,
    ),
    "asyncio+threads": ExecutorEntry(
        "an event loop that hands each task to a pool of threads, as asyncio.to_thread does",
        "to_thread",
        "ToThread",
        workers_at_most=10_000,
    ),
    "dask": ExecutorEntry(
        "workers of a Dask cluster, on this host or elsewhere; tasks and results are serialised",
        "cluster",
        "Cluster",
        needs=("distributed",),
        oldest=(3, 9),
        extra="dask",
    ),
    "loky": ExecutorEntry(
        "joblib's pool of processes, started anew without fork; tasks and results are pickled",
        "loky_pool",
        "Loky",
        needs=("loky",),
        oldest=(3, 9),
    ),
}
"""The built-in executors by name, in the order in which they are shown."""
