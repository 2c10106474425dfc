"""The audit: its verdict and the nine points on the first page, then each point, then what is missing."""

from collections.abc import Iterator

from gil_tui.report.chapters.evidence import evidence_table
from gil_tui.report.chapters.speaker import Speaker
from gil_tui.report.chapters.summary import verdict_page
from gil_tui.report.data import Report
from gil_tui.report.document import Block, English, Heading, Listing, Pairs, Paragraph, Table, Typed
from gil_tui.report.layout import MISSING
from gil_tui.text import clean
from gil_tui.verdict.audit_model import DONE, NOT_POSSIBLE, PROCESS, Checklist, Point


def audit_summary(audit: Checklist, speak: Speaker) -> Iterator[Block]:
    """The first page: the verdict, what is audited and how far it has come, the points in a line each."""
    if audit.verdict:
        yield from verdict_page(audit.verdict, speak)
    else:
        yield Paragraph(speak.say("Nothing is measured yet."), "verdict")
    yield Pairs(tuple(_about(audit, speak)))
    heading = ("Point", "Question", "State", "Figure", "Answer")
    rows = tuple(_row(point, speak) for point in audit.points)
    yield Table(speak.say("The nine points"), tuple(map(speak.say, heading)), rows)


def point_blocks(audit: Checklist, speak: Speaker) -> Iterator[Block]:
    """Each point with its answer, its figures, where they come from, and the command that measures it."""
    yield Heading(2, speak.say("Point by point"), "points")
    for point in audit.points:
        yield Heading(3, f"{point.number}. {speak.words(point.question)}")
        yield Paragraph(_answer(point, speak))
        yield Pairs(tuple(_facts(point, speak)))
        if point.evidence:
            yield evidence_table(point.evidence, speak)
        if point.reproduce:
            again = speak.say("This command measures it again:")
            told = again if point.state == DONE else speak.say("This command measures it:")
            yield Paragraph(told, "note")
            yield Listing((clean(point.reproduce),), is_command=True)


def missing_blocks(audit: Checklist, speak: Speaker) -> Iterator[Block]:
    """The points without an answer, each with the reason, and the commands that may bring one."""
    yield Heading(2, speak.say("What is missing, and why"), "missing")
    missing = [point for point in audit.points if point.state != DONE]
    if not missing:
        yield Paragraph(speak.say("All nine points are measured."))
        return
    heading = ("Point", "Question", "State", "Why")
    rows = tuple(
        (str(point.number), speak.words(point.question), speak.words(point.state), _answer(point, speak))
        for point in missing
    )
    yield Table(speak.say("Points without an answer"), tuple(map(speak.say, heading)), rows)
    commands = dict.fromkeys(clean(point.reproduce) for point in missing if point.reproduce)
    if commands:
        yield Paragraph(speak.say("What can still be measured, these commands measure:"))
        yield Listing(tuple(commands), is_command=True)


def audit_heading(report: Report, speak: Speaker) -> str:
    """What the report of an audit is called unless told otherwise."""
    assert report.audit is not None
    return speak.say("GIL audit: {title}", title=clean(report.audit.audit.title))


def _about(audit: Checklist, speak: Speaker) -> Iterator[tuple[str, str]]:
    asked = audit.audit
    yield speak.say("Subject"), Typed(clean(asked.subject))
    kind = speak.say("a running process") if asked.kind == PROCESS else speak.say("a function")
    yield speak.say("Kind"), kind
    if asked.interpreter:
        yield speak.say("Interpreter"), Typed(clean(asked.interpreter))
    yield speak.say("Begun"), speak.moment(asked.created_at)
    impossible = sum(point.state == NOT_POSSIBLE for point in audit.points)
    far = speak.say("{done} of {total} points measured", done=audit.done, total=len(audit.points))
    rest = speak.some("{count} not possible here", "{count} are not possible here", impossible)
    yield speak.say("How far it has come"), ", ".join([far, rest] if impossible else [far])


def _row(point: Point, speak: Speaker) -> tuple[str, ...]:
    return (
        str(point.number),
        speak.words(point.question),
        speak.words(point.state),
        speak.amount(point.figure.value, point.figure.unit) if point.figure else MISSING,
        _answer(point, speak),
    )


def _answer(point: Point, speak: Speaker) -> str:
    """The answer with its full stop, or what stands in its place."""
    if point.state == DONE:
        text = speak.words(point.answer)
    elif point.why:
        text = speak.words(point.why)
    else:
        return speak.say("It is not measured yet.")
    told = f"{text[:1].upper()}{text[1:]}" if text[:1].islower() else str(text)
    ended = told if told.endswith((".", "!", "?", "…")) else f"{told}."
    return English(ended) if isinstance(text, English) else ended


def _facts(point: Point, speak: Speaker) -> Iterator[tuple[str, str]]:
    yield speak.say("State"), speak.words(point.state)
    figure = point.figure
    if figure and figure.value is not None:
        value = speak.amount(figure.value, figure.unit)
        if figure.low is not None and figure.high is not None:
            ends = [speak.amount(end, figure.unit) for end in (figure.low, figure.high)]
            value = speak.say("{median} ({low} to {high})", median=value, low=ends[0], high=ends[1])
        yield speak.say("Figure"), speak.joined([speak.words(figure.name), value], speak.say(": "))
        yield speak.say("How it was got"), speak.words(figure.how)
    sources = [f"#{number}" for number in point.runs], [f"#{number}" for number in point.watches]
    for label, numbers in (
        (speak.say("From the runs"), sources[0]),
        (speak.say("From the watches"), sources[1]),
    ):
        if numbers:
            yield label, ", ".join(numbers)
