"""From the watcher's frames to one `Observation`.

A tree (a master and its workers) is one subject. Numbers are weighted by the length of the frames, so
that sums are exact. What each GIL did is held per interpreter; the busiest one, by held plus waiting,
decides `held`, while `waiting` and `held_sum` add up all of them. A process that lived for a part of
the time counts for that part.
"""

import statistics
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gil_tui.lab.totals import GilTotal, ThreadTotal, busiest, held_off_cpu, lock_groups, resting
from gil_tui.verdict.dump import WaitDump, read_waits
from gil_tui.verdict.limits import GIL_HELD_FULL
from gil_tui.verdict.observation import HotFunction, Observation, Place, ProcessSeen, ThreadSeen
from gil_tui.watch import stacks
from gil_tui.watch.frames import STATES, Frame, ProcessFrame, ThreadFrame
from gil_tui.watch.merging import why_of

WAITS_FOR_LOCKS = 0.3
"""A thread's share of its time in lock waits from which its stack is asked for the reason."""


def summarize(
    frames: Sequence[Frame],
    *,
    hot: Iterable[stacks.HotFunction] = (),
    left_out: Collection[int] = (),
    coordinates: Callable[[ThreadFrame], bool] | None = None,
) -> Observation:
    """All that `frames` saw, as numbers for the verdict; never raises for what they hold.

    Processes in `left_out` are no part of the subject. Threads for which `coordinates` is true only
    hand out work: their waits count as idle. What ran before there was a Python is left out.
    """
    frames = _since_python([frame for frame in frames if frame.end_s > frame.start_s])
    if not frames:
        return Observation(why="nothing was watched")
    seconds = sum(frame.end_s - frame.start_s for frame in frames)

    rests = resting(frames)

    def waits(number: int, thread: ThreadFrame) -> bool:
        idle = (number, thread.pid, thread.tid) in rests or (coordinates and coordinates(thread))
        return thread.pid not in left_out and not idle

    threads = _thread_totals(frames, left_out, waits)
    gils = _gil_totals(frames, left_out)
    processes = _last_processes(frames, left_out)
    mean: dict[str, Any] = {
        state: sum(total.by_state[state] for total in threads.values()) / seconds
        for state in (*STATES, "unknown")
    }
    why = why_of(frames)
    cpu = frames[-1].cpu
    return Observation(
        seconds=seconds,
        cpus_effective=cpu.cores_effective,
        cpus_limited_by=cpu.limited_by,
        cores_used=_mean(frames, lambda frame: frame.cpu.cores_used),
        others_used=_mean(frames, lambda frame: max(0.0, sum(frame.cpu.busy) - frame.cpu.cores_used)),
        throttled_share=_mean(frames, lambda frame: frame.cpu.throttled_share),
        steal_share=_mean(frames, lambda frame: frame.cpu.steal_share),
        observer_cpu_share=_mean(frames, lambda frame: frame.observer.cpu_share),
        gil_rate_hz=_mean(frames, lambda frame: frame.observer.gil_rate_hz),
        parts_sum_error=_parts_error(threads.values()),
        locks=lock_groups(frames, seconds, waits),
        hot=tuple(HotFunction(h.function, h.file, h.line, h.holds_gil, h.share) for h in hot),
        threads=tuple(_thread_seen(total, gils) for total in threads.values()),
        members=tuple(_process_seen(process) for process in processes),
        ended=frames[-1].ended,
        why=why,
        **mean,
        **_interpreter(processes, gils),
        **_gil_numbers(gils, threads, seconds, why, frames),
        **busiest(threads, seconds),
    )


