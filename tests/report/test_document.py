"""The report as Markdown and HTML: what must be in it, and that nothing printed becomes markup."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from gil_tui.bench.spec import Experiment
from gil_tui.lab.records import Run, Sweep
from gil_tui.language import language_called
from gil_tui.report.chapters import document_of
from gil_tui.report.data import Part, Report
from gil_tui.report.document import Document, Listing, Pairs, Paragraph, Table, Typed, printable
from gil_tui.report.html import html_text
from gil_tui.report.markdown import escaped, markdown_text
from gil_tui.report.written import report_files
from tests.history.samples import a_failed_trial, a_full_trial, a_run, finished
from tests.report.sweeps import a_judged_sweep, a_report

HOSTILE = (
    "<img src=x onerror=alert(1)>|`*_[a](http://evil.example)\x1b[31m\u202e\x07"
    " ![b](//c) www.evil.example @you"
)
ENGLISH, FRENCH = language_called("en"), language_called("fr")
VOID = {"meta", "link", "br", "img", "hr"}
MAY_STAND = {
    "html", "head", "meta", "link", "title", "style", "body", "header", "main", "footer", "nav", "h1", "h2",
    "h3", "h4", "p", "ul", "li", "a", "dl", "dt", "dd", "div", "table", "caption", "thead", "tbody", "tr",
    "th", "td", "figure", "figcaption", "pre", "code", "span", "svg", "rect", "text", "line", "polyline",
    "polygon", "circle", "path", "defs", "pattern",
}  # fmt: skip
FETCHING = {"src", "srcset", "data", "action", "formaction", "poster", "background", "xlink:href"}


class Reader(HTMLParser):
    """Every element that was opened, with its attributes; elements must be closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def a_hostile_report(**changes: Any) -> Report:
    """Hostile words wherever others' words come from."""
    trial = replace(a_full_trial(), stdout=HOSTILE, stderr=HOSTILE, marks=(HOSTILE,))
    failed = replace(a_failed_trial(), failure={"kind": "raised", "message": HOSTILE, "traceback": HOSTILE})
    experiment = Experiment(
        f"{HOSTILE}:render", "threads", 4, f"/{HOSTILE}/python", 10, 10, knobs=(("args", HOSTILE),)
    )
    run = finished(a_run(experiment=experiment, id=1, notes=(HOSTILE,), call_s=1.0), trial, failed)
    assert run.verdict
    verdict = replace(
        run.verdict,
        sentence=HOSTILE,
        would_change=(HOSTILE,),
        evidence=(replace(run.verdict.evidence[0], name=HOSTILE, how=HOSTILE),),
        advice=(replace(run.verdict.advice[0], action=HOSTILE, cost=HOSTILE, why=HOSTILE),),
    )
    run = replace(run, verdict=verdict, host=replace(run.host, name=HOSTILE), watch_why=HOSTILE)
    other = replace(run, id=2, experiment=replace(experiment, workers=8, executor="dask"), status="failed")
    other = replace(other, failure={"kind": "raised", "message": HOSTILE})
    sweep = Sweep(HOSTILE, run.host, (run, other), verdict, noise=0.02)
    check = {"part": HOSTILE, "subject": HOSTILE, "quantity": HOSTILE, "unit": "share", "state": HOSTILE}
    selftest = {"schema": "gil-tui/selftest/1", "checks": [check, "no"], "sentence": HOSTILE}
    report = Report(HOSTILE, (Part(sweep), Part(sweep, whole=False)), "no date", "0.1", selftest)
    return replace(report, **changes)


def test_the_summary_comes_first_and_everything_after_it() -> None:
    text = report_files(a_report(), ENGLISH)["report.md"]
    chapters = re.findall(r"^## (.*)", text, re.MULTILINE)
    assert chapters == [
        "Summary", "Verdicts and evidence", "Charts", "Measurements", "Method", "Noise and self\\-test",
        "Reproduction", "Environment", "Every trial",
    ]  # fmt: skip
    summary = text.partition("## Verdicts")[0]
    for words in ("Use 2 processes", "1.91x", "MB", "very sure"):
        assert words in summary


def test_every_chapter_is_in_french_but_names() -> None:
    document = document_of(a_report(), FRENCH)
    html = html_text(document)
    assert '<html lang="fr">' in html
    marked = set(re.findall(r'<span lang="en">([^<]*)', html))
    assert marked == {"pings p50", "pings p99"}, "the figures of others' workloads keep their names"
    assert "Synthèse" in html
    assert "1,91\u00a0×" in html
    assert "1.91x" not in html


