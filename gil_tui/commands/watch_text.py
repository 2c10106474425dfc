"""What was watched, as text that can be pasted into a ticket."""

from collections.abc import Iterator

from gil_tui.commands.output import MISSING, size, table
from gil_tui.commands.watching import Seen
from gil_tui.lab.documents import wait_share
from gil_tui.report.judgement import advice_line, verdict_line
from gil_tui.report.layout import indented
from gil_tui.text import clean, count, percent
from gil_tui.verdict import words
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation, ThreadSeen

MOST_THREADS = 20
MOST_FUNCTIONS = 5

THREADS_HEADING = ("thread", "name", "on CPU", "run queue", "GIL", "lock", "I/O", "idle", "holds the GIL")
PROCESSES_HEADING = ("process", "interpreter", "CPU", "threads", "memory", "command")
FUNCTIONS_HEADING = ("function", "share", "where")


def watch_lines(seen: Seen) -> list[str]:
    """Verdict, what it rests on, threads, processes, functions."""
    observation = seen.observation
    blocks = [
        [verdict_line(seen.verdict, observation.seconds > 0)],
        [_subject_line(seen), *_gil_lines(observation), *_cpu_lines(observation)],
        _advice_lines(seen.verdict),
        _thread_lines(observation),
        _process_lines(observation),
        _function_lines(observation),
        _doubt_lines(seen.verdict),
        [_observer_line(observation)],
    ]
    return [line for block in blocks if block for line in ("", *block)][1:]


def _subject_line(seen: Seen) -> str:
    observation = seen.observation
    parts = [observation.python or "not Python"]
    if observation.gil_enabled is not None:
        parts.append("GIL on" if observation.gil_enabled else "GIL off")
    parts.append(f"watched {words.seconds(observation.seconds)}")
    if observation.ended:
        parts.append("it has ended")
    return f"process {seen.pid}: {clean(seen.command)} ({', '.join(parts)})"


def _gil_lines(observation: Observation) -> Iterator[str]:
    if observation.why:
        yield f"note: {clean(observation.why)}"
    if observation.held is None:
        if observation.held_why not in ("", observation.why):
            yield f"GIL: {clean(observation.held_why)}"
        return
    parts = [f"held {percent(observation.held)}"]
    if observation.waiting is not None:
        parts.append(f"{words.mean(observation.waiting)} threads wait")
    parts.append(f"{percent(wait_share(observation))} of thread time lost to it")
    if observation.switches_per_s is not None:
        parts.append(f"{words.rate(observation.switches_per_s)} switches/s")
    yield f"GIL: {', '.join(parts)} ({observation.samples} samples)"


def _cpu_lines(observation: Observation) -> Iterator[str]:
    if observation.cores_used is None:
        return
    limited = observation.cpus_limited_by not in ("", "online")
    limit = f" (limited by {clean(observation.cpus_limited_by)})" if limited else ""
    parts = [f"{observation.cores_used:.2f} of {count(observation.cpus_effective)}{limit} used"]
    if observation.throttled_share:
        parts.append(f"stopped by the quota {percent(observation.throttled_share)} of the time")
    if observation.steal_share:
        parts.append(f"{percent(observation.steal_share)} taken by other virtual machines")
    yield f"CPUs: {', '.join(parts)}"


def _advice_lines(verdict: Verdict | None) -> list[str]:
    return ["advice", *indented(list(map(advice_line, verdict.advice)))] if verdict and verdict.advice else []


def _thread_lines(observation: Observation) -> list[str]:
    if not observation.threads:
        return []
    ordered = sorted(observation.threads, key=lambda thread: (thread.idle, -thread.cpu, thread.tid))
    rows = [THREADS_HEADING, *map(_thread_cells, ordered[:MOST_THREADS])]
    lines = table(rows, range(2, len(THREADS_HEADING)))
    left_out = len(ordered) - MOST_THREADS
    return [*lines, f"and {words.some(left_out, 'thread')} more"] if left_out > 0 else lines


def _thread_cells(thread: ThreadSeen) -> tuple[str, ...]:
    waits = (thread.gil, thread.lock, thread.io, thread.idle)
    return (
        str(thread.tid),
        clean(thread.name),
        percent(thread.cpu),
        percent(thread.run_queue),
        *(MISSING if thread.counted_only else percent(share) for share in waits),
        percent(thread.holder_share),
    )


def _process_lines(observation: Observation) -> list[str]:
    if len(observation.members) < 2:
        return []
    rows = [
        (
            str(process.pid),
            clean(process.python or "not Python"),
            percent(process.cpu_share),
            str(process.threads),
            size(process.pss_bytes or process.rss_bytes),
            clean(process.command),
        )
        for process in observation.members
    ]
    return table([PROCESSES_HEADING, *rows], (2, 3, 4))


def _function_lines(observation: Observation) -> list[str]:
    lines: list[str] = []
    for holds_gil, title in ((True, "holding the GIL"), (False, "on a CPU without the GIL")):
        functions = [one for one in observation.hot if one.holds_gil == holds_gil][:MOST_FUNCTIONS]
        rows = [
            (clean(one.function), percent(one.share), f"{clean(one.file)}:{one.line}") for one in functions
        ]
        if rows:
            lines += [*([""] if lines else []), *table([(title, *FUNCTIONS_HEADING[1:]), *rows], (1,))]
    return lines


def _doubt_lines(verdict: Verdict | None) -> list[str]:
    if not verdict or not verdict.would_change:
        return []
    return ["what would change this verdict", *(f"  {clean(item)}" for item in verdict.would_change)]


def _observer_line(observation: Observation) -> str:
    parts = []
    if observation.gil_rate_hz is not None:
        parts.append(f"{observation.gil_rate_hz:.0f} GIL samples/s")
    if observation.observer_cpu_share is not None:
        parts.append(f"{words.share(observation.observer_cpu_share)} of a core")
    return f"observer: {', '.join(parts)}" if parts else ""
