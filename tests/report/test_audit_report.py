"""The report of an audit and of watches: what must be in it, in both languages, as data, and redacted."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gil_tui.lab.documents import watch_document, watched_observation
from gil_tui.language import language_called
from gil_tui.language.spoken import speak
from gil_tui.report.data import Part, Report, checklist_from
from gil_tui.report.hidden import HIDDEN, hidden_command
from gil_tui.report.redact import redacted
from gil_tui.report.written import report_files, write_report
from gil_tui.schemas import text_of
from gil_tui.verdict.audit import checklist
from gil_tui.verdict.audit_model import QUESTIONS, Material
from gil_tui.verdict.model import Verdict
from tests.report.audits import (
    AUDIT,
    COMMAND,
    OF_PROCESS,
    a_blind_document,
    a_document,
    a_watch,
    a_watch_report,
    an_audit,
    an_audit_report,
)
from tests.report.sweeps import a_judged_sweep
from tests.report.test_document import FETCHING, HOSTILE, MAY_STAND, read

ENGLISH, FRENCH = language_called("en"), language_called("fr")
OTHERS_WORDS = {"pings p50", "pings p99"}
"""Names of figures of others' workloads."""


def chapters(text: str) -> list[str]:
    return re.findall(r"^## (.*)", text, re.MULTILINE)


def section(text: str, heading: str) -> str:
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_the_audit_comes_first_then_its_runs_then_its_watches() -> None:
    text = report_files(an_audit_report(), ENGLISH)["report.md"]
    assert text.splitlines()[2] == "# GIL audit: Shop"
    assert chapters(text) == [
        "Summary", "Point by point", "What is missing, and why", "What the runs found",
        "Verdicts and evidence", "Charts", "Measurements", "Watches", "Method", "Noise and self\\-test",
        "Reproduction", "Environment", "Every trial",
    ]  # fmt: skip
    summary = section(text, "Summary")
    for words in ("Use 2 processes", "1.91x", "countdown", "8 of 9 points measured, 1 not possible here"):
        assert words in summary.replace("\\", "")


def test_every_point_has_state_answer_and_command() -> None:
    text = report_files(an_audit_report(), ENGLISH)["report.md"].replace("\\", "")
    told = section(text, "Point by point")
    for point in an_audit().points:
        part = told.partition(f"### {point.number}. {QUESTIONS[point.number]}")[2].partition("\n### ")[0]
        assert f"| **State** | {point.state} |" in part
        assert point.answer in part
        assert not point.reproduce or f"```sh\n{point.reproduce}\n```" in part
    assert "render` in views.py: 62 %" in told


def test_what_is_missing_is_told_with_its_reason_and_its_command() -> None:
    refused = replace(AUDIT, refusals={2: "py-spy is not installed"})
    text = report_files(a_watch_report(audit=checklist(refused, Material())), ENGLISH)["report.md"]
    missing = section(text, "What is missing, and why").replace("\\", "")
    assert "| 2 | Which function costs most? | not possible here | Py-spy is not installed. |" in missing
    assert "| 1 | Is it CPU or I/O? | not yet | It is not measured yet. |" in missing
    assert "gil-tui run countdown -e sequential -i /usr/bin/python3.13" in missing
    assert "Nothing is measured yet" in section(text, "Summary")
    assert "What the runs found" not in text


def test_a_watch_alone_has_its_verdict_first_and_all_its_figures() -> None:
    text = report_files(a_watch_report(), ENGLISH)["report.md"].replace("\\", "")
    assert chapters(text) == [
        "Summary", "Watches", "Method", "Noise and self-test", "Reproduction", "Environment",
    ]  # fmt: skip
    assert "> **GIL-bound: 5 threads" in section(text, "Summary")
    told = section(text, "Watches")
    for words in (
        "| **GIL held** | 99 % of the time |",
        "2.9 threads on average",
        "178 per second",
        "1.00 of 2",
        "Somebody waited in 96 % of the readings",
        "| 102 | worker-2 | 25 % | 3 % | 72 % | 0 % | 0 % | 0 % | 24 % |",
        "| `render` | 62 % | `/srv/shop/views.py:41` |",
        "| `dot` | 90 % | `/srv/shop/maths.py` |",
        "gil-tui watch 100 --seconds 10 --save",
        "Use 2 processes",
    ):
        assert words in told, words
    assert "Throttling: no CPU quota is set" in told


