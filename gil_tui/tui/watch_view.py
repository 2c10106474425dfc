"""What the Watch's panes say of a session: pure words, numbers and orders, no widgets."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gil_tui.language.spoken import figure, say, sentence, some, to_say
from gil_tui.text import clean, fit, short_command
from gil_tui.tui.ordering import CalmOrder
from gil_tui.tui.strips import Key
from gil_tui.tui.watch_session import Picture, WatchSession
from gil_tui.verdict.model import Evidence, Verdict
from gil_tui.verdict.observation import Observation, ThreadSeen
from gil_tui.verdict.words import size
from gil_tui.watch.frames import Frame

UNNAMED_THREAD = re.compile(r"Thread-(\d+) \((.+)\)")
"""The name that Python gives a thread after its function, which is the telling part."""

Note = tuple[str, str]
"""A line and its role."""

ACTIVITY_STEP = 0.15
"""By so much a thread's activity has to change before its row moves."""
WIDE = 60
"""From which width on a pane's border has room for everything."""
MOST_EVIDENCE = 2
"""Functions that are named beside a verdict."""


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """One lane: its thread, its name, and its shares over the window, None where it was not there."""

    key: Key
    name: str
    seen: ThreadSeen | None


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """The heading above the threads of one process of several."""

    pid: int
    text: str


class ThreadOrder:
    """The rows of all threads, the busiest process and thread first, each staying where it is if it can."""

    def __init__(self) -> None:
        self._processes: CalmOrder[int] = CalmOrder(ACTIVITY_STEP)
        self._threads: CalmOrder[Key] = CalmOrder(ACTIVITY_STEP)

    def rows(self, picture: Picture | None, session: WatchSession) -> list[ThreadRow | ProcessRow]:
        """One row a thread; of several processes each has a heading."""
        if picture is None:
            return []
        seen = {(thread.pid, thread.tid): thread for thread in picture.observation.threads}
        activity = {key: activity_of(thread) for key, thread in sorted(seen.items())}
        threads: dict[int, list[ThreadRow | ProcessRow]] = {}
        busy: dict[int, float] = {}
        for key in self._threads.ordered(activity):
            threads.setdefault(key[0], []).append(ThreadRow(key, thread_name(seen[key], session), seen[key]))
            busy[key[0]] = max(busy.get(key[0], 0.0), activity[key])
        order = self._processes.ordered(busy)
        if len(order) == 1:
            return threads[order[0]]
        headings = process_headings(picture.observation)
        rows: list[ThreadRow | ProcessRow] = []
        for pid in order:
            ended = say("process {pid}, which has ended", pid=pid)
            rows += [ProcessRow(pid, headings.get(pid, ended)), *threads[pid]]
        return rows


def activity_of(thread: ThreadSeen) -> float:
    """Computing and wanting to count in full, waiting for a lock by half, for anything else by a quarter."""
    return thread.cpu + thread.run_queue + thread.gil + thread.lock / 2 + thread.io / 4


def process_headings(observation: Observation) -> dict[int, str]:
    """By process: its id, CPU, memory and command."""
    return {
        process.pid: (
            f"{process.pid}  {figure(f'{process.cpu_share * 100:.0f} % CPU')}  "
            f"{figure(size(process.pss_bytes or process.rss_bytes))}  {short_command(process.command)}"
        )
        for process in observation.members
    }


def thread_name(thread: ThreadSeen, session: WatchSession) -> str:
    """Its own name where it has a telling one, else Python's, else `main` or its number `t3`."""
    known = session.thread_names.get(thread.tid, "")
    if known and not (thread.tid == thread.pid and known == "MainThread"):
        numbered = UNNAMED_THREAD.fullmatch(known)
        return clean(f"#{numbered[1]} {numbered[2]}" if numbered else known)
    own = clean(thread.name)
    number = session.numbers.of(thread.pid, thread.tid)
    is_program = thread.tid == thread.pid and not number
    if own and not own.lower().startswith(("python", "pypy")) and not is_program:
        return own
    return "main" if thread.tid == thread.pid else f"t{number}"


def names_of(session: WatchSession) -> dict[int, str]:
    """The name of each thread of the window by its id."""
    if not session.picture:
        return {}
    threads = session.picture.observation.threads
    return {thread.tid: thread_name(thread, session) for thread in threads}


def window_text(session: WatchSession) -> str:
    """`last 15 s`, or what else is looked at: `15 s until 14:02:11, frozen, measuring goes on`."""
    length = length_text(session.window_s)
    if session.ended and session.live:
        return say("last {length} before it ended", length=length)
    if session.live:
        return say("last {length}", length=length)
    until = clock_text(session, session.view_end_s)
    if session.measuring:
        return say("{length} until {time}, frozen, measuring goes on", length=length, time=until)
    if session.ended:
        return say("{length} until {time}, frozen, it has ended", length=length, time=until)
    return say("{length} until {time}, frozen, not measured", length=length, time=until)


def before_text() -> str:
    """What stands beside numbers that are still of another window, in at most 6 cells."""
    return say("before")


def length_text(window_s: float) -> str:
    """`15 s`, `5 min`."""
    return figure(f"{window_s:.0f} s" if window_s < 120 else f"{window_s / 60:.0f} min")


