"""Observations as the JSON contracts have them, and several trials' observations as one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import (
    QUIET,
    HotFunction,
    LockGroup,
    Observation,
    ProcessSeen,
    ThreadSeen,
)

WATCH_SCHEMA = "gil-tui/watch/1"

_LISTS = ("locks", "hot", "threads", "members", "waiting_counts")
_ADDED = ("seconds", "samples")
_ROUNDED = ("busy_gils", "processes", "process_bytes")
_STATES = ("cpu", "run_queue", "gil", "lock", "io", "idle")


def observed_document(observation: Observation) -> dict[str, Any]:
    """What the watch saw of one trial, as `Trial.observed`.

    `gil` and `threads` are the objects of the run contract, None with the reason in `why`; `seen` holds
    every number, from which `observation_of` makes the observation again.
    """
    seen = {one.name: getattr(observation, one.name) for one in fields(observation) if one.name not in _LISTS}
    seen["locks"] = [asdict(group) for group in observation.locks]
    return {
        "gil": gil_document(observation),
        "threads": threads_document(observation),
        "why": missing(observation),
        "seen": seen,
    }


def observation_of(document: Mapping[str, Any]) -> Observation | None:
    """The inverse of `observed_document`; None for a trial that was not watched."""
    seen = document.get("seen")
    if not seen:
        return None
    known = {one.name for one in fields(Observation)} - set(_LISTS)
    numbers = {name: value for name, value in seen.items() if name in known}
    return Observation(**numbers, locks=tuple(LockGroup(**group) for group in seen.get("locks", ())))


def gil_document(observation: Observation) -> dict[str, Any] | None:
    """The run contract's `gil`; None where the gauge saw nothing."""
    if observation.held is None:
        return None
    return {
        "held": observation.held,
        "waiting": observation.waiting,
        "wait_share": wait_share(observation),
        "switches_per_s": observation.switches_per_s,
        "samples": observation.samples,
        "held_off_cpu": observation.held_off_cpu,
        "contended": observation.contended,
    }


def threads_document(observation: Observation) -> dict[str, Any] | None:
    """The run contract's `threads`: shares of all threads' time, adding up to 1 with `unknown`.

    `count` is the mean number of threads. Where waits could not be told apart they are `unknown`, and
    what they might have been is None.
    """
    total = observation.count
    if total <= 0:
        return None
    document: dict[str, Any] = {state: getattr(observation, state) / total for state in _STATES}
    if observation.unknown / total > 1 - QUIET:
        document |= dict.fromkeys(("gil", "lock", "io", "idle"))
    return document | {"unknown": observation.unknown / total, "count": total}


def wait_share(observation: Observation) -> float | None:
    """GIL wait share: waiting / (waiting + on CPU + in the run queue); None where no wait could be seen."""
    if observation.gil_enabled is False or observation.count <= 0:
        return None
    if observation.waiting is None and observation.unknown > QUIET:
        return None
    return observation.gil_tax


def missing(observation: Observation) -> str:
    """Why `gil` or `threads` is None, or what is missing in them; else empty."""
    parts = [observation.why, observation.held_why if observation.held is None else ""]
    return "; ".join(dict.fromkeys(part for part in parts if part))


def merged(observations: Sequence[Observation]) -> Observation | None:
    """The observations of several trials as one, each weighted by its length; None without any.

    Seconds and samples add up; counts are rounded means; words and limits are the last ones. Threads
    and processes of one trial mean nothing in another and are left out.
    """
    watched = [one for one in observations if one.seconds > 0]
    if not watched:
        return None
    values: dict[str, Any] = {}
    for name in (one.name for one in fields(Observation) if one.name not in _LISTS):
        found = [(getattr(one, name), one.seconds) for one in watched if getattr(one, name) is not None]
        values[name] = _merged_value(name, found)
    locks = sorted((lock for one in watched for lock in one.locks), key=lambda lock: -lock.waiting)
    return replace(Observation(**values), locks=tuple(_in_all(lock, len(watched)) for lock in locks[:8]))


def _merged_value(name: str, found: Sequence[tuple[Any, float]]) -> Any:
    if not found:
        return None
    last = found[-1][0]
    if name in _ADDED:
        return sum(value for value, _ in found)
    if isinstance(last, bool | str):
        return last if isinstance(last, bool) else next((v for v, _ in reversed(found) if v), "")
    mean = sum(value * length for value, length in found) / sum(length for _, length in found)
    return round(mean) if name in _ROUNDED else mean


