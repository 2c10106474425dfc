"""The schemas are sound, and refuse what they should."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gil_tui import cli
from gil_tui.lab.records import STATUSES, Sweep
from gil_tui.schemas import NAMES, text_of
from gil_tui.verdict.bound import Site, bound_document
from gil_tui.verdict.laws import fit_laws
from gil_tui.verdict.model import CODES
from gil_tui.verdict.recommend import Cap
from gil_tui.verdict.scaling import Demand
from tests.history.samples import HOST, VERDICT, a_failed_trial, a_full_trial, a_run, finished


def a_document() -> Any:
    lacking = a_run(status="unavailable", failure={"kind": "unavailable", "message": "needs numpy"})
    runs = (
        finished(a_run(id=1), a_full_trial()),
        a_run(status="failed", trials=(a_failed_trial(),)),
        lacking,
    )
    best = {"executor": "processes", "workers": 2, "low": 2, "high": 4, "cap": Cap("cpus", 2).to_json()}
    law = next(iter(fit_laws({1: [1.0], 2: [1.9], 4: [3.4]}))).to_json("processes", 4)
    bound = bound_document("threads", Demand(0.02, 0.01, 0.02), 4, Site(2.0))
    sweep = Sweep("sweep-1", HOST, runs, VERDICT, (law, bound), best)
    return json.loads(json.dumps(sweep.to_json() | {"more": "in a later version"}))


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_printed_as_it_stands(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema", name]) == 0
    printed = capsys.readouterr().out
    Draft202012Validator.check_schema(json.loads(printed))
    assert printed == text_of(name)


def test_a_sweep_holds_to_its_schema() -> None:
    Draft202012Validator(json.loads(text_of("run"))).validate(a_document())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "gil-tui/run/2"),
        (("host", "cpus"), 0),
        (("runs", 0, "status"), "finished"),
        (("runs", 0, "figures"), {"pings_p99_s": None}),
        (("runs", 0, "counters"), {"page_faults": "5"}),
        (("runs", 0, "trials", 0, "counters"), {"cycles": -1}),
        (("runs", 0, "trials", 0, "wall_s"), None),
        (("runs", 0, "wall_s", "median"), "2.0"),
        (("runs", 0, "gil"), {"held": 1.62}),
        (("runs", 0, "verdict", "code"), "slow"),
        (("runs", 0, "experiment", "workers"), 0),
        (("sweep", "best"), {"executor": "threads"}),
        (("sweep", "fits", 0, "model"), "gustafson"),
    ],
)
def test_the_schema_refuses_what_cannot_be(path: tuple[str | int, ...], value: object) -> None:
    document = a_document()
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    errors = list(Draft202012Validator(json.loads(text_of("run"))).iter_errors(document))
    assert errors


def test_a_trial_without_failure_must_be_measured() -> None:
    document = a_document()
    del document["runs"][0]["trials"][0]["wall_s"]
    assert list(Draft202012Validator(json.loads(text_of("run"))).iter_errors(document))


def test_every_status_is_in_the_schema() -> None:
    schema = json.loads(text_of("run"))
    assert schema["$defs"]["run"]["properties"]["status"]["enum"] == list(STATUSES)


def test_every_property_of_a_run_is_in_the_schema() -> None:
    """Of its trials, its experiment and the sweep too; `more` stands for a later version."""
    schema, document = json.loads(text_of("run")), a_document()
    run = document["runs"][0]
    of_run, of_trial = schema["$defs"]["run"], schema["$defs"]["trial"]
    assert set(run) - set(of_run["properties"]) == set()
    assert set(run["trials"][0]) - set(of_trial["properties"]) == set()
    assert set(run["experiment"]) - set(schema["$defs"]["experiment"]["properties"]) == set()
    assert set(document["sweep"]) - set(schema["properties"]["sweep"]["properties"]) == set()


def test_every_verdict_code_is_in_the_schema() -> None:
    schema = json.loads(text_of("run"))
    assert schema["$defs"]["verdict"]["properties"]["code"]["enum"] == list(CODES)
