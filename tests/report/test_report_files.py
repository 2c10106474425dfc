"""Files of a report: whole or not at all, private, and nobody else's is touched; what --redact hides."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from gil_tui.lab.errors import LabError
from gil_tui.language import language_called
from gil_tui.report.files import write_all
from gil_tui.report.redact import redacted
from gil_tui.report.written import report_files, write_report
from tests.report.sweeps import a_judged_sweep, a_report, a_sweep_run

ENGLISH = language_called("en")
OWN = "<!-- gil-tui 0.1 -->\n"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_private_and_the_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    paths = write_report(a_report(), folder, ENGLISH)
    assert sorted(path.name for path in paths) == names_in(folder)
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_report_of_before_is_replaced_with_its_pictures(tmp_path: Path) -> None:
    write_all(tmp_path, {"report.md": OWN, "chart-old.svg": OWN, "chart-x.svg": OWN})
    (tmp_path / "chart-mine.svg").write_text("<svg/>")
    write_all(tmp_path, {"report.md": f"{OWN}new", "chart-x.svg": OWN}, outdated=["chart-*.svg"])
    assert names_in(tmp_path) == ["chart-mine.svg", "chart-x.svg", "report.md"]
    assert (tmp_path / "report.md").read_text().endswith("new")


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_not_gil_tuis_own_stays(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "report.md"
    elsewhere = tmp_path / "elsewhere.md"
    elsewhere.write_text(OWN)
    if kind == "file":
        target.write_text("my own notes")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(elsewhere)
    before = names_in(tmp_path)
    with pytest.raises(LabError, match="was not written by gil-tui"):
        write_all(tmp_path, {"report.html": OWN, "report.md": OWN})
    assert names_in(tmp_path) == before
    assert elsewhere.read_text() == OWN


def test_every_file_is_known_as_gil_tuis_own(tmp_path: Path) -> None:
    write_report(a_report(title="x" * 2000), tmp_path, ENGLISH)
    assert len(write_report(a_report(), tmp_path, ENGLISH)) == 8


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match=r"file/reports \(Not a directory\).*-o"):
        write_all(tmp_path / "file" / "reports", {"report.md": OWN})


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(tmp_path, {"report.md": OWN})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LabError, match="No space left"):
        write_all(tmp_path, {"report.md": f"{OWN}half"})
    assert names_in(tmp_path) == ["report.md"]
    assert (tmp_path / "report.md").read_text() == OWN


SECRETS = ("web-01", "example.org", "hidden-user", "/srv/customer shop", "customer", "s3cret", "10.1.2.3")


def test_nothing_hidden_is_in_any_file() -> None:
    interpreter = "/home/hidden-user/.venv/bin/python3.13"
    workload = "/srv/customer shop/web/shop.py:render"
    sweep = a_judged_sweep(workload=workload, interpreter=interpreter, knobs=(("args", '["s3cret"]'),))
    first = sweep.runs[0]
    trial = replace(
        first.trials[0], stdout="s3cret", stderr="at /srv/customer shop/web", marks=("web-01 is busy",)
    )
    failure = {"kind": "raised", "message": "no /srv/customer shop/web/x on web-01", "traceback": "s3cret"}
    assert first.python
    python = replace(first.python, executable=interpreter)
    first = replace(first, trials=(trial, *first.trials[1:]), python=python, notes=("hidden-user was here",))
    other = a_sweep_run(
        "dask", 2, 1.0, workload=workload, cluster="tcp://10.1.2.3:8786", interpreter=interpreter
    )
    other = replace(other, status="failed", failure=failure, id=99)
    sweep = replace(sweep, runs=(first, *sweep.runs[1:], other))
    selftest = {
        "schema": "gil-tui/selftest/1",
        "host": {"name": "web-01"},
        "checks": [],
        "sentence": "on web-01",
    }
    report = redacted(a_report(sweep, selftest=selftest), ["hidden-user"])
    for name, text in report_files(report, ENGLISH).items():
        for secret in SECRETS:
            assert secret not in text, (name, secret)
    files = report_files(report, ENGLISH)
    assert "shop.py:render" in files["report.json"], "names of functions and files stay"
    assert json.loads(files["report.json"])["redacted"] is True
    assert "1.91x" in files["report.md"], "and so do figures"


def test_what_is_not_hidden_stays_as_it_was() -> None:
    report = a_report()
    assert redacted(report, ["nobody"]).parts[0].sweep.verdict == report.parts[0].sweep.verdict
