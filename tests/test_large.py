"""Large hosts, processes and histories, as recorded: nothing overflows, and a key waits for nothing long."""

import asyncio
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input

from gil_tui.history import History, HistoryRow
from gil_tui.history.listing import Listing
from gil_tui.lab.observe import summarize
from gil_tui.lab.records import Run
from gil_tui.tui.app import GilTui
from gil_tui.tui.pages import KEPT, PAGE
from gil_tui.tui.start import Start
from gil_tui.tui.widgets.cores import ROUND, core_rows
from gil_tui.tui.widgets.history_table import HistoryTable
from gil_tui.tui.widgets.lines import row_text
from gil_tui.tui.widgets.now import NowPane
from gil_tui.tui.widgets.threads import ThreadsPane
from gil_tui.watch.cores import CoreSampler, EffectiveCpus, HostCpu, effective_cpus
from gil_tui.watch.frames import CpuFrame, Frame
from tests.lab import frame_builders as build
from tests.tui.fake_engine import ended, fake_engine, run_of
from tests.tui.pictures import picture, play, press, until
from tests.tui.watching import PID, Host
from tests.watch.trees import proc_stat, status, write

CORES, THREADS, PROCESSES = 256, 500, 64
SIZES = ((60, 20), (80, 24), (120, 40), (200, 60))
GRID = re.compile(r"^ *(\d+) ([▁▂▃▄▅▆▇█]+)$")


def recorded_host(folder: Path) -> tuple[CoreSampler, EffectiveCpus]:
    """A host of 256 cores before a second has passed, of which core n is busy for n % 9 eighths."""
    proc = folder / "proc"
    write(proc / "stat", proc_stat(*[(0, 0, 0, 0)] * CORES))
    write(proc / "7/status", status(f"0-{CORES - 1}"))
    write(proc / "7/cgroup", "0::/\n")
    (folder / "cgroup").mkdir()
    clock = iter(range(1000))
    sampler = CoreSampler(7, clock=lambda: next(clock) * 1.0, proc=proc, cgroup_root=folder / "cgroup")
    ticks = [(12 * (core % 9), 96 - 12 * (core % 9), 0, 0) for core in range(CORES)]
    write(proc / "stat", proc_stat(*ticks))
    return sampler, effective_cpus(7, proc, folder / "cgroup")


@pytest.fixture
def host(tmp_path: Path) -> tuple[HostCpu, EffectiveCpus]:
    sampler, cpus = recorded_host(tmp_path)
    return sampler.host(), cpus


def test_256_cores_are_read(host: tuple[HostCpu, EffectiveCpus]) -> None:
    seen, cpus = host
    assert seen.busy == pytest.approx([(core % 9) / 8 for core in range(CORES)])
    assert cpus == EffectiveCpus(float(CORES), CORES, "online")


@pytest.mark.parametrize("height", [1, 2, 3, 5, 8, 12])
def test_256_cores_are_grouped_so_that_one_can_be_found(
    host: tuple[HostCpu, EffectiveCpus], height: int
) -> None:
    for width in range(12, 120):
        assert_can_be_found(host[0], width, height)


def assert_can_be_found(seen: HostCpu, width: int, height: int) -> None:
    rows = [row_text(row) for row in core_rows(seen.busy, width, height)]
    assert len(rows) <= height and all(cell_len(row) <= width for row in rows)
    found = [match for row in rows if (match := GRID.match(row))]
    assert len(found) == len(rows)
    firsts, cells = [int(match[1]) for match in found], [len(match[2]) for match in found]
    together = CORES / sum(cells)
    assert together in (1, 2, 4, 8, 16, 32, 64)
    if len(rows) > 1:
        assert firsts == [row * cells[0] * together for row in range(len(rows))]
        assert cells[0] in ROUND


def every_line_fits(shown: str, width: int) -> bool:
    return all(cell_len(line) <= width for line in shown.splitlines())


def frames_of(pane: str) -> list[str]:
    """Lines that begin or end a pane, each of which has to close what it opens."""
    return [line for line in pane.splitlines() if "╭" in line or "╰" in line]


