"""What the stacks of waiting threads say: a contended lock, or a pool that waits for work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gil_tui.verdict.observation import Place

_WORK = (
    ("/queue.py", {"get"}),
    ("/concurrent/futures/thread.py", {"_worker"}),
    ("/concurrent/futures/process.py", {"_process_worker", "wait_result_broken_or_wakeup"}),
    ("/multiprocessing/pool.py", {"worker", "_handle_tasks", "_handle_workers", "_handle_results"}),
    ("/multiprocessing/queues.py", {"get"}),
    ("/selectors.py", {"select"}),
    ("/asyncio/base_events.py", {"run_forever", "_run_once"}),
    ("/socketserver.py", {"serve_forever"}),
)
"""Where a thread of the standard library waits for its next piece of work."""

_WAITS = {"wait", "wait_for", "join", "_wait_for_tstate_lock"}


@dataclass(frozen=True, slots=True)
class WaitDump:
    """Of the threads in a lock's wait: how many `for_lock`, how many `for_work`, and where the former."""

    for_lock: int
    for_work: int
    place: Place | None = None

    @property
    def work_share(self) -> float | None:
        """Share that waits for work; None when the dump caught nobody."""
        total = self.for_lock + self.for_work
        return self.for_work / total if total else None


def read_waits(stacks: Iterable[Sequence[Place]]) -> WaitDump:
    """Sort the stacks of threads that wait for a lock; each stack from the innermost frame outwards.

    Pass the threads alone whose state is `lock`: of others nothing can be said here. A lock taken in C
    leaves no frame of its own, so a stack that is in none of the known waits stands at a lock.
    """
    places: list[Place] = []
    for_work = 0
    for stack in filter(None, stacks):
        place = _lock_place(stack)
        if place is None:
            for_work += 1
        else:
            places.append(place)
    most = max(places, key=lambda place: sum(other == place for other in places)) if places else None
    return WaitDump(len(places), for_work, most)


def _lock_place(stack: Sequence[Place]) -> Place | None:
    """Where this thread waits for a lock; None when it waits for work or to be told something."""
    inside: set[str] = set()
    for frame in stack:
        file = "/" + frame.file.replace("\\", "/")
        if file.endswith("/threading.py"):
            inside.add(frame.function)
            continue
        if any(file.endswith(end) and frame.function in functions for end, functions in _WORK):
            return None
        if inside & _WAITS and not inside & {"acquire", "__enter__"}:
            return None  # Event, Condition, join: waiting to be told, no lock that somebody keeps
        return frame
    return None
