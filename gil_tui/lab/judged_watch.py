"""The verdict on a process while it is watched, with a look at its stacks where the verdict needs one."""

import time
from collections.abc import Awaitable, Callable, Container, Sequence
from functools import partial

from gil_tui.lab.observe import summarize, waits_of
from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.verdict.dump import WaitDump
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.watch.frames import Frame
from gil_tui.watch.stacks import HotFunction, StacksError, ThreadStack, hot_functions, one_dump

FIRST_VERDICT_S = 2.0
VERDICT_EVERY_S = 1.0
NAMED = ("gil", "serial")
"""Verdicts that name the function which holds the GIL."""
_DUMP_HOLDS_S = 60.0
"""A program changes what it waits for; after so long the threads that wait are looked at anew."""


class JudgedWatch:
    """Judges frames of the process `pid` and its tree; remembers what its stacks said.

    `look` is what needs no asking: the functions that hold the GIL where it decides, once, and the
    waiting threads where a lock may decide. With `name_threads` it asks for Python's own names of the
    threads, too. `complaint` says why functions are not named, else empty.
    """

    def __init__(
        self,
        pid: int,
        *,
        stacks: bool = True,
        name_threads: bool = False,
        clock: Callable[[], float] = time.monotonic,
        hot_of: Callable[[int], Awaitable[Sequence[HotFunction]]] = hot_functions,
        dump_of: Callable[[int], Awaitable[Sequence[ThreadStack]]] = one_dump,
    ) -> None:
        self.pid = pid
        self.hot: Sequence[HotFunction] = ()
        self.thread_names: dict[int, str] = {}
        self.complaint = ""
        self._stacks, self._names_wanted = stacks, name_threads
        self._clock, self._hot_of, self._dump_of = clock, hot_of, dump_of
        self._dump: WaitDump | None = None
        self._dumped_at_s = 0.0

    def judge(self, frames: Sequence[Frame]) -> tuple[Observation, Verdict]:
        """What these frames come to."""
        return self.judging(frames)()

    def judging(self, frames: Sequence[Frame]) -> Callable[[], tuple[Observation, Verdict]]:
        """What judges these frames by what is known now: it touches nothing, and may run in a thread."""
        if self._dump and self._clock() - self._dumped_at_s > _DUMP_HOLDS_S:
            self._dump = None
        return partial(_judged, frames, self.hot, self._dump)

    def keep_names(self, threads: Container[int]) -> None:
        """Forget the names of all other threads."""
        self.thread_names = {tid: name for tid, name in self.thread_names.items() if tid in threads}

    def wants_look(self, verdict: Verdict) -> bool:
        """True when `look` would do something for this verdict."""
        return self._stacks and (verdict.needs_dump or (verdict.code in NAMED and not self.hot))

    async def look(self, observation: Observation, verdict: Verdict) -> None:
        """Look at the stacks if the verdict needs it; after a failure nothing is tried again."""
        if not self.wants_look(verdict):
            return
        try:
            if verdict.code in NAMED and not self.hot:
                await self._name_functions(observation, threads=self._names_wanted)
            if verdict.needs_dump:
                self._take_dump(await self._dump_of(self._waiting_process(observation)), observation)
        except StacksError as error:
            self._stacks = False
            self.complaint = f"functions are not named: {error}"

    async def name_functions(self, observation: Observation) -> None:
        """Name functions and threads because somebody asked; StacksError when that cannot be had."""
        await self._name_functions(observation, threads=True)
        self.complaint = ""

    async def _name_functions(self, observation: Observation, *, threads: bool) -> None:
        pid = busiest_process(observation, "cpu") or self.pid
        if threads:
            self._name_threads(await self._dump_of(pid))
        self.hot = await self._hot_of(pid)

    def _waiting_process(self, observation: Observation) -> int:
        return busiest_process(observation, "lock") or self.pid

    def _take_dump(self, stacks: Sequence[ThreadStack], observation: Observation) -> None:
        self._dump, self._dumped_at_s = waits_of(stacks, observation), self._clock()
        self._name_threads(stacks)

    def _name_threads(self, stacks: Sequence[ThreadStack]) -> None:
        self.thread_names |= {stack.tid: stack.name for stack in stacks if stack.tid and stack.name}


def _judged(
    frames: Sequence[Frame], hot: Sequence[HotFunction], dump: WaitDump | None
) -> tuple[Observation, Verdict]:
    observation = summarize(frames, hot=hot)
    return observation, diagnose_observation(observation, dump)


def busiest_process(observation: Observation, state: str) -> int | None:
    """The Python process whose threads spend most time in `state`; None if there is none."""
    pythons = {process.pid for process in observation.members if process.python}
    shares: dict[int, float] = {}
    for thread in observation.threads:
        if thread.pid in pythons:
            shares[thread.pid] = shares.get(thread.pid, 0.0) + getattr(thread, state)
    return max(shares, key=lambda pid: shares[pid]) if shares else None