def _in_all(lock: LockGroup, trials: int) -> LockGroup:
    return replace(lock, waiting=lock.waiting / trials)


def watch_document(
    observation: Observation, pid: int, command: str, verdict: Verdict | None
) -> dict[str, Any]:
    """The document of `watch --json`; a value that was not measured is None, its reason beside it."""
    available = observation.held is not None
    return {
        "schema": WATCH_SCHEMA,
        "pid": pid,
        "command": command,
        "python": observation.python or None,
        "gil_enabled": observation.gil_enabled,
        "seconds": observation.seconds,
        "gil": {
            "available": available,
            "why": observation.held_why if not available else "",
            "held": observation.held,
            "waiting": observation.waiting,
            "wait_share": wait_share(observation),
            "switches_per_s": observation.switches_per_s,
            "samples": observation.samples if available else 0,
            "waiting_counts": list(observation.waiting_counts),
            "rate_hz": observation.gil_rate_hz if available else None,
            "held_off_cpu": observation.held_off_cpu,
            "contended": observation.contended,
        },
        "threads": [_thread_entry(thread) for thread in observation.threads],
        "processes": [_process_entry(process) for process in observation.members],
        "cpu": {
            "cores_used": observation.cores_used,
            "cores_effective": observation.cpus_effective,
            "limited_by": observation.cpus_limited_by,
            "throttled_share": observation.throttled_share,
            "steal_share": observation.steal_share,
        },
        "hot": [function.to_json() for function in observation.hot],
        "observer": {"cpu_share": observation.observer_cpu_share},
        "why": observation.why,
        "ended": observation.ended,
        "verdict": verdict.to_json() if verdict else None,
    }


def watched_observation(document: Mapping[str, Any]) -> Observation:
    """What `watch_document` keeps of an observation: all that is shown of a watch, and its thread times."""
    gil, cpu, seconds = document["gil"], document["cpu"], document["seconds"]
    threads = tuple(map(_thread_seen, document["threads"]))

    def mean(state: str) -> float:
        shares = (getattr(one, state) * one.seen_s for one in threads)
        return float(sum(shares)) / seconds if seconds > 0 else 0.0

    counted = sum((1 - one.cpu - one.run_queue) * one.seen_s for one in threads if one.counted_only)
    return Observation(
        seconds=seconds,
        samples=gil["samples"],
        python=document["python"] or "",
        gil_enabled=document["gil_enabled"],
        cpu=mean("cpu"),
        run_queue=mean("run_queue"),
        gil=mean("gil"),
        lock=mean("lock"),
        network=mean("io"),
        idle=mean("idle"),
        unknown=max(0.0, counted / seconds) if seconds > 0 else 0.0,
        held=gil["held"],
        held_why=gil["why"],
        held_off_cpu=gil["held_off_cpu"],
        waiting=gil["waiting"],
        contended=gil["contended"],
        waiting_counts=tuple(gil.get("waiting_counts", ())),
        switches_per_s=gil["switches_per_s"],
        gil_rate_hz=gil["rate_hz"],
        cpus_effective=cpu["cores_effective"],
        cpus_limited_by=cpu["limited_by"],
        cores_used=cpu["cores_used"],
        throttled_share=cpu["throttled_share"],
        steal_share=cpu["steal_share"],
        hot=tuple(map(HotFunction.from_json, document["hot"])),
        threads=threads,
        members=tuple(ProcessSeen(**one) for one in document["processes"]),
        observer_cpu_share=document["observer"]["cpu_share"],
        ended=document["ended"],
        why=document["why"],
    )


def _thread_seen(entry: Mapping[str, Any]) -> ThreadSeen:
    counted_only = entry["io"] is None
    waits = dict.fromkeys(("gil", "lock", "io", "idle"), 0.0) if counted_only else {}
    return ThreadSeen(**{**entry, **waits}, counted_only=counted_only)


def _thread_entry(thread: ThreadSeen) -> dict[str, Any]:
    entry = asdict(thread)
    if entry.pop("counted_only"):
        entry |= dict.fromkeys(("gil", "lock", "io", "idle"))
    return entry


def _process_entry(process: ProcessSeen) -> dict[str, Any]:
    return asdict(process)
