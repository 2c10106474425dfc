"""Numbers for threads without a telling name: in the order in which a process showed them."""

from collections.abc import Iterable

from gil_tui.watch.frames import ThreadFrame


class ThreadNumbers:
    """A thread keeps its number while it is seen; `forget` drops those that nothing shows any more."""

    def __init__(self) -> None:
        self._numbers: dict[int, dict[int, int]] = {}
        self._seen_s: dict[int, dict[int, float]] = {}
        self._next: dict[int, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._numbers.values()))

    def see(self, threads: Iterable[ThreadFrame], at_s: float) -> None:
        """These threads were there; new ones get the next numbers of their process."""
        for pid, tid in sorted((thread.pid, thread.tid) for thread in threads):
            numbers = self._numbers.setdefault(pid, {})
            if tid not in numbers:
                numbers[tid] = self._next[pid] = self._next.get(pid, -1) + 1
            self._seen_s.setdefault(pid, {})[tid] = at_s

    def of(self, pid: int, tid: int) -> int:
        """A thread's number; 0 where it is not known."""
        return self._numbers.get(pid, {}).get(tid, 0)

    def forget(self, before_s: float) -> set[int]:
        """Drop the threads that were not seen since, and processes without any; the threads that are left."""
        for pid, seen_s in [*self._seen_s.items()]:
            self._seen_s[pid] = {tid: at_s for tid, at_s in seen_s.items() if at_s >= before_s}
            self._numbers[pid] = {tid: self._numbers[pid][tid] for tid in self._seen_s[pid]}
            if not self._seen_s[pid]:
                del self._seen_s[pid], self._numbers[pid], self._next[pid]
        return {tid for numbers in self._numbers.values() for tid in numbers}