def test_what_could_not_be_seen_is_told_with_its_reason() -> None:
    told = report_files(a_watch_report(a_watch(2, a_blind_document())), ENGLISH)["report.md"].replace(
        "\\", ""
    )
    gaps = told.partition("#### What could not be seen, and why")[2].partition("####")[0]
    for words in ("ptrace scope 2", "Of 2 threads only CPU time", "py-spy", "Throttling", "Memory is"):
        assert words in gaps
    assert "| 100 | python | 40 % | 0 % | – | – | – | – | – |" in told
    assert "| **GIL held** | not measured |" in told
    assert "| 101 | CPython 3.13.0 |" in told


def test_a_watch_of_a_function_is_made_again_by_its_audit() -> None:
    watch = replace(a_watch(), subject="shop.py:render it")
    text = report_files(a_watch_report(watch), ENGLISH)["report.md"]
    assert "gil-tui audit 'shop.py:render it' --points 2 --again" in text
    assert "gil-tui watch 100" not in text


@pytest.mark.parametrize(
    "report",
    [an_audit_report(), a_watch_report(), a_watch_report(audit=checklist(OF_PROCESS, Material()))],
    ids=["audit", "watch", "begun"],
)
def test_all_of_it_is_in_french_but_names(report: Report) -> None:
    html = report_files(report, FRENCH)["report.html"]
    assert set(re.findall(r'<span lang="en">([^<]*)', html)) <= OTHERS_WORDS
    assert "Synthèse" in html
    for words in ("not yet", "measured", "Watch", "threads wait"):
        assert words not in re.sub(r"<style>.*?</style>|<code>.*?</code>", "", html, flags=re.DOTALL)


def test_the_data_hold_to_the_schema_and_come_back() -> None:
    validator = Draft202012Validator(json.loads(text_of("report")))
    selftest = Report("", (Part(a_judged_sweep()),), "", "0.1")
    for report in (an_audit_report(), a_watch_report(a_watch(2, a_blind_document())), selftest):
        document = json.loads(report_files(report, FRENCH)["report.json"])
        validator.validate(document)
        assert Report.from_json(document) == report
        assert set(document) == set(json.loads(text_of("report"))["properties"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("watches", 0, "watch", "threads", 0, "cpu"), 2),
        (("watches", 0, "watch", "gil", "waiting_counts"), [-1]),
        (("watches", 0, "id"), 0),
        (("audit", "points", 0, "state"), "perhaps"),
        (("sweeps", 0, "runs", 0, "status"), "finished"),
        (("sweeps", 0, "whole"), None),
        (("schema",), "gil-tui/report/2"),
    ],
)
def test_the_schema_refuses_what_cannot_be(path: tuple[str | int, ...], value: object) -> None:
    document: Any = json.loads(report_files(an_audit_report(), ENGLISH)["report.json"])
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert list(Draft202012Validator(json.loads(text_of("report"))).iter_errors(document))


def test_an_audit_comes_back_from_its_document() -> None:
    for found in (an_audit(), checklist(OF_PROCESS, Material())):
        assert checklist_from(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize("document", [a_document(), a_blind_document()], ids=["seen", "blind"])
def test_a_watch_comes_back_from_its_document(document: dict[str, Any]) -> None:
    verdict = Verdict.from_json(document["verdict"])
    again = watch_document(watched_observation(document), document["pid"], document["command"], verdict)
    again = json.loads(json.dumps(again))
    assert again["gil"].pop("wait_share") == pytest.approx(document["gil"].pop("wait_share"))
    assert again == document


def test_tables_beside_have_a_line_for_each_point_and_thread(tmp_path: Path) -> None:
    report = an_audit_report()
    files = report_files(report, FRENCH)
    points = list(csv.DictReader(io.StringIO(files["points.csv"])))
    assert [row["point"] for row in points] == [str(number) for number in QUESTIONS]
    assert points[3]["figure"] == "1.91"
    threads = list(csv.DictReader(io.StringIO(files["threads.csv"])))
    assert [(row["tid"], row["gil"][:4]) for row in threads[1:3]] == [("101", "0.71"), ("102", "0.71")]
    write_report(report, tmp_path, ENGLISH)
    write_report(a_watch_report(), tmp_path, ENGLISH)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "report.html", "report.md", "report.json", "threads.csv", "chart-waiting-1.svg", "chart-lanes-1.svg",
    }  # fmt: skip
    assert "report.json, threads.csv." in (tmp_path / "report.html").read_text("utf-8")


