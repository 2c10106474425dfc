"""`run`, with a conductor of the test's own: what is planned, printed, kept, and the exit code."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gil_tui import cli
from gil_tui.commands import conducting
from gil_tui.commands.progress import CLEAR_LINE, ProgressLine
from gil_tui.commands.run import default_workers
from gil_tui.history import History, default_path
from gil_tui.lab.availability import Availability
from gil_tui.lab.events import (
    Calibrating,
    LabEvent,
    Progressed,
    SweepEnded,
    TrialStarted,
    Warned,
)
from gil_tui.lab.keeping import RunStore
from gil_tui.lab.plan import Plan
from gil_tui.lab.records import Run, Sweep
from gil_tui.schemas import text_of
from gil_tui.watch.cores import EffectiveCpus
from tests.history.samples import HOST, VERDICT, a_failed_trial, a_run, finished

OnEvent = Callable[[LabEvent], None]
FAILED = a_run(
    status="failed", executor="processes", trials=(a_failed_trial(),), failure=a_failed_trial().failure
)
LACKING = a_run(status="unavailable", failure={"kind": "unavailable", "message": "it needs more"})


class FakeLab:
    """Stands in for `conduct`: every planned run becomes a copy of `template`."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self.templates: Callable[[Run], Run] = finished
        self.during: Callable[[OnEvent], None] = lambda on_event: None
        self.wait = False
        self.lacking: tuple[str, ...] = ()

    async def conduct(
        self, plan: Plan, on_event: OnEvent, store: RunStore | None = None, watcher: object = None
    ) -> Sweep:
        self.plans.append(plan)
        self.during(on_event)
        runs = []
        for experiment in plan.experiments:
            lacks = experiment.executor in self.lacking
            run = LACKING if lacks else self.templates(a_run())
            run = replace(run, experiment=replace(experiment, size=1000, tasks=40))
            runs.append(run.with_id(store.add_run(run)) if store else run)
        sweep = Sweep("sweep-1", HOST, tuple(runs), VERDICT)
        if self.wait:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                on_event(SweepEnded(sweep, interrupted=True))
                raise
        on_event(SweepEnded(sweep, interrupted=False))
        return sweep


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> FakeLab:
    fake = FakeLab()
    monkeypatch.setattr(conducting, "conduct", fake.conduct)
    return fake