@pytest.mark.parametrize("size", SIZES)
def test_the_lab_shows_256_cores_at_every_size(
    host: tuple[HostCpu, EffectiveCpus], size: tuple[int, int]
) -> None:
    seen, cpus = host

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        shown = picture(app)
        assert every_line_fits(shown, size[0])
        assert all(line.count("╭") == line.count("╮") for line in frames_of(shown))
        assert f"{CORES} CPUs" in shown or size[0] < 80
        pane = app.screen.query_one(NowPane)
        if pane.display and pane.size.height:
            await until(pilot, lambda: len(re.findall(r"│ +\d+ [▁▂▃▄▅▆▇█]{8,}", picture(app))) > 0)

    play(script, size=size, engine=fake_engine(busy=seen.busy, cpus=cpus))


def large_frame(cpu: CpuFrame, number: int = 0) -> Frame:
    """64 processes with 500 threads: a few compute, one waits, all others are idle."""
    pids = [PID + process for process in range(PROCESSES)]
    threads = tuple(
        build.thread(
            10_000 + thread,
            pids[thread % PROCESSES],
            name=f"pool-{thread}",
            **({"cpu": 0.9} if thread < 4 else {"gil": 0.5} if thread == 4 else {}),
        )
        for thread in range(THREADS)
    )
    processes = tuple(
        build.process(pid, 1 if pid == PID else PID, command=f"python worker.py {pid}") for pid in pids
    )
    gils = tuple(build.gil(pid, held=0.0, waiting=0.0) for pid in pids)
    return build.frame(number, threads=threads, processes=processes, gils=gils, cpu=cpu)


@pytest.mark.parametrize("size", SIZES)
def test_the_watch_shows_500_threads_of_64_processes_at_every_size(
    host: tuple[HostCpu, EffectiveCpus], size: tuple[int, int]
) -> None:
    seen, cpus = host
    cpu = replace(build.CPU, busy=seen.busy, cores_effective=cpus.count)
    watched = Host()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await until(pilot, lambda: bool(watched.watchers) and bool(watched.watcher.commands))
        watched.send(lambda number: large_frame(cpu, number), seconds=2.0)
        await until(pilot, lambda: "of 256 used" in picture(app))
        assert every_line_fits(picture(app), size[0])
        if "pool-" not in picture(app):
            await press(pilot, "v")
            await until(pilot, lambda: "pool-" in picture(app))
        for key in ("end", "home", "pagedown", "plus", "minus", "space", "left_square_bracket"):
            await press(pilot, key)
            assert every_line_fits(picture(app), size[0])
        await app.watch_session.close()

    play_watch(script, size, watched)


def test_no_key_on_500_threads_waits_for_a_verdict_or_draws_what_nobody_sees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged_by: list[threading.Thread] = []

    def noted(*arguments: Any, **more: Any) -> Any:
        judged_by.append(threading.current_thread())
        return summarize(*arguments, **more)

    monkeypatch.setattr("gil_tui.lab.judged_watch.summarize", noted)
    watched = Host()

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await until(pilot, lambda: bool(watched.watchers) and bool(watched.watcher.commands))
        watched.send(lambda number: large_frame(build.CPU, number), seconds=20.0)
        await until(pilot, lambda: "pool-" in picture(app))
        pane = app.screen.query_one(ThreadsPane)
        for key in ("plus", "space", "left_square_bracket", "minus", "right_square_bracket", "space"):
            await press(pilot, key)
            assert len(pane._strips._strips) <= pane.size.height
        await until(pilot, lambda: app.watch_session.judged and app.watch_session._judging is None)
        assert judged_by and threading.main_thread() not in judged_by
        await app.watch_session.close()

    play_watch(script, (120, 40), watched)


def play_watch(script: Callable[[Pilot[int], GilTui], object], size: tuple[int, int], host: Host) -> None:
    """The Watch on process 100, as from the command line."""
    app = GilTui(fake_engine(watching=host.engine), start=Start(pid=PID))

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await script(pilot, app)  # type: ignore[misc]

    asyncio.run(run())


def some_history(runs: int) -> History:
    history = History.in_memory()
    model = ended(run_of("threads", 4, 1))
    for _ in range(runs):
        history.add_run(model)
    return history


class SlowListing(Listing):
    """A store that takes its time: answers when `go` is set; notes what is searched and what was given up."""

    go = threading.Event()
    searched: list[str]
    given_up: list[str]

    async def rows(self, filter: str, *arguments: int, **order: Any) -> list:  # type: ignore[type-arg]
        if filter:
            self.searched.append(filter)
            try:
                await asyncio.to_thread(self.go.wait, 20)
            except asyncio.CancelledError:
                self.given_up.append(filter)
                raise
        return await super().rows(filter, *arguments, **order)


