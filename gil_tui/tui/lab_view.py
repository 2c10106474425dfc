"""What the Lab's panes say of a state: pure words and numbers, no widgets."""

from gil_tui.text import clean
from gil_tui.tui import details
from gil_tui.tui.engine import Selection, Workload
from gil_tui.tui.model import (
    LabState,
    Series,
    failures_of,
    interim_sentence,
    python_of,
    series_of,
    workload_of,
)
from gil_tui.tui.session import Session
from gil_tui.tui.widgets.now import cpus_text
from gil_tui.tui.widgets.run_bar import doing_text
from gil_tui.tui.widgets.verdict import verdict_report
from gil_tui.verdict.words import listed
from gil_tui.watch.cores import EffectiveCpus

Note = tuple[str, str]
"""A line and its role."""


def notes_of(session: Session, selection: Selection) -> list[Note]:
    """What stands in place of a verdict, the most important line first."""
    state = session.state
    notes: list[Note]
    if state.busy:
        so_far = interim_sentence(state)
        notes = [(so_far or doing_text(state), "strong")]
        notes += [(doing_text(state), "text")] if so_far and state.phase == "stopping" else []
    elif state.phase == "idle":
        notes = [
            (invitation(selection), "strong"),
            (shows_of(session.engine.workloads(), selection), "muted"),
        ]
    else:
        finished = sum(1 for run in state.runs if run.walls_s)
        words = {"interrupted": "Stopped before the end", "shown": "No verdict"}.get(state.phase, "Done")
        notes = [(f"{words}: {finished} of {len(state.runs)} runs have trials.", "strong")]
        notes.append((interim_sentence(state), "text"))
    notes += [(line, "state-gil") for line in failures_of(state.runs)]
    if session.history_why:
        notes.append((f"Runs are not kept: {session.history_why}", "state-lock"))
    return [(text, role) for text, role in notes if text]


def invitation(selection: Selection) -> str:
    """What one key would do: `Press r: countdown with threads and processes, 1, 2 and 4 workers.`"""
    missing = selection.missing()
    if missing:
        return missing
    executors = listed(list(selection.executors))
    workers = listed([str(count) for count in selection.workers])
    return f"Press r to run {clean(selection.workload)} with {executors}, {workers} workers."


def shows_of(workloads: object, selection: Selection) -> str:
    """The sentence of the chosen workload; for the person's own code, where it will run."""
    known = {one.name: one.shows for one in workloads if isinstance(one, Workload)}  # type: ignore[attr-defined]
    return clean(known.get(selection.workload, "Your own code, imported in the experiment's process only."))


def chart_view(
    state: LabState, measure: str, cpus: EffectiveCpus
) -> tuple[tuple[Series, ...], str, float, str, str]:
    """The arguments of `ChartPane.show_series`."""
    effective = state.runs[0].host.cpus_effective if state.runs else cpus.count
    empty = "The chart fills as rounds finish." if state.busy else "No measurements yet."
    return series_of(state.runs, measure), measure, effective, empty, chart_title(state)


def chart_title(state: LabState) -> str:
    """What the chart is of: `countdown on 3.11.7`, with the run's number from the history."""
    if not state.runs:
        return ""
    pythons = {run.experiment.interpreter: python_of(run) for run in state.runs}
    on = f" on {next(iter(pythons.values()))}" if len(pythons) == 1 else ""
    number = f"#{state.run.id} " if state.run and state.run.id is not None else ""
    return f"{number}{workload_of(state.runs)}{on}"


def now_title(cpus: EffectiveCpus) -> str:
    """`Now · 2 of 8 CPUs (quota)`."""
    return f"Now · {cpus_text(cpus.cpus_online, cpus.count, cpus.limited_by)}"


def trial_text(state: LabState) -> str:
    """What is measured just now: `threads x4, trial 3`."""
    return f"{state.current.label}, trial {state.trial}" if state.current else ""


def report_of(state: LabState) -> list[str]:
    """Everything behind the verdict on screen."""
    if state.run:
        return details.run_lines(state.run)
    lines = verdict_report(state.verdict) if state.verdict else ["There is no verdict yet."]
    for run in state.runs:
        if run.verdict and run.experiment.executor != "sequential":
            lines += ["", f"{run.experiment.label}: {clean(run.verdict.sentence)}"]
    return lines


def output_of(state: LabState) -> list[str]:
    """What the programs of the shown runs printed."""
    runs = [state.run] if state.run else list(state.runs)
    lines = [line for run in runs for line in details.output_lines(run)]
    return lines or ["The program printed nothing."]