def test_both_languages_say_the_same_figures() -> None:
    def figures(document: Document, grouped: str) -> list[str]:
        tables = (block for block in document.blocks if isinstance(block, Table))
        cells = [cell for block in tables for row in block.rows for cell in row]
        pairs = (block for block in document.blocks if isinstance(block, Pairs))
        cells += [value for block in pairs for row in block.rows for value in row[1:]]
        plain = " ".join(re.sub(rf"(?<=\d){grouped}(?=\d{{3}}(?!\d))", "", cell) for cell in cells)
        return sorted(re.findall(r"\d+", plain))

    english = figures(document_of(a_report(), ENGLISH), ",")
    assert len(english) > 500
    assert english == figures(document_of(a_report(), FRENCH), "\u202f")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_printed_becomes_markup_in_html(language: str) -> None:
    html = report_files(a_hostile_report(), language_called(language))["report.html"]
    elements = read(html).elements
    assert {tag for tag, _ in elements} <= MAY_STAND
    for tag, attributes in elements:
        assert not any(name.startswith("on") or name in FETCHING for name in attributes), (tag, attributes)
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    assert "alert(1)" in html, "it is shown"


def test_nothing_printed_becomes_markup_in_markdown() -> None:
    text = report_files(a_hostile_report(), ENGLISH)["report.md"]
    for options in ("gfm-like", "commonmark"):
        parser = MarkdownIt(options, {"linkify": False})
        tags = {tag for tag, attributes in read(parser.render(text)).elements}
        assert not tags & {"img", "script", "em", "a"} - {"img"}
        for tag, attributes in read(parser.render(text)).elements:
            if tag == "img":
                assert re.fullmatch(r"chart-[\w-]+\.svg", attributes["src"] or "")
    assert not re.search(r"(?i)(?<![\w`])www\.evil", re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL))


def test_no_escape_sequence_reaches_a_file() -> None:
    for name, text in report_files(a_hostile_report(), FRENCH).items():
        assert "\x1b" not in text, name
        assert "\u202e" not in text, name
        assert all(character.isprintable() or character in "\n\u00a0\u202f" for character in text), name


def test_pictures_are_whole_and_refer_to_nothing() -> None:
    for report in (a_report(), a_hostile_report()):
        files = report_files(report, FRENCH)
        charts = [name for name in files if name.endswith(".svg")]
        assert charts
        for name in charts:
            root = ElementTree.fromstring(files[name])
            for element in root.iter():
                assert not {key for key in element.attrib if key.endswith("href")}
                for value in element.attrib.values():
                    assert "url(" not in value or re.fullmatch(r"url\(#[\w-]+\)", value)
        assert all(f"]({name})" in files["report.md"] for name in charts)


def test_the_raw_data_are_those_of_the_runs() -> None:
    report = a_report()
    files = report_files(report, FRENCH)
    document = json.loads(files["report.json"])
    assert document["schema"] == "gil-tui/report/1"
    assert Report.from_json(document) == report
    assert len(files["runs.csv"].splitlines()) == 1 + len(report.runs)
    assert len(files["trials.csv"].splitlines()) == 1 + sum(len(run.trials) for run in report.runs)


def test_a_cell_is_no_formula() -> None:
    lines = report_files(a_report(a_judged_sweep(workload='=cmd|" /C calc"!A0')), ENGLISH)["runs.csv"]
    assert "'=cmd" in lines
    assert not re.search(r'(^|,)"?=', lines, re.MULTILINE)


def test_chosen_runs_are_told_one_by_one() -> None:
    sweep = a_judged_sweep()
    bare = replace(sweep, runs=sweep.runs[2:4], verdict=None, fits=(), best=None, bests=())
    text = report_files(replace(a_report(), parts=(Part(bare, False, sweep.verdict),)), ENGLISH)["report.md"]
    summary = text.partition("## Verdicts")[0]
    assert "threads x2" in summary.replace("\u00a0", " ")
    assert "All runs of the sweep" in summary
    assert "2 processes" in summary


def test_what_was_not_measured_is_no_failure() -> None:
    bare: Run = a_run(
        status="failed", trials=(a_failed_trial(),), failure={"message": "it raised"}, python=None
    )
    report = Report("", (Part(Sweep("s", bare.host, (bare,))),), "", "0.1")
    text = report_files(report, FRENCH)["report.md"]
    assert "Pas de verdict" in text
    assert "it raised" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1. first", "1\\. first"),
        ("# no heading", "\\# no heading"),
        ("a|b", "a\\|b"),
        ("<b>", "&lt;b&gt;"),
        ("http://x", "http&#58;//x"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_shows_what_it_is_given(text: str, shown: str) -> None:
    assert escaped(text) == shown
    rendered = re.sub(r"</?p>\n?", "", MarkdownIt("commonmark").render(shown))
    assert rendered == printable(text.replace("\n", " ")).replace("<", "&lt;").replace(">", "&gt;")


def test_code_and_listings_end_where_they_end() -> None:
    blocks = (Listing(("```", "x ```` y")), Table("", ("a",), ((Typed("`|`"),),)), Paragraph("end"))
    text = markdown_text(Document("t", "en", "", blocks), {})
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert rendered.count("<pre>") == 1
    assert "<p>end</p>" in rendered
    assert "<code>`|`</code>" in rendered