def test_the_plain_result_can_be_pasted(lab: FakeLab, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "countdown", "-e", "threads", "-w", "1,2"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = captured.out.splitlines()
    assert lines[0] == "GIL-bound: 4 threads do the work of 1. (sure 0.97)"
    assert lines[2] == "countdown on Python 3.13.2, size 1000, 40 tasks"
    assert lines[3].split() == [
        "id",
        "executor",
        "workers",
        "trials",
        "time",
        "speed-up",
        "start",
        "memory",
        "result",
    ]
    assert [line.split()[:3] for line in lines[4:7]] == [
        ["1", "sequential", "1"],
        ["2", "threads", "1"],
        ["3", "threads", "2"],
    ]
    assert "2.00 s (1.90 to 2.10)  0.99x (0.97 to 1.01)  60 ms   20 MB  threads wait for the GIL" in lines[5]
    assert lines[-1].startswith("web-01: 2 of 8 CPUs (quota)")
    assert max(map(len, lines)) <= 120


def test_json_is_one_document_that_holds_to_the_schema(
    lab: FakeLab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "countdown", "-e", "threads", "-w", "1", "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    Draft202012Validator(json.loads(text_of("run"))).validate(document)
    assert captured.err == ""
    assert [run["experiment"]["executor"] for run in document["runs"]] == ["sequential", "threads"]


def test_another_number_of_cores_changes_the_bound_alone(
    lab: FakeLab, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["run", "countdown", "-e", "threads", "-w", "1", "--cores", "16"]
    assert cli.main(arguments) == 0
    assert "bound for 16 cores     x1" in capsys.readouterr().out
    assert cli.main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(text_of("run"))).validate(document)
    assert document["sweep"]["elsewhere"]["fits"][0]["parameters"]["cpus"] == 16.0
    assert document["host"]["cpus_effective"] == 2.0


def test_a_failed_run_is_told_and_fails_the_command(lab: FakeLab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.templates = lambda run: FAILED
    arguments = ["run", "countdown", "-e", "threads", "-w", "1"]
    assert cli.main(arguments) == 1
    captured = capsys.readouterr()
    assert "#1 sequential and 1 more: ValueError: no\n" in captured.out
    assert captured.err == "gil-tui: 2 of 2 runs failed: #1 sequential and 1 more: ValueError: no\n"
    assert cli.main([*arguments, "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-w", "0"], "workers 0 is not possible"),
        (["-w", "1000000"], "workers 1000000 is not possible"),
        (["-w", "two"], "argument -w/--workers: invalid list of int value: 'two'"),
        (["-w", ","], "choose at least one worker count"),
        (["-e", "thread"], "did you mean threads or asyncio+threads?"),
        (["-e", "processes:spwan"], "did you mean spawn?"),
        (["-i", "/nowhere/python"], "there is no file /nowhere/python"),
        (["-i", "2.7"], "Python 2.7 is too old"),
        (["--repeats", "0"], "repeats 0 is not possible"),
        (["--timeout", "0"], "timeout 0 s is not possible"),
        (["--timeout", "nan"], "timeout nan s is not possible"),
        (["--size", "-1"], "size -1 is not possible"),
        (["--switch-interval", "-1"], "switch interval -1 s is not possible"),
        (["--set", "latency"], "'latency' is not NAME=VALUE"),
        (["--set", "latency=1"], "no knob 'latency'"),
        (["--args", "3"], "no knob 'args'"),
        (["shop.py:f", "--args", "{"], "args takes JSON"),
        (["--dask", "here"], "a Dask scheduler has an address"),
        (["--cores", "0"], "argument --cores: '0' is no number of cores"),
        (["--cores", "many"], "argument --cores: 'many' is no number of cores"),
        (["--switch-interval", "fast"], "invalid list of float value: 'fast'"),
        (["[red]"], "no workload '[red]'"),
        (["counddown"], "did you mean countdown"),
        (["--jsno"], "did you mean --json?"),
    ],
)
def test_wrong_usage_is_one_line_and_nothing_is_run(
    arguments: list[str], expected: str, lab: FakeLab, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: Any = cli.main(["run", "countdown", *arguments])
    except SystemExit as left:
        status = left.code
    captured = capsys.readouterr()
    assert (status, captured.out, lab.plans) == (2, "", [])
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert not default_path().exists()


def test_options_reach_the_plan(lab: FakeLab) -> None:
    options = "--size 7 --tasks 8 --repeats 3 --switch-interval 0.001 --timeout 9 --no-save --no-watch"
    assert (
        cli.main(
            ["run", "sleep", "-e", "processes:spawn", "-w", "2", "--set", "duration_ms=5", *options.split()]
        )
        == 0
    )
    plan = lab.plans[0]
    experiment = plan.experiments[-1]
    assert (plan.repeats, plan.timeout_s, plan.watch) == (3, 9.0, False)
    assert (experiment.executor, experiment.start_method, experiment.workers) == ("processes", "spawn", 2)
    assert (experiment.size, experiment.tasks, experiment.switch_interval_s) == (7, 8, 0.001)
    assert experiment.knobs == (("duration_ms", 5.0),)


def test_switch_intervals_arguments_and_a_cluster_reach_the_plan(
    lab: FakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gil_tui.lab.plan.executor_availability", lambda name, one: Availability())
    options = ["--switch-interval", "0.005,0.0005", "--args", '{"rows": 3}', "--dask", "tcp://10.0.0.7:8786"]
    assert cli.main(["run", "shop.py:render", "-e", "threads", "-w", "1", "--no-save", *options]) == 0
    experiments = lab.plans[0].experiments
    assert [experiment.label for experiment in experiments[:3]] == [
        "sequential",
        "threads@5ms x1",
        "threads@0.5ms x1",
    ]
    assert {experiment.knobs for experiment in experiments} == {(("args", '{"rows": 3}'),)}
    assert {experiment.cluster for experiment in experiments if experiment.executor == "dask"} == {
        options[-1]
    }


@pytest.mark.parametrize(
    ("cpus", "expected"),
    [(1, [1, 2, 4]), (1.5, [1, 2, 4]), (2, [1, 2, 4]), (6, [1, 2, 4, 8]), (8, [1, 2, 4, 8, 16])],
)
def test_workers_go_to_twice_the_cpus(
    cpus: float, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gil_tui.watch.cores.effective_cpus", lambda: EffectiveCpus(cpus, 8, "quota"))
    assert default_workers() == expected


def test_runs_are_kept_unless_asked_not_to(lab: FakeLab, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "countdown", "-e", "threads", "-w", "1"]
    assert cli.main([*arguments, "--no-save"]) == 0
    assert not default_path().exists()
    assert capsys.readouterr().out.splitlines()[3].split()[0] == "executor"
    assert cli.main(arguments) == 0
    with History.open() as history:
        assert history.count() == 2


def test_a_history_that_fails_costs_a_line_and_no_run(
    lab: FakeLab, capsys: pytest.CaptureFixture[str]
) -> None:
    default_path().parent.mkdir(parents=True)
    default_path().write_bytes(b"not a database, " * 100)
    assert cli.main(["run", "countdown", "-e", "threads", "-w", "1", "--json"]) == 0
    captured = capsys.readouterr()
    assert [run["id"] for run in json.loads(captured.out)["runs"]] == [None, None]
    assert captured.err.startswith("gil-tui: these runs will not be kept: history")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_signal_ends_the_sweep_and_prints_what_there_is(
    number: signal.Signals, as_json: bool, lab: FakeLab, capsys: pytest.CaptureFixture[str]
) -> None:
    def kill_soon(on_event: OnEvent) -> None:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)

    lab.wait, lab.during = True, kill_soon
    before = signal.getsignal(number)
    arguments = ["run", "countdown", "-e", "threads", "-w", "1", *(["--json"] if as_json else [])]
    assert cli.main(arguments) == 128 + number
    printed = capsys.readouterr().out
    if as_json:
        assert len(json.loads(printed)["runs"]) == 2
    else:
        assert "countdown on Python" in printed
    assert signal.getsignal(number) == before


class Terminal:
    """A stream that says it is a terminal and keeps what is written; or one whose line has dropped."""

    def __init__(self, *, terminal: bool = True, dropped: bool = False) -> None:
        self.written = ""
        self._terminal, self._dropped = terminal, dropped

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        if self._dropped:
            raise OSError(5, "Input/output error")
        self.written += text
        return len(text)

    def flush(self) -> None:
        pass


EVENTS: list[LabEvent] = [
    Calibrating("countdown", "/usr/bin/python3"),
    Calibrating("countdown", "/usr/bin/python3", a_run().experiment),
    TrialStarted(a_run().experiment, 3),
    Progressed(0.42, 12.3),
    Warned("the \x1b[31mhistory\nis full"),
    SweepEnded(Sweep("s", HOST, ()), interrupted=False),
]


def heard(stream: Terminal) -> str:
    line = ProgressLine(stream)  # type: ignore[arg-type]
    for event in EVENTS:
        line.hear(event)
    return stream.written


def test_progress_is_one_line_that_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = [part for part in heard(Terminal()).split(CLEAR_LINE) if part]
    assert shown == [
        "  0%  countdown: looking for the size",
        "  0%  threads x4: what handing a task over costs",
        "  0%  countdown threads x4, trial 3",
        " 42%  countdown threads x4, trial 3  13 s left",
        "gil-tui: the [31mhistory is full\n",
        " 42%  countdown threads x4, trial 3  13 s left",
    ]
    assert heard(Terminal()).endswith(CLEAR_LINE)


def test_progress_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    shown = heard(Terminal()).split(CLEAR_LINE)
    assert all(len(part) <= 19 for part in shown if not part.startswith("gil-tui:"))


def test_without_a_terminal_only_warnings_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard(Terminal(terminal=False)) == "gil-tui: the [31mhistory is full\n"
    monkeypatch.setenv("TERM", "dumb")
    assert heard(Terminal()) == "gil-tui: the [31mhistory is full\n"


def test_a_terminal_that_is_gone_is_left_alone() -> None:
    assert heard(Terminal(dropped=True)) == ""


def test_what_is_not_available_fails_the_command_only_if_nothing_was_measured(
    lab: FakeLab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.lacking = ("threads",)
    arguments = ["run", "countdown", "-e", "threads", "-w", "1,2"]
    assert cli.main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "not available: #2 threads x1 and 1 more: it needs more" in captured.out
    lab.lacking = ("sequential", "threads")
    assert cli.main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("gil-tui: nothing was measured; not available: ")
    assert captured.err.count("\n") == 1
