"""What a sweep recommends, and how far one worker foretells that each executor can go, as text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gil_tui.lab.following import command_of, next_experiments
from gil_tui.lab.interpreters import default_interpreter
from gil_tui.lab.judge import bounds_at, python_name
from gil_tui.lab.records import UNAVAILABLE, Run, Sweep
from gil_tui.language.spoken import figure, say, sentence, to_say
from gil_tui.report.layout import MISSING, factor_with_interval, indented, numbers_told, table, told
from gil_tui.text import clean
from gil_tui.verdict.group import GAINS
from gil_tui.verdict.recommendation_words import (
    bound_rows,
    ceiling_at,
    limit_at,
    recommendation_rows,
    speedup_at,
)
from gil_tui.verdict.words import factor, number, share

HEADING = ("workers", "measured", "expected", "at most", "limited by")
NOT_RUN = to_say("not run")
LABELS = ("use", "buys", "costs", "sure", "at most", "next")
"""The labels of `recommendation_rows`."""
LABELS_WIDE = 8
COLUMNS = 8
"""Worker counts in a row of the bound for another machine."""

Fits = Sequence[Mapping[str, Any]]


def recommendation_lines(sweep: Sweep) -> list[str]:
    """What to use, what that buys and costs, how sure, what to measure next, and the noise."""
    bests = sweep.bests or ((sweep.best,) if sweep.best else ())
    lines: list[str] = []
    for best in bests:
        told_rows = [(say(label), sentence(clean(text))) for label, text in recommendation_rows(best)]
        rows = [*told_rows, *_command_rows(sweep.runs, best)]
        wide = max([LABELS_WIDE, *(len(label) + 1 for label, _ in rows)])
        workload = clean(str(best.get("workload", "")))
        several = len(bests) > 1
        heading = (
            say("recommendation for {workload}", workload=workload) if several else say("recommendation")
        )
        lines += [heading, *indented([f"{label:<{wide}}{text}" for label, text in rows])]
    if sweep.noise is not None:
        noise = figure(share(sweep.noise))
        lines.append(say("noise floor {noise}: a smaller difference of two runs here is none", noise=noise))
    return [*lines, ""] if lines else []


def bound_lines(sweep: Sweep) -> list[str]:
    """What was measured beside what one worker foretold: a row for each executor and number of workers.

    Executors that were not run stand below where they would be faster than one that was.
    """
    lines: list[str] = []
    for runs in _works(sweep):
        rows = list(_bound_rows(runs, _bounds(sweep.fits, runs[0])))
        if rows:
            heading = (_titled(say("one worker foretells"), runs[0], sweep), *map(say, HEADING))
            lines += [*table([heading, *rows], (1, 2, 3, 4)), ""]
    return lines


def elsewhere_lines(sweep: Sweep, cpus: float) -> list[str]:
    """The bound for a machine with so many CPUs, a row for each executor."""
    fits, lines = bounds_at(sweep.runs, cpus), []
    cores = figure(number(cpus))
    for runs in _works(sweep):
        own = list(_bounds(fits, runs[0]).values())
        if own:
            counts = _counts(own[0])
            title = _titled(say("bound for {cores} cores", cores=cores), runs[0], sweep)
            heading = (title, *(f"x{n}" for n in counts), say("limited by"))
            rows = [heading, *numbers_told(bound_rows(own, counts))]
            lines += [*table(rows, range(1, len(counts) + 1)), ""]
    none = say("no bound for {cores} cores: the sequential run tells too little", cores=cores)
    return lines or [none, ""]


def elsewhere_document(sweep: Sweep, cpus: float) -> dict[str, Any]:
    """The same as `sweep.elsewhere` of the JSON contract."""
    return {"cpus": cpus, "fits": [dict(fit) for fit in bounds_at(sweep.runs, cpus)]}


def foretold_line(run: Run, fits: Fits) -> str:
    """What one worker foretold of a run: `foretold 2.00x by one worker, limited by the CPUs`; else empty."""
    fit, workers = _bounds(fits, run).get(_spread(run)), run.experiment.workers
    if fit is None:
        return ""
    return say(
        "foretold {speedup} by one worker, limited by {limit}",
        speedup=figure(f"{factor(speedup_at(fit, workers))}x"),
        limit=sentence(limit_at(fit, workers)),
    )


def next_command(runs: Sequence[Run], best: Mapping[str, Any] | None) -> str:
    """The command that measures what `best` asks for; empty where that is nothing."""
    experiments = next_experiments(runs, best)
    return command_of(experiments, default_interpreter().key) if experiments else ""


def _command_rows(runs: Sequence[Run], best: Mapping[str, Any]) -> list[tuple[str, str]]:
    command = clean(next_command(runs, best))
    return [("", command)] if command else []


def _bound_rows(runs: Sequence[Run], bounds: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    spreads = dict.fromkeys(map(_spread, runs))
    for run in runs:
        fit = bounds.get(_spread(run))
        if fit:
            yield _cells(fit, run.experiment.workers, factor_with_interval(run.speedup))
    most = max(run.experiment.workers for run in runs)
    least = min((speedup_at(bounds[spread], most) for spread in spreads if spread in bounds), default=1.0)
    for spread, fit in bounds.items():
        if spread not in spreads and speedup_at(fit, most) >= GAINS * least:
            yield _cells(fit, most, say(NOT_RUN))


def _cells(fit: Mapping[str, Any], workers: int, measured: str) -> tuple[str, ...]:
    most = ceiling_at(fit, workers)
    return (
        f"  {fit['executor']}",
        str(workers),
        told(measured),
        figure(f"{factor(speedup_at(fit, workers))}x"),
        MISSING if most is None else figure(f"{factor(most)}x"),
        sentence(limit_at(fit, workers)),
    )


def _works(sweep: Sweep) -> list[list[Run]]:
    """The runs of each workload on each interpreter, without those that it cannot do."""
    works: dict[tuple[str, str], list[Run]] = {}
    for run in sweep.runs:
        if run.status != UNAVAILABLE:
            works.setdefault(_work(run), []).append(run)
    return list(works.values())


def _work(run: Run) -> tuple[str, str]:
    return run.experiment.workload, python_name(run)


def _bounds(fits: Fits, run: Run) -> dict[str, Mapping[str, Any]]:
    """The bounds of this run's work, by executor."""
    own = (fit for fit in fits if (fit.get("workload"), fit.get("python")) == _work(run))
    return {fit["executor"]: fit for fit in own if fit["model"] == "bound"}


def _spread(run: Run) -> str:
    return run.experiment.label.rsplit(" x", 1)[0]


def _titled(title: str, run: Run, sweep: Sweep) -> str:
    """The title, with the work that it is of where there are several."""
    workloads, pythons = ({_work(one)[part] for one in sweep.runs} for part in (0, 1))
    if len(workloads) > 1:
        title = say("{title} of {workload}", title=title, workload=clean(run.experiment.workload))
    if len(pythons) > 1:
        title = say("{title} on {python}", title=title, python=clean(python_name(run)))
    return title


def _counts(fit: Mapping[str, Any]) -> list[int]:
    """Powers of two and the last count of the curve, the largest of them where they are too many."""
    last = int(fit["curve"][-1][0])
    counts = sorted({*(2**power for power in range(last.bit_length())), last})
    return counts[-COLUMNS:]
