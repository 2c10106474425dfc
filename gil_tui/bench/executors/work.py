"""What every worker does, whatever the executor: warm up, and one timed task after the other."""

from __future__ import annotations

import time

from ..failures import JobError, caused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Awaitable, Callable, Generator, Tuple

    from ..spec import Job
    from ..workloads.base import Workload

    Order = Tuple[Any, ...]
    """What `workloads.load` takes."""
    Record = Tuple[int, int, int, int, int]
    """One task: the worker's seat, start and end (monotonic, ns), CPU time (ns), checksum."""


def order_of(job: Job, workload: Workload) -> Order:
    """What a worker in another process loads the workload by, once it is prepared: `load(*order)`."""
    return job.experiment.workload, job.experiment.knobs, job.directory, workload.facts


class Work:
    """`size` of `workload` a task; `cpu_clock` tells the CPU time (ns) of its process or its thread."""

    def __init__(
        self, workload: Workload, size: int, cpu_clock: Callable[[], int] = time.process_time_ns
    ) -> None:
        self.workload = workload
        self.size = size
        self._cpu_ns = cpu_clock

    def task(self, seat: int, number: int) -> Record:
        """Do task `number`; JobError `raised` whatever the function raises."""
        try:
            cpu_ns = self._cpu_ns()
            start_ns = time.monotonic_ns()
            checksum = self.workload.run(self.size, number)
            end_ns = time.monotonic_ns()
            return seat, start_ns, end_ns, self._cpu_ns() - cpu_ns, checksum
        except BaseException as error:
            raise self._job_error(error, number)

    async def task_async(self, seat: int, number: int) -> Record:
        """The same among others on an event loop, each charged for its own steps."""
        try:
            meter = Meter(self.workload.run_async(self.size, number), self._cpu_ns)
            start_ns = time.monotonic_ns()
            checksum = await meter
            return seat, start_ns, time.monotonic_ns(), meter.cpu_ns, checksum
        except BaseException as error:
            raise self._job_error(error, number)

    def warm_up(self, seconds: float) -> None:
        """Enter the workload, and do tasks for `seconds`, one at least."""
        self.workload.enter()
        end_s = time.monotonic() + seconds
        number = 0
        while number == 0 or time.monotonic() < end_s:
            self.task(0, number)
            number += 1

    async def warm_up_async(self, seconds: float) -> None:
        """The same on an event loop."""
        await self.workload.enter_async()
        end_s = time.monotonic() + seconds
        number = 0
        while number == 0 or time.monotonic() < end_s:
            await self.task_async(0, number)
            number += 1

    def _job_error(self, error: BaseException, number: int) -> JobError:
        if isinstance(error, JobError):
            return error
        return caused("raised", error, "%s, task %d" % (self.workload.name, number))


class Meter:
    """Awaits `awaitable` and adds up the CPU time (ns) of its own steps, not of others' between them."""

    def __init__(self, awaitable: Awaitable[int], cpu_clock: Callable[[], int]) -> None:
        self.cpu_ns = 0
        self._awaitable = awaitable
        self._clock = cpu_clock

    def __await__(self) -> Generator[Any, Any, int]:
        steps: Any = self._awaitable.__await__()
        step: Callable[[Any], Any] = steps.send
        sent: Any = None
        while True:
            begun_ns = self._clock()
            try:
                wanted = step(sent)
            except StopIteration as end:
                return int(end.value)
            finally:
                self.cpu_ns += self._clock() - begun_ns
            try:
                sent = yield wanted
                step = steps.send
            except BaseException as error:
                sent, step = error, steps.throw
