"""`gil-tui report`: which runs it is about, and what it says when there are none."""

import argparse
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from gil_tui.cli import main
from gil_tui.commands import run as run_command
from gil_tui.history import History
from gil_tui.history.audits import Audits
from gil_tui.report.chapters.origin import commands_of
from gil_tui.report.chapters.works import works_of
from tests.history.samples import HOST
from tests.report.audits import AUDIT, a_blind_document, keep_audit
from tests.report.sweeps import SWEEP_ID, a_judged_sweep, keep


@pytest.fixture
def kept() -> list[int]:
    with History.open() as history:
        return keep(history, a_judged_sweep())


def written(folder: Path) -> dict[str, object]:
    document = json.loads((folder / "report.json").read_text("utf-8"))
    return dict(document)


def test_the_newest_sweep_is_the_default(
    kept: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "-o", str(tmp_path / "r")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(tmp_path / "r" / "report.html")
    assert all(Path(line).is_file() for line in lines)
    assert len(written(tmp_path / "r")["sweeps"][0]["runs"]) == len(kept)  # type: ignore[index]


@pytest.mark.parametrize(
    ("ids", "runs", "whole"),
    [(["1"], 1, False), (["#2", "3", "2"], 2, False), ([SWEEP_ID[:4]], 9, True), (["1", SWEEP_ID], 9, True)],
)
def test_runs_and_sweeps_are_called_by_their_ids(
    kept: list[int], tmp_path: Path, ids: list[str], runs: int, whole: bool
) -> None:
    assert main(["report", *ids, "-o", str(tmp_path), "--json"]) == 0
    sweeps = written(tmp_path)["sweeps"]
    assert isinstance(sweeps, list)
    assert [(len(one["runs"]), one["whole"]) for one in sweeps] == [(runs, whole)]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nothing"], 1, "no run or sweep nothing in the history"),
        (["#77"], 1, "no run 77 in the history"),
        (["watch:7"], 1, "no watch 7 in the history"),
        (["--audit", "Shop"], 1, "no audit 'Shop' in the history"),
        (["--lang", "de"], 2, "invalid choice"),
        (["--selftest", "/nowhere"], 2, "/nowhere cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    kept: list[int], arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["report", *arguments])
    except SystemExit as ended:  # wrong usage ends in argparse
        status = int(ended.code or 0)
    error = capsys.readouterr().err
    assert (status, error.count("\n")) == (code, 1)
    assert says in error
    assert not Path("gil-tui-report").exists()


def test_an_empty_history_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 1
    assert "the history is empty" in capsys.readouterr().err


def test_the_locale_and_the_option_choose_the_language(
    kept: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert main(["report", "-o", str(tmp_path)]) == 0
    assert "## Synthèse" in (tmp_path / "report.md").read_text("utf-8")
    assert main(["report", "-o", str(tmp_path), "--lang", "en", "--title", "Shop"]) == 0
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "# Shop" in text
    assert "## Summary" in text


def test_a_selftest_is_attached(kept: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = {
        "part": "gauge", "subject": "spin x4", "quantity": "GIL held", "unit": "share", "state": "passed",
        "measured": 0.99, "truth": [1.0, 1.0], "within": 0.02, "chance": 0.01, "error": -0.01, "note": "",
    }  # fmt: skip
    about = {"created_at": "2026-03-01", "version": "0.1.0", "interpreter": "/usr/bin/python3", "python": ""}
    document = {
        "schema": "gil-tui/selftest/1", "host": HOST.to_json(), **about, "quick": True, "seconds": 9.0,
        "passed": True, "checks": [check], "sentence": "1 of 1 check passed",
    }  # fmt: skip
    file = tmp_path / "selftest.json"
    file.write_text(json.dumps(document))
    assert main(["report", "-o", str(tmp_path / "r"), "--selftest", str(file), "--lang", "fr"]) == 0
    text = (tmp_path / "r" / "report.md").read_text("utf-8")
    assert "contrôles réussis : 1 sur 1" in re.sub(r"\s", " ", text)
    assert "| jauge | " in text
    file.write_text('{"schema": "gil-tui/run/1"}')
    assert main(["report", "-o", str(tmp_path / "r"), "--selftest", str(file)]) == 2
    assert "is no self-test" in capsys.readouterr().err
    file.write_text(json.dumps(document | {"checks": [check | {"measured": 1e400, "truth": 7}]}))
    assert main(["report", "-o", str(tmp_path / "r"), "--selftest", str(file)]) == 2
    assert "is no self-test" in capsys.readouterr().err


def test_a_redacted_report_names_neither_host_nor_folders(kept: list[int], tmp_path: Path) -> None:
    assert main(["report", "-o", str(tmp_path), "--redact"]) == 0
    for path in tmp_path.iterdir():
        text = path.read_text("utf-8")
        assert "web-01" not in text
        assert "/usr/bin" not in text


def test_the_commands_of_a_report_make_the_same_runs(kept: list[int], tmp_path: Path) -> None:
    """What stands under Reproduction is read by the real command line and plans the same experiments."""
    sweep = a_judged_sweep()
    (line,) = [line for work in works_of(sweep) for line in commands_of(work)]
    parser = argparse.ArgumentParser(prog="gil-tui")
    run_command.add_parser(parser.add_subparsers())
    found = parser.parse_args(shlex.split(line)[1:])
    assert (found.workloads, found.executors, found.workers) == (
        ["countdown"], ["threads", "processes"], [1, 2, 4, 8],
    )  # fmt: skip
    first = sweep.runs[0].experiment
    assert (found.size, found.tasks, found.interpreters) == (first.size, first.tasks, [first.interpreter])


@pytest.fixture
def audited() -> None:
    with History.open() as history:
        keep_audit(history)


@pytest.mark.parametrize("name", ["Shop", "Sh", "1", "countd"])
@pytest.mark.usefixtures("audited")
def test_an_audit_is_reported_with_its_runs_and_watches(name: str, tmp_path: Path) -> None:
    assert main(["report", "--audit", name, "-o", str(tmp_path), "--lang", "en"]) == 0
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert document["audit"]["audit"]["title"] == "Shop"
    assert [(len(one["runs"]), one["whole"]) for one in document["sweeps"]] == [(9, True)]
    assert [one["id"] for one in document["watches"]] == [1]
    assert "# GIL audit: Shop" in (tmp_path / "report.md").read_text("utf-8")
    assert (tmp_path / "points.csv").read_text("utf-8").count("\n") == 10


@pytest.mark.usefixtures("audited")
def test_an_audit_without_runs_is_reported_as_it_stands(tmp_path: Path) -> None:
    with History.open() as history:
        Audits(history).add(replace(AUDIT, title="Begun", subject="sha256"))
    assert main(["report", "--audit", "Begun", "-o", str(tmp_path), "--lang", "fr"]) == 0
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (document["sweeps"], document["watches"]) == ([], [])
    assert "Rien n’est encore mesuré" in (tmp_path / "report.md").read_text("utf-8")


@pytest.mark.usefixtures("audited")
def test_watches_are_reported_alone_or_beside_runs(tmp_path: Path) -> None:
    with History.open() as history:
        Audits(history).keep_watch(a_blind_document())
    assert main(["report", "watch:2", "-o", str(tmp_path), "--lang", "en"]) == 0
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (document["sweeps"], [one["id"] for one in document["watches"]]) == ([], [2])
    assert main(["report", "watch:2", "3", "watch:1", "watch:2", "-o", str(tmp_path), "--lang", "en"]) == 0
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert [one["id"] for one in document["watches"]] == [2, 1]
    assert [len(one["runs"]) for one in document["sweeps"]] == [1]


@pytest.mark.usefixtures("audited")
def test_a_beginning_of_several_audits_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with History.open() as history:
        Audits(history).add(replace(AUDIT, title="Shop two"))
    assert main(["report", "--audit", "Sho"]) == 2
    assert "Sho is the beginning of several audits: 2 (Shop two), 1 (Shop)" in capsys.readouterr().err
