"""A bench without processes: answers jobs as it is told to."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from gil_tui.bench.spec import Job
from gil_tui.lab.child import ChildReport, Event
from gil_tui.lab.streams import Captured

PYTHON = {
    "implementation": "cpython",
    "version": "3.13.0",
    "executable": "/a/python",
    "free_threaded": False,
    "gil_enabled": True,
    "jit": None,
}
HANDOVER_S = {"0": 3e-5, "1000": 4e-5, "1000000": 5e-4}


def result(wall_s: float, checksums: tuple[int, ...] = (1, 2, 3)) -> dict[str, Any]:
    """The `finished` event of a trial."""
    return {
        "event": "finished",
        "t_s": 11.0 + wall_s,
        "wall_s": wall_s,
        "startup_s": 0.01,
        "cpu_s": wall_s,
        "throughput_per_s": 3 / wall_s,
        "latency_s": {"p50": 0.02, "p95": 0.02, "p99": 0.02, "max": 0.02},
        "workers": [{"worker": 0, "pid": 1, "tid": 1, "tasks": 3, "busy_s": wall_s, "cpu_s": wall_s}],
        "peak_pss_bytes": None,
        "context_switches": {"voluntary": 1, "involuntary": 2},
        "work_start_s": 11.0,
        "work_end_s": 11.0 + wall_s,
        "checksums": list(checksums),
    }


class FakeBench:
    """`walls_s` gives the wall times of each label in turn; `failing` the failure of one.

    `hanging` names a label whose first trial never ends by itself. `checksums` are those of a label.
    `beside` are fields of a label's trials besides their times, given the job; `handovers` what handing over
    costs under a label, or a failure of it.
    """

    def __init__(
        self,
        walls_s: Callable[[str, int], float] = lambda label, number: 1.0,
        failing: Mapping[str, Mapping[str, str]] | None = None,
        hanging: str = "",
        checksums: Mapping[str, tuple[int, ...]] | None = None,
        deterministic: bool = True,
        beside: Callable[[Job], Mapping[str, Any]] = lambda job: {},
        handovers: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.jobs: list[Job] = []
        self.hangs = asyncio.Event()
        self.stopped = False
        self._walls_s = walls_s
        self._failing = failing or {}
        self._hanging = hanging
        self._checksums = checksums or {}
        self._deterministic = deterministic
        self._beside = beside
        self._handovers = handovers or {}

    def labels(self) -> list[str]:
        """Labels of the trials, in the order in which they ran."""
        return [job.experiment.label for job in self.jobs if job.kind == "trial"]

    async def __call__(self, job: Job, on_event: Callable[[Event], None], timeout_s: float) -> ChildReport:
        """Stand in for `run_child`."""
        self.jobs.append(job)
        label = job.experiment.label if job.kind == "trial" else job.kind
        on_event({"event": "hello", "t_s": 10.01, "pid": 4711, "python": PYTHON})
        if label == self._hanging:
            await self._hang()
        if label in self._failing:
            return ChildReport(
                10.0, 10.5, 1, failure=self._failing[label], stderr=Captured("on stderr\n", 10)
            )
        if label == "calibrate":
            answer = {
                "event": "calibrated",
                "t_s": 11.0,
                "size": job.experiment.size or 1000,
                "tasks": job.experiment.tasks or 10 * job.max_workers,
                "task_s": 0.02,
                "deterministic": self._deterministic,
                "call_s": 2e-5,
                "call_repeats": 5,
            }
            on_event(answer)
            return ChildReport(10.0, 11.0, 0, answer)
        if label == "handover":
            return self._handover(job.experiment.label, on_event)
        return self._trial(job, on_event)

    def _handover(self, label: str, on_event: Callable[[Event], None]) -> ChildReport:
        found = self._handovers.get(label, HANDOVER_S)
        if "message" in found:
            return ChildReport(10.0, 10.5, 1, failure={name: str(value) for name, value in found.items()})
        answer = {"event": "handed_over", "t_s": 11.0, "handover_s": found}
        on_event(answer)
        return ChildReport(10.0, 11.0, 0, answer)

    def _trial(self, job: Job, on_event: Callable[[Event], None]) -> ChildReport:
        label = job.experiment.label
        wall_s = self._walls_s(label, self.labels().count(label))
        checksums = self._checksums.get(label, (1, 2, 3)) if self._deterministic else ()
        answer = {**result(wall_s, checksums), **self._beside(job)}
        on_event(
            {"event": "started", "t_s": 11.0, "startup_s": 0.01, "start_method": None, "worker_pids": []}
        )
        on_event({"event": "progress", "t_s": 11.1, "done": 1, "total": 3})
        on_event(answer)
        return ChildReport(10.0, 11.02 + wall_s, 0, answer, stdout=Captured("out", 3))

    async def _hang(self) -> None:
        self.hangs.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped = True
