"""What an audit misses is measured step by step, and kept; without processes but for the real ones."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.spec import Experiment
from gil_tui.history import History
from gil_tui.history.audits import Audits
from gil_tui.lab.audit_material import material_of, others_of, run_command_of
from gil_tui.lab.auditing import AuditEvent, StepEnded, StepStarted, measure, new_audit
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.plan import Plan
from gil_tui.lab.watching import started_watcher
from gil_tui.verdict.audit import checklist, fills_of, point_of
from gil_tui.verdict.audit_fill import merged
from gil_tui.verdict.audit_model import DONE, FUNCTION, Audit, Fill, Material
from tests.lab.fake_bench import FakeBench

RAISED = {"kind": "raised", "message": "ValueError: no database", "traceback": ""}


def begun(history: History) -> Audit:
    return Audits(history).add(new_audit("countdown", "Shop", sys.executable))


def fills(audit: Audit, *numbers: int) -> tuple[Fill, ...]:
    points = [point_of(number, audit, Material(cpus=2.0)) for number in numbers]
    return merged(fill for point in points for fill in fills_of(point, audit, Material(cpus=2.0)))


def measured(
    history: History, audit: Audit, wanted: tuple[Fill, ...], bench: FakeBench
) -> tuple[Audit, list[AuditEvent]]:
    events: list[AuditEvent] = []
    done = asyncio.run(
        measure(audit, wanted, history, Audits(history), events.append, None, repeats=2, child=bench)
    )
    return done, events


def steps(events: list[AuditEvent]) -> list[Any]:
    return [event for event in events if isinstance(event, StepStarted | StepEnded)]


def test_a_sweep_fills_its_points_and_belongs_to_the_audit() -> None:
    with History.in_memory() as history:
        audit = begun(history)
        audit, events = measured(history, audit, fills(audit, 1, 4), FakeBench())
        runs = Audits(history).runs_of(audit)
        pools = {f"{name} x{count}" for name in ("threads", "processes", "asyncio") for count in (1, 2)}
        assert {run.experiment.label for run in runs} == {"sequential", *pools}
        assert [type(event) for event in steps(events)] == [StepStarted, StepEnded]
        found = checklist(audit, material_of(audit, runs, ()))
        assert {point.number for point in found.points if point.state == DONE} >= {1, 4}


def test_a_function_that_fails_is_not_tried_again() -> None:
    with History.in_memory() as history:
        audit = begun(history)
        bench = FakeBench(failing={"calibrate": RAISED})
        audit, events = measured(history, audit, fills(audit, 1, 2, 5), bench)
        assert set(audit.refusals) == {1, 2, 5}
        assert set(audit.refusals.values()) == {RAISED["message"]}
        assert len(steps(events)) == 2
        assert Audits(history).all() == [audit]


def test_what_cannot_be_watched_is_refused_with_the_reason() -> None:
    with History.in_memory() as history:
        audit = begun(history)
        audit, events = measured(history, audit, fills(audit, 2), FakeBench())
        assert audit.refusals == {2: "nothing can be watched here"}
        assert steps(events)[-1] == StepEnded((2,), "nothing can be watched here")


def test_a_refusal_is_taken_back_once_it_can_be_measured() -> None:
    with History.in_memory() as history:
        audit = begun(history)
        audit, _ = measured(history, audit, fills(audit, 1), FakeBench(failing={"calibrate": RAISED}))
        audit, _ = measured(history, audit, fills(audit, 1), FakeBench())
        assert audit.refusals == {}


def test_what_has_finished_is_kept_when_it_is_stopped() -> None:
    with History.in_memory() as history:
        audit = begun(history)
        bench = FakeBench(hanging="threads x2")

        async def stopped() -> None:
            work = measure(
                audit, fills(audit, 4), history, Audits(history), lambda _: None, None, child=bench
            )
            task = asyncio.ensure_future(work)
            await bench.hangs.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(stopped())
        assert bench.stopped
        kept = Audits(history).runs_of(audit)
        assert kept
        assert {run.status for run in kept} <= {"interrupted", "done"}


def test_what_is_no_subject_is_refused() -> None:
    with pytest.raises(UsageError, match="nosuch"):
        new_audit("nosuch")
    with pytest.raises(LabError):
        new_audit("4194305")  # above the highest process id of Linux


def test_an_audit_of_own_code_remembers_where_it_is() -> None:
    audit = new_audit("shop.py:render", interpreter=sys.executable)
    assert (audit.title, audit.kind, audit.directory) == ("shop.py:render", FUNCTION, str(Path.cwd()))


def test_one_of_each_other_kind_is_tried_as_it_is() -> None:
    def python(path: str, implementation: str, *, free: bool = False, gil: bool | None = None) -> Interpreter:
        return Interpreter(path, implementation, "3.13.0", free, path, "path", gil)

    found = others_of(
        Audit("", "countdown", FUNCTION, "", "/own"),
        [
            python("/own", "cpython", free=True),
            python("/t", "cpython", free=True, gil=True),
            python("/t", "cpython", free=True),
            python("/t2", "cpython", free=True),
            python("/pypy", "pypy"),
            python("/plain", "cpython"),
        ],
    )
    assert [(other.kind, other.label) for other in found] == [("free-threaded", "/t"), ("PyPy", "/pypy")]


def test_the_command_runs_the_same_experiment_again() -> None:
    experiment = Experiment(
        "shop.py:render", "processes", 4, "/a/python", 10, 40, "spawn", knobs=(("args", '["a b"]'),), gil=True
    )
    assert run_command_of(experiment) == (
        "gil-tui run shop.py:render -e processes:spawn -w 4 -i /a/python+gil --size 10 --tasks 40 "
        """--set 'args=["a b"]'"""
    )


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched from outside")
def test_a_real_function_is_watched_and_its_costliest_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "def spend():\n    return sum(i % 7 for i in range(60_000))\ndef page():\n    return spend()\n"
    )

    async def run(history: History) -> Audit:
        audit = Audits(history).add(new_audit("shop.py:page", "", sys.executable, str(tmp_path)))
        async with started_watcher(Plan(()), lambda line: None) as watcher:
            return await measure(audit, fills(audit, 2), history, Audits(history), lambda _: None, watcher)

    with History.in_memory() as history:
        audit = asyncio.run(run(history))
        watches = Audits(history).watches_of(audit)
        if audit.refusals:
            pytest.skip(f"py-spy: {audit.refusals[2]}")
        (watch,) = watches
        assert watch.document["gil"]["held"] > 0.5
        found = point_of(2, audit, material_of(audit, (), watches))
        assert found.state == DONE
        assert "spend" in found.answer
