"""The pictures: speed-up and time over workers with laws, bounds and N*, and what the threads did."""

from collections.abc import Iterator, Mapping

from gil_tui.lab.records import Run
from gil_tui.report.besides import STATES
from gil_tui.report.chapters.speaker import Speaker
from gil_tui.report.chapters.works import Work, spread_of, works_of
from gil_tui.report.charts import Bar, Chart, Curve, Point, states_chart, workers_chart
from gil_tui.report.data import Report
from gil_tui.report.document import Block, Figure, Heading, Paragraph
from gil_tui.text import clean, percent

MOST_WORKS = 8
"""More pictures are looked at by nobody; the tables have them all."""
LAWS = {"constant": "constant", "roofline": "roofline", "amdahl": "Amdahl", "usl": "USL"}


def leading_picture(report: Report, speak: Speaker) -> Iterator[Block]:
    """The first chart, which stands in the summary where that is of one work."""
    works = _works(report)
    if len(works) == 1 and report.parts[0].whole:
        yield from list(_figures(works[0], 1, speak))[:1]


def picture_blocks(report: Report, speak: Speaker) -> Iterator[Block]:
    """Two charts and a bar picture for each work on each interpreter, without the leading one."""
    works = _works(report)
    led = list(leading_picture(report, speak))
    if not works:
        return
    yield Heading(2, speak.say("Charts"), "charts")
    for number, work in enumerate(works[:MOST_WORKS], 1):
        if len(works) > 1:
            yield Heading(3, speak.subject(work.runs[0]))
        yield from list(_figures(work, number, speak))[len(led) :]
    if len(works) > MOST_WORKS:
        left = speak.say("{count} more are in the tables only.", count=len(works) - MOST_WORKS)
        yield Paragraph(left, "note")


def _works(report: Report) -> list[Work]:
    return [work for part in report.parts for work in works_of(part.sweep) if _drawable(work)]


def _drawable(work: Work) -> bool:
    return sum(run.wall_s is not None for run in work.runs) > 1 or any(run.threads for run in work.runs)


def _figures(work: Work, number: int, speak: Speaker) -> Iterator[Block]:
    subject = speak.subject(work.runs[0])
    if sum(run.speedup is not None for run in work.runs) > 1:
        title = speak.say("Speed-up over workers")
        chart = _chart(work, title, speak, is_time=False)
        svg = workers_chart(chart, speak.language, f"speedup-{number}")
        yield Figure(f"speedup-{number}", svg, _caption(chart, subject, speak), f"{title}: {subject}")
    if sum(run.wall_s is not None for run in work.runs) > 1:
        title = speak.say("Time over workers")
        chart = _chart(work, title, speak, is_time=True)
        svg = workers_chart(chart, speak.language, f"time-{number}")
        yield Figure(f"time-{number}", svg, _caption(chart, subject, speak), f"{title}: {subject}")
    if any(run.threads for run in work.runs):
        title = speak.say("Where the threads' time went")
        words = {state: speak.say(name) for state, name in STATES.items()}
        bars = [_bar(run, speak) for run in work.runs if run.threads]
        svg = states_chart(bars, title, speak.say("GIL held"), speak.language, words, f"threads-{number}")
        seen = speak.say("Shares of the threads' time during the trials, and how far the GIL was held.")
        yield Figure(f"threads-{number}", svg, f"{seen} {subject}.", f"{title}: {subject}")


def _bar(run: Run, speak: Speaker) -> Bar:
    held = run.gil["held"] if run.gil else None
    return Bar(run.experiment.label, run.threads or {}, speak.figure(percent(held)))


def _chart(work: Work, title: str, speak: Speaker, *, is_time: bool) -> Chart:
    points = _points(work, is_time)
    curves = list(_curves(work, points, speak, is_time))
    kinds = {curve.kind for curve in curves}
    named = {
        "fit": speak.say("fitted law"),
        "bound": speak.say("bound, foretold from one worker"),
        "joined": speak.say("no law fits"),
        "ideal": speak.say("ideal"),
    }
    best = work.best
    return Chart(
        title,
        speak.say("median time") if is_time else speak.say("speed-up against sequential"),
        is_time,
        points,
        curves,
        (best["executor"], best["workers"], best["low"], best["high"]) if best else None,
        work.runs[0].host.cpus_effective,
        [(kind, words) for kind, words in named.items() if kind in kinds],
    )


def _points(work: Work, is_time: bool) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for run in work.runs:
        value = run.wall_s if is_time else run.speedup
        if value is not None:
            found.setdefault(spread_of(run), []).append(Point(run.experiment.workers, value))
    return {name: sorted(points, key=lambda point: point.workers) for name, points in found.items()}


def _curves(work: Work, points: Mapping[str, list[Point]], speak: Speaker, is_time: bool) -> Iterator[Curve]:
    """Of each measured executor: the law that may be trusted, else the points joined; and its bound."""
    alone = work.baseline.wall_s if work.baseline else None
    base_s = alone.median if alone else None
    fitted = set()
    for fit in work.fits:
        executor, is_bound = fit["executor"], fit["model"] == "bound"
        if executor not in points or fit.get("refused") or (is_time and not base_s):
            continue
        label = executor
        if is_bound:
            label = speak.say("{executor}, bound", executor=executor)
        else:
            fitted.add(executor)
            law = LAWS.get(fit["model"], fit["model"])
            label = speak.say("{executor}, {law}", executor=executor, law=speak.say(law))
        curve = tuple((float(n), _value(value, base_s, is_time)) for n, value in fit["curve"] if value > 0)
        yield Curve(executor, "bound" if is_bound else "fit", curve, label)
    for executor, own in points.items():
        if executor not in fitted and len(own) > 1:
            yield Curve(executor, "joined", tuple((p.workers, p.value.median) for p in own), executor)
    most = max((point.workers for own in points.values() for point in own), default=1)
    if not is_time and most > 1:
        yield Curve("", "ideal", tuple((float(n), float(n)) for n in range(1, most + 1)))


def _value(speedup: float, base_s: float | None, is_time: bool) -> float:
    return base_s / speedup if is_time and base_s else speedup


def _caption(chart: Chart, subject: str, speak: Speaker) -> str:
    parts = [f"{subject}.", speak.say("Points are medians with their 95 % interval.")]
    if chart.best:
        executor, workers, low, high = chart.best
        few = speak.say(
            "N* is the smallest number of workers that will do: {count} {executor}",
            count=workers,
            executor=clean(executor),
        )
        interval = speak.say("{low} to {high}", low=low, high=high)
        parts.append(f"{few} ({interval})." if low < high else f"{few}.")
    return " ".join(parts)
