"""How tasks are spread over workers: one file an executor."""

from __future__ import annotations

from ..failures import JobError, nearest
from ..spec import EXECUTORS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List, Optional, Protocol, Tuple

    from ..spec import Job
    from ..workloads.base import Workload
    from .work import Record

    class Executor(Protocol):
        """Brings `seats` (pid and thread id of each worker) up, warms them, and has them do tasks."""

        start_method: Optional[str]
        seats: List[Tuple[int, int]]

        def start(self) -> None:
            """Bring up all workers."""

        def warm(self, seconds: float) -> List[bool]:
            """Warm up every worker; return for each whether it has a GIL."""

        def run(self, tasks: int, progress: Callable[[int, int], None]) -> List[Record]:
            """Do all tasks; JobError if one fails. The records are in the order of the tasks."""

        def close(self) -> None:
            """End all workers after a success."""

        def abort(self) -> None:
            """Prepare for the end of this process after a failure."""


WORKERS_AT_MOST = {"threads": 10_000, "processes": 1_000, "asyncio": 100_000}


def create(job: Job, size: int, workload: Workload) -> Executor:
    """The executor that a job asks for, nothing of it started; JobError `usage` for what cannot be."""
    name, workers = job.experiment.executor, job.experiment.workers
    if name not in EXECUTORS:
        raise JobError("usage", "there is no executor %s%s" % (name, nearest(name, EXECUTORS)))
    if name == "sequential":
        from .sequential import Sequential

        return Sequential(workload, size)
    if not 1 <= workers <= WORKERS_AT_MOST[name]:
        raise JobError(
            "usage", "%s can have 1 to %d workers, not %d" % (name, WORKERS_AT_MOST[name], workers)
        )
    if name == "threads":
        from .threads import Threads

        return Threads(workload, size, workers)
    if name == "processes":
        from .processes import Processes

        return Processes(job, size, workload)
    from .asynchronous import Asynchronous

    return Asynchronous(workload, size, workers)
