"""A process and its descendants as one subject: admitted, sampled together, and framed."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from gil_tui.watch import access
from gil_tui.watch.cores import CoreSampler
from gil_tui.watch.frames import Frame, GilFrame, ObserverFrame, ProcessFrame, ThreadFrame
from gil_tui.watch.subject import Subject
from gil_tui.watch.tree import ProcessStat, ProcessTree

MOST_SUBJECTS = 250
_GAUGES_AT_ONCE = 16
"""More processes than this are read in turns, so that the gauge keeps its cost."""
_YOUNG_S = 0.15
"""Younger processes are left alone: most that end so soon are gone before anything is seen of them."""
_OPENING_S = 0.02
"""Looking into new processes may take so long at once; the others follow at the next scan."""
_SEARCH_SHARE = 200
"""Searching the host for new processes takes at most one part in so many of the time."""

_STOPPED = "Tt"
_LIKE_THREADS = 4
"""A process costs a frame about as much as so many threads."""

Identity = tuple[int, int]
"""Process id and start time: ids are used again."""


class TreeSampler:
    """The tree under `root`, as it comes and goes. Nothing here raises for what the processes do.

    `ended` says that the root is gone, `size` how dear a frame is, in threads; a GIL is read at every
    `stride`th call of `sample_gils`.
    """

    def __init__(
        self, root: int, *, clock: Callable[[], float] = time.monotonic, proc: Path = Path("/proc")
    ) -> None:
        self.root = root
        self.ended = False
        self.size = 0
        self.stride = 1
        self._clock, self._proc = clock, proc
        self._tree = ProcessTree(root, clock=clock, proc=proc)
        self._members: dict[Identity, ProcessStat] = {}
        self._subjects: dict[Identity, Subject] = {}
        self._never_seen = False
        self._search_at_s = clock()
        self._rounds: list[list[Subject]] = [[]]
        self._turn = 0
        self._let_go_threads: list[ThreadFrame] = []
        self._let_go_gils: list[GilFrame] = []
        self._failed_before = 0
        self._cores = CoreSampler(root, clock=clock, proc=proc)
        self.scan(at_once=True)
        self._never_seen = self.ended

    @property
    def failed_samples(self) -> int:
        """Samples that failed since the beginning."""
        return self._failed_before + sum(subject.failed_samples for subject in self._subjects.values())

    def sample_gils(self) -> None:
        """One sample of every GIL, or of those whose turn it is."""
        self._turn = (self._turn + 1) % self.stride
        for subject in self._rounds[self._turn]:
            subject.sample_gil()

    def sample_lanes(self) -> None:
        """One sample of every thread."""
        for subject in self._subjects.values():
            subject.sample_lanes()

    def scan(self, *, at_once: bool = False) -> None:
        """Notice processes and threads that came or went, a part of the tree at a time if it is large.

        `at_once` looks at all of it and takes in even the youngest.
        """
        for subject in self._subjects.values() if at_once else self._rounds[self._turn]:
            subject.scan()
        now = self._clock()
        if at_once or now >= self._search_at_s:
            self._members = {stat.identity: stat for stat in self._tree.scan()}
            self._search_at_s = now + _SEARCH_SHARE * (self._clock() - now)
            self.ended = not any(pid == self.root for pid, _ in self._members)
        for identity in self._subjects.keys() - self._members.keys():
            self._let_go(identity)
        if not self.ended:
            self._admit(at_once)
        subjects = [*self._subjects.values()]
        self.stride = max(1, -(-len(subjects) // _GAUGES_AT_ONCE))
        self._rounds = [subjects[turn :: self.stride] for turn in range(self.stride)]

    def frame(self, start_s: float, end_s: float, observer: ObserverFrame) -> Frame:
        """What was seen since the frame before; the last one says `ended`."""
        gils, threads = self._let_go_gils, self._let_go_threads
        self._let_go_gils, self._let_go_threads = [], []
        processes: list[ProcessFrame] = []
        for identity, subject in self._subjects.items():
            stat = self._members[identity]
            gils += _stopped(subject.gil_frames()) if stat.state in _STOPPED else subject.gil_frames()
            threads += subject.thread_frames()
            processes.append(subject.process_frame(stat))
        self.size = len(threads) + _LIKE_THREADS * len(processes)
        return Frame(
            start_s=start_s,
            end_s=end_s,
            gils=tuple(gils),
            threads=tuple(threads),
            processes=tuple(processes),
            cpu=self._cores.frame(sum(process.cpu_share for process in processes)),
            observer=observer,
            ended=self.ended,
            why=self._why(),
        )

    def close(self) -> None:
        """Give all descriptors back."""
        for subject in self._subjects.values():
            subject.close()
        self._subjects.clear()
        self._cores.close()

    def _admit(self, at_once: bool) -> None:
        began_s = self._clock()
        for identity, stat in self._members.items():
            if identity in self._subjects or not (at_once or _age_s(stat) >= _YOUNG_S):
                continue
            if len(self._subjects) >= MOST_SUBJECTS or self._clock() - began_s > _OPENING_S:
                break
            self._subjects[identity] = Subject(stat.pid, clock=self._clock, proc=self._proc)

    def _let_go(self, identity: Identity) -> None:
        """A process has ended: what was seen of it stands in the coming frame."""
        subject = self._subjects.pop(identity)
        self._let_go_gils += [frame for frame in subject.gil_frames() if frame.available]
        self._let_go_threads += subject.thread_frames()
        self._failed_before += subject.failed_samples
        subject.close()

    def _why(self) -> str:
        """What a person should know is missing: of Python processes, of the root if there is none."""
        if self._never_seen:
            if not (self._proc / str(self.root)).exists() and not access.hides_others(self._proc):
                return f"there is no process {self.root} any more: nothing of it was seen"
            return access.gone(self.root, self._proc) or f"process {self.root} is ending"
        stopped = next((stat.pid for stat in self._members.values() if stat.state in _STOPPED), None)
        if stopped is not None:
            return f"process {stopped} is stopped, by a signal or a debugger"
        subjects = [*self._subjects.values()]
        wanted = [subject for subject in subjects if subject.is_python] or subjects[:1]
        missing = next((subject.why for subject in wanted if subject.why), "")
        if not missing and len(self._members) > len(subjects) >= MOST_SUBJECTS:
            return f"of {len(self._members)} processes only {MOST_SUBJECTS} are watched"
        return "; ".join(filter(None, (missing, self._cores.why)))


def _stopped(frames: tuple[GilFrame, ...]) -> list[GilFrame]:
    """Whoever held the GIL when the process was stopped holds it still, which says nothing."""
    return [
        GilFrame(gil.pid, gil.interpreter, available=False, why="the process is stopped") for gil in frames
    ]


def _age_s(stat: ProcessStat) -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) - stat.start_ticks / os.sysconf("SC_CLK_TCK")
