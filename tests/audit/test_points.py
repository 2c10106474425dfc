"""The nine answers, from numbers that are known."""

from dataclasses import replace

import pytest

from gil_tui.verdict.audit import checklist, fills_of, point_of
from gil_tui.verdict.audit_fill import PORTS, merged, run_command, worker_counts
from gil_tui.verdict.audit_model import (
    DONE,
    NOT_POSSIBLE,
    NOT_YET,
    QUESTIONS,
    Audit,
    Material,
    Point,
)
from tests.audit.material import (
    AUDIT,
    OF_PROCESS,
    OTHERS,
    PYTHON,
    asleep,
    gil_bound,
    seen,
    thread,
    watch,
)
from tests.verdict import builders as build


def point(number: int, material: Material, audit: Audit = AUDIT) -> Point:
    return point_of(number, audit, material)


def figure(one: Point) -> float:
    assert one.figure is not None
    assert one.figure.value is not None
    return one.figure.value


def test_without_anything_every_point_says_what_would_measure_it() -> None:
    found = checklist(AUDIT, Material(others=OTHERS, cpus=2.0))
    assert [one.state for one in found.points] == [NOT_YET] * 9
    assert all(one.fill and one.reproduce.startswith("gil-tui ") for one in found.points)
    assert (found.verdict, found.done) == (None, 0)
    assert "0 of 9" in found.sentence


def test_a_whole_sweep_answers_all_but_the_function_and_the_other_pythons() -> None:
    found = checklist(AUDIT, gil_bound())
    assert [one.number for one in found.missing] == [2, 5, 8]
    assert found.verdict is not None
    assert found.verdict.code == "gil"
    assert "6 of 9 points measured" in found.sentence


def test_every_answer_has_its_runs_and_a_command() -> None:
    for one in checklist(AUDIT, gil_bound(watches=(watch(),))).points:
        if one.state == DONE:
            assert one.runs or one.watches
            assert one.reproduce.startswith("gil-tui ")
            assert one.figure


def test_work_that_computes_is_told_from_work_that_waits() -> None:
    computing = point(1, gil_bound())
    assert computing.answer.startswith("CPU: ")
    assert figure(computing) == pytest.approx(0.98)
    assert computing.figure
    assert (computing.figure.low, computing.figure.high) == (0.97, 0.99)
    facts = build.run("sequential", observation=asleep())
    waiting = point(1, Material((seen(facts, cpu_shares=(0.02,) * 6),)))
    assert waiting.answer.startswith("I/O: one worker waits 98 %")


def test_time_in_the_run_queue_is_computing_that_others_kept_it_from() -> None:
    facts = build.run("sequential", observation=build.watched(cpu=0.5, run_queue=0.5, held=1.0))
    assert figure(point(1, Material((seen(facts, cpu_shares=(0.5,) * 6),)))) == pytest.approx(1.0)


def test_the_costliest_function_needs_a_watch() -> None:
    assert point(2, gil_bound()).state == NOT_YET
    found = point(2, gil_bound(watches=(watch(7),)))
    assert found.answer.startswith("`render` in views.py: 62 % of the samples with the GIL held")
    assert found.watches == (7,)


def test_one_call_of_own_code_is_timed() -> None:
    own = replace(AUDIT, subject="shop:render")
    run = seen(replace(build.sequential(), workload="shop:render"), 5, call_s=0.0031, call_repeats=5)
    found = point(2, Material((run,), (watch(),)), own)
    assert "one call takes 3.1 ms" in found.answer
    assert found.runs == (5,)


def test_the_gil_is_waited_for_and_by_whom() -> None:
    found = point(3, gil_bound(watches=(watch(),)))
    assert found.answer.startswith("Yes: 4 threads wait for the GIL 70 %")
    assert found.answer.endswith("`render` in views.py holds it most")
    assert [row.name for row in found.evidence][:3] == [
        "GIL held",
        "threads that wait",
        "thread 101 (worker) waits",
    ]


