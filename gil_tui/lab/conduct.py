"""Conducts a sweep: calibrates, runs the trials in rounds, keeps and judges them, and says so as it goes."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from gil_tui import __version__
from gil_tui.bench.spec import Experiment, Job, PythonFacts
from gil_tui.lab import handover, judge, progress
from gil_tui.lab.child import ChildReport, run_child
from gil_tui.lab.events import (
    Calibrating,
    LabEvent,
    Progressed,
    RunEnded,
    SweepEnded,
    SweepStarted,
    TrialEnded,
    TrialProgress,
    TrialStarted,
    Warned,
    Watched,
)
from gil_tui.lab.host import describe_host
from gil_tui.lab.keeping import Keeper, RunStore
from gil_tui.lab.lacking import lacking
from gil_tui.lab.plan import Plan, rounds, work_of
from gil_tui.lab.records import UNAVAILABLE, Host, Run, Sweep, Trial
from gil_tui.lab.trial import ChildRunner, Outcome, TrialRunner, first_difference, python_of
from gil_tui.lab.watching import TrialWatch, WatcherLike

Lacking = Callable[[Iterable[Experiment]], Mapping[Experiment, str]]

MISASKED = ("usage", "import", "missing")
"""Failures before the first trial that say something of the order alone: nothing was run, nothing is kept."""

FIRST_ONLY = "the kernel's counters are taken in the first trial of a run alone"
ELSEWHERE = "the work is done by the workers of another cluster"


async def conduct(
    plan: Plan,
    on_event: Callable[[LabEvent], None],
    store: RunStore | None = None,
    watcher: WatcherLike | None = None,
    *,
    child: ChildRunner = run_child,
    lacks: Lacking = lacking,
) -> Sweep:
    """Run the sweep of `plan` and tell `on_event` every fact of it, on this thread, as it happens.

    Each trial is kept in `store` at once; a store that fails costs a `Warned` and no trial. An
    experiment that fails ends its own run and no other; one whose interpreter `lacks` what it takes ends
    as unavailable, before or when its child says so. When cancelled, the child is ended, unfinished
    runs are kept as interrupted, `SweepEnded(interrupted=True)` is told, and CancelledError raised.
    Trials are watched by `watcher`, which is running (see `watching.started_watcher`).
    """
    conductor = _Conductor(plan, on_event, store, watcher if plan.watch else None, child, lacks)
    try:
        await conductor.run()
    except asyncio.CancelledError:
        conductor.interrupt()
        raise
    finally:
        conductor.close()
    return conductor.end(interrupted=False)


@dataclass(slots=True)
class _Arm:
    """One experiment under way: `closed` means no further trial, `ended` that its run has been told.

    What was `misasked` has not been run and is not kept.
    """

    run: Run
    baseline: "_Arm | None" = None
    deterministic: bool = True
    children_s: list[float] = field(default_factory=list)
    closed: bool = False
    ended: bool = False
    misasked: bool = False

    @property
    def experiment(self) -> Experiment:
        return self.run.experiment

    @property
    def is_to_keep(self) -> bool:
        return bool(self.run.trials or self.run.failure) and not self.misasked


class _Conductor:
    """The state of one sweep."""

    def __init__(
        self,
        plan: Plan,
        on_event: Callable[[LabEvent], None],
        store: RunStore | None,
        watcher: WatcherLike | None,
        child: ChildRunner,
        lacks: Lacking,
    ) -> None:
        self._plan = plan
        self._tell = on_event
        self._child = child
        self._lacks = lacks
        self._host = describe_host()
        self._keeper = Keeper(store, lambda line: on_event(Warned(line)))
        watch = TrialWatch(watcher, lambda frame: on_event(Watched(frame))) if watcher else None
        self._trials = TrialRunner(child, self._host.cpus, watch, judge.observed)
        self._share = 0.0
        self._sweep_id = secrets.token_hex(8)
        self._arms = _arms(plan, self._sweep_id, self._host, "" if watcher else "not watched")
        self._first_round = True
        self._beside_s = 0.0
        self._counters_why = ""
        self._checksums: dict[tuple[str, str], tuple[str, tuple[int, ...]]] = {}

    async def run(self) -> None:
        """Everything from the first calibration to the last trial."""
        self._tell(SweepStarted(self._sweep_id, tuple(arm.run for arm in self._arms)))
        await self._leave_out_what_lacks()
        for baseline in [arm for arm in self._arms if arm.baseline is arm]:
            await self._calibrate([a for a in self._arms if a.baseline is baseline and not a.closed])
        self._progress()
        for order in rounds(self._plan):
            for arm in (self._arms[position] for position in order):
                if not arm.closed:
                    await self._trial(arm)
                    self._end_complete_runs()
                    self._progress()
            if self._first_round:
                await self._hand_over()
                self._first_round = False
                self._end_complete_runs()
                self._progress()

    def interrupt(self) -> None:
        """End what is under way as interrupted."""
        for arm in self._arms:
            if not arm.ended:
                self._end_run(arm, "done" if arm.closed and not arm.run.failure else "interrupted")
        self.end(interrupted=True)

    def end(self, *, interrupted: bool) -> Sweep:
        """Judge and tell the sweep."""
        self._make_up()
        sweep = judge.judged_sweep(self._sweep_id, self._host, [arm.run for arm in self._arms])
        self._keeper.end_sweep(sweep)
        self._tell(SweepEnded(sweep, interrupted))
        return sweep

    def _make_up(self) -> None:
        arms = [arm for arm in self._arms if arm.is_to_keep]
        for arm, run in zip(arms, self._keeper.make_up([arm.run for arm in arms]), strict=True):
            arm.run = run

    def close(self) -> None:
        """Let go of the watcher and of the kernel's files."""
        self._trials.close()

    async def _leave_out_what_lacks(self) -> None:
        reasons = await asyncio.to_thread(self._lacks, [arm.experiment for arm in self._arms])
        for arm in self._arms:
            if arm.experiment in reasons:
                self._fail(arm, {"kind": UNAVAILABLE, "message": reasons[arm.experiment], "traceback": ""})
        self._end_complete_runs()

    async def _calibrate(self, arms: list[_Arm]) -> None:
        """Find size and tasks of one workload on one interpreter, for all who do that work."""
        if not arms:
            return
        experiment = arms[0].experiment
        self._tell(Calibrating(experiment.workload, experiment.interpreter))
        most = max(arm.experiment.workers for arm in arms)
        job = replace(self._job("calibrate", arms[0]), max_workers=most)
        python: list[PythonFacts | None] = [None]

        def hear(event: Mapping[str, object]) -> None:
            if event["event"] == "hello":
                python[0] = python_of(event)

        report = await self._child(job, hear, self._plan.timeout_s)
        for arm in arms:
            arm.run = replace(arm.run, python=python[0])
            if report.failure or report.answer is None:
                self._fail_before_start(arm, report)
            else:
                _settle(arm, report.answer)
        self._end_complete_runs()

    async def _hand_over(self) -> None:
        """Measure what handing a task over costs, in the smallest pool of each kind that works."""
        for pool, experiment in self._pools().items():
            working = [arm for arm in self._arms if not arm.run.failure]
            self._tell(Calibrating(experiment.workload, experiment.interpreter, experiment))
            alike = [arm for arm in working if handover.pool_of(arm.experiment) == pool]
            first = next(arm for arm in alike if arm.experiment == experiment)
            found = await handover.measure(self._child, self._job("handover", first), self._plan.timeout_s)
            self._beside_s += found.took_s
            for arm in alike:
                arm.run = replace(arm.run, handover_s=found.seconds, handover_why=found.why)

    def _pools(self) -> dict[handover.Pool, Experiment]:
        """Where hand-over is to be measured."""
        if not self._plan.handover:
            return {}
        return handover.smallest_pools(arm.experiment for arm in self._arms if not arm.run.failure)

    async def _trial(self, arm: _Arm) -> None:
        experiment = arm.experiment
        number = len(arm.run.trials) + 1
        self._tell(TrialStarted(experiment, number))
        job = replace(self._job("trial", arm), counters=not self._uncounted(arm))
        outcome = await self._trials.run(
            job,
            number,
            self._plan.timeout_s,
            lambda done, total: self._tell(TrialProgress(experiment, done, total)),
        )
        trial = self._checked(experiment, self._with_reason(arm, outcome.trial))
        self._take(arm, replace(outcome, trial=trial))
        if arm.run.status != UNAVAILABLE:
            self._tell(TrialEnded(arm.run, trial))

    def _uncounted(self, arm: _Arm) -> str:
        """Why the next trial does not carry counters; empty if it does."""
        if arm.experiment.cluster:
            return ELSEWHERE
        return self._counters_why or (FIRST_ONLY if arm.run.trials else "")

    def _with_reason(self, arm: _Arm, trial: Trial) -> Trial:
        """The trial with the reason for counters that are not there; what the host refuses stays refused."""
        result, asked_not = trial.result, self._uncounted(arm)
        if result is None or result.counters:
            return trial
        if not asked_not:
            self._counters_why = result.counters_why
            return trial
        return replace(trial, result=replace(result, counters_why=asked_not))

    def _job(self, kind: str, arm: _Arm) -> Job:
        plan, experiment = self._plan, arm.experiment
        warmup_s = plan.warmup_s.get(experiment.interpreter_key, 0.0)
        return Job(
            kind,
            experiment,
            events_fd=-1,  # known to who opens the pipes
            switch_fd=-1,
            warmup_s=warmup_s,
            directory=plan.directory,
            deterministic=arm.deterministic,
            plugins=plan.plugins,
            plugin_folders=plan.plugin_folders,
        )

    def _take(self, arm: _Arm, outcome: Outcome) -> None:
        trial = outcome.trial
        arm.children_s.append(outcome.child_s)
        if trial.failure and trial.failure.get("kind") == UNAVAILABLE and not arm.run.walls_s:
            arm.run = replace(arm.run, python=outcome.python or arm.run.python)
            self._fail(arm, trial.failure)
            return
        run = self._keeper.begin(arm.run)
        run = replace(run, python=outcome.python or run.python, trials=(*run.trials, trial))
        self._keeper.add_trial(run, trial)
        arm.run = judge.with_intervals(run, _baseline_run(arm))
        if trial.failure:
            self._fail(arm, trial.failure)
        else:
            arm.closed = progress.is_enough(run.walls_s, self._plan.at_least, self._plan.repeats)

    def _checked(self, experiment: Experiment, trial: Trial) -> Trial:
        """The trial; one whose checksums are not those of the same work before has failed."""
        if trial.result is None:
            return trial
        label, expected = self._checksums.setdefault(
            work_of(experiment), (experiment.label, trial.result.checksums)
        )
        task = first_difference(trial.result, expected)
        if task is None:
            return trial
        message = f"task {task} of {experiment.label} gave another checksum than under {label}"
        return replace(trial, result=None, failure={"kind": "differs", "message": message, "traceback": ""})

    def _fail_before_start(self, arm: _Arm, report: ChildReport) -> None:
        """What the function printed while it failed is the best clue: it stands in a trial."""
        failure = report.failure or {}
        if failure.get("kind") != UNAVAILABLE:
            trial = Trial(1, None, failure, report.stdout.text, report.stderr.text)
            arm.run = replace(arm.run, trials=(trial,))
        arm.misasked = failure.get("kind") in MISASKED
        self._fail(arm, failure)

    def _fail(self, arm: _Arm, failure: Mapping[str, str]) -> None:
        kind = failure.get("kind")
        status = kind if kind in ("timeout", UNAVAILABLE) else "failed"
        arm.run = replace(arm.run, status=status, failure=failure)
        arm.closed = True

    def _end_complete_runs(self) -> None:
        """A run is complete with its own last trial and its baseline's: the speed-up needs both.

        One that is well waits besides for what comes after the first round; one that could not be is over.
        """
        for arm in self._arms:
            waits = self._first_round and not arm.run.failure
            speedup = arm.baseline is None or arm.baseline.closed or arm.run.status == UNAVAILABLE
            if arm.closed and not arm.ended and not waits and speedup:
                self._end_run(arm, "done")

    def _end_run(self, arm: _Arm, status: str) -> None:
        arm.ended = arm.closed = True
        if arm.run.status == "running":
            arm.run = replace(arm.run, status=status)
        arm.run = judge.judged_run(arm.run, _baseline_run(arm))
        if arm.is_to_keep:
            arm.run = self._keeper.end(arm.run)
        self._tell(RunEnded(arm.run))

    def _progress(self) -> None:
        arms = [progress.Arm(arm.run.walls_s, arm.children_s, arm.closed) for arm in self._arms]
        left_s = progress.time_left_s(arms, self._plan.at_least, self._plan.repeats)
        if left_s is not None and self._first_round:
            left_s += handover.USUAL_S * len(self._pools())
        spent_s = self._beside_s + sum(sum(arm.children_s) for arm in self._arms)
        if left_s is not None:
            self._share = max(self._share, spent_s / (spent_s + left_s))
        self._tell(Progressed(self._share, left_s))


def _arms(plan: Plan, sweep_id: str, host: Host, watch_why: str) -> list[_Arm]:
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    arms: list[_Arm] = []
    baselines: dict[tuple[str, str], _Arm] = {}
    for experiment in plan.experiments:
        run = Run(
            experiment,
            host,
            created_at,
            sweep_id,
            version=__version__,
            seed=plan.seed,
            watch_why=watch_why,
        )
        arm = _Arm(run)
        arm.baseline = baselines.setdefault(work_of(experiment), arm)
        arms.append(arm)
    return arms


def _settle(arm: _Arm, calibrated: Mapping[str, Any]) -> None:
    """Take over what calibration found."""
    size, tasks = calibrated["size"], calibrated["tasks"]
    arm.run = replace(
        arm.run,
        experiment=replace(arm.experiment, size=size, tasks=tasks),
        call_s=calibrated.get("call_s"),
        call_repeats=calibrated.get("call_repeats", 0),
    )
    arm.deterministic = bool(calibrated.get("deterministic", True))


def _baseline_run(arm: _Arm) -> Run | None:
    baseline = arm.baseline
    return baseline.run if baseline and baseline.experiment.executor == "sequential" else None