def test_while_the_store_searches_keys_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters appear as they are typed, only the last filter is waited for, its rows come when they come."""
    SlowListing.go.clear()
    SlowListing.searched, SlowListing.given_up = [], []
    monkeypatch.setattr("gil_tui.tui.run_list.Listing", SlowListing)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        try:
            await press(pilot, "3")
            table = app.screen.query_one("#runs", HistoryTable)
            await until(pilot, lambda: len(table.listed) == PAGE)
            await until(pilot, lambda: f"{PAGE + 50} runs" in picture(app))
            await press(pilot, "slash")
            for typed in ("n", "no", "non", "none"):
                await press(pilot, typed[-1])
                await until(pilot, lambda typed=typed: SlowListing.searched[-1:] == [typed])  # type: ignore[misc]
            assert app.screen.query_one("#filter", Input).value == "none"
            assert len(table.listed) == PAGE
            await until(pilot, lambda: "searching…" in picture(app))
            assert table.is_stale and f"{PAGE + 50} runs" not in picture(app)
            await until(pilot, lambda: SlowListing.given_up == ["n", "no", "non"])
            history = app.session.history
            assert history is not None
            for _ in range(3):  # as a sweep under way does
                history.add_run(ended(run_of("threads", 4, 1)))
                app.history_changed()
                await pilot.pause(0.05)
            assert SlowListing.given_up == ["n", "no", "non"], "the search goes on"
        finally:
            SlowListing.go.set()
        await until(pilot, lambda: not table.listed)
        await until(pilot, lambda: " 0 runs" in picture(app))
        assert not table.is_stale

    play(script, engine=fake_engine(history=lambda: some_history(PAGE + 50)))


MILLION = 1_000_000


class MillionListing(Listing):
    """A million runs that nobody has made; notes which rows were asked for, and keeps some back."""

    asked: list[int]
    hold = asyncio.Event()

    async def count(self, filter: str) -> int:
        return MILLION

    async def rows(self, filter: str, limit: int, offset: int, **order: Any) -> list[HistoryRow]:
        self.asked.append(offset)
        if offset:
            await self.hold.wait()
        model = (await super().rows("", 1, 0))[0]
        return [replace(model, id=MILLION - at) for at in range(offset, min(offset + limit, MILLION))]

    async def run(self, run_id: int) -> Run:
        return await super().run(1)


def test_of_a_million_runs_only_those_around_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    MillionListing.asked, MillionListing.hold = [], asyncio.Event()
    monkeypatch.setattr("gil_tui.tui.run_list.Listing", MillionListing)

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        await press(pilot, "3")
        table = app.screen.query_one("#runs", HistoryTable)
        await until(pilot, lambda: "1000000 runs" in picture(app))
        await press(pilot, "end")
        assert table.cursor_row == MILLION - 1 and table.row_at_cursor is None
        on_their_way = re.compile(r"^│ +… +│", re.MULTILINE)
        await until(pilot, lambda: len(on_their_way.findall(picture(app))) == table.size.height - 1)
        await until(pilot, lambda: "searching…" in picture(app))
        await press(pilot, "enter", "d", "m", "i")
        assert app.current_mode == "history" and not table.marked
        MillionListing.hold.set()
        await until(pilot, lambda: bool(table.row_at_cursor) and "1000000 runs" in picture(app))
        assert table.row_at_cursor is not None and table.row_at_cursor.id == 1
        assert MillionListing.asked == [0, MILLION - PAGE]
        for _ in range(3 * KEPT):
            table.move_cursor(table.cursor_row - PAGE)
            await until(pilot, lambda: not table.wanted)
        assert len(table.listed) <= KEPT * PAGE and table.row_at_cursor is not None
        assert len(MillionListing.asked) <= 3 * KEPT + 3

    play(script, engine=fake_engine(history=lambda: some_history(1)))


def test_new_texts_in_a_border_repaint_nothing_within() -> None:
    """Each cell costs bytes on a slow line: a hundred lanes for one figure in the border are too many."""

    async def script(pilot: Pilot[int], app: GilTui) -> None:
        pane = app.screen.query_one(NowPane)
        await until(pilot, lambda: not pane._repaint_regions)
        pane.entitle("Title", "100 Hz")
        assert sorted(region.y for region in pane._repaint_regions) == [0, pane.outer_size.height - 1]
        assert all(region.height == 1 for region in pane._repaint_regions)
        await until(pilot, lambda: "Title" in picture(app) and "100 Hz" in picture(app))

    play(script, engine=fake_engine())