def test_threads_that_release_the_gil_do_not_wait() -> None:
    run = seen(build.run("threads", 2, 1.9, observation=build.RELEASED_2))
    assert point(3, Material((run,))).answer.startswith("No: 2 threads wait for the GIL 0 %")


def test_threads_that_were_not_watched_answer_nothing() -> None:
    assert point(3, Material((seen(build.run("threads", 2, 1.0)),))).state == NOT_YET


def test_processes_win_where_threads_share_the_gil() -> None:
    found = point(4, gil_bound())
    assert found.answer.startswith("Processes: processes x2 1.91x (1.89 to 1.93), threads x4 1.02x")
    assert figure(found) == pytest.approx(1.91)


def test_one_executor_alone_is_no_comparison() -> None:
    runs = tuple(run for run in gil_bound().runs if run.facts.executor != "processes")
    assert point(4, Material(runs)).state == NOT_YET


def test_alike_executors_leave_the_simpler_one() -> None:
    runs = (seen(build.run("threads", 2, 1.9), 2), seen(build.run("processes", 2, 1.91), 3))
    assert point(4, Material(runs)).answer.startswith("No difference that counts, so threads x2")


def test_what_gains_nothing_is_not_recommended() -> None:
    runs = (seen(build.run("threads", 2, 0.99), 2), seen(build.run("processes", 2, 0.9), 3))
    assert point(4, Material(runs)).answer.startswith("Neither is known to gain")


def test_disturbed_trials_name_no_winner() -> None:
    runs = tuple(
        replace(run, facts=replace(run.facts, marked=6, mark="steal 12 %")) for run in gil_bound().runs
    )
    assert point(4, Material(runs)).answer.startswith("Undecided: 12 of 12 trials were disturbed")


def test_native_code_needs_more_than_the_share_of_the_gil() -> None:
    assert point(5, gil_bound()).state == NOT_YET
    found = point(5, gil_bound(watches=(watch(),)))
    assert found.answer == (
        "Yes: 100 % of its computing holds the GIL; porting `render` in views.py gains 2.63x at most"
    )


def test_work_that_is_native_already_says_so() -> None:
    native = build.watched(cpu=1.0, held=0.1)
    found = point(5, Material((seen(build.run("sequential", observation=native)),)))
    assert found.answer.startswith("Native already: only 10 % of its computing holds the GIL")


def test_work_that_waits_has_little_to_port() -> None:
    facts = build.run("sequential", observation=asleep())
    found = point(5, Material((seen(facts, cpu_shares=(0.02,) * 6),)))
    assert found.answer == "No: it computes 2 % of its time, without that 1.02x at most"


def test_locks_of_work_that_waits_are_held_against_all_of_its_time() -> None:
    sleeping = build.watched(sleep=1.9, lock=0.02)
    found = point(7, Material((seen(build.run("threads", 2, observation=sleeping)),)))
    assert found.answer.startswith("No: 2 threads wait for locks 1 %")


def test_ports_are_measured_once() -> None:
    missing = point(5, gil_bound())
    kinds = [fill.workloads for fill in fills_of(missing, AUDIT, gil_bound())]
    assert kinds == [("countdown",), PORTS]
    ports = tuple(
        seen(build.run("sequential", workload=name, family="extension", unit="iterations"), number)
        for number, name in enumerate(PORTS, 10)
    )
    material = gil_bound(runs=(*gil_bound().runs, *ports))
    assert [fill.workloads for fill in fills_of(missing, AUDIT, material)] == [("countdown",)]
    assert "a plain loop here" in point(5, material).answer


def test_what_one_more_process_costs() -> None:
    found = point(6, gil_bound())
    assert found.answer.startswith(
        "+10 MB for each process, 61 ms to start 2 processes, 30 µs to hand a task"
    )
    assert "pays from" in found.answer
    assert found.runs == (4, 3)


