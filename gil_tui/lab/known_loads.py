"""Runs a program of known behaviour, has it watched, and gives what it counted beside what was seen."""

import asyncio
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gil_tui.bench.spec import Experiment
from gil_tui.lab.child import BENCH, environment_of, outlast
from gil_tui.lab.documents import missing
from gil_tui.lab.errors import LabError
from gil_tui.lab.host import Disturbance, marks_of
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.observe import summarize
from gil_tui.lab.watching import TrialWatch, WatcherLike
from gil_tui.verdict.known_loads import GaugeFigures, LoadFigures, ThreadFigures
from gil_tui.verdict.observation import Observation, ThreadSeen
from gil_tui.watch.client import WatcherError, WatcherProcess
from gil_tui.watch.frames import Frame

ANSWER_S = 10.0
"""A load that has not answered by then hangs, or the host does."""
LANES = ("cpu", "run_queue", "gil", "lock", "io", "idle")

OpenWatcher = Callable[[], AbstractAsyncContextManager[WatcherLike]]
State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Length:
    """How long a load is left alone before it counts, and watched then."""

    settle_s: float
    seconds: float


@asynccontextmanager
async def opened_watcher() -> AsyncIterator[WatcherLike]:
    """A watcher process; raises WatcherError where it cannot be started."""
    watcher = WatcherProcess()
    await watcher.start()
    try:
        yield watcher
    finally:
        await outlast(watcher.close())


class RunningLoad:
    """A load that runs; `hello` is what it said of itself first."""

    def __init__(self, process: asyncio.subprocess.Process, hello: State) -> None:
        self.pid: int = hello["pid"]
        self.gil_enabled: bool = hello["python"]["gil_enabled"]
        self._process = process

    async def state(self) -> State:
        """What it has counted until now, and what the kernel has: `queued_s`, None where it does not.

        It could not read that itself without giving up the GIL, and queueing for it, for every thread.
        """
        assert self._process.stdin
        self._process.stdin.write(b"\n")
        state = await _answer(self._process)
        threads = [thread | {"queued_s": self._queued_s(thread["tid"])} for thread in state["threads"]]
        return {**state, "threads": threads}

    def _queued_s(self, tid: int) -> float | None:
        """The thread's time in the run queue (Documentation/scheduler/sched-stats.rst of Linux)."""
        try:
            fields = Path(f"/proc/{self.pid}/task/{tid}/schedstat").read_text().split()
        except OSError:
            return None
        return int(fields[1]) * 1e-9 if len(fields) == 3 else None


@asynccontextmanager
async def running(interpreter: Interpreter, load: str, number: int) -> AsyncIterator[RunningLoad]:
    """A load of `bench/loads.py` while the block lasts; LabError where it does not run.

    It ends with its stdin: with this process, however that ends.
    """
    experiment = Experiment(
        load, "threads", number, interpreter.path, gil=interpreter.gil, jit=interpreter.jit
    )
    command = (interpreter.path, str(BENCH), "loads", load, str(number))
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=environment_of(experiment),
            process_group=0,
        )
    except OSError as error:
        raise LabError(f"cannot start {interpreter.path}: {error.strerror}") from error
    try:
        yield RunningLoad(process, await _answer(process))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await outlast(process.wait())


async def _answer(process: asyncio.subprocess.Process) -> State:
    assert process.stdout and process.stderr
    try:
        async with asyncio.timeout(ANSWER_S):
            line = await process.stdout.readline()
            if line:
                answer: State = json.loads(line)
                return answer
            said = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
    except TimeoutError:
        raise LabError(f"the load gave no answer within {ANSWER_S:g} s") from None
    raise LabError(f"the load ended: {said[-1] if said else 'it said nothing'}")


async def watched_load(
    interpreter: Interpreter,
    load: str,
    number: int,
    length: Length,
    cpus: int,
    open_watcher: OpenWatcher = opened_watcher,
) -> LoadFigures:
    """Run and watch one load on a host of `cpus`; what cannot be had is said in the figures, never raised."""
    try:
        async with running(interpreter, load, number) as target, open_watcher() as watcher:
            return await _watched(target, watcher, load, number, length, cpus)
    except (LabError, WatcherError) as error:
        return LoadFigures(load, number, why=str(error))


