"""Where the figures come from: the commands that make them again, the machine, what the program printed."""

import json
import shlex
from collections.abc import Iterator, Sequence

from gil_tui.history.rows import python_label
from gil_tui.lab.records import Host, Run
from gil_tui.report.chapters.speaker import Speaker, run_name
from gil_tui.report.chapters.watched import reproduced_by
from gil_tui.report.chapters.works import Work, spread_of, works_of
from gil_tui.report.data import Report
from gil_tui.report.document import Block, Heading, Listing, Pairs, Paragraph, Table, Typed
from gil_tui.report.layout import MISSING, size
from gil_tui.text import clean, clean_lines, count

MOST_LINES = 40
MOST_OUTPUTS = 12


def reproduction_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """The command lines, one for runs that one command makes, and one for each watch."""
    yield Heading(2, speak.say("Reproduction"), "reproduction")
    lines = [line for part in report.parts for work in works_of(part.sweep) for line in commands_of(work)]
    if lines:
        what = speak.say("These commands make the same runs again, from the folder that holds the code:")
        yield Paragraph(what)
        yield Listing(tuple(map(clean, dict.fromkeys(lines))), is_command=True)
    if report.watches:
        yield Paragraph(
            speak.say(
                "These commands watch as long again. A process that was started anew has another number: "
                "`gil-tui list processes` tells it."
            )
        )
        yield Listing(tuple(dict.fromkeys(map(reproduced_by, report.watches))), is_command=True)
    if report.redacted:
        gaps = speak.say("What is hidden has to be filled in: folders of code and interpreters, arguments.")
        yield Paragraph(gaps, "note")


def commands_of(work: Work) -> Iterator[str]:
    """The `gil-tui run` lines for these runs: one for all executors that had the same worker counts."""
    spread: dict[str, list[int]] = {}
    for run in work.runs:
        counts = spread.setdefault(spread_of(run), [])
        counts.append(run.experiment.workers)
    spread.pop("sequential", None)
    alike: dict[tuple[tuple[int, ...], str], list[str]] = {}
    for name, counts in spread.items():
        executor, _, interval = name.partition("@")
        alike.setdefault((tuple(sorted(counts)), interval), []).append(executor)
    if not alike:
        yield _command(work.runs, ["sequential"], (1,))
    for (same, _), executors in alike.items():
        mine = [run for run in work.runs if spread_of(run).partition("@")[0] in executors]
        yield _command(mine, executors, same)


def _command(runs: Sequence[Run], executors: Sequence[str], counts: Sequence[int]) -> str:
    experiment = runs[0].experiment
    words = ["gil-tui", "run", experiment.workload, "-e", ",".join(executors)]
    words += ["-w", ",".join(map(str, counts)), "-i", experiment.interpreter_key.removeprefix("…/")]
    words += ["--size", str(experiment.size)] if experiment.size is not None else []
    words += ["--tasks", str(experiment.tasks)] if experiment.tasks is not None else []
    trials = max(len(run.trials) for run in runs)
    words += ["--repeats", str(trials)] if trials else []
    interval_s = experiment.switch_interval_s
    words += ["--switch-interval", f"{interval_s:g}"] if interval_s is not None else []
    words += ["--dask", experiment.cluster] if experiment.cluster else []
    for name, value in experiment.knobs:
        words += ["--args", str(value)] if name == "args" else ["--set", f"{name}={_knob(value)}"]
    return shlex.join(words)


def _knob(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def environment_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """Host, interpreters, versions, and the sweeps by their ids."""
    yield Heading(2, speak.say("Environment"), "environment")
    for host in dict.fromkeys(run.host for run in report.runs):
        yield Pairs(tuple(_host(host, speak)))
    if report.watches:
        yield _watches(report, speak)
    if not report.parts:
        return
    yield Table(
        speak.say("Interpreters"),
        tuple(map(speak.say, ("Python", "Implementation", "GIL", "Executable"))),
        tuple(dict.fromkeys(_interpreter(run, speak) for run in report.runs)),
    )
    yield Table(
        speak.say("Sweeps"),
        tuple(map(speak.say, ("Sweep", "Made", "Runs", "Seed", "gil-tui"))),
        tuple(
            (
                Typed(clean(part.sweep.id)),
                speak.moment(part.sweep.runs[0].created_at),
                str(len(part.sweep.runs)),
                str(part.sweep.runs[0].seed),
                clean(part.sweep.runs[0].version),
            )
            for part in report.parts
        ),
        frozenset((2, 3)),
    )


def _watches(report: Report, speak: Speaker) -> Table:
    heading = ("Watch", "Made", "Process", "Interpreter", "CPUs that may be used", "Limited by")
    rows = tuple(
        (
            f"#{watch.id}",
            speak.moment(watch.created_at),
            str(watch.document["pid"]),
            clean(watch.document["python"] or speak.say("not Python")),
            speak.figure(count(watch.document["cpu"]["cores_effective"])),
            _limit(watch.document["cpu"]["limited_by"], speak),
        )
        for watch in report.watches
    )
    return Table(speak.say("Watches"), tuple(map(speak.say, heading)), rows, frozenset((4,)))


def _limit(by: str, speak: Speaker) -> str:
    return speak.say(by) if by else MISSING


def _host(host: Host, speak: Speaker) -> Iterator[tuple[str, str]]:
    cpus = speak.figure(count(host.cpus_effective))
    if host.cpus_effective != host.cpus:
        limit = speak.say("limited by {what}", what=speak.say(host.cpus_limited_by))
        cpus = f"{speak.say('{count} of {total}', count=cpus, total=host.cpus)}, {limit}"
    yield speak.say("Host"), clean(host.name)
    yield speak.say("System"), clean(f"{host.system} {host.machine}")
    yield speak.say("CPUs that may be used"), cpus
    yield speak.say("Memory"), speak.figure(size(host.memory_bytes))
    if host.memory_available_bytes is not None:
        free = speak.figure(size(host.memory_available_bytes))
        by = speak.say(host.memory_limited_by) if host.memory_limited_by else ""
        yield speak.say("Memory free at the beginning"), f"{free} ({by})" if by else free


def _interpreter(run: Run, speak: Speaker) -> tuple[str, ...]:
    python = run.python
    if python is None:
        return (clean(python_label(run)), MISSING, MISSING, Typed(clean(run.experiment.interpreter)))
    gil = speak.say("on") if python.gil_enabled else speak.say("off")
    if python.free_threaded:
        gil = speak.say("{state}, free-threaded build", state=gil)
    return (clean(python_label(run)), clean(python.implementation), gil, Typed(clean(python.executable)))


def output_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """What the program printed in the last trial of each run that printed anything, its beginning."""
    printed = [found for run in report.runs if (found := _printed(run))]
    if not printed:
        return
    yield Heading(2, speak.say("What the program printed"), "output")
    if report.redacted:
        yield Paragraph(speak.say("It is hidden."))
        return
    for title, lines in printed[:MOST_OUTPUTS]:
        yield Heading(4, title)
        yield Listing(lines)
    whole = speak.say(
        "Of each run the last trial that printed, its first {count} lines; all is in report.json.",
        count=MOST_LINES,
    )
    yield Paragraph(whole, "note")


def _printed(run: Run) -> tuple[str, tuple[str, ...]] | None:
    for trial in reversed(run.trials):
        text = "\n".join(part for part in (trial.stdout, trial.stderr) if part)
        traceback = (trial.failure or {}).get("traceback", "")
        lines = clean_lines("\n".join(part for part in (text, traceback) if part))
        if lines:
            return f"{run_name(run)}, {trial.number}", tuple(lines[:MOST_LINES])
    return None