def test_locks_are_told_from_the_gil() -> None:
    assert point(7, gil_bound()).answer.startswith("No: 4 threads wait for locks 0 %")
    locked = Material((seen(build.run("threads", 4, 1.0, observation=build.LOCKED_4)),))
    assert point(7, locked).answer.startswith("Yes: 4 threads wait for locks 75 %")


def test_lanes_that_could_not_be_told_apart_answer_nothing_of_locks() -> None:
    unknown = build.watched(cpu=1.0, unknown=3.0, held=0.9)
    assert point(7, Material((seen(build.run("threads", 4, observation=unknown)),))).state == NOT_YET


def test_other_pythons_are_held_against_the_best_beside_them() -> None:
    free = build.run("threads", 2, 4.0, python="CPython 3.13.5t", free_threaded=True, gil_enabled=False)
    there = seen(free, 9, interpreter="/opt/python3.13t")
    found = point(8, gil_bound(runs=(there, *gil_bound().runs)))
    assert found.answer.startswith("CPython 3.13.5t, threads x2: 2.09x (")
    back = replace(there, gil_enabled_by="oldmodule")
    told = point(8, gil_bound(runs=(back, *gil_bound().runs))).answer
    assert told.endswith("importing oldmodule switches its GIL back on")


def test_what_does_not_run_on_another_python_says_why() -> None:
    facts = build.run(
        "sequential", python="PyPy 3.9.16", status="failed", failure="no module lxml", wall_s=None
    )
    there = seen(facts, 9, interpreter="/usr/bin/pypy3")
    assert point(8, gil_bound(runs=(there, *gil_bound().runs))).answer == (
        "does not run on PyPy 3.9.16: no module lxml"
    )
    assert point(8, Material((there,), others=OTHERS)).state == NOT_YET


def test_without_another_python_the_remedy_is_told() -> None:
    found = point(8, Material())
    assert found.state == NOT_POSSIBLE
    assert "uv python install" in found.why


def test_the_host_is_told_by_its_limits() -> None:
    stolen = build.watched(cpu=1.0, held=1.0, throttled_share=0.25, steal_share=0.03)
    found = point(9, Material((seen(build.sequential(observation=stolen)),)))
    assert found.answer == "2 of 8 CPUs may be used (quota), throttled 25 % at most, stolen 3 % at most"
    assert figure(found) == 2.0


def test_a_refusal_is_told_until_it_is_measured() -> None:
    refused = replace(AUDIT, refusals={2: "py-spy is not installed"})
    found = point(2, gil_bound(), refused)
    assert (found.state, found.why) == (NOT_POSSIBLE, "py-spy is not installed")
    assert found.fill is not None
    assert found not in checklist(refused, gil_bound()).missing
    assert point(2, gil_bound(watches=(watch(),)), refused).state == DONE


def test_a_python_whose_gil_cannot_be_read_is_not_asked_again() -> None:
    why = "PyPy's GIL cannot be read"
    runs = tuple(
        replace(run, facts=replace(run.facts, observation=None, watch_why=why), observations=())
        for run in gil_bound().runs
    )
    found = {one.number: one for one in checklist(AUDIT, Material(runs, others=OTHERS)).points}
    assert {number for number, one in found.items() if one.why == why} == {3, 5, 7, 9}
    assert all(found[number].state == NOT_POSSIBLE for number in (3, 5, 7, 9))
    assert found[1].state == found[4].state == DONE


def test_without_a_gil_there_is_none_to_wait_for_or_to_release() -> None:
    runs = tuple(
        replace(run, facts=replace(run.facts, gil_enabled=False, python="CPython 3.13.5t"))
        for run in gil_bound().runs
    )
    assert point(3, Material(runs)).answer == "No: CPython 3.13.5t runs without a GIL"
    assert point(5, Material(runs)).answer.startswith("CPython 3.13.5t has no GIL to release")


