"""The tables: runs, the GIL and the threads, counters, hand-over, laws and bounds; and every trial."""

from collections.abc import Iterator, Sequence

from gil_tui.lab.records import Run
from gil_tui.report.besides import COUNTED, STATES, call_line, orchestration_rows
from gil_tui.report.chapters.pictures import LAWS
from gil_tui.report.chapters.speaker import Speaker, run_name
from gil_tui.report.chapters.works import Work, works_of
from gil_tui.report.data import Report
from gil_tui.report.document import Block, Heading, Paragraph, Table
from gil_tui.report.layout import MISSING, brief, number
from gil_tui.report.run import TRIALS_HEADING, trial_rows
from gil_tui.report.sweep import HEADING, figures_rows, run_cells
from gil_tui.text import clean, percent
from gil_tui.verdict.model import CODES
from gil_tui.verdict.recommendation_words import bound_rows
from gil_tui.verdict.statistics import LEVEL

MOST_TRIALS = 300
"""Rows of trials that are printed; the file beside the report has them all."""
BOUND_COUNTS = (1, 2, 4, 8)


def measured_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """All tables, those of the same work together."""
    if not report.parts:
        return
    yield Heading(2, speak.say("Measurements"), "measurements")
    for part in report.parts:
        for work in works_of(part.sweep):
            yield Heading(3, speak.subject(work.runs[0]))
            yield from _work(work, speak)


def _work(work: Work, speak: Speaker) -> Iterator[Block]:
    yield _runs(work.runs, speak)
    if any(run.wall_s and run.wall_s.level < LEVEL for run in work.runs):
        few = speak.say("Intervals of fewer than six trials cover less than 95 %.")
        yield Paragraph(few, "note")
    calls = [speak.words(line) for run in work.runs[:1] if (line := call_line(run))]
    yield from (Paragraph(line, "note") for line in calls)
    tables = (
        _plain_table(speak.say("What the workload measured besides"), figures_rows(work.runs), speak),
        _watched(work.runs, speak),
        _counters(work.runs, speak),
        _plain_table(
            speak.say("Orchestration: starting the workers and handing tasks over"),
            orchestration_rows(work.runs),
            speak,
        ),
        _laws(work, speak),
        _bounds(work, speak),
    )
    yield from (table for table in tables if table is not None)


def _runs(runs: Sequence[Run], speak: Speaker) -> Table:
    heading = (speak.say("id"), *map(speak.say, HEADING))
    rows = tuple(
        (
            MISSING if run.id is None else f"#{run.id}",
            *(_cell(cell, speak) for cell in run_cells(run)[:-1]),
            _result(run, speak),
        )
        for run in runs
    )
    return Table(speak.say("Runs: medians with their interval"), heading, rows, frozenset(range(2, 8)))


def _result(run: Run, speak: Speaker) -> str:
    if run.status == "done" and run.verdict:
        return speak.say(CODES.get(run.verdict.code, run.verdict.code))
    return speak.say(run.status)


def _cell(text: str, speak: Speaker) -> str:
    """A figure or a label of a table that is in English; labels are the same in every language."""
    text = clean(text)
    return (
        speak.language.sentence(text) or speak.figure(text)
        if text[:1].isdigit() or text[:1] in "+-"
        else text
    )


def _plain_table(caption: str, rows: Sequence[tuple[str, ...]], speak: Speaker) -> Table | None:
    """Rows of the report room's own tables, their heading first; the first column holds names."""
    if not rows:
        return None
    heading = tuple(speak.words(text) for text in rows[0])
    cells = tuple(tuple(_cell(text, speak) for text in row) for row in rows[1:])
    return Table(caption, heading, cells, frozenset(range(1, len(heading))))


