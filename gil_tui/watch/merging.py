"""Neighbouring frames as one, so that hours of watching fit into bounded memory."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TypeVar

from gil_tui.watch.folding import folded
from gil_tui.watch.frames import CpuFrame, Frame, GilFrame, ObserverFrame, ProcessFrame, ThreadFrame

T = TypeVar("T")
Weights = tuple[float, float]


THREADS_KEPT = 24_000
"""One thread in one frame takes about a kilobyte of memory."""
LEAST_FRAMES = 120


class FrameLog:
    """Frames in order; when there are too many, neighbours are merged: the whole time stays covered.

    The more threads they have, the fewer are kept, but never less than `LEAST_FRAMES`. Of merged frames
    threads that have ended are told together where there are many.
    """

    def __init__(self, most: int = 2400) -> None:
        self.frames: list[Frame] = []
        self._most = max(2, most)
        self._threads = 0

    def add(self, frame: Frame) -> None:
        """Take in the next frame."""
        self.frames.append(frame)
        self._threads += len(frame.threads)
        too_large = self._threads > THREADS_KEPT and len(self.frames) > LEAST_FRAMES
        if too_large or len(self.frames) > self._most:
            self.frames = halved(self.frames)
            if not frame.ended:
                self.frames = [folded(one, frame) for one in self.frames]
            self._threads = sum(len(one.threads) for one in self.frames)


def halved(frames: Sequence[Frame]) -> list[Frame]:
    """Every two neighbours as one; an odd last frame stays as it is."""
    pairs = [merged(*frames[at : at + 2]) for at in range(0, len(frames) - 1, 2)]
    return pairs + list(frames[len(pairs) * 2 :])


def merged(first: Frame, second: Frame) -> Frame:
    """One frame over both: means weighted by length; who was only in one counts for that part."""
    lengths = first.end_s - first.start_s, second.end_s - second.start_s
    total = sum(lengths)
    weights = (lengths[0] / total, lengths[1] / total) if total > 0 else (0.5, 0.5)
    return Frame(
        start_s=first.start_s,
        end_s=second.end_s,
        gils=_paired(first.gils, second.gils, lambda gil: (gil.pid, gil.interpreter), _gil, weights),
        threads=_paired(
            first.threads, second.threads, lambda thread: (thread.pid, thread.tid), _thread, weights
        ),
        processes=_paired(first.processes, second.processes, lambda process: process.pid, _process, weights),
        cpu=_cpu(first.cpu, second.cpu, weights),
        observer=_observer(first.observer, second.observer, weights),
        ended=second.ended,
        why=why_of((first, second)),
    )


def why_of(frames: Sequence[Frame]) -> str:
    """What was last said to be missing; before an interpreter has started, its GIL is not missing."""
    begun = next((at for at, frame in enumerate(frames) if frame.has_gauge), 0)
    return next((frame.why for frame in reversed(frames[begun:]) if frame.why), "")


def mean_gils(frames: Sequence[Frame]) -> tuple[GilFrame, ...]:
    """Each GIL over all of `frames`, as `merged` makes it of two at a time, in one pass."""
    total_s = sum(frame.end_s - frame.start_s for frame in frames)
    sums: dict[tuple[int, int], _GilSum] = {}
    for frame in frames:
        for gil in frame.gils:
            one = sums.get((gil.pid, gil.interpreter))
            if one is None:
                one = sums[gil.pid, gil.interpreter] = _GilSum(gil)
            one.add(gil, frame.end_s - frame.start_s)
    return tuple(one.mean(total_s) for one in sums.values())


class _GilSum:
    """One GIL's numbers times seconds; `unread_s` is when it was there and could not be read."""

    def __init__(self, gil: GilFrame) -> None:
        self._last = gil
        self._unread_s = self._held_s = 0.0
        self._waiting = self._switches = (0.0, 0.0)
        self._why = ""
        self._counts: list[int] = []
        self._samples = 0
        self._holders: dict[int, float] = {}

    def add(self, gil: GilFrame, length_s: float) -> None:
        """Take in a frame of `length_s`."""
        if not gil.available:
            self._unread_s += length_s
            self._last = gil if not self._last.available else self._last
            return
        held_s = (gil.held or 0.0) * length_s
        self._last, self._why = gil, gil.why or self._why
        self._held_s += held_s
        self._waiting = _counted(self._waiting, gil.waiting, length_s)
        self._switches = _counted(self._switches, gil.switches_per_s, length_s)
        self._samples += gil.samples
        counts, more = self._counts, gil.waiting_counts
        counts += [0] * (len(more) - len(counts))
        for waiting, samples in enumerate(more):
            counts[waiting] += samples
        for tid, share in (gil.holders or {}).items():
            self._holders[tid] = self._holders.get(tid, 0.0) + share * held_s

    def mean(self, total_s: float) -> GilFrame:
        """Over `total_s`: not held and not waited for while it was not there."""
        gil, read_s = self._last, total_s - self._unread_s
        if not gil.available or read_s <= 0:
            return gil
        held_s = self._held_s or 1.0
        return replace(
            gil,
            why=self._why,
            held=None if gil.held is None else self._held_s / read_s,
            waiting=_over(self._waiting, read_s),
            waiting_counts=tuple(self._counts),
            switches_per_s=_over(self._switches, read_s),
            samples=self._samples,
            holders={tid: share_s / held_s for tid, share_s in self._holders.items()},
        )


