"""One trial: a fresh child, the watch on it, and what disturbed it, as one record."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gil_tui.bench.spec import Job, PythonFacts, TrialResult
from gil_tui.lab.child import ChildReport, Event, foreign_lines
from gil_tui.lab.host import Disturbance, marks_of
from gil_tui.lab.records import Trial
from gil_tui.lab.shape import misfit
from gil_tui.lab.streams import is_number
from gil_tui.lab.watching import TrialWatch
from gil_tui.verdict.words import seconds
from gil_tui.watch.frames import Frame

ChildRunner = Callable[[Job, Callable[[Event], None], float], Awaitable[ChildReport]]
Summary = Callable[[Sequence[Frame], int, TrialResult, bool], Mapping[str, Any]]
"""Frames of the work, pid of the experiment, its result, whether the workload is a built-in one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial, the interpreter as it described itself, and how long its child took altogether."""

    trial: Trial
    python: PythonFacts | None
    child_s: float


class TrialRunner:
    """Runs one trial after another; `watch` is None where nothing is to be watched."""

    def __init__(self, child: ChildRunner, cpus: int, watch: TrialWatch | None, summary: Summary) -> None:
        self._child = child
        self._cpus = cpus
        self._disturbance = Disturbance()
        self._watch = watch
        self._summary = summary

    async def run(
        self, job: Job, number: int, timeout_s: float, on_progress: Callable[[int, int], None]
    ) -> Outcome:
        """Run `job` as trial `number`; a trial that goes wrong is an outcome too."""
        times: dict[str, float] = {}
        python: PythonFacts | None = None
        pid, used = 0, None

        def hear(event: Event) -> None:
            nonlocal python, pid, used
            times[event["event"]] = event["t_s"]
            match event["event"]:
                case "hello":
                    python, pid = python_of(event), event["pid"]
                    if self._watch:
                        self._watch.begin(pid)
                case "started":
                    self._disturbance.begin(pid)
                    self._cut()
                case "progress":
                    on_progress(event["done"], event["total"])
                case "finished":
                    self._cut()
                    used = self._disturbance.end()

        report = await self._child(job, hear, timeout_s)
        result, failure = result_of(report)
        observed = await self._observed(job, pid, result)
        marks: tuple[str, ...] = ()
        if used and result:
            marks = (*stop_marks(report), *marks_of(used, cores_used(result), self._cpus))
        trial = Trial(
            number,
            result,
            failure,
            report.stdout.text,
            report.stderr.text,
            marks,
            overhead_s(report, times, result),
            observed,
        )
        return Outcome(trial, python, report.ended_s - report.started_s)

    def close(self) -> None:
        """Look at nothing any more."""
        if self._watch:
            self._watch.give_up()
        self._disturbance.close()

    def _cut(self) -> None:
        if self._watch:
            self._watch.cut()

    async def _observed(self, job: Job, pid: int, result: TrialResult | None) -> Mapping[str, Any] | None:
        if self._watch is None:
            return None
        if result is None:
            self._watch.give_up()
            return None
        frames = await self._watch.end(result.work_start_s, result.work_end_s)
        return self._summary(frames, pid, result, ":" not in job.experiment.workload)


def python_of(event: Event) -> PythonFacts | None:
    """The interpreter of a `hello`, None if it is not described."""
    try:
        return PythonFacts.from_json(event["python"])
    except (KeyError, TypeError, AttributeError):
        return None


def result_of(report: ChildReport) -> tuple[TrialResult | None, Mapping[str, str] | None]:
    """The result of a child, or its failure."""
    if report.failure is not None or report.answer is None:
        return None, report.failure
    try:
        result = TrialResult.from_json(report.answer)
        unsound = misfit(result) or next(_unsound(result), "")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        unsound = repr(error)
    if unsound:
        message = f"its result cannot be read: {unsound}"
        return None, {"kind": "internal", "message": message, "traceback": ""}
    if report.junk_events:
        result = replace(result, notes=(*result.notes, foreign_lines(report.junk_events)))
    return result, None


def _unsound(result: TrialResult) -> Iterator[str]:
    """What is no finite number where one must stand; the types have been looked at."""
    times = ("wall_s", "startup_s", "cpu_s", "throughput_per_s", "work_start_s", "work_end_s", "setup_s")
    yield from (name for name in times if not is_number(getattr(result, name)))
    yield from (name for name in ("p50", "p95", "p99", "max") if not is_number(result.latency_s[name]))
    yield from ("cpu_s of a worker" for worker in result.workers if not is_number(worker.cpu_s))
    if result.wall_s < 0:
        yield "wall_s below 0"


def overhead_s(report: ChildReport, times: Mapping[str, float], result: TrialResult | None) -> float | None:
    """What the child took from its start to its end, less what stands between `hello` and the last result.

    That is the interpreter's start and end, and the hand-over of job and result. The set-up of workload
    and pool, the warm-up and the work are left out.
    """
    if result is None or not {"hello", "started"} <= times.keys():
        return None
    set_up_s = times["started"] - times["hello"]
    return report.ended_s - report.started_s - set_up_s - (result.work_end_s - result.work_start_s)


def stop_marks(report: ChildReport) -> tuple[str, ...]:
    """What is said of a trial during which gil-tui itself was stopped, and mostly the trial with it."""
    return (f"gil-tui did not run for {seconds(report.stopped_s)}",) if report.stopped_s else ()


def cores_used(result: TrialResult) -> float:
    """CPU time of the workers in each second of the work."""
    return sum(worker.cpu_s for worker in result.workers) / max(result.wall_s, 1e-9)


def first_difference(result: TrialResult, expected: Sequence[int]) -> int | None:
    """The first task whose checksum is not the expected one; None if all agree or nothing can be compared."""
    if not result.checksums or not expected:
        return None
    for task, (got, wanted) in enumerate(zip(result.checksums, expected, strict=False)):
        if got != wanted:
            return task
    lengths = len(result.checksums), len(expected)
    return None if lengths[0] == lengths[1] else min(lengths)