def _watched(runs: Sequence[Run], speak: Speaker) -> Table | None:
    seen = [run for run in runs if run.gil or run.threads]
    if not seen:
        return None
    heading = ("Run", "GIL held", "waiting", "switches/s", "wait share", "samples", *STATES.values())
    rows = []
    for run in seen:
        gil, threads = run.gil or {}, run.threads or {}
        waiting, switches = gil.get("waiting"), gil.get("switches_per_s")
        row = (
            percent(gil.get("held")),
            MISSING if waiting is None else f"{waiting:.1f}",
            MISSING if switches is None else f"{switches:,.0f}",
            percent(gil.get("wait_share")),
            MISSING if gil.get("samples") is None else f"{gil['samples']:,}",
            *(percent(threads.get(state)) for state in STATES),
        )
        rows.append((run_name(run), *map(speak.figure, row)))
    caption = speak.say("What was watched: the GIL, and shares of the threads' time")
    return Table(caption, tuple(map(speak.say, heading)), tuple(rows), frozenset(range(1, len(heading))))


def _counters(runs: Sequence[Run], speak: Speaker) -> Table | None:
    counted = [(run, run.counters) for run in runs if run.counters]
    names = [name for name in COUNTED if any(name in counters for _, counters in counted)]
    if not names:
        return None
    heading = ("Run", "CPU time", *(COUNTED[name] for name in names))
    rows = tuple(
        (
            run_name(run),
            speak.figure(brief(counters.get("task_clock_s"))),
            *(speak.figure(number(counters[name])) if name in counters else MISSING for name in names),
        )
        for run, counters in counted
    )
    caption = speak.say("The kernel's counters of the work (perf stat)")
    return Table(caption, tuple(map(speak.say, heading)), rows, frozenset(range(1, len(heading))))


def _laws(work: Work, speak: Speaker) -> Table | None:
    rows = []
    for fit in work.fits:
        if fit["model"] == "bound":
            continue
        known = ((name, value) for name, value in fit["parameters"].items() if value is not None)
        refused = fit.get("refused")
        rows.append(
            (
                clean(fit["executor"]),
                speak.say(LAWS.get(fit["model"], fit["model"])),
                ", ".join(f"{name} {speak.figure(f'{value:.4g}')}" for name, value in known),
                speak.amount(fit["residual_share"], "share"),
                speak.words(refused) if refused else speak.say("may be trusted"),
            )
        )
    if not rows:
        return None
    heading = ("executor", "law", "coefficients", "farthest point off", "judgement")
    caption = speak.say("The law that fits each executor's speed-ups best")
    return Table(caption, tuple(map(speak.say, heading)), tuple(rows), frozenset((3,)))


def _bounds(work: Work, speak: Speaker) -> Table | None:
    rows = bound_rows(work.fits, BOUND_COUNTS)
    if not rows:
        return None
    workers = (speak.some("{count} worker", "{count} workers", count) for count in BOUND_COUNTS)
    heading = (speak.say("executor"), *workers, speak.say("what limits then"))
    told = tuple((clean(row[0]), *map(speak.figure, row[1:-1]), speak.words(row[-1])) for row in rows)
    caption = speak.say("The bound: speed-ups that one worker's run foretells")
    return Table(caption, heading, told, frozenset(range(1, len(heading) - 1)))


def trial_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """Every trial of every run, at the end since it is long."""
    rows = [
        (run_name(run), *row) for part in report.parts for run in part.sweep.runs for row in trial_rows(run)
    ]
    if not rows:
        return
    yield Heading(2, speak.say("Every trial"), "trials")
    shown = tuple(
        (row[0], *(_cell(cell, speak) for cell in row[1:-1]), speak.words(row[-1]) if row[-1] else "")
        for row in rows[:MOST_TRIALS]
    )
    heading = (speak.say("Run"), *map(speak.say, TRIALS_HEADING))
    yield Table(speak.say("Trials in the order of their making"), heading, shown, frozenset(range(1, 9)))
    if len(rows) > MOST_TRIALS:
        left = speak.say("{count} more are in trials.csv.", count=len(rows) - MOST_TRIALS)
        yield Paragraph(left, "note")