def clock_text(session: WatchSession, at_s: float) -> str:
    """The time of day at `at_s` of CLOCK_MONOTONIC."""
    wall_s = session.engine.wall_clock() - (session.engine.clock() - at_s)
    return time.strftime("%H:%M:%S", time.localtime(wall_s))


def rates_text(frame: Frame | None, width: int) -> str:
    """What the instrument says of itself: `100 Hz · lanes 50 Hz · observer 1.3 %`, less in a narrow pane."""
    if frame is None:
        return ""
    observer = frame.observer
    parts = [figure(f"{observer.gil_rate_hz:.0f} Hz")]
    if width >= WIDE:
        parts.append(say("lanes {rate}", rate=figure(f"{observer.lane_rate_hz:.0f} Hz")))
        failed = observer.failed_samples
        parts += [some("{count} sample failed", "{count} samples failed", failed)] if failed else []
    parts.append(say("observer {share}", share=figure(f"{observer.cpu_share * 100:.1f} %")))
    return " · ".join(parts)


def memory_text(observation: Observation) -> str:
    """Memory of the tree: `24 MB (PSS 18 MB)`, where shared pages count once."""
    rss = sum(process.rss_bytes for process in observation.members)
    known = [process.pss_bytes for process in observation.members if process.pss_bytes]
    pss = f" (PSS {size(sum(known))})" if known and len(known) == len(observation.members) else ""
    return figure(f"{size(rss)}{pss}") if observation.members else ""


def lost_text(observation: Observation) -> str:
    """What was taken from it, if anything: `12 % throttled, 3 % steal`."""
    parts = [
        (observation.throttled_share, to_say("{share} stopped by the quota")),
        (observation.steal_share, to_say("{share} taken by others")),
    ]
    return ", ".join(
        say(words, share=figure(f"{share * 100:.0f} %")) for share, words in parts if share and share >= 0.005
    )


def verdict_shown(picture: Picture) -> Verdict:
    """The verdict, with the functions that hold the GIL as its first evidence."""
    holding = [one for one in picture.observation.hot if one.holds_gil][:MOST_EVIDENCE]
    evidence = tuple(
        Evidence(
            f"{clean(one.function)} ({clean(one.file.rsplit('/', 1)[-1])}:{one.line}) holds the GIL",
            one.share,
            "share",
            f"py-spy without pausing, of the samples with the GIL held; {clean(one.file)}",
        )
        for one in holding
    )
    return replace(picture.verdict, evidence=evidence + picture.verdict.evidence)


def notes_of(session: WatchSession) -> list[Note]:
    """What stands in place of a verdict."""
    subject, last = session.subject, session.frames.last
    if subject is None:
        return []
    if session.why_not:
        why = sentence(session.why_not)
        again = say("{why}. Press w to try again.", why=why)
        return [(f"{why}." if session.ended else again, "strong")]
    if last is None:
        return [(say("Opening process {pid}.", pid=subject.pid), "strong"), (subject.command, "muted")]
    why = sentence(clean(last.why))
    if last.why and not last.threads:
        return [(why, "strong")]
    if not session.live:
        return [(say("Nothing was seen in this window."), "strong")]
    return [(say("Looking; the first verdict comes within 2 seconds."), "strong"), (why, "muted")]


def verdict_title(session: WatchSession) -> str:
    """The title of the verdict's pane."""
    subject = session.subject
    if subject is None:
        return say("Watch")
    until = clock_text(session, session.view_end_s)
    if not session.judged:
        length = length_text(session.window_s)
        if session.live:
            return say("Judging the last {length}; below, the window before", length=length)
        return say("Judging {length} until {time}; below, the window before", length=length, time=until)
    if session.ended:
        return say("Verdict · process {pid} has ended", pid=subject.pid)
    if not session.live:
        return say("Verdict on {length} until {time}", length=length_text(session.window_s), time=until)
    if session.naming:
        return say("Verdict · naming functions")
    why = sentence(clean(session.frames.last.why)) if session.frames.last else ""
    return say("Verdict · {why}", why=why) if why else say("Verdict")


def subject_title(session: WatchSession) -> str:
    """What is watched: `GIL · pid 4711 · CPython 3.13.2`."""
    pid = session.subject.pid if session.subject else 0
    return " · ".join(part for part in ("GIL", f"pid {pid}", clean(session.python)) if part)


def measured_text(session: WatchSession) -> str:
    """When it is measured: behind another tab only while the view is frozen."""
    if not session.measuring:
        return ""
    return say("measured while shown") if session.live else say("measured while frozen")


def threads_title(session: WatchSession, width: int) -> str:
    """The window and the command."""
    command = short_command(session.subject.command) if session.subject else ""
    return fit(f"{say('Threads')} · {window_text(session)} · {command}", max(8, width - 4))


def function_lines(observation: Observation) -> Sequence[str]:
    """Where the GIL is held: share, function, file and line."""
    return [
        f"{figure(f'{one.share * 100:3.0f} %')}  {clean(one.function)}"
        f"  {clean(one.file.rsplit('/', 1)[-1])}:{one.line}"
        for one in observation.hot
        if one.holds_gil
    ]
