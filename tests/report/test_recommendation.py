"""The recommendation and the bound as text: what a person reads below the table of a sweep."""

from dataclasses import replace

from gil_tui.lab.judge import judged_run, judged_sweep
from gil_tui.lab.records import Sweep
from gil_tui.report.recommendation import (
    bound_lines,
    elsewhere_document,
    elsewhere_lines,
    foretold_line,
    recommendation_lines,
)
from gil_tui.report.run import run_lines
from gil_tui.report.sweep import sweep_lines
from gil_tui.verdict.bound import Site, bound_document
from gil_tui.verdict.scaling import Demand
from tests.lab.test_judge import BASELINE, HOST, run


def a_sweep(cpus: float = 4.0, most: int = 4) -> Sweep:
    """Threads that gain nothing, processes that scale, on a host with so many CPUs."""
    host = replace(HOST, cpus_effective=cpus)
    counts = [count for count in (1, 2, 4, 8) if count <= most]
    runs = [BASELINE, *(run("threads", count, 2.0) for count in counts)]
    runs += [run("processes", count, 2.0 / min(cpus, count)) for count in counts]
    judged = [judged_run(replace(one, host=host), replace(BASELINE, host=host)) for one in runs]
    return judged_sweep("s", host, judged)


def test_a_usual_sweep_is_read_at_a_glance() -> None:
    sweep = a_sweep()
    lines = sweep_lines(sweep)
    text = "\n".join(lines)
    assert len(lines) <= 32
    assert max(map(len, [*recommendation_lines(sweep), *bound_lines(sweep)])) <= 84
    for part in (
        "recommendation\n  use     4 processes\n  buys    4.00x (",
        "  costs   memory not measured, 10 ms to start",
        "  sure    97 % to be within 5 % of the best measured",
        "  at most 4 workers here: the CPUs are full then",
        "noise floor ",
    ):
        assert part in text
    assert "next " not in text


def test_what_is_not_resolved_stands_with_its_command() -> None:
    text = "\n".join(recommendation_lines(a_sweep(cpus=8.0)))
    assert (
        "  next    not resolved: try 8 next\n          gil-tui run countdown -e processes -w 4,8 -i " in text
    )


def test_the_bound_stands_beside_what_was_measured() -> None:
    rows = [line.split() for line in bound_lines(a_sweep())]
    assert rows[0][:4] == ["one", "worker", "foretells", "workers"]
    by_name = {(row[0], row[1]): row[2:] for row in rows[1:] if row}
    assert by_name["threads", "4"][0] == "1.00x" and by_name["threads", "4"][-2:] == ["the", "GIL"]
    assert by_name["processes", "2"][-2:] == ["the", "workers"]
    assert by_name["free-threaded", "4"][:2] == ["not", "run"]
    assert ("asyncio", "4") not in by_name


def test_the_bound_of_another_machine() -> None:
    sweep = a_sweep()
    lines = elsewhere_lines(sweep, 16.0)
    assert lines[0].split() == ["bound", "for", "16", "cores", "x1", "x2", "x4", "x8", "x16", "limited", "by"]
    assert next(line for line in lines if line.startswith("processes")).split()[5].startswith("16")
    assert next(line for line in lines if line.startswith("threads")).split()[5] == "1.00x"
    document = elsewhere_document(sweep, 16.0)
    assert document["cpus"] == 16.0 and {fit["parameters"]["cpus"] for fit in document["fits"]} == {16.0}
    assert "bound for 16 cores" in "\n".join(sweep_lines(sweep, 16.0))
    unknown = replace(
        sweep, runs=tuple(one for one in sweep.runs if one.experiment.executor == "threads")[1:]
    )
    assert elsewhere_lines(unknown, 16.0)[0].startswith("no bound for 16 cores")


def test_a_run_knows_what_was_foretold_of_it() -> None:
    sweep = a_sweep()
    threads = next(one for one in sweep.runs if one.experiment.label == "threads x4")
    line = "foretold 1.00x by one worker, limited by the GIL"
    assert foretold_line(threads, sweep.fits) == line
    assert line in run_lines(threads, sweep.runs, sweep.verdict, sweep.fits)
    assert foretold_line(threads, ()) == ""


def test_several_workloads_have_a_recommendation_each() -> None:
    sweep = a_sweep()
    other = [replace(one, experiment=replace(one.experiment, workload="sleep")) for one in sweep.runs]
    both = judged_sweep("s", HOST, [*sweep.runs, *other])
    assert both.best is None and [best["workload"] for best in both.bests] == ["countdown", "sleep"]
    text = "\n".join(sweep_lines(both))
    assert "recommendation for countdown" in text and "recommendation for sleep" in text
    assert "one worker foretells of sleep" in text


def test_a_sweep_kept_before_has_neither() -> None:
    old = bound_document("threads", Demand(0.02, 0.01, 0.02), 4, Site(4.0))
    sweep = replace(a_sweep(), fits=(old,), best=None, bests=(), noise=None)
    assert bound_lines(sweep) == [] and recommendation_lines(sweep) == []
