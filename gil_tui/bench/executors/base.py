"""What an executor is."""

from __future__ import annotations

from ..failures import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, List, Optional, Sequence, Tuple

    from ..gil import Gil
    from .work import Record


class Executor:
    """Brings workers up, warms them, and has them do tasks; JobError for what cannot be.

    One is made for each job, in the experiment's process, as `(job, size, workload)`, and its methods are
    called in one of two orders: `start`, `warm`, `run`, `figures`, `close`, or `start`, `warm`, `hand_over`
    some times, `close`. After an exception comes `abort`, and then the process ends.

    A task is `workload.run(size, number)`, which returns its checksum. `work.Work(workload, size, cpu_clock)`
    warms up, which enters the workload, and does tasks; each gives a `Record`: the worker's seat, start and
    end by `time.monotonic_ns`, CPU time in ns, checksum. A worker in another process loads the workload
    anew: `workloads.load(*work.order_of(job, workload))`.

    Others provide executors by an entry point of the group `gil_tui.executors` that names a class. It may
    inherit from `gil_tui.bench.executors.Executor`, but need not: it defines `start`, `warm` and `run`, and
    what else it does not define itself is as it is here. JobError is in `gil_tui.bench.failures`. What the
    application says of it are attributes of the class, all optional: `means`, `workers_at_most`, `needs`,
    `oldest` and `extra`, as in `catalogue.ExecutorEntry`.
    """

    start_method: Optional[str] = None
    """How worker processes are started, None where there is nothing to choose."""
    seats: Sequence[Tuple[int, int]] = ()
    """Process and thread id of each worker, known after `start`; 0 and 0 for one on another host."""
    notes: Tuple[str, ...] = ()
    """What the reader of the result should know; asked after `figures`."""

    def start(self) -> None:
        """Bring up all workers; the result tells how long that took."""
        raise NotImplementedError

    def warm(self, seconds: float) -> List[Gil]:
        """Warm up every worker, with one task at least; return `gil.gil_enabled()` of each."""
        raise NotImplementedError

    def run(self, tasks: int, progress: Callable[[int, int], None]) -> List[Record]:
        """Do the tasks 0 to `tasks` - 1; the records are in that order.

        `progress` takes how many are done, and `tasks`. JobError `raised` if one raises, `worker` if a worker
        is gone.
        """
        raise NotImplementedError

    def hand_over(self, arguments: Sequence[bytes]) -> None:
        """Have an empty task done for each of `arguments`, which travel to it as a task's would."""
        raise JobError("usage", "what a hand-over costs cannot be measured with this executor")

    def figures(self) -> Dict[str, float]:
        """What it measured of the work besides, units in the names."""
        return {}

    def close(self) -> None:
        """Have each worker leave the workload (`Workload.leave`), then end all of them, after a success."""

    def abort(self) -> None:
        """Leave nothing behind that speaks or lingers: the process ends now."""


def empty(argument: bytes) -> None:
    """The task whose hand-over is measured."""
