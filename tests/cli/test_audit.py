"""`audit` on the command line: the list, the checklist, what is kept, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gil_tui import cli
from gil_tui.history import History
from gil_tui.history.audits import Audits
from gil_tui.report.audit import audit_lines, figure_text, needed, point_lines, sources
from gil_tui.schemas import text_of
from gil_tui.verdict.audit import checklist
from gil_tui.verdict.audit_model import QUESTIONS, STATES, Material
from tests.audit.material import AUDIT, OF_PROCESS, OTHERS, gil_bound, watch

ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process be watched")
BUSY = (
    "import threading\nfor _ in range(2): threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()"
)


def begun() -> int:
    """An audit in this test's own history."""
    with History.open() as history:
        number = Audits(history).add(AUDIT).id
    assert number is not None
    return number


def audit(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = cli.main(["audit", *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_without_any_audit_the_first_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(capsys=capsys) == (0, "no audit yet; `gil-tui audit countdown` makes the first\n", "")


def test_the_audits_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    number = begun()
    _, out, _ = audit(capsys=capsys)
    assert out.splitlines()[1].split() == [str(number), "2026-03-01", "14:02", "Shop", "countdown"]
    _, out, _ = audit("--json", capsys=capsys)
    assert [one["title"] for one in json.loads(out)["audits"]] == ["Shop"]


def test_an_audit_is_printed_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    begun()
    status, out, _ = audit("Shop", "--no-run", capsys=capsys)
    assert status == 0
    assert all(question in out for question in QUESTIONS.values())
    assert "Nothing measured yet: 0 of 9 points measured" in out


@pytest.mark.parametrize(
    ("found"),
    [
        checklist(AUDIT, Material()),
        checklist(AUDIT, gil_bound(watches=(watch(),))),
        checklist(OF_PROCESS, Material(watches=(watch(),))),
    ],
)
def test_every_checklist_holds_to_its_schema(found: Any) -> None:
    schema = json.loads(text_of("audit"))
    document = json.loads(json.dumps(found.to_json()))
    Draft202012Validator(schema).validate(document)
    point, declared = document["points"][0], schema["$defs"]["point"]["properties"]
    assert set(point) == set(declared)
    assert set(document["audit"]) == set(schema["properties"]["audit"]["properties"])
    assert declared["state"]["enum"] == list(STATES)


@pytest.mark.parametrize(
    ("name", "value"),
    [("state", "maybe"), ("answer", ""), ("number", 10), ("runs", ["1"]), ("figure", {"name": "x"})],
)
def test_the_schema_refuses_what_cannot_be(name: str, value: object) -> None:
    document = json.loads(json.dumps(checklist(AUDIT, gil_bound()).to_json()))
    document["points"][0][name] = value
    assert list(Draft202012Validator(json.loads(text_of("audit"))).iter_errors(document))


def test_the_text_tells_each_point_with_its_evidence() -> None:
    found = checklist(AUDIT, gil_bound(watches=(watch(),)))
    text = "\n".join(audit_lines(found))
    assert "3  ● done     Is the GIL waited for, and by whom?  70 %" in text
    assert "  GIL held" in text
    assert "  from run #2 and watch #1" in text
    assert "  reproduce: gil-tui run countdown -e threads x4" in text
    first = found.points[0]
    assert figure_text(first) == "98 % (97 % to 99 %)"
    assert sources(found.points[3]) == "runs #4, #2"
    assert "measure: gil-tui run" in "\n".join(point_lines(found.points[7]))


def test_what_is_missing_says_what_will_tell() -> None:
    points = checklist(AUDIT, Material(others=OTHERS, cpus=2.0)).points
    assert needed(points[0].fill) == "a run will tell: sequential"
    assert needed(points[1].fill) == "a watch of some seconds will tell"
    assert needed(points[3].fill) == "a run will tell: threads, processes, asyncio, 1 or 2 workers"
    assert needed(points[7].fill) == "a run will tell: threads, 2 workers, on 2 interpreters"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "no workload 'nosuch'"),
        (["--title", "nosuch"], "name its subject"),
        (["countdown", "--points", "1,10"], "there is no point 10"),
        (["nosuch", "--no-run"], "no audit 'nosuch'"),
        (["nosuch", "--delete"], "no audit 'nosuch'"),
    ],
)
def test_wrong_usage_is_one_clear_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = cli.main(["audit", *arguments])
    except SystemExit as ended:
        status = int(str(ended.code))
    printed = capsys.readouterr()
    assert status in (1, 2)
    assert said in printed.err
    assert printed.err.count("\n") == 1


def test_an_audit_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    begun()
    assert audit("Shop", "--delete", capsys=capsys)[0] == 0
    assert "no audit yet" in audit(capsys=capsys)[1]


GIL_TUI = [sys.executable, "-m", "gil_tui"]


def gil_tui(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GIL_TUI, *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=cwd
    )


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.usefixtures("no_orphans")
class TestReal:
    def test_a_point_is_measured_once_and_again_where_that_is_asked_for(self) -> None:
        first = gil_tui("audit", "countdown", "--points", "1", "--repeats", "2", "--json")
        assert first.returncode == 0, first.stderr
        document = json.loads(first.stdout)
        Draft202012Validator(json.loads(text_of("audit"))).validate(document)
        point = document["points"][0]
        assert (point["state"], len(point["runs"])) == ("done", 1)
        second = gil_tui("audit", "countdown", "--points", "1", "--json")
        assert json.loads(second.stdout)["points"][0]["runs"] == point["runs"]
        assert "of 1" not in second.stderr
        third = gil_tui("audit", "countdown", "--points", "1", "--again", "--repeats", "2", "--json")
        assert json.loads(third.stdout)["points"][0]["runs"] != point["runs"]

    def test_own_code_that_fails_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "shop.py").write_text("def page():\n    raise ValueError('no database')\n")
        finished = gil_tui("audit", "shop.py:page", "--points", "1,2", cwd=tmp_path)
        assert finished.returncode == 1
        assert "no database" in finished.stdout
        assert "Traceback" not in finished.stderr

    @ONLY_LINUX
    def test_a_watch_that_is_kept_answers_for_its_process(self) -> None:
        busy = subprocess.Popen([sys.executable, "-c", BUSY])
        try:
            time.sleep(0.5)
            kept = gil_tui("watch", str(busy.pid), "--seconds", "2", "--no-stacks", "--save")
            assert "kept as watch 1" in kept.stderr
            finished = gil_tui("audit", str(busy.pid), "--points", "1", "--json")
        finally:
            busy.kill()
            busy.wait()
        document = json.loads(finished.stdout)
        assert document["audit"]["kind"] == "process"
        done = {point["number"] for point in document["points"] if point["state"] == "done"}
        assert {1, 9} <= done
        assert document["points"][0]["watches"] == [1]

    def test_ctrl_c_ends_it_with_what_was_measured(self) -> None:
        process = subprocess.Popen(
            [*GIL_TUI, "audit", "countdown", "--points", "4"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        assert "1 of 1" in process.stderr.readline()
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Threads or processes?" in out
        assert "Traceback" not in err
