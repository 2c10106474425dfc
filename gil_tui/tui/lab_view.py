"""What the Lab's panes say of a state: pure words and numbers, no widgets."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gil_tui.lab.records import Run
from gil_tui.language.spoken import say, some, to_say
from gil_tui.text import clean
from gil_tui.tui.engine import Selection, Workload
from gil_tui.tui.model import (
    LabState,
    best_of,
    failures_of,
    interim_sentence,
    sweep_of,
    workload_of,
    workloads_text,
)
from gil_tui.tui.series import (
    ALL,
    PYTHONS,
    TOGETHER,
    WORKERS,
    Chart,
    Line,
    Mark,
    View,
    comparable,
    executor_of,
    interpreters_of,
    names_of,
    python_of,
    pythons_to_show,
    series_of,
    settled,
    shown_runs,
    workloads_of,
    workloads_to_show,
)
from gil_tui.tui.session import Session
from gil_tui.tui.settings import Field, fields_of, for_fields, said, settings_text
from gil_tui.tui.widgets.chart import ChartView, cores_text
from gil_tui.tui.widgets.now import cpus_text
from gil_tui.tui.widgets.run_bar import doing_text
from gil_tui.tui.wording import enumerated
from gil_tui.watch.cores import EffectiveCpus

Note = tuple[str, str]
"""A line and its role."""
DASK = "dask"
DONE = to_say("Done: {count} of {total} runs have trials.")
ENDS = {
    "interrupted": to_say("Stopped before the end: {count} of {total} runs have trials."),
    "shown": to_say("No verdict: {count} of {total} runs have trials."),
}
"""What there is to say of a sweep without a verdict, by the phase that it is in."""


# What would run


def fields_for(selection: Selection, workloads: Sequence[Workload], own: Workload) -> list[Field]:
    """What can be set for the workloads that are chosen."""
    known = {workload.name: workload for workload in workloads}
    chosen = [known.get(name, own) for name in selection.workloads]
    units = {workload.size_unit for workload in chosen}
    unit = next(iter(units)) if len(units) == 1 else to_say("of the workload's own unit")
    knobs = [knob for workload in chosen for knob in workload.knobs]
    return fields_of(knobs, unit, dask=any(name.partition(":")[0] == DASK for name in selection.executors))


def settings_lines(selection: Selection, fields: Sequence[Field]) -> Note:
    """The line of the settings: what differs from the default."""
    text = settings_text(selection.settings, fields)
    return (text, "strong") if text else (say("as usual"), "muted")


def with_fitting_settings(selection: Selection, fields: Sequence[Field]) -> Selection:
    """The selection with those of the settings only that its workloads have."""
    return Selection(
        selection.workloads,
        selection.executors,
        selection.workers,
        selection.interpreters,
        for_fields(selection.settings, fields),
    )


def invitation(selection: Selection) -> str:
    """What one key would do: `Press r: countdown with threads and processes, 1, 2 and 4 workers.`"""
    missing = selection.missing()
    if missing:
        return missing
    names = [clean(name) for name in selection.workloads]
    what = enumerated(names) if len(names) <= 3 else workloads_text(len(names))
    return some(
        "Press r to run {what} with {executors}, {workers} worker.",
        "Press r to run {what} with {executors}, {workers} workers.",
        max(selection.workers),
        what=what,
        executors=enumerated(selection.executors),
        workers=enumerated([str(count) for count in selection.workers]),
    )


def shows_of(workloads: Sequence[Workload], own: Workload, selection: Selection) -> str:
    """The sentence of the chosen workload; for the person's own code, where it will run."""
    if len(selection.workloads) != 1:
        return say(
            "One sweep over all of them: each against its own sequential run, then against each other."
        )
    known = {one.name: one.shows for one in workloads}
    return clean(said(known.get(selection.workloads[0], own.shows)))


# The verdict's pane


def notes_of(session: Session, selection: Selection, shows: str, python: str = "") -> list[Note]:
    """What stands in place of a verdict, the most important line first; `python` is the key of one."""
    state = session.state
    notes: list[Note]
    if state.busy:
        so_far = interim_sentence(state, python) if len(workloads_of(state.runs)) == 1 else ""
        notes = [(so_far or doing_text(state), "strong")]
        notes += [(doing_text(state), "text")] if so_far and state.phase == "stopping" else []
    elif state.phase == "idle":
        notes = [(invitation(selection), "strong"), (shows, "muted")]
    else:
        finished = sum(1 for run in state.runs if run.walls_s)
        notes = [(say(ENDS.get(state.phase, DONE), count=finished, total=len(state.runs)), "strong")]
        notes.append((interim_sentence(state, python), "text"))
    notes += [(line, "state-gil") for line in failures_of(state.runs)]
    if session.history_why:
        notes.append((say("Runs are not kept: {why}", why=session.history_why), "state-lock"))
    return [(text, role) for text, role in notes if text]


