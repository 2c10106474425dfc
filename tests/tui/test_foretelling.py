"""Bounds before and beside what was measured, of other machines too, and the key to what is next."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from gil_tui.bench.spec import KnobValue
from gil_tui.lab.errors import UsageError
from gil_tui.lab.events import LabEvent, SweepEnded
from gil_tui.lab.interpreters import running_interpreter
from gil_tui.lab.records import Sweep
from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import Selection, _Lab, real_engine
from gil_tui.tui.lab_view import report_of
from gil_tui.tui.model import LabState, best_of
from gil_tui.tui.screens.lab import LabScreen
from gil_tui.tui.start import Start
from gil_tui.tui.widgets.chart import ChartPane
from gil_tui.tui.widgets.verdict import VerdictPane, plan_of
from tests.tui.fake_engine import HOST, PYTHON, Player, bound_of, ended, fake_engine, run_of, sweep_events
from tests.tui.pictures import picture, play, press, run_to_the_end, shows, until

BEST: dict[str, Any] = {
    "workload": "countdown",
    "python": "CPython 3.11.7",
    "executor": "processes",
    "workers": 4,
    "low": 2,
    "high": 4,
    "sure": 0.97,
    "speedup": {"median": 1.95, "low": 1.9, "high": 2.0, "level": 0.95},
    "next_workers": [8],
    "extra_bytes": 24_000_000,
    "startup_s": 0.061,
    "pays_from_tasks": 40,
    "cap": {"by": "cpus", "workers": 16, "cpu_workers": 16},
}


def events_with_best(selection: Selection, best: dict[str, Any] = BEST) -> list[LabEvent]:
    """A sweep that ends with what is best, and with its bounds."""
    *events, last = sweep_events(selection)
    assert isinstance(last, SweepEnded)
    fits = tuple(bound_of(executor, 2.0) for executor in ("threads", "processes"))
    sweep = replace(last.sweep, best=best, bests=(best,), fits=fits, noise=0.02)
    return [*events, SweepEnded(sweep, interrupted=False)]


def chart_text(app: GilTui) -> str:
    pane = app.screen.query_one("#chart", ChartPane)
    return f"{pane.border_title}\n{pane.text}\n{pane.border_subtitle}"


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (60, 20)])
def test_the_bound_is_there_as_soon_as_one_worker_has_run(size: tuple[int, int]) -> None:
    player = Player(hold=7)
    asked: list[tuple[int, float, tuple[str, ...]]] = []
    engine = fake_engine(player)

    def bounds(runs: Sequence[Any], cpus: float, executors: Sequence[str]) -> Any:
        asked.append((sum(bool(run.walls_s) for run in runs), cpus, tuple(executors)))
        return tuple(bound_of(executor, cpus) for executor in executors)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "r")
        await until(pilot, lambda: any(run.walls_s for run in app.session.live.runs))
        screen = app.screen
        assert isinstance(screen, LabScreen)
        screen._show_state()
        await until(pilot, lambda: "╌╌ bound" in chart_text(app) and "╌p" in chart_text(app))
        assert [len(run.walls_s) for run in app.session.live.runs] == [1, 0, 0, 0, 0, 0, 0]
        assert "╌t" in chart_text(app)
        assert asked == [(1, 2.0, ("threads", "processes"))]
        player.go.set()
        await until(pilot, lambda: app.session.live.phase == "done")

    play(script, size=size, engine=replace(engine, bounds=bounds))


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (60, 20)])
def test_brackets_draw_the_bound_for_another_machine(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await press(pilot, "right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: "bound for 8 cores" in chart_text(app))
        await until(pilot, lambda: "╌p" in chart_text(app) and chart_text(app).count("╌") > 20)
        await shows(pilot, f"lab_8_cores_{size[0]}x{size[1]}")
        await press(pilot, "left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: "bound for" not in chart_text(app))
        await press(pilot, "left_square_bracket")
        await until(pilot, lambda: "bound for 1 core" in chart_text(app))

    play(script, size=size, engine=fake_engine(Player(events_with_best)))


def test_another_machine_may_be_asked_about_from_the_start() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await until(pilot, lambda: "bound for 6 cores" in chart_text(app))
        await press(pilot, "right_square_bracket")
        await until(pilot, lambda: "bound for 8 cores" in chart_text(app))
        await press(pilot, "left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: "bound for 4 cores" in chart_text(app))
        await press(pilot, "right_square_bracket")
        await until(pilot, lambda: "bound for 6 cores" in chart_text(app))

    play(script, start=Start(cores=6.0), engine=fake_engine(Player(events_with_best)))


@pytest.mark.parametrize(
    ("width", "keys"), [(80, "n Try 8 next [] Cores"), (60, "n Try 8 next v View [] Cores")]
)
def test_cores_and_what_to_try_next_have_their_keys_side_by_side(width: int, keys: str) -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        await until(pilot, lambda: keys in picture(app))
        assert picture(app).endswith("f1 Help q Quit\n")

    play(script, size=(width, 24), engine=fake_engine(Player(events_with_best)))


def test_one_key_measures_exactly_what_is_asked_for() -> None:
    player = Player(events_with_best)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        assert "Try" not in picture(app)
        await press(pilot, "n")
        assert player.selections == []
        await run_to_the_end(pilot, app)
        await until(pilot, lambda: "n Try 8 next" in picture(app))
        await until(pilot, lambda: "N* 4 (2 to 4)" in chart_text(app))
        await press(pilot, "n")
        await until(pilot, lambda: len(player.selections) == 2 and app.session.live.phase == "done")

    play(script, engine=fake_engine(player))
    assert player.selections[1] == Selection(
        ("countdown",), ("processes",), (8,), (PYTHON,), (("size", "1000"),)
    )


def test_it_is_as_patient_as_the_sweep_that_asked() -> None:
    player = Player(events_with_best)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        settings = (("repeats", "3"), ("tasks", "40"), ("timeout", "9"))
        app.start(Selection(("countdown",), ("processes",), (2, 4), (PYTHON,), settings))
        await until(pilot, lambda: app.session.live.phase == "done")
        following = app.session.following("countdown")
        assert following and following.settings == (("size", "1000"), ("repeats", "3"), ("timeout", "9"))
        assert app.session.following("primes") == following

    play(script, engine=fake_engine(player))


def test_what_is_resolved_has_no_such_key() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        assert "Try" not in picture(app)

    resolved = BEST | {"next_workers": []}
    play(script, engine=fake_engine(Player(lambda selection: events_with_best(selection, resolved))))


def test_the_recommendation_stands_below_the_verdict_and_in_the_evidence() -> None:
    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await run_to_the_end(pilot, app)
        text = app.screen.query_one("#verdict", VerdictPane).text
        assert "N*       97 % sure to be within 5 % of the best measured" in text
        await press(pilot, "right_square_bracket", "e")
        await until(pilot, lambda: "recommendation" in picture(app))
        assert "gil-tui run countdown -e processes -w 4,8" in picture(app)

    play(script, size=(120, 70), engine=fake_engine(Player(events_with_best)))


def test_the_evidence_has_the_bound_beside_the_measured() -> None:
    runs = tuple(ended(run_of(*one, 6)) for one in (("sequential", 1), ("threads", 2), ("processes", 4)))
    fits = tuple(bound_of(executor, 2.0) for executor in ("threads", "processes"))
    state = LabState("done", runs=runs, fits=fits, best=BEST, bests=(BEST,), noise=0.02)
    lines = report_of(state, 16.0)
    assert "  next    not resolved: try 8 next" in lines
    assert any(line.startswith("one worker foretells") for line in lines)
    assert any("no bound for 16 cores" in line or "bound for 16 cores" in line for line in lines)
    past = replace(state, phase="shown", run=runs[1])
    assert f"all {len(runs)} runs of its sweep" in report_of(past)


def test_what_is_best_for_which_workload() -> None:
    runs = (run_of("sequential", 1, 1), run_of("sequential", 1, 1, workload="sleep"))
    other = BEST | {"workload": "sleep", "workers": 2}
    state = LabState("done", runs=runs, bests=(BEST, other))
    assert (best_of(state, "sleep"), best_of(state, "countdown")) == (other, BEST)
    assert best_of(replace(state, bests=()), "sleep") is None
    part = Sweep("s", HOST, runs[1:], best=other)
    assert best_of(replace(state, bests=(), parts=(("sleep", part),)), "sleep") == other
    alone = LabState("done", runs=runs[:1], best={"executor": "threads", "workers": 2})
    assert best_of(alone, "countdown") == alone.best


def test_the_plan_is_short() -> None:
    assert plan_of(None) == []
    assert plan_of(BEST) == [
        "97 % sure to be within 5 % of the best measured",
        "at most 16 workers here: the CPUs are full then",
        "2 to 4 may be the fewest that will do",
        "pays from 40 tasks of this size on",
    ]


def test_the_real_engine_plans_exactly_what_is_asked_for() -> None:
    lab = _Lab(())
    known = running_interpreter()
    run = run_of("processes", 4, 6, interpreter=known.path)
    knobs: tuple[tuple[str, KnobValue], ...] = (("duration_ms", 5.0),)
    experiment = replace(run.experiment, workload="sleep", start_method="spawn", knobs=knobs)
    best = {"executor": "processes:spawn", "workers": 4, "next_workers": [8]}
    asked = real_engine().following([replace(run, experiment=experiment)], best)
    assert asked == Selection(
        ("sleep",),
        ("processes:spawn",),
        (4, 8),
        (known.path,),
        (("duration_ms", "5.0"), ("size", "100000")),
    )
    planned = [(one.label, one.size, one.knobs) for one in lab._plan(asked).experiments]
    assert planned == [
        ("sequential", 100_000, knobs),
        ("processes:spawn x4", 100_000, knobs),
        ("processes:spawn x8", 100_000, knobs),
    ]
    assert real_engine().following([run], best) is None
    with pytest.raises(UsageError, match="no file"):
        lab._plan(replace(asked, interpreters=("/nowhere/python",)))


def test_the_real_engine_foretells_from_one_trial() -> None:
    alone, others = run_of("sequential", 1, 1), [run_of("threads", count) for count in (2, 4)]
    fits = real_engine().bounds([alone, *others], 8.0, ["threads", "processes"])
    assert [(fit["executor"], fit["model"], fit["curve"][-1][0]) for fit in fits] == [
        ("threads", "bound", 8),
        ("processes", "bound", 8),
    ]
    assert real_engine().bounds(others, 8.0, ["threads"]) == ()