async def _watched(
    target: RunningLoad, watcher: WatcherLike, load: str, number: int, length: Length, cpus: int
) -> LoadFigures:
    watch, disturbance = TrialWatch(watcher, lambda frame: None), Disturbance()
    try:
        watch.begin(target.pid)
        await asyncio.sleep(length.settle_s)
        before = await target.state()
        watch.cut()
        disturbance.begin(target.pid)
        loop = asyncio.get_running_loop()
        await asyncio.sleep(length.seconds)
        end_s = loop.time()  # CLOCK_MONOTONIC, as the frames have it
        watch.cut()
        meanwhile = disturbance.end()
        frames = await watch.end(before["t_s"], end_s)
        after = await target.state()
    finally:
        disturbance.close()
    own = sum(cpu for cpu, _, _ in _shares(before, after).values() if cpu is not None)
    marks = marks_of(meanwhile, own, cpus)
    return figures_of(load, number, target.gil_enabled, before, after, frames, marks, watch.failure)


def figures_of(
    load: str,
    number: int,
    gil_enabled: bool,
    before: State,
    after: State,
    frames: Sequence[Frame],
    marks: tuple[str, ...] = (),
    why: str = "",
) -> LoadFigures:
    """What a load counted between two states, beside what the frames between them saw."""
    seconds, seen = after["t_s"] - before["t_s"], summarize(frames)
    lanes = {thread.tid: thread for thread in seen.threads}
    return LoadFigures(
        load=load,
        number=number,
        seconds=seen.seconds,
        unwatched_s=max(0.0, seconds - seen.seconds),
        gil_enabled=gil_enabled,
        held=min(1.0, (after["held_s"] - before["held_s"]) / seconds),
        between=min(1.0, (after["between_s"] - before["between_s"]) / seconds),
        hand_overs_per_s=(after["hand_overs"] - before["hand_overs"]) / seconds,
        threads=tuple(
            _thread(*shares, lanes.get(tid)) for tid, shares in _shares(before, after).items()
        ),
        gauge=_gauge(frames, seen),
        lane_samples=sum(frame.observer.lane_rate_hz * (frame.end_s - frame.start_s) for frame in frames),
        marks=marks,
        why=why,
    )  # fmt: skip


def _shares(before: State, after: State) -> dict[int, tuple[float | None, float | None, float]]:
    """By thread id the shares of its time on a CPU, in the run queue, and waiting for the lock."""
    seconds = after["t_s"] - before["t_s"]
    first = {thread["tid"]: thread for thread in before["threads"]}

    def share(name: str, thread: State) -> float | None:
        was = first.get(thread["tid"], {}).get(name)
        return None if was is None or thread[name] is None else (thread[name] - was) / seconds

    return {
        thread["tid"]: (share("cpu_s", thread), share("queued_s", thread), share("lock_s", thread) or 0.0)
        for thread in after["threads"]
    }


def _thread(cpu: float | None, queued: float | None, locked: float, seen: ThreadSeen | None) -> ThreadFigures:
    if seen is None:
        return ThreadFigures(cpu, queued, locked)
    lanes = {state: float(getattr(seen, state)) for state in LANES}
    return ThreadFigures(cpu, queued, locked, lanes, not seen.counted_only)


def _gauge(frames: Sequence[Frame], seen: Observation) -> GaugeFigures:
    return GaugeFigures(
        held=seen.held,
        waiting=seen.waiting,
        waiting_error=_waiting_error(frames),
        switches_per_s=seen.switches_per_s,
        samples=seen.samples if seen.held is not None else 0,
        why=missing(seen),
    )


def _waiting_error(frames: Sequence[Frame]) -> float:
    """The standard error of the mean number of threads that samples saw waiting."""
    counts: Counter[int] = Counter()
    for frame in frames:
        for gil in frame.gils:
            counts.update(dict(enumerate(gil.waiting_counts)))
    samples = counts.total()
    if samples < 2:
        return 0.0
    mean = sum(waiting * times for waiting, times in counts.items()) / samples
    spread = sum(times * (waiting - mean) ** 2 for waiting, times in counts.items())
    return math.sqrt(spread / (samples - 1) / samples)
