import asyncio
import threading
from pathlib import Path

import pytest

from gil_tui.history import History, NoSuchRunError, StoreError
from gil_tui.history.listing import Listing
from tests.history.samples import a_run, a_trial, finished


def test_rows_and_their_number_are_those_of_the_store(tmp_path: Path) -> None:
    with History.open(tmp_path / "history.sqlite3") as history:
        for workers in (1, 2, 4):
            history.add_run(finished(a_run(workers=workers)))

        async def ask() -> None:
            listing = Listing(history)
            assert await listing.rows("x4", 10, 0) == history.rows("x4")
            assert [row.id for row in await listing.rows("", 2, 1, newest_first=False)] == [2, 3]
            before_s = listing.cpu_s
            assert await listing.count("threads") == 3
            assert listing.cpu_s > before_s > 0
            history.add_run(a_run())
            assert await listing.count("") == 4
            listing.close()

        asyncio.run(ask())


def test_a_store_in_memory_is_listed_too() -> None:
    with History.in_memory() as history:
        history.add_run(a_run())

        async def ask() -> int:
            listing = Listing(history)
            number = await listing.count("")
            listing.close()
            return number

        assert asyncio.run(ask()) == 1


def endless(history: History) -> int:
    with history.explaining() as connection:
        query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        return int(connection.execute(query).fetchone()[0])


def test_a_query_that_nobody_waits_for_is_given_up(tmp_path: Path) -> None:
    """One that would never end is cancelled, and the next one is answered."""
    began, ended = threading.Event(), threading.Event()

    def told(history: History) -> int:
        began.set()
        try:
            return endless(history)
        finally:
            ended.set()

    async def ask(history: History) -> None:
        listing = Listing(history)
        waiting = asyncio.create_task(listing._ask(told))
        await asyncio.to_thread(began.wait)
        while not ended.is_set():  # the thread may not have come to the query yet
            waiting.cancel()
            if listing._beside:
                listing._beside.interrupt()
            await asyncio.sleep(0.01)
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await listing.count("") == 1
        listing.close()

    with History.open(tmp_path / "history.sqlite3") as history:
        history.add_run(a_run())
        asyncio.run(ask(history))


def test_closing_cancels_who_waits(tmp_path: Path) -> None:
    async def ask(history: History) -> None:
        listing = Listing(history)
        assert await listing.count("") == 0
        assert listing._beside is not None
        began = threading.Event()
        listing._beside._connection.set_progress_handler(began.set, 1)
        waiting = asyncio.create_task(listing._ask(endless))
        await asyncio.to_thread(began.wait)
        listing.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(asyncio.CancelledError):
            await listing.count("")

    with History.open(tmp_path / "history.sqlite3") as history:
        asyncio.run(ask(history))


def test_who_is_cancelled_with_the_file_closed_is_no_failure(tmp_path: Path) -> None:
    async def ask(history: History) -> None:
        listing = Listing(history)
        waiting = asyncio.create_task(listing.count(""))
        while listing._beside is None:
            await asyncio.sleep(0)
        listing.close()
        listing._thread.shutdown()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    with History.open(tmp_path / "history.sqlite3") as history:
        asyncio.run(ask(history))


def test_others_write_and_read_while_a_long_query_runs(tmp_path: Path) -> None:
    began, stop = threading.Event(), threading.Event()

    def slow(history: History) -> int:
        with history.explaining():
            began.set()
            stop.wait()
        return 1

    async def ask(history: History) -> None:
        listing = Listing(history)
        waiting = asyncio.create_task(listing._ask(slow))
        await asyncio.to_thread(began.wait)
        number = history.add_run(a_run())
        assert history.run(number).id == number
        assert not waiting.done()
        stop.set()
        assert await waiting == 1
        listing.close()

    with History.open(tmp_path / "history.sqlite3") as history:
        history.add_run(a_run())
        asyncio.run(ask(history))


def test_what_fails_says_so(tmp_path: Path) -> None:
    with History.open(tmp_path / "history.sqlite3") as history:

        async def ask() -> None:
            listing = Listing(history)
            (tmp_path / "history.sqlite3").unlink()
            with pytest.raises(StoreError):
                await listing.count("")
            listing.close()

        asyncio.run(ask())


def test_giving_up_is_told_from_other_failures(tmp_path: Path) -> None:
    with History.open(tmp_path / "history.sqlite3") as history:
        with pytest.raises(StoreError) as raised, history.explaining() as connection:
            connection.set_progress_handler(lambda: 1, 1)  # as when interrupted, at the first step
            connection.execute("SELECT count(*) FROM runs").fetchone()
        assert raised.value.kind == "interrupted"


def test_a_trial_is_kept_in_the_midst_of_a_search(tmp_path: Path) -> None:
    """The search stands in the middle of its statement, with its view of the store, until it may go on."""
    within, go_on = threading.Event(), threading.Event()

    def hold() -> int:
        within.set()
        go_on.wait(20)
        return 0

    async def ask(history: History, run_id: int) -> None:
        listing = Listing(history)
        assert await listing.count("") == 1
        assert listing._beside is not None
        listing._beside._connection.set_progress_handler(hold, 1)
        try:
            searching = asyncio.create_task(listing.rows("threads", 200, 0))
            await asyncio.to_thread(within.wait)
            history.add_trial(run_id, a_trial())
            history.finish_run(finished(a_run().with_id(run_id)))
            assert history.run(run_id).status == "done"
            assert not searching.done()
        finally:
            go_on.set()
        assert [row.id for row in await searching] == [run_id]
        assert (await listing.rows("gil", 200, 0))[0].status == "done"
        listing.close()

    with History.open(tmp_path / "history.sqlite3") as history:
        asyncio.run(ask(history, history.add_run(a_run())))


def test_a_run_is_read_beside_the_list(tmp_path: Path) -> None:
    with History.open(tmp_path / "history.sqlite3") as history:
        number = history.add_run(finished(a_run()))

        async def ask() -> None:
            listing = Listing(history)
            assert await listing.run(number) == history.run(number)
            assert await listing.place_of(number, "threads") == 0
            with pytest.raises(NoSuchRunError):
                await listing.run(99)
            listing.close()

        asyncio.run(ask())
