"""While the mask is on, nothing that tells whose it is can be read on the screen or in a picture of it.

Whatever is secret here has `zq` in it, so that a part of it that was cut or wrapped is found too.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from gil_tui.history import History
from gil_tui.history.audits import Audits
from gil_tui.lab.availability import Availability
from gil_tui.lab.events import LabEvent, RunEnded, SweepEnded, Warned
from gil_tui.lab.interpreters import Interpreter
from gil_tui.report.hidden import HIDDEN
from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import Engine, Selection
from gil_tui.tui.mask import Mask, without_names, without_paths
from gil_tui.tui.picture import cells_of
from gil_tui.tui.start import Start
from gil_tui.verdict.audit_model import FUNCTION, PROCESS, Audit
from gil_tui.watch.frames import Frame
from gil_tui.watch.stacks import HotFunction
from tests.lab import frame_builders as build
from tests.tui import fake_engine as fakes
from tests.tui import watching
from tests.tui.fake_engine import Player, fake_engine
from tests.tui.pictures import press, run_to_the_end, settled, until

HOST = replace(fakes.HOST, name="zqhost.zqcorp.example")
PYTHON = "/home/zqalice/zq projects/zqshop/.venv/bin/python3.11"
OTHER = "/home/zqalice/.pyenv/versions/zq-3.11/bin/python3.11"
OWN = "zqshop/zqinner/views.py:render"
COMMAND = "/opt/zqapp/bin/python3 /opt/zqapp/shop.py --token zqsecret"


def events(selection: Selection) -> Iterable[LabEvent]:
    """A sweep of which one run fails, with everything that a program may print and an error may name."""
    yield Warned("/home/zqalice/.cache/zqsub/thing cannot be read on zqhost")
    for event in fakes.sweep_events(selection):
        if isinstance(event, RunEnded | SweepEnded):
            failure = {"kind": "raised", "message": "no /srv/zqdata/orders.csv of zqalice", "traceback": "zq"}
            runs = [event.run] if isinstance(event, RunEnded) else event.sweep.runs
            told = [
                replace(
                    run,
                    failure=failure,
                    status="failed",
                    trials=tuple(replace(trial, stdout="zqprinted") for trial in run.trials),
                    notes=("read /srv/zqdata/notes.txt",),
                )
                if run.experiment.workers == 4
                else run
                for run in runs
            ]
            if isinstance(event, RunEnded):
                event = RunEnded(told[0])
            else:
                verdict = replace(
                    fakes.GIL_VERDICT, sentence="zqhost is slow: `render` in /srv/zqshop/views.py"
                )
                event = SweepEnded(
                    replace(event.sweep, host=HOST, runs=tuple(told), verdict=verdict), interrupted=False
                )
        yield event


def availability(*_: object) -> dict[tuple[str, str], Availability]:
    return {
        ("countdown", key): Availability("needs numpy", f"{key} -m pip install numpy")
        for key in (PYTHON, OTHER)
    }


def history() -> History:
    """With an audit of own code and one of a process."""
    made = History.in_memory()
    for audit in (
        Audit(OWN, OWN, FUNCTION, "2026-03-01T14:02:03+00:00", PYTHON, "/srv/zqshop"),
        Audit(f"Why is {COMMAND} slow", COMMAND, PROCESS, "2026-03-01T14:03:03+00:00", pid=watching.PID),
    ):
        Audits(made).add(audit)
    return made


def engine(host: watching.Host) -> Engine:
    made = fake_engine(
        Player(make_events=events),
        watching=host.engine,
        history=history,
        interpreters=[
            Interpreter(path, "cpython", "3.11.7", False, label, "running")
            for path, label in ((PYTHON, "3.11"), (OTHER, "3.11 (2)"))
        ],
    )
    return replace(made, host_name=HOST.name, availability=availability)


def watched(number: int = 0) -> Frame:
    """Four threads and one GIL, of a process with a telling command."""
    processes = tuple(build.process(pid, 1, command=COMMAND, threads=5) for pid in (watching.PID, 200))
    return watching.gil_bound(
        number, processes=processes, why="cannot read /home/zqalice/zqmaps/map of zqhost"
    )


def watched_host() -> watching.Host:
    rows = [
        watching.process(watching.PID, user="zqalice", command=COMMAND),
        watching.process(200, user="zqalice", command="worker: zqmaster", watchable=False, why="of zqalice"),
    ]
    hot = HotFunction("render", "/srv/zqshop/views.py", 41, True, 0.6)
    return watching.Host(processes=rows, hot=(hot,), command=COMMAND)


class Masked:
    """The application on one script, looked at after every step."""

    def __init__(
        self, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, *, redact: bool = True
    ) -> None:
        monkeypatch.setattr(fakes, "HOST", HOST)
        monkeypatch.setattr("gil_tui.tui.app.own_names", lambda: ["zqalice"])
        self.host = watched_host()
        start = Start(
            workloads=(OWN,), interpreters=(PYTHON, OTHER), settings=(("args", "zqtoken"),), redact=redact
        )
        self.app = GilTui(engine(self.host), start=start)
        self.size = size
        self.leaks: dict[str, list[str]] = {}
        self.seen: list[str] = []

    def look(self, step: str) -> None:
        shown = cells_of(self.app).text  # that pictures are made of, too
        self.seen.append(shown)
        if found := [line for line in shown.splitlines() if "zq" in line.casefold()]:
            self.leaks[step] = found

    async def steps(self, pilot: Pilot[int], steps: Iterable[str]) -> None:
        for keys in steps:
            await press(pilot, *keys.split())
            for _ in range(4):
                await pilot.pause(0.02)
            self.look(keys)


LAB_KEYS = ("e", "escape", "o", "escape", "question_mark", "escape", "x", "i", "t", "ctrl+p", "escape")
PICKER_KEYS = ("down", "up", "enter", "down", "v i", "escape", "comma", "escape")
HISTORY_KEYS = ("3", "i", "escape", "o", "escape", "d", "n", "enter")


@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
def test_nothing_leaks_anywhere(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    masked = Masked(size, monkeypatch)
    app = masked.app

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: settled(app))
            masked.look("start")
            await press(pilot, "r")
            await until(pilot, lambda: app.session.live.phase == "done")
            await pilot.pause(0.3)
            masked.look("run")
            await masked.steps(pilot, LAB_KEYS)
            for picker in ("#workload", "#interpreters"):
                app.screen.query_one(picker).focus()
                await masked.steps(pilot, PICKER_KEYS)
            await masked.steps(pilot, HISTORY_KEYS)
            await masked.steps(pilot, ["3"])
            app.screen.query_one("#filter", Input).value = "zqalice /home/zqalice/zqfolder"
            await masked.steps(pilot, ["escape", "4"])
            await until(pilot, lambda: bool(app.audit_session.listed))
            await masked.steps(pilot, ["down", "enter", *["down"] * 8, "enter", "escape", "escape"])
            await masked.steps(pilot, ["home", "enter", "down", "enter", "escape", "escape", "d", "n", "2"])
            await press(pilot, "enter")
            await until(pilot, lambda: app.watch_session.measuring and bool(masked.host.watchers))
            masked.look("opening")
            masked.host.send(watched, 3)
            await masked.steps(pilot, ["plus", "h", "e", "escape", "space", "question_mark"])

    asyncio.run(run())
    assert str(masked.leaks).replace("], ", "],\n") == "{}"
    whole = "\n".join(masked.seen)
    assert all(word in whole for word in (HIDDEN, "render", "views.py", "points measured"))


def test_one_key_hides_and_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    masked = Masked((120, 40), monkeypatch, redact=False)
    app = masked.app

    async def run() -> None:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await until(pilot, lambda: settled(app))
            await run_to_the_end(pilot, app)
            await masked.steps(pilot, ["t"])
            assert "t" in masked.leaks
            await masked.steps(pilot, ["k", "3"])
            assert set(masked.leaks) == {"t"}
            await masked.steps(pilot, ["1", "k"])
            assert set(masked.leaks) == {"t", "k"}

    asyncio.run(run())


def test_two_interpreters_of_one_name_stay_two() -> None:
    mask = Mask(on=True)
    runs = [fakes.run_of("threads", 2, interpreter=path, workload=OWN) for path in (PYTHON, OTHER, PYTHON)]
    keys = [mask.run(run).experiment.interpreter_key for run in runs]
    assert keys == ["…/python3.11", "…/python3.11 (2)", "…/python3.11"]
    assert mask.run(runs[0]).experiment.workload == "…/views.py:render"


def test_figures_stay_and_the_same_record_is_masked_once() -> None:
    run = fakes.ended(fakes.run_of("threads", 2, 3))
    mask = Mask(on=True)
    assert mask.run(run) is mask.run(run)
    assert (mask.run(run).wall_s, mask.run(run).speedup) == (run.wall_s, run.speedup)
    assert mask.run(run).host == replace(run.host, name=HIDDEN)
    assert Mask().run(run) is run


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("/usr/bin/python3 shop.py --port 80", f"python3 {HIDDEN}"),
        ("gunicorn: master [shop]", f"gunicorn: {HIDDEN}"),
        ("/usr/bin/python3", "python3"),
        ("", ""),
    ],
)
def test_of_a_command_the_program_stays(command: str, shown: str) -> None:
    assert Mask(on=True).command(command) == shown
    assert Mask().command(command) == command


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("at /home/bob/shop/views.py:41 now", "at              …/views.py:41 now"),
        ("shop/views.py:render", "   …/views.py:render"),
        ("~/x/y.txt", "  …/y.txt"),
        ("see …b/shop/views.py", "see       …/views.py"),
        ("/home/bob/sho…", "…             "),
        ("tcp://10.0.0.1:8786", "•••••••••••••••••••"),
        ("‹1/2› 3 switch/s and/or CPU/GIL / Filter", "‹1/2› 3 switch/s and/or CPU/GIL / Filter"),
    ],
)
def test_paths_in_a_line_keep_its_width(line: str, shown: str) -> None:
    assert without_paths(line) == shown
    assert len(shown) == len(line)


def test_names_in_a_line_keep_its_width() -> None:
    line = "Alice on web-01, malice apart"
    assert without_names(line, ["alice", "web-01"]) == "••••• on ••••••, malice apart"
    assert re.sub("•", "", without_names("web-01.corp", ["web-01", "web-01.corp"])) == ""


def test_the_history_is_masked_line_by_line() -> None:
    with History.in_memory() as history:
        history.add_run(fakes.run_of("threads", 2, workload=OWN))
        assert [row.workload for row in Mask(on=True).rows(history.rows())] == ["…/views.py:render"]