SECRETS = ("hidden-user", "/srv", "customer", "s3cret", "web-01", "--token", "/home", "serve.py")


@pytest.mark.parametrize("language", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_nothing_hidden_is_in_any_file(language: Any) -> None:
    subject = "/srv/customer shop/web/shop.py:render"
    audit = an_audit(subject=subject, title=f"Audit of {subject}", directory="/srv/customer shop")
    refused = replace(audit.audit, refusals={4: f"no module in {subject} for hidden-user on web-01"})
    command = "/home/hidden-user/.venv/bin/python serve.py --token s3cret"
    process = checklist(
        replace(OF_PROCESS, title=command, subject=command), Material(watches=(a_watch().seen,))
    )
    watch = a_watch(1, a_document(command, why="/srv/customer/x.py is on web-01"))
    other = replace(a_watch(3), subject=f"{COMMAND} other")
    spaced = replace(a_watch(2), subject=subject)
    sweep = a_judged_sweep(workload=subject)
    for told in (replace(audit, audit=refused), process):
        report = an_audit_report(audit=told, parts=(Part(sweep),), watches=(watch, spaced, other))
        files = report_files(redacted(report, ["hidden-user"]), language)
        for name, text in files.items():
            for secret in SECRETS:
                assert secret not in text, (name, secret, text[max(0, text.find(secret) - 80) :][:200])
        assert "…/shop.py:render" in files["runs.csv"], "names of functions and files stay"
        assert "python [hidden]" in files["report.html"], "and so do programs"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("/usr/bin/python3.13 app/serve.py --key x", f"python3.13 {HIDDEN}"),
        ("gunicorn shop:app", f"gunicorn {HIDDEN}"),
        ("/srv/customer shop/bin/serve now", HIDDEN),
        ("python", "python"),
    ],
)
def test_a_command_keeps_its_program_where_that_is_known(command: str, shown: str) -> None:
    assert hidden_command(command) == shown


def test_interpreters_and_files_of_one_name_stay_apart_when_folders_are_hidden() -> None:
    first = a_judged_sweep()
    other = a_judged_sweep(20, interpreter="/opt/customer/bin/python3.13", workload="/a/shop.py:f")
    third = a_judged_sweep(40, interpreter="/opt/customer/bin/python3.13", workload="/b/shop.py:f")
    report = an_audit_report(parts=(Part(first), Part(other), Part(third)), watches=())
    runs = redacted(report, []).runs
    assert len({run.experiment.interpreter for run in runs}) == 2
    assert {run.experiment.interpreter for run in runs} == {"…/python3.13", "…/python3.13 (2)"}
    assert {run.experiment.workload for run in runs} == {"countdown", "…/shop.py:f", "…/shop.py (2):f"}


def test_nothing_that_was_watched_becomes_markup() -> None:
    document = a_document(HOSTILE, why=HOSTILE, python=HOSTILE)
    document["threads"][0]["name"] = HOSTILE
    document["hot"][0] |= {"function": HOSTILE, "file": HOSTILE}
    document["verdict"]["sentence"] = HOSTILE
    document["processes"] *= 2
    audit = an_audit(subject=HOSTILE, title=HOSTILE, directory=HOSTILE)
    points = tuple(replace(one, answer=HOSTILE, why=HOSTILE, reproduce=HOSTILE) for one in audit.points)
    report = a_watch_report(a_watch(1, document), audit=replace(audit, points=points))
    files = report_files(report, FRENCH)
    elements = read(files["report.html"]).elements
    assert {tag for tag, _ in elements} <= MAY_STAND
    for tag, attributes in elements:
        assert not any(name.startswith("on") or name in FETCHING for name in attributes), (tag, attributes)
    for name, text in files.items():
        assert "\x1b" not in text and "\u202e" not in text, name


def test_what_stands_between_backticks_is_set_as_code() -> None:
    html = report_files(a_watch_report(), ENGLISH)["report.html"]
    assert "the code that holds it is <code>render</code> in views.py" in html
    assert "`" not in html


@pytest.mark.parametrize("language", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_a_report_is_in_its_own_language_whatever_the_screen_speaks(language: Any) -> None:
    report = an_audit_report()
    expected = report_files(report, language)
    speak(FRENCH)
    try:
        assert report_files(report, language) == expected
    finally:
        speak(ENGLISH)
