"""The chapters of a report, a file each, and the document that they make."""

from collections.abc import Iterator, Sequence

from gil_tui.language import Language
from gil_tui.report.chapters.audited import (
    audit_heading,
    audit_summary,
    missing_blocks,
    point_blocks,
)
from gil_tui.report.chapters.evidence import evidence_blocks
from gil_tui.report.chapters.measured import measured_blocks, trial_blocks
from gil_tui.report.chapters.method import method_blocks
from gil_tui.report.chapters.origin import environment_blocks, output_blocks, reproduction_blocks
from gil_tui.report.chapters.pictures import leading_picture, picture_blocks
from gil_tui.report.chapters.speaker import Speaker
from gil_tui.report.chapters.summary import subjects_of, summary_blocks
from gil_tui.report.chapters.trust import trust_blocks
from gil_tui.report.chapters.watched import watch_blocks, watch_summary
from gil_tui.report.data import Report
from gil_tui.report.document import Block, Document, Heading


def document_of(report: Report, language: Language, files: Sequence[str] = ()) -> Document:
    """The report in words, tables and pictures: the summary first, then all that it rests on.

    `files` are the names of the raw data beside it.
    """
    speak = Speaker(language)
    made = speak.say(
        "{date}, gil-tui {version}", date=speak.moment(report.created_at), version=report.version
    )
    hidden = speak.say("names, paths and arguments are hidden") if report.redacted else ""
    return Document(
        title=report.title or _title(report, speak),
        language=language.code,
        about=", ".join(part for part in (made, hidden) if part),
        blocks=tuple(_chapters(report, speak)),
        generator=f"gil-tui {report.version}",
        made_by=speak.say(
            "Made by gil-tui {version}. The raw data are beside it: {files}.",
            version=report.version,
            files=", ".join(files),
        ),
    )


def _title(report: Report, speak: Speaker) -> str:
    if report.audit:
        return audit_heading(report, speak)
    return speak.say("GIL report: {subject}", subject=subjects_of(report))


def _chapters(report: Report, speak: Speaker) -> Iterator[Block]:
    yield Heading(2, speak.say("Summary"), "summary")
    if report.audit:
        yield from audit_summary(report.audit, speak)
        yield from point_blocks(report.audit, speak)
        yield from missing_blocks(report.audit, speak)
        if report.parts:
            yield Heading(2, speak.say("What the runs found"), "found")
    yield from summary_blocks(report, speak)
    yield from leading_picture(report, speak)
    if not report.audit:
        yield from watch_summary(report, speak)
    yield from evidence_blocks(report, speak)
    yield from picture_blocks(report, speak)
    yield from measured_blocks(report, speak)
    yield from watch_blocks(report, speak)
    yield from method_blocks(report, speak)
    yield from trust_blocks(report, speak)
    yield from reproduction_blocks(report, speak)
    yield from environment_blocks(report, speak)
    yield from trial_blocks(report, speak)
    yield from output_blocks(report, speak)
