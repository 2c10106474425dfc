"""The HTML file in a real browser: no error, no request, and it prints."""

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.language import language_called
from gil_tui.report.written import report_files
from tests.report.audits import a_watch_report, an_audit_report
from tests.report.sweeps import a_report
from tests.report.test_document import a_hostile_report

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--enable-logging=stderr", "--virtual-time-budget=2000",
)  # fmt: skip


@pytest.fixture
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no chromium: apt-get install chromium")
    return found


class Site:
    """Serves one page on loopback, and knows what was asked for."""

    def __init__(self, page: str) -> None:
        asked: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200 if self.path == "/report.html" else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                if self.path == "/report.html":
                    self.wfile.write(page.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Quietly."""

        self.asked = asked
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/report.html"


REPORTS = {"plain": a_report, "hostile": a_hostile_report, "audit": an_audit_report, "watch": a_watch_report}


@pytest.fixture(params=REPORTS)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    report = REPORTS[request.param]()
    found = Site(report_files(report, language_called("fr"))["report.html"])
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join(5)


@pytest.mark.real
def test_it_is_shown_without_errors_and_asks_for_nothing(browser: str, site: Site, tmp_path: Path) -> None:
    picture, printed = tmp_path / "page.png", tmp_path / "page.pdf"
    for order in (f"--screenshot={picture}", f"--print-to-pdf={printed}"):
        done = subprocess.run(
            [browser, *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", order, site.url],
            capture_output=True,
            text=True,
            timeout=90,
        )
        said = [line for line in done.stderr.splitlines() if "CONSOLE" in line or "Refused" in line]
        assert said == []
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert printed.read_bytes().startswith(b"%PDF")
    assert set(site.asked) == {"/report.html"}