def _counted(sums: tuple[float, float], value: float | None, length_s: float) -> tuple[float, float]:
    """The sum of a number times seconds, and the seconds in which it was not known."""
    return (sums[0], sums[1] + length_s) if value is None else (sums[0] + value * length_s, sums[1])


def _over(sums: tuple[float, float], read_s: float) -> float | None:
    """The mean over the time in which the number was known; None if it never was."""
    known_s = read_s - sums[1]
    return sums[0] / known_s if known_s > 1e-9 else None


def _paired(
    first: Sequence[T],
    second: Sequence[T],
    key: Callable[[T], Hashable],
    merge: Callable[[T | None, T | None, Weights], T],
    weights: Weights,
) -> tuple[T, ...]:
    before, after = ({key(item): item for item in items} for items in (first, second))
    return tuple(merge(before.get(name), after.get(name), weights) for name in before | after)


def _mean(first: float | None, second: float | None, weights: Weights) -> float | None:
    """Weighted, of those that are known."""
    if first is None or second is None:
        return second if first is None else first
    return first * weights[0] + second * weights[1]


def _gil(first: GilFrame | None, second: GilFrame | None, weights: Weights) -> GilFrame:
    if first is None or second is None:
        return _part_of_the_time(first, second, weights)
    if not (first.available and second.available):
        return first if first.available else second
    held_s = (first.held or 0.0) * weights[0], (second.held or 0.0) * weights[1]
    held = sum(held_s) or 1.0
    counts = zip_longest(first.waiting_counts, second.waiting_counts, fillvalue=0)
    holders = [gil.holders or {} for gil in (first, second)]
    return replace(
        second,
        why=second.why or first.why,
        held=_mean(first.held, second.held, weights),
        waiting=_mean(first.waiting, second.waiting, weights),
        waiting_counts=tuple(map(sum, counts)),
        switches_per_s=_mean(first.switches_per_s, second.switches_per_s, weights),
        samples=first.samples + second.samples,
        holders={
            tid: (holders[0].get(tid, 0.0) * held_s[0] + holders[1].get(tid, 0.0) * held_s[1]) / held
            for tid in {**holders[0], **holders[1]}
        },
    )


def _part_of_the_time(first: GilFrame | None, second: GilFrame | None, weights: Weights) -> GilFrame:
    """A GIL that was there for one half: not held and not waited for in the other."""
    gil, weight = (first, weights[0]) if first else (second, weights[1])
    assert gil is not None

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * weight

    return replace(
        gil, held=scaled(gil.held), waiting=scaled(gil.waiting), switches_per_s=scaled(gil.switches_per_s)
    )


def _thread(first: ThreadFrame | None, second: ThreadFrame | None, weights: Weights) -> ThreadFrame:
    """Time in which the thread was not there is idle, as in a frame of its own."""
    last = second or first
    assert last is not None
    parts = [(thread, weight) for thread, weight in zip((first, second), weights, strict=True) if thread]
    shares = {state: sum(thread.shares[state] * weight for thread, weight in parts) for state in last.shares}
    shares["idle"] += 1 - sum(weight for _, weight in parts)
    return replace(
        last,
        shares=shares,
        lock=last.lock if last.lock is not None or first is None else first.lock,
        schedules_per_s=sum(thread.schedules_per_s * weight for thread, weight in parts),
    )


def _process(first: ProcessFrame | None, second: ProcessFrame | None, weights: Weights) -> ProcessFrame:
    last = second or first
    assert last is not None
    before, after = (process.cpu_share if process else 0.0 for process in (first, second))
    pss_bytes = last.pss_bytes if last.pss_bytes is not None or first is None else first.pss_bytes
    return replace(last, cpu_share=before * weights[0] + after * weights[1], pss_bytes=pss_bytes)


def _cpu(first: CpuFrame, second: CpuFrame, weights: Weights) -> CpuFrame:
    busy = second.busy
    if len(first.busy) == len(busy):
        busy = tuple(a * weights[0] + b * weights[1] for a, b in zip(first.busy, busy, strict=True))
    return replace(
        second,
        busy=busy,
        cores_used=first.cores_used * weights[0] + second.cores_used * weights[1],
        steal_share=_mean(first.steal_share, second.steal_share, weights),
        throttled_share=_mean(first.throttled_share, second.throttled_share, weights),
        pressure_share=_mean(first.pressure_share, second.pressure_share, weights),
    )


def _observer(first: ObserverFrame, second: ObserverFrame, weights: Weights) -> ObserverFrame:
    return ObserverFrame(
        cpu_share=first.cpu_share * weights[0] + second.cpu_share * weights[1],
        gil_rate_hz=first.gil_rate_hz * weights[0] + second.gil_rate_hz * weights[1],
        lane_rate_hz=first.lane_rate_hz * weights[0] + second.lane_rate_hz * weights[1],
        failed_samples=first.failed_samples + second.failed_samples,
    )