def test_runs_on_another_interpreter_are_not_the_subjects_own() -> None:
    elsewhere = tuple(replace(run, interpreter="/another/python") for run in gil_bound().runs)
    assert point(1, Material(elsewhere)).state == NOT_YET


# --- a process


def test_a_process_is_answered_by_its_watch_alone() -> None:
    found = checklist(OF_PROCESS, Material(watches=(watch(),)))
    assert [one.number for one in found.points if one.state == DONE] == [1, 2, 3, 5, 6, 7, 9]
    assert [one.number for one in found.points if one.state == NOT_POSSIBLE] == [4, 8]
    assert found.verdict is not None
    assert found.verdict.code == "gil"
    by_number = {one.number: one.answer for one in found.points}
    assert by_number[1].startswith("CPU: its threads compute, or would, 100 %")
    assert by_number[3].startswith("Yes: 2.9 threads wait, 74 %")
    assert by_number[9] == "2 CPUs may be used (quota), throttled 10 %, stolen share not told here"


def test_a_process_that_was_not_watched_can_be() -> None:
    found = checklist(OF_PROCESS, Material())
    assert [one.number for one in found.missing] == [1, 2, 3, 5, 7, 9]
    (fill,) = merged(one.fill for one in found.missing if one.fill)
    assert fill.kind == "watch"
    assert fill.command == "gil-tui watch 100 --seconds 10 --save"


def test_waits_of_a_pool_without_work_are_no_lock() -> None:
    pool = watch(threads=[thread(101, cpu=1.0), thread(102, lock=1.0)])
    answer = point(7, Material(watches=(pool,)), OF_PROCESS).answer
    assert answer == "No: 1.0 threads in lock waits, as threads of a pool without work are"
    open_question = watch(
        threads=pool.document["threads"],
        verdict={"code": "unsure", "confidence": 0, "sentence": "?", "needs_dump": True},
    )
    assert point(7, Material(watches=(open_question,)), OF_PROCESS).state == NOT_YET


def test_lanes_that_were_not_told_apart_are_unknown_not_zero() -> None:
    counted = {**thread(101, cpu=1.0), "gil": None, "lock": None, "io": None, "idle": None}
    blind = Material(watches=(watch(threads=[counted]),))
    assert point(1, blind, OF_PROCESS).state == NOT_YET
    assert point(7, blind, OF_PROCESS).state == NOT_YET


def test_a_gil_that_could_not_be_read_answers_nothing() -> None:
    gil = {"available": False, "held": None, "waiting": None, "wait_share": None, "samples": 0}
    blind = Material(watches=(watch(gil=gil),))
    assert point(3, blind, OF_PROCESS).state == NOT_YET
    assert point(5, blind, OF_PROCESS).state == NOT_YET


# --- what would measure it


def test_sweeps_of_the_same_work_become_one() -> None:
    material = Material(others=OTHERS, cpus=2.0)
    points = [point_of(number, AUDIT, material) for number in QUESTIONS]
    fills = merged(fill for one in points for fill in fills_of(one, AUDIT, material))
    assert [fill.points for fill in fills] == [(1, 3, 4, 5, 6, 7, 9), (2,), (5,), (8,)]
    assert fills[0].command == run_command(
        ("countdown",), ("threads", "processes", "asyncio"), (1, 2), (PYTHON,)
    )
    assert fills[3].interpreters == (PYTHON, "/opt/python3.13t")


@pytest.mark.parametrize(
    ("cpus", "counts"), [(0.5, (1, 2)), (2.0, (1, 2)), (4.0, (1, 2, 4)), (64.0, (1, 2, 8))]
)
def test_worker_counts_follow_the_cpus(cpus: float, counts: tuple[int, ...]) -> None:
    assert worker_counts(cpus) == counts


def test_an_audit_comes_back_from_json() -> None:
    audit = replace(AUDIT, refusals={2: "no py-spy"})
    assert Audit.from_json(audit.to_json()) == audit
