"""A report as files: Markdown, HTML, the charts, and the raw data."""

import json
from pathlib import Path

from gil_tui.language import Language
from gil_tui.report.chapters import document_of
from gil_tui.report.data import Report, finite
from gil_tui.report.files import write_all
from gil_tui.report.html import html_text
from gil_tui.report.markdown import markdown_text
from gil_tui.report.tables import TABLES, tables_of

CHARTS = "chart-*.svg"


def write_report(report: Report, folder: Path, language: Language) -> list[Path]:
    """Write all files into the folder; returns their paths, HTML first. Raises LabError."""
    return write_all(folder, report_files(report, language), outdated=(CHARTS, *TABLES))


def report_files(report: Report, language: Language) -> dict[str, str]:
    """The texts of the files by their names."""
    tables = tables_of(report)
    document = document_of(report, language, ("report.json", *tables))
    charts = {figure.name: f"chart-{figure.name}.svg" for figure in document.figures}
    mark = f"<!-- gil-tui {report.version} -->\n"
    return {
        "report.html": html_text(document),
        "report.md": markdown_text(document, charts),
        **{charts[figure.name]: f"{mark}{figure.svg}\n" for figure in document.figures},
        "report.json": json.dumps(finite(report.to_json()), allow_nan=False) + "\n",
        **tables,
    }