def _since_python(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Without the shell or launcher that became Python by exec, or started it."""
    return frames[next((at for at, frame in enumerate(frames) if frame.has_python), 0) :]


def _thread_totals(
    frames: Sequence[Frame], left_out: Collection[int], waits: Callable[[int, ThreadFrame], bool]
) -> dict[tuple[int, int], ThreadTotal]:
    totals: dict[tuple[int, int], ThreadTotal] = {}
    for number, frame in enumerate(frames):
        for thread in frame.threads:
            if thread.pid not in left_out:
                total = totals.setdefault((thread.pid, thread.tid), ThreadTotal(thread))
                total.add(thread, frame.end_s - frame.start_s, waits(number, thread))
    return totals


def _gil_totals(frames: Sequence[Frame], left_out: Collection[int]) -> list[GilTotal]:
    totals: dict[tuple[int, int], GilTotal] = {}
    for frame in frames:
        for gil in frame.gils:
            if gil.pid not in left_out:
                total = totals.setdefault((gil.pid, gil.interpreter), GilTotal(gil.pid))
                total.add(gil, frame.end_s - frame.start_s)
    return list(totals.values())


def _last_processes(frames: Sequence[Frame], left_out: Collection[int]) -> list[ProcessFrame]:
    """Each process as last seen, its memory as last known: it is not read for every frame."""
    last: dict[int, ProcessFrame] = {}
    for frame in frames:
        for process in frame.processes:
            known = last[process.pid].pss_bytes if process.pid in last else None
            last[process.pid] = replace(process, pss_bytes=process.pss_bytes or known)
    return [process for process in last.values() if process.pid not in left_out]


def _mean(frames: Sequence[Frame], value: Callable[[Frame], float | None]) -> float | None:
    """Weighted by length over the frames that have it."""
    known = [
        (number, frame.end_s - frame.start_s) for frame in frames if (number := value(frame)) is not None
    ]
    return sum(number * length for number, length in known) / sum(s for _, s in known) if known else None


def _parts_error(threads: Iterable[ThreadTotal]) -> float:
    totals = [total for total in threads if not total.last.counted_only]
    seen_s = sum(total.seen_s for total in totals)
    return sum(total.error_s for total in totals) / seen_s if seen_s else 0.0


def _interpreter(processes: Sequence[ProcessFrame], gils: Sequence[GilTotal]) -> dict[str, Any]:
    pythons = [process for process in processes if process.python]
    enabled = {gil.enabled for gil in gils if gil.enabled is not None}
    free_threaded = any(process.free_threaded for process in pythons)
    known = True if pythons and not free_threaded else None
    parents = {process.parent_pid for process in pythons}
    workers = [process for process in pythons if process.pid not in parents] or pythons
    sizes = [process.pss_bytes for process in workers if process.pss_bytes]
    return {
        "python": (pythons[0].python or "") if pythons else "",
        "free_threaded": free_threaded,
        "gil_enabled": any(enabled) if enabled else known,
        "processes": max(1, len(pythons)),
        "process_bytes": round(statistics.median(sizes)) if sizes else None,
    }


def _gil_numbers(
    gils: Sequence[GilTotal],
    threads: Mapping[tuple[int, int], ThreadTotal],
    seconds: float,
    why: str,
    frames: Sequence[Frame],
) -> dict[str, Any]:
    read = [gil for gil in gils if gil.read_s and gil.enabled is not False]
    if not read:
        reasons = [gil.why for gil in gils if gil.why] or [why or "no Python interpreter was recognised"]
        return {"held_why": reasons[0], "samples": _lane_samples(frames)}
    main = max(read, key=lambda gil: gil.held(seconds) + gil.waiting(seconds))
    counted = [gil for gil in read if gil.counted_s]
    switched = [gil for gil in read if gil.switched_s]
    return {
        "held": main.held(seconds),
        "held_sum": sum(gil.held(seconds) for gil in read),
        "held_off_cpu": held_off_cpu(main, threads, seconds),
        "waiting": sum(gil.waiting(seconds) for gil in counted) if counted else None,
        "contended": sum(main.waits[1:]) / sum(main.waits) if sum(main.waits) else None,
        "waiting_counts": tuple(main.waits),
        "busy_gils": sum(gil.held(seconds) >= GIL_HELD_FULL for gil in read),
        "switches_per_s": sum(gil.switches / gil.switched_s for gil in switched) if switched else None,
        "samples": sum(max((gil.samples for gil in frame.gils), default=0) for frame in frames),
    }


def _lane_samples(frames: Sequence[Frame]) -> int:
    return round(sum(frame.observer.lane_rate_hz * (frame.end_s - frame.start_s) for frame in frames))


def _thread_seen(total: ThreadTotal, gils: Sequence[GilTotal]) -> ThreadSeen:
    thread = total.last
    own = [gil for gil in gils if gil.pid == thread.pid and gil.held_s]
    held_s = sum(gil.held_s for gil in own)
    holding_s = sum(gil.holders.get(thread.tid, 0.0) for gil in own)
    known = any(gil.holders for gil in own)
    return ThreadSeen(
        pid=thread.pid,
        tid=thread.tid,
        name=thread.name,
        seen_s=total.seen_s,
        cpu=total.share("cpu"),
        run_queue=total.share("run_queue"),
        gil=total.share("gil"),
        lock=total.share("lock"),
        io=total.share("network") + total.share("disk") + total.share("sleep"),
        idle=total.share("idle"),
        holder_share=holding_s / held_s if known else None,
        schedules_per_s=total.schedules / total.seen_s,
        counted_only=thread.counted_only,
    )


def _process_seen(process: ProcessFrame) -> ProcessSeen:
    return ProcessSeen(
        pid=process.pid,
        parent_pid=process.parent_pid,
        command=process.command,
        python=process.python,
        cpu_share=process.cpu_share,
        rss_bytes=process.rss_bytes,
        pss_bytes=process.pss_bytes,
        threads=process.threads,
    )


def waits_of(threads: Iterable[stacks.ThreadStack], observation: Observation) -> WaitDump:
    """What one stack dump says of the threads that the observation saw waiting for locks."""
    waiting = {thread.tid for thread in observation.threads if thread.lock >= WAITS_FOR_LOCKS}
    return read_waits(
        [Place(frame.function, frame.file, frame.line) for frame in thread.frames]
        for thread in threads
        if thread.tid in waiting
    )