# The chart's pane


def settled_view(state: LabState, view: View) -> View:
    """The view with everything chosen."""
    return settled(_around(state.run, view, state.runs) if state.run else view, state.runs)


def chart_view(
    state: LabState,
    view: View,
    cpus: EffectiveCpus,
    units: Mapping[str, str],
    bounds: Sequence[Mapping[str, Any]] = (),
    cores: float | None = None,
) -> ChartView:
    """What the chart's pane shows of a settled view.

    `bounds` stand in for those of the sweep: they are of a machine with so many `cores`, or foretold before
    the sweep has ended.
    """
    runs = state.runs
    fits = [fit for fit in state.fits if not (bounds or cores) or fit.get("model") != "bound"]
    chart = Chart(
        series=series_of(runs, view, units),
        measure=view.measure,
        axis=view.axis,
        names=names_of(runs, view),
        cpus=runs[0].host.cpus_effective if runs else cpus.count,
        lines=tuple(lines_of([*fits, *bounds], state, view, cores)),
        mark=mark_of(state, view),
        counts=counts_of(state, view, cores),
        cores=cores,
    )
    empty = say("The chart fills as rounds finish.") if state.busy else say("No measurements yet.")
    return ChartView(
        chart, empty, chart_title(state, view), facet_of(runs, view), against_of(runs, view, units)
    )


def _around(run: Run, view: View, runs: Sequence[Run]) -> View:
    """A run of the history is at first shown among those of its workload, and of its interpreter."""
    several = len(interpreters_of(runs)) > TOGETHER
    return View(
        view.measure,
        view.axis or WORKERS,
        view.python or (run.experiment.interpreter_key if several else ""),
        view.workload or run.experiment.workload,
    )


def chart_title(state: LabState, view: View) -> str:
    """What the chart is of: `countdown on 3.11.7`, with the run's number from the history."""
    if not state.runs:
        return ""
    number = f"#{state.run.id} " if state.run and state.run.id is not None else ""
    shown = shown_runs(view, state.runs)
    pythons = {run.experiment.interpreter_key: python_of(run) for run in shown}
    subject = workload_of(shown)
    if len(pythons) == 1:
        subject = say("{workload} on {python}", workload=subject, python=next(iter(pythons.values())))
    elif view.axis == PYTHONS:
        subject = say("{workload} by Python", workload=subject)
    return f"{number}{subject}{_place(state.runs, view)}"


def _place(runs: Sequence[Run], view: View) -> str:
    """Where the shown part stands among those that a key steps through: ` · 2/6`."""
    places = [
        (options.index(at) + 1, len(options))
        for options, at in (
            (workloads_to_show(view, runs), view.workload),
            (_single(view, runs), view.python),
        )
        if at in options
    ]
    return "".join(f" · {number}/{count}" for number, count in places)


def _single(view: View, runs: Sequence[Run]) -> list[str]:
    return [key for key in pythons_to_show(view, runs) if key != ALL]


def facet_of(runs: Sequence[Run], view: View) -> str:
    """The part that is shown, where there are several and room is for few words: `sha256 3.13t`."""
    shown = shown_runs(view, runs)
    words = [clean(view.workload)] if workloads_to_show(view, runs) else []
    if view.python != ALL and pythons_to_show(view, runs) and shown:
        words.append(python_of(shown[0]))
    return " ".join(words)


def against_of(runs: Sequence[Run], view: View, units: Mapping[str, str]) -> tuple[str, ...]:
    """What is held against each other on an axis of names, in ever fewer words."""
    shown = shown_runs(view, runs)
    if view.axis == WORKERS or not shown:
        return ()
    counts = sorted({run.experiment.workers for run in shown if run.experiment.executor != "sequential"})
    several = len(counts) > 1
    best = some("{count} worker", "{count} workers", counts[0])
    best = say("best of {counts} workers", counts=", ".join(map(str, counts))) if several else best
    if not comparable(shown, units):
        if view.measure == "time":
            return (best,)
        alone = say("each against its own sequential run")
        return f"{best}, {alone}", alone
    reference = clean(workloads_of(shown)[0])
    reference = say("on {python}", python=python_of(shown[0])) if view.axis == PYTHONS else reference
    whole, short = AGAINST[view.measure]
    what = say(whole, reference=reference)
    at_best = say("at best, {what}", what=what) if several else what
    return f"{best}, {what}", at_best, say(short, reference=reference)


AGAINST = {
    "speedup": (to_say("against sequential {reference}"), to_say("against seq {reference}")),
    "time": (to_say("for the work of sequential {reference}"), to_say("for the work of seq {reference}")),
}
"""What is held against each other on an axis of names by measure, in many words and in few."""


