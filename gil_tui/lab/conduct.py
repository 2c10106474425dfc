"""Conducts a sweep: calibrates, runs the trials in rounds, keeps and judges them, and says so as it goes."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gil_tui import __version__
from gil_tui.bench.spec import Experiment, Job, PythonFacts
from gil_tui.lab import judge, progress
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
from gil_tui.lab.plan import Plan, rounds, work_of
from gil_tui.lab.records import Host, Run, Sweep, Trial
from gil_tui.lab.trial import ChildRunner, Outcome, TrialRunner, first_difference, python_of
from gil_tui.lab.watching import TrialWatch, WatcherLike


async def conduct(
    plan: Plan,
    on_event: Callable[[LabEvent], None],
    store: RunStore | None = None,
    watcher: WatcherLike | None = None,
    *,
    child: ChildRunner = run_child,
) -> Sweep:
    """Run the sweep of `plan` and tell `on_event` every fact of it, on this thread, as it happens.

    Each trial is kept in `store` at once; a store that fails costs a `Warned` and no trial. An
    experiment that fails ends its own run and no other. When cancelled, the child is ended, unfinished
    runs are kept as interrupted, `SweepEnded(interrupted=True)` is told, and CancelledError raised.
    Trials are watched by `watcher`, which is running (see `watching.started_watcher`).
    """
    conductor = _Conductor(plan, on_event, store, watcher if plan.watch else None, child)
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
    """One experiment under way: `closed` means no further trial, `ended` that its run has been told."""

    run: Run
    baseline: "_Arm | None" = None
    deterministic: bool = True
    children_s: list[float] = field(default_factory=list)
    closed: bool = False
    ended: bool = False

    @property
    def experiment(self) -> Experiment:
        return self.run.experiment


class _Conductor:
    """The state of one sweep."""

    def __init__(
        self,
        plan: Plan,
        on_event: Callable[[LabEvent], None],
        store: RunStore | None,
        watcher: WatcherLike | None,
        child: ChildRunner,
    ) -> None:
        self._plan = plan
        self._tell = on_event
        self._child = child
        self._host = describe_host()
        self._keeper = Keeper(store, lambda line: on_event(Warned(line)))
        watch = TrialWatch(watcher, lambda frame: on_event(Watched(frame))) if watcher else None
        self._trials = TrialRunner(child, self._host.cpus, watch, judge.observed)
        self._share = 0.0
        self._sweep_id = secrets.token_hex(8)
        self._arms = _arms(plan, self._sweep_id, self._host, "" if watcher else "not watched")
        self._checksums: dict[tuple[str, str], tuple[str, tuple[int, ...]]] = {}

    async def run(self) -> None:
        """Everything from the first calibration to the last trial."""
        self._tell(SweepStarted(self._sweep_id, tuple(arm.run for arm in self._arms)))
        for arm in self._arms:
            if arm.baseline is arm:
                await self._calibrate(arm)
        self._progress()
        for order in rounds(self._plan):
            for arm in (self._arms[position] for position in order):
                if not arm.closed:
                    await self._trial(arm)
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
        sweep = judge.judged_sweep(self._sweep_id, self._host, [arm.run for arm in self._arms])
        self._tell(SweepEnded(sweep, interrupted))
        return sweep

    def close(self) -> None:
        """Let go of the watcher and of the kernel's files."""
        self._trials.close()

    async def _calibrate(self, baseline: _Arm) -> None:
        """Find size and tasks of one workload on one interpreter, for all who do that work."""
        experiment = baseline.experiment
        self._tell(Calibrating(experiment.workload, experiment.interpreter))
        arms = [arm for arm in self._arms if arm.baseline is baseline]
        most = max(arm.experiment.workers for arm in arms)
        job = replace(self._job("calibrate", baseline), max_workers=most)
        python: list[PythonFacts | None] = [None]

        def hear(event: Mapping[str, object]) -> None:
            if event["event"] == "hello":
                python[0] = python_of(event)

        report = await self._child(job, hear, self._plan.timeout_s)
        for arm in arms:
            arm.run = replace(arm.run, python=python[0])
            if report.failure or report.answer is None:
                self._fail_before_start(arm, report)
                continue
            size, tasks = report.answer["size"], report.answer["tasks"]
            arm.run = replace(arm.run, experiment=replace(arm.experiment, size=size, tasks=tasks))
            arm.deterministic = bool(report.answer.get("deterministic", True))
        self._end_complete_runs()

    async def _trial(self, arm: _Arm) -> None:
        experiment = arm.experiment
        number = len(arm.run.trials) + 1
        self._tell(TrialStarted(experiment, number))
        outcome = await self._trials.run(
            self._job("trial", arm),
            number,
            self._plan.timeout_s,
            lambda done, total: self._tell(TrialProgress(experiment, done, total)),
        )
        trial = self._checked(experiment, outcome.trial)
        self._take(arm, replace(outcome, trial=trial))
        self._tell(TrialEnded(arm.run, trial))

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
        """What the function printed while it failed is the best clue: it is kept as a trial."""
        trial = Trial(1, None, report.failure, report.stdout.text, report.stderr.text)
        arm.run = replace(arm.run, trials=(trial,))
        self._fail(arm, report.failure or {})

    def _fail(self, arm: _Arm, failure: Mapping[str, str]) -> None:
        status = "timeout" if failure.get("kind") == "timeout" else "failed"
        arm.run = replace(arm.run, status=status, failure=failure)
        arm.closed = True

    def _end_complete_runs(self) -> None:
        """A run is complete with its own last trial and its baseline's: the speed-up needs both."""
        for arm in self._arms:
            if arm.closed and not arm.ended and (arm.baseline is None or arm.baseline.closed):
                self._end_run(arm, "done")

    def _end_run(self, arm: _Arm, status: str) -> None:
        arm.ended = arm.closed = True
        if arm.run.status == "running":
            arm.run = replace(arm.run, status=status)
        arm.run = judge.judged_run(arm.run, _baseline_run(arm))
        if arm.run.trials or arm.run.failure:
            arm.run = self._keeper.end(arm.run)
        self._tell(RunEnded(arm.run))

    def _progress(self) -> None:
        arms = [progress.Arm(arm.run.walls_s, arm.children_s, arm.closed) for arm in self._arms]
        left_s = progress.time_left_s(arms, self._plan.at_least, self._plan.repeats)
        spent_s = sum(sum(arm.children_s) for arm in self._arms)
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


def _baseline_run(arm: _Arm) -> Run | None:
    baseline = arm.baseline
    return baseline.run if baseline and baseline.experiment.executor == "sequential" else None
