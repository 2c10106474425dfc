"""`history` and `show`: what was kept, as text and as JSON."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gil_tui import cli
from gil_tui.history import History, default_path
from gil_tui.history.audits import Audits
from gil_tui.lab.records import Sweep
from gil_tui.schemas import text_of
from tests.history.samples import HOST, VERDICT, a_run
from tests.report.audits import a_blind_document, a_document


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(printed(capsys, *arguments))


def test_history_lists_the_newest_first(kept_runs: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "history").splitlines()
    assert (
        " ".join(lines[0].split()) == "id when workload executor workers python time speed-up trials result"
    )
    assert [line.split()[0] for line in lines[1:]] == ["3", "2", "1"]
    assert lines[1].split()[3:] == ["[red]shop.py:render", "threads", "4", "3.13.2", "–", "–", "1", "failed"]
    assert " ".join(lines[2].split()[3:]) == "countdown threads 4 3.13.2 2.00 s 0.99x 2 gil"


def test_history_is_filtered_and_limited(kept_runs: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    assert [run["id"] for run in document(capsys, "history", "countdown", "gil", "--json")["runs"]] == [2, 1]
    listed = document(capsys, "history", "--json", "--limit", "1")
    assert (listed["schema"], listed["total"], len(listed["runs"])) == ("gil-tui/history/1", 3, 1)
    assert "2 older ones: --limit 0 shows all 3" in printed(capsys, "history", "--limit", "1")
    assert len(document(capsys, "history", "--json", "--limit", "0")["runs"]) == 3


def test_an_empty_history_is_not_made_by_looking(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no run yet" in printed(capsys, "history")
    assert document(capsys, "history", "--json") == {
        "schema": "gil-tui/history/1",
        "total": 0,
        "runs": [],
        "sweeps": {},
    }
    assert not default_path().exists()


def test_show_prints_what_is_known(kept_runs: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "show", "2")
    for part in (
        "GIL-bound: 4 threads do the work of 1. (sure 0.97)",
        "countdown on Python 3.13.2, size 1000, 40 tasks",
        "2.00 s (1.90 to 2.10)",
        "0.99x (0.97 to 1.01)",
        "held  99 %  (98 % to 100 %)  gauge at 100 Hz",
        "Use 2 processes; gain 1.90x; cost 24 MB",
        "a free-threaded build",
        "GIL held 99 %, 2.8 threads wait, 178 switches/s, wait share 70 % (200 samples)",
        "threads: on CPU 25 %, run queue 1 %, GIL 70 %, lock 0 %, I/O 0 %, idle 4 %",
        "2.10 s",
        "steal",
        "web-01: 2 of 8 CPUs (quota), 8.6 GB, Linux 6.1 x86_64, gil-tui 0.1.0",
    ):
        assert part in text
    assert "hello" not in text
    assert "── stdout of threads x4, trial 1\nhello" in printed(capsys, "show", "2", "--output")


def test_show_says_why_a_run_failed(kept_runs: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "show", "3")
    assert "[red]shop.py:render" in text
    assert "#3 threads x4: ValueError: no" in text


def test_show_as_json_holds_to_the_schema(kept_runs: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    validator = Draft202012Validator(json.loads(text_of("run")))
    for run_id in kept_runs:
        shown = document(capsys, "show", str(run_id), "--json")
        validator.validate(shown)
        assert shown["runs"][0]["id"] == run_id
    with History.open() as history:
        assert shown["runs"][0] == json.loads(json.dumps(history.run(run_id).to_json()))


def test_what_a_sweep_found_is_shown_with_its_runs(
    kept_runs: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    with History.open() as history:
        runs = tuple(history.sweep("sweep-1"))
        best = {"executor": "processes", "workers": 2}
        history.finish_sweep(Sweep("sweep-1", HOST, runs, VERDICT, best=best, noise=0.01))
    sweeps = document(capsys, "history", "--json")["sweeps"]
    assert list(sweeps) == ["sweep-1"]
    assert sweeps["sweep-1"]["best"] == best and sweeps["sweep-1"]["verdict"]["code"] == "gil"
    shown = document(capsys, "show", "2", "--json")
    assert [run["id"] for run in shown["runs"]] == [2]
    assert shown["sweep"] == sweeps["sweep-1"] | {"elsewhere": None}
    Draft202012Validator(json.loads(text_of("run"))).validate(shown)
    assert f"All runs of its sweep: {VERDICT.sentence}" in printed(capsys, "show", "2")


def test_a_whole_sweep_is_shown_by_the_beginning_of_its_id(
    kept_runs: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, "show", "sweep", "--cores", "16")
    rows = [line.split() for line in text.splitlines() if line.strip().startswith(("1 ", "2 "))]
    assert [(row[0], row[1], row[2]) for row in rows] == [("1", "threads", "1"), ("2", "threads", "4")]
    assert "#3 threads x4: ValueError: no" in text
    assert "bound for 16 cores" in text
    shown = document(capsys, "show", "swe", "--json", "--cores", "16")
    Draft202012Validator(json.loads(text_of("run"))).validate(shown)
    assert len(shown["runs"]) == 3
    assert shown["sweep"]["elsewhere"]["cpus"] == 16.0
    assert "bound for 2.5 cores" in printed(capsys, "show", "2", "--cores", "2.5")
    assert "hello" in printed(capsys, "show", "sweep-1", "--output")


def test_what_would_move_the_cursor_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with History.open() as history:
        history.add_run(a_run(workload="\x1b[2J\x07evil.py:f", status="done"))
    for arguments in (("history",), ("show", "1")):
        assert "\x1b" not in printed(capsys, *arguments)


@pytest.mark.parametrize("arguments", [("show", "99"), ("show", "99", "--json")])
def test_a_run_that_is_not_there(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 1
    assert capsys.readouterr() == (
        "",
        "gil-tui: no run or sweep 99 in the history; `gil-tui history` lists the runs, "
        "`gil-tui show ID` names a run's sweep\n",
    )


def test_a_damaged_history_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    default_path().parent.mkdir(parents=True)
    default_path().write_bytes(b"not a database, " * 100)
    assert cli.main(["history"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "is damaged" in captured.err


@pytest.fixture
def kept_watches() -> None:
    with History.open() as history:
        Audits(history).keep_watch(a_document(), "countdown")
        Audits(history).keep_watch(a_blind_document())


@pytest.mark.usefixtures("kept_watches")
def test_watches_are_listed_filtered_and_limited(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "history", "--watches").splitlines()
    assert lines[0].split() == ["id", "when", "time", "result", "subject"]
    assert [line.split()[0] for line in lines[1:]] == ["watch:2", "watch:1"]
    assert lines[1].split()[3:] == ["2.00", "s", "unsure", "python", "serve.py"]
    found = document(capsys, "history", "--watches", "gil", "--json")
    assert (found["schema"], found["total"], len(found["watches"])) == ("gil-tui/history/1", 1, 1)
    assert "1 older ones" in printed(capsys, "history", "--watches", "--limit", "1")
    assert "no watch matches" in printed(capsys, "history", "--watches", "nothing")


def test_without_any_watch_the_first_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "`gil-tui watch PID --save` keeps one" in printed(capsys, "history", "--watches")


@pytest.mark.usefixtures("kept_watches")
def test_a_watch_is_shown_as_it_was_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "show", "watch:1")
    for part in (
        "GIL-bound: 5 threads, 2.9 wait for the GIL",
        "GIL: held 99 %, 2.9 threads wait, 72 % of thread time lost to it, 178 switches/s (1000 samples)",
        "CPUs: 1.00 of 2 used",
        "102     worker-2      25 %        3 %  72 %",
        "render            62 %  /srv/shop/views.py:41",
        "observer: 100 GIL samples/s, 1 % of a core",
    ):
        assert part in text
    assert "GIL: its memory may not be read (ptrace scope 2)" in printed(capsys, "show", "watch:2")
    shown = document(capsys, "show", "watch:1", "--json")
    assert shown == json.loads(json.dumps(a_document()))
    Draft202012Validator(json.loads(text_of("watch"))).validate(shown)


@pytest.mark.usefixtures("kept_watches")
def test_runs_and_watches_are_deleted_by_their_numbers(
    kept_runs: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(capsys, "history", "--delete", "watch:1", "#1", "1") == "deleted 1 run and 1 watch\n"
    assert [one["id"] for one in document(capsys, "history", "--watches", "--json")["watches"]] == [2]
    assert [one["id"] for one in document(capsys, "history", "--json")["runs"]] == [3, 2]
    deleted = document(capsys, "history", "--delete", "watch:2", "--json")["deleted"]
    assert deleted == {"runs": 0, "watches": 1}


@pytest.mark.usefixtures("kept_watches", "kept_runs")
@pytest.mark.parametrize(
    ("names", "code", "says"),
    [
        (["watch:1", "sweep-1"], 2, "sweep-1 is neither the number of a run (41) nor a watch (watch:3)"),
        (["1", "watch:9"], 1, "no watch 9"),
        (["watch:1", "99"], 1, "no run 99"),
        ([], 2, "name what to delete"),
    ],
)
def test_nothing_is_deleted_where_a_name_is_wrong(
    names: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["history", "--delete", *names]) == code
    assert says in capsys.readouterr().err
    assert len(document(capsys, "history", "--watches", "--json")["watches"]) == 2
    assert len(document(capsys, "history", "--json")["runs"]) == 3


@pytest.mark.usefixtures("kept_runs")
@pytest.mark.parametrize("limit", ["0", "2", "3"])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_long_list_is_printed_as_it_is_read(
    limit: str, form: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = printed(capsys, "history", "--limit", limit, *form)
    monkeypatch.setattr("gil_tui.commands.history.LONG", 1)
    monkeypatch.setattr(History, "rows", None)
    in_parts = printed(capsys, "history", "--limit", limit, *form)
    assert in_parts == whole if form else in_parts.split() == whole.split()


def test_a_list_in_parts_widens_its_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gil_tui.commands.history.LONG", 1)
    with History.open() as history:
        for workload in ("short", "a_very_long_workload", "mid"):
            history.add_run(a_run(workload=workload, status="done"))
    lines = printed(capsys, "history", "--limit", "0").splitlines()
    assert [line.split()[3:4] for line in lines[1:]] == [["mid"], ["a_very_long_workload"], ["short"]]
    assert lines[3].index("threads") == lines[2].index("threads") > lines[1].index("threads")


def test_a_damaged_run_can_be_deleted(kept_runs: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    with History.open() as history, history.writing() as connection:
        connection.execute("UPDATE documents SET document = '[' WHERE run_id = 2")
    assert cli.main(["show", "2"]) == 1
    assert "is damaged" in capsys.readouterr().err
    assert printed(capsys, "history", "--delete", "2") == "deleted 1 run\n"
    assert [one["id"] for one in document(capsys, "history", "--json")["runs"]] == [3, 1]