def counts_of(state: LabState, view: View, cores: float | None) -> tuple[float, ...]:
    """The numbers of workers on the x axis: those of the sweep, and as many as another machine has cores."""
    if view.axis != WORKERS:
        return ()
    counts = {float(run.experiment.workers) for run in shown_runs(view, state.runs)}
    most = max(counts, default=0)
    if counts and cores is not None and cores > most:
        counts |= {2.0**power for power in range(math.floor(math.log2(cores)) + 1) if 2**power > most}
        counts.add(float(math.ceil(cores)))
    return tuple(sorted(counts))


def lines_of(
    fits: Sequence[Mapping[str, Any]], state: LabState, view: View, cores: float | None = None
) -> Iterator[Line]:
    """The laws fitted to the shown executors, and how far one worker foretells that they go."""
    shown = shown_runs(view, state.runs)
    if not fits or view.axis != WORKERS or len(interpreters_of(shown)) != 1:
        return
    python = next((python_of(run) for run in shown if run.python), python_of(shown[0]))
    executors = {executor_of(run) for run in shown}
    tried = max(run.experiment.workers for run in shown)
    most = max(counts_of(state, view, cores))
    for fit in fits:
        about = (fit.get("workload"), _version(str(fit.get("python", ""))))
        if about != (view.workload, python) or fit.get("refused") or fit.get("executor") not in executors:
            continue
        is_bound = fit.get("model") == "bound"
        last = most if is_bound else tried  # a law says nothing of what was not measured
        points = tuple((float(count), float(gain)) for count, gain in fit.get("curve", ()) if count <= last)
        law = clean(said(str(fit.get("model", ""))))
        label = (cores_text(cores) if cores else say("bound")) if is_bound else law
        yield Line(label, "bound" if is_bound else "fit", str(fit["executor"]), points)


def mark_of(state: LabState, view: View) -> Mark | None:
    """The number of workers to use, where the shown interpreter is the one that it was found for."""
    shown = shown_runs(view, state.runs)
    best = best_of(state, view.workload)
    if not best or view.axis != WORKERS or len(interpreters_of(shown)) != 1:
        return None
    known_as = _version(str(best.get("python", "")))
    if len(interpreters_of(state.runs)) != 1 and known_as != python_of(shown[0]):
        return None
    workers = float(best["workers"])
    low, high = (float(best[end]) if best.get(end) else workers for end in ("low", "high"))
    return Mark(workers, low, high, str(best["executor"]))


def _version(python: str) -> str:
    """The interpreter of a fit as `python_of` has it."""
    return python.removeprefix("CPython ").replace(" +", "+")


# The other panes


def now_title(cpus: EffectiveCpus) -> str:
    """`Now · 2 of 8 CPUs (quota)`."""
    return f"{say('Now')} · {cpus_text(cpus.cpus_online, cpus.count, cpus.limited_by)}"


def trial_text(state: LabState) -> str:
    """What is measured just now: `threads x4, trial 3`, with what there are several of before it."""
    current = state.current
    if current is None:
        return ""
    several = len(workloads_of(state.runs)) > 1
    words = [clean(current.workload)] if several else []
    if len(interpreters_of(state.runs)) > 1:
        own = next(
            (run for run in state.runs if run.experiment.interpreter_key == current.interpreter_key), None
        )
        words += [python_of(own)] if own else []
    return say("{what}, trial {number}", what=" ".join([*words, current.label]), number=state.trial)


def report_of(state: LabState, cores: float | None = None) -> list[str]:
    """Everything behind the verdict on screen: the verdict, then every run in tables.

    With `cores` also the bound for a machine with so many.
    """
    from gil_tui.report.judgement import verdict_lines
    from gil_tui.report.recommendation import recommendation_lines
    from gil_tui.report.sweep import foretold_lines, sweep_lines
    from gil_tui.tui import details

    if not state.runs:
        return [say("There is no verdict yet.")]
    if state.run:
        lines = details.run_lines(state.run, state.runs, fits=state.fits)
        found = [*recommendation_lines(sweep_of(state)), *foretold_lines(sweep_of(state), cores)]
        every = say("all {count} runs of its sweep", count=len(state.runs))
        return [*lines, "", "", every, *found] if found else lines
    lines = sweep_lines(sweep_of(state), cores)
    answer = 2 + len(recommendation_lines(sweep_of(state)))
    return [*lines[:answer], *(verdict_lines(state.verdict) if state.verdict else []), *lines[answer:]]


def output_of(state: LabState) -> list[str]:
    """What the programs of the shown runs printed."""
    from gil_tui.tui import details

    runs = [state.run] if state.run else list(state.runs)
    lines = [line for run in runs for line in details.output_lines(run)]
    return lines or [say("The program printed nothing.")]
