"""asyncio with threads: an event loop in the main thread that hands each task to a pool of threads."""

from __future__ import annotations

import asyncio
import contextvars

from .base import empty
from .pools import task
from .threads import Threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, List, Optional, Sequence

    from ..spec import Job
    from ..workloads.base import Workload
    from .work import Record

AHEAD = 2
"""Tasks under way for each thread: while one is done, the next stands ready, as where requests pile up."""


class ToThread(Threads):
    """An event loop whose default executor is a pool of `workers` threads."""

    def __init__(self, job: Job, size: int, workload: Workload) -> None:
        super().__init__(job, size, workload)
        self._loop = asyncio.new_event_loop()

    def start(self) -> None:
        """Start all threads, and have the event loop use them once."""
        super().start()
        pool: Any = self._pool
        self._loop.set_default_executor(pool)
        self.hand_over([b""])

    def run(self, tasks: int, progress: Callable[[int, int], None]) -> List[Record]:
        """Do all tasks; the records are in the order of their numbers."""
        records: List[Optional[Record]] = [None] * tasks
        done = 0

        async def hand_over(numbers: Iterator[int]) -> None:
            nonlocal done
            for number in numbers:
                records[number] = await to_thread(task, number)
                done += 1
                progress(done, tasks)

        async def all_of_them() -> None:
            numbers = iter(range(tasks))
            await asyncio.gather(*(hand_over(numbers) for _ in range(AHEAD * self._workers)))

        self._loop.run_until_complete(all_of_them())
        return [record for record in records if record is not None]

    def hand_over(self, arguments: Sequence[bytes]) -> None:
        """Have an empty task done in a thread for each argument."""

        async def all_of_them() -> None:
            await asyncio.gather(*(to_thread(empty, argument) for argument in arguments))

        self._loop.run_until_complete(all_of_them())

    def close(self) -> None:
        """End the threads and close the event loop."""
        super().close()
        self._loop.close()


async def to_thread(function: Callable[[Any], Any], argument: Any) -> Any:
    """As `asyncio.to_thread`, which Python 3.8 lacks."""
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(None, context.run, function, argument)
