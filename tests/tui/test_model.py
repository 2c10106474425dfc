from dataclasses import replace

import pytest

from gil_tui.lab.events import RunEnded, SweepEnded, SweepStarted, TrialEnded, TrialStarted, Warned, Watched
from gil_tui.lab.records import Sweep
from gil_tui.tui.engine import Selection
from gil_tui.tui.model import (
    LabState,
    apply,
    failures_of,
    interim_sentence,
    shown,
)
from gil_tui.tui.series import View, series_of, settled, speedup_of
from gil_tui.watch.frames import Frame
from tests.tui.fake_engine import (
    GIL_VERDICT,
    HOST,
    PYTHON,
    PYTHON_T,
    ended,
    frame_of,
    run_of,
    sweep_events,
)

SELECTION = Selection(("countdown",), ("threads", "processes"), (1, 2, 4), (PYTHON,))


def played(count: int | None = None) -> LabState:
    state = LabState()
    for event in sweep_events(SELECTION)[:count]:
        state = apply(state, event)
    return state


def test_a_sweep_goes_through_its_phases() -> None:
    phases: list[str] = []
    state = LabState()
    for event in sweep_events(SELECTION):
        state = apply(state, event)
        phases += [state.phase] if phases[-1:] != [state.phase] else []
    assert phases == ["calibrating", "measuring", "done"]
    assert state.verdict == GIL_VERDICT
    assert state.share == 1.0 and state.current is None
    assert not state.busy


def test_a_trial_changes_its_own_run_only() -> None:
    runs = (run_of("sequential", 1), run_of("threads", 2))
    state = apply(LabState(), SweepStarted("sweep-1", runs))
    measured = run_of("threads", 2, 1)
    calibrated = replace(measured, experiment=replace(measured.experiment, size=7, tasks=8))
    state = apply(state, TrialEnded(calibrated, calibrated.trials[0]))
    assert state.runs == (runs[0], calibrated)


def test_interim_speed_up_is_wider_than_the_final_one() -> None:
    runs = (run_of("sequential", 1, 3), run_of("processes", 2, 3))
    interim = speedup_of(runs[1], runs)
    assert interim is not None
    assert interim.low < interim.median < interim.high
    assert interim.median == pytest.approx(0.84 / 0.44)
    final = ended(runs[1])
    assert speedup_of(final, runs) == final.speedup


def test_without_a_baseline_there_is_no_speed_up_but_a_time() -> None:
    runs = (run_of("threads", 2, 3),)
    assert speedup_of(runs[0], runs) is None
    assert series_of(runs, settled(View("speedup"), runs))[0].points == ()
    assert series_of(runs, settled(View("time"), runs))[0].points[0].median == pytest.approx(0.85)


def test_series_keep_interpreters_apart() -> None:
    runs = tuple(
        run_of("threads", workers, 3, interpreter=path) for path in (PYTHON, PYTHON_T) for workers in (4, 1)
    )
    series = series_of(runs, settled(View("time"), runs))
    assert [(one.executor, one.interpreter) for one in series] == [("threads", 0), ("threads", 1)]
    assert [point.x for point in series[0].points] == [1, 4]


def test_the_sentence_so_far_names_the_best_of_each_executor() -> None:
    assert interim_sentence(played(2)) == ""
    assert interim_sentence(played()) == (
        "So far threads at best 1.00x with 1 worker and processes at best 1.95x with 4 workers."
    )


def test_of_several_interpreters_the_sentence_so_far_is_on_one() -> None:
    runs = tuple(
        run_of(executor, workers, 3, interpreter=path)
        for path in (PYTHON, PYTHON_T)
        for executor, workers in (("sequential", 1), ("processes", 2))
    )
    state = LabState("measuring", runs=runs)
    assert interim_sentence(state) == "So far on 3.11.7 processes at best 1.91x with 2 workers."
    assert interim_sentence(state, PYTHON_T).startswith("So far on 3.13.15t processes")


def test_between_trials_the_last_view_stays() -> None:
    seen = frame_of(run_of("threads", 4).experiment, 0)
    nothing = Frame(0.25, 0.5, (), (), (), seen.cpu, seen.observer)
    state = apply(apply(LabState(), Watched(seen)), Watched(nothing))
    assert state.frame == seen
    assert state.watched_s == pytest.approx(0.5)
    assert state.observer_share == pytest.approx(0.013)


def test_failures_are_one_line_each() -> None:
    failed = replace(
        run_of("threads", 2),
        status="failed",
        failure={"kind": "raised", "message": "ValueError: [red]no\x1b[0m", "traceback": ""},
    )
    assert failures_of((run_of("sequential", 1), failed)) == ["threads x2: ValueError: [red]no[0m"]


def test_an_interrupted_sweep_keeps_what_it_has() -> None:
    state = played(12)
    runs = tuple(ended(run) for run in state.runs)
    state = apply(state, SweepEnded(Sweep("sweep-1", HOST, runs), interrupted=True))
    assert state.phase == "interrupted"
    assert state.runs == runs
    assert state.share < 1.0


def test_warnings_add_up() -> None:
    state = apply(apply(LabState(), Warned("disk\nfull")), Warned("steal"))
    assert state.warnings == ("disk full", "steal")


def test_a_run_of_the_history_stands_among_its_sweep() -> None:
    runs = [ended(run_of("sequential", 1, 3)), ended(run_of("threads", 4, 3))]
    state = shown(runs[1], runs)
    assert state.phase == "shown" and not state.busy
    assert state.verdict == GIL_VERDICT
    assert [len(one.points) for one in series_of(state.runs, settled(View(), state.runs))] == [1, 1]


def test_an_unknown_run_is_added() -> None:
    state = apply(LabState(), RunEnded(run_of("asyncio", 2, 1)))
    assert len(state.runs) == 1
    assert apply(state, TrialStarted(state.runs[0].experiment, 2)).trial == 2
