"""The panes' rows as text, without an application."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.tui.engine import Selection
from gil_tui.tui.lab_view import chart_title, invitation, output_of, report_of
from gil_tui.tui.lanes import Lanes
from gil_tui.tui.model import LabState, shown
from gil_tui.tui.series import View, settled
from gil_tui.tui.tabs import TABS
from gil_tui.tui.widgets.key_bar import Key, fitting, key_row
from gil_tui.tui.widgets.lines import Row, changed_span, row_text, row_width
from gil_tui.tui.widgets.masthead import masthead_row, tab_spans
from gil_tui.tui.widgets.now import Now, cpus_text, gil_rows, legend_row, now_rows, rates_text
from gil_tui.tui.widgets.run_bar import progress_text, run_rows
from gil_tui.tui.widgets.verdict import verdict_report, verdict_rows
from gil_tui.verdict.model import Verdict
from gil_tui.watch.frames import Frame, GilFrame
from tests.tui.fake_engine import GIL_VERDICT, PYTHON, ended, frame_of, run_of

THREADS = frame_of(run_of("threads", 4).experiment, 0)
PROCESSES = frame_of(run_of("processes", 4).experiment, 0)
FACTS = ("web-01", "2 of 8 CPUs (quota)", "CPython 3.13.2, GIL on", "load 0.4")


def lines(rows: list[Row]) -> list[str]:
    return [row_text(row).rstrip() for row in rows]


def with_gil(gil: GilFrame) -> list[str]:
    return lines(gil_rows(replace(THREADS, gils=(gil,)), 40))


def lanes_of(*frames: Frame) -> Lanes:
    lanes = Lanes()
    for frame in frames:
        lanes.begin()
        lanes.add(frame)
    return lanes


def test_the_gauge_says_what_it_knows_and_why_it_does_not() -> None:
    assert lines(gil_rows(THREADS, 40)) == [
        "GIL   ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  99 %",
        "wait  2.8 threads   178 switches/s",
    ]
    assert lines(gil_rows(PROCESSES, 40))[0].startswith("GILx4 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇ ")
    unavailable = with_gil(GilFrame(1, 0, False, why="another user's\x1b[2J process"))
    assert unavailable == ["GIL   unavailable", "      another user's[2J process"]
    assert with_gil(GilFrame(1, 0, True, enabled=False))[0] == "GIL   off: free-threaded"
    assert lines(gil_rows(None, 40))[0] == "GIL   no process is watched"
    assert lines(gil_rows(THREADS, 40, live=False))[0] == "GIL   last trial 99 % held"
    assert with_gil(replace(THREADS.gils[0], waiting=None, switches_per_s=None))[1] == "wait  – threads"


def test_a_roomy_pane() -> None:
    lanes = lanes_of(THREADS, frame_of(run_of("processes", 2).experiment, 0))
    rows = now_rows(Now((0.98, 0.11), THREADS, True, "threads x4, trial 2"), lanes, 40, 18)
    assert lines(rows) == [
        "cpu 0 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇   98 %",
        "cpu 1 ▇▇▇                           11 %",
        "",
        "GIL   ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  99 %",
        "wait  2.8 threads   178 switches/s",
        "",
        "threads x4, trial 2",
        "p0    ▒█ ██                       cpu 97",
        "p1    █▒ ██                       cpu 97",
        "      ▒▒",
        "      ▒▒",
        "",
        "█ CPU ▒ GIL ▚ lock ░ queue ─ I/O · idle",
    ]


def test_a_small_pane_shows_the_most_important() -> None:
    assert lines(now_rows(Now((0.98, 0.11), THREADS), lanes_of(THREADS), 44, 5)) == [
        "0 ▇▇▇▇▇▇▇▇▇▇▇▇▇  98 %  1 ▇              11 %",
        "GIL   ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  99 %  2.8 wait",
        "t0    ▒█                              gil 74",
        "t1    █▒                              gil 74",
        "and 2 more threads",
    ]


@given(
    st.integers(min_value=0, max_value=130),
    st.integers(min_value=0, max_value=100),
    st.integers(min_value=0, max_value=40),
)
def test_any_size_and_any_number_of_cores(cores: int, width: int, height: int) -> None:
    lanes = lanes_of(THREADS, PROCESSES)
    rows = now_rows(Now((0.5,) * cores, PROCESSES, True, "processes x4, trial 1"), lanes, width, height)
    assert len(rows) <= height
    if width >= 8:
        assert all(row_width(row) <= width for row in rows)


def test_the_legend_drops_what_does_not_fit() -> None:
    assert row_text(legend_row(40)) == "█ CPU ▒ GIL ▚ lock ░ queue ─ I/O · idle"
    assert row_text(legend_row(12)) == "█ CPU ▒ GIL"
    assert row_text(legend_row(3)) == ""


def test_what_the_instrument_says_of_itself() -> None:
    assert rates_text(None, 0.0) == ""
    assert rates_text(THREADS, 0.0131) == "100 Hz · observer 1.3 %"
    assert cpus_text(8, 2.0, "quota") == "2 of 8 CPUs (quota)"
    assert cpus_text(8, 1.5, "quota") == "1.5 of 8 CPUs (quota)"
    assert cpus_text(1, 1.0, "online") == "1 CPU"


def test_the_verdict_has_its_sentence_evidence_and_advice() -> None:
    assert lines(verdict_rows(GIL_VERDICT, [], 84, 5)) == [
        " GIL   GIL-bound: 4 threads do the work of 1.02. Use 2 processes: 1.91x.",
        "because  GIL held 99 % (98 % to 100 %)   threads that wait 2.8 threads",
        "         threads x4 speed-up 1.02x (1.00x to 1.04x)",
        "do       use 2 processes: 1.91x (+24 MB, 61 ms start)",
        "         use a free-threaded build: 1.80x",
    ]


def test_a_failure_is_not_hidden_by_the_verdict() -> None:
    rows = lines(verdict_rows(GIL_VERDICT, ["threads x2: ValueError: [red]no"], 84, 5))
    assert rows[1] == "failed   threads x2: ValueError: [red]no"
    assert rows[-1].startswith("do  ")


def test_the_sentence_comes_first_however_small_the_pane() -> None:
    assert lines(verdict_rows(GIL_VERDICT, [], 40, 2)) == [
        " GIL   GIL-bound: 4 threads do the work",
        "of 1.02. Use 2 processes: 1.91x.",
    ]
    assert len(verdict_rows(GIL_VERDICT, [], 30, 1)) == 1
    assert len(verdict_rows(GIL_VERDICT, [], 1, 1)) == 1


@given(st.text(max_size=300), st.integers(min_value=1, max_value=120), st.integers(min_value=1, max_value=12))
def test_any_sentence_fits(sentence: str, width: int, height: int) -> None:
    assert len(verdict_rows(Verdict("unsure", 0.2, sentence), [], width, height)) <= height


def test_the_report_names_how_each_number_was_got() -> None:
    report = "\n".join(verdict_report(GIL_VERDICT))
    assert "(sure 0.99)" in report
    assert "GIL held             99 %         (98 % to 100 %)   4,100 reads of the GIL" in report
    assert "what would change this verdict" in report


def test_masthead_keeps_the_tabs_whatever_the_width() -> None:
    tabs = "".join(text for text, _ in tab_spans(TABS, "lab"))
    wide = row_text(masthead_row(FACTS, TABS, "lab", 82 + len(tabs)))
    assert wide.startswith(" gil-tui  web-01 · 2 of 8 CPUs (quota) · CPython 3.13.2, GIL on · load 0.4 ")
    assert wide.endswith(tabs) and len(wide) == 82 + len(tabs)
    narrow = row_text(masthead_row(FACTS, TABS, "lab", 24 + len(tabs)))
    assert narrow.startswith(" gil-tui  web-01 ") and narrow.endswith(tabs)
    assert row_text(masthead_row(FACTS, TABS, "lab", 3)) == tabs


def test_keys_are_dropped_whole_and_the_way_out_last() -> None:
    keys = [
        Key("r", "Run", "r", "lab.run"),
        Key("t", "Time", "t", "lab.measure"),
        Key("v", "View", "v", "lab.view"),
        Key("f1", "Help", "f1", "app.help"),
        Key("q", "Quit", "q", "app.quit"),
        Key("^p", "Commands", "ctrl+p", "app.palette"),
    ]
    rows = {width: row_text(key_row(*fitting(keys, width))) for width in (80, 50, 40, 20, 8, 2)}
    assert rows == {
        80: "  r Run  t Time  v View  f1 Help  q Quit  ^p Commands",
        50: " r Run t Time v View f1 Help q Quit ^p Commands",
        40: " r Run t Time v View f1 Help q Quit",
        20: " f1 Help q Quit",
        8: " f1 Help",
        2: "",
    }


def test_the_run_bar() -> None:
    usual = ("as usual", "muted")
    assert lines(run_rows(LabState(), 7, usual, 24)) == [
        "Settings  as usual     ,",
        "▶ Run                  r",
        "────────────────────────",
        "7 experiments",
    ]
    busy = LabState(phase="measuring", share=0.5, left_s=3.2)
    assert lines(run_rows(busy, 7, ("latency_ms 5, size 100000", "strong"), 26, 3)) == [
        "Settings  latency_ms 5,… ,",
        "■ Stop  50 %  4 s left   s",
    ]
    assert progress_text(busy) == "50 % · 4 s left"
    assert progress_text(LabState()) == ""


def test_an_invitation_names_what_will_run() -> None:
    chosen = Selection(("[red]shop.py:render",), ("threads", "processes"), (1, 2), (PYTHON,))
    assert (
        invitation(chosen)
        == "Press r to run [red]shop.py:render with threads and processes, 1 and 2 workers."
    )
    assert invitation(replace(chosen, executors=())) == "Choose an executor first."


def test_output_and_report_of_a_run_of_the_history() -> None:
    run = ended(run_of("threads", 4, 2))
    first, second = run.trials
    run = replace(run, id=41, trials=(replace(first, stdout="hello\x1b[2J\n[b]x\n"), second))
    state = shown(run, [run])
    assert output_of(state) == ["── stdout of threads x4, trial 1", "hello[2J", "[b]x", ""]
    assert chart_title(state, settled(View(), state.runs)) == "#41 countdown on 3.11.7"
    assert any("web-01: 2 of 8 CPUs (quota)" in line for line in report_of(state))
    assert output_of(LabState()) == ["The program printed nothing."]


@pytest.mark.parametrize(
    ("before", "after", "span"),
    [
        ((("abc", "text"),), (("abc", "text"),), None),
        ((("abc", "text"),), (("a", "text"), ("bc", "text")), None),
        ((("abcd", "text"),), (("abXd", "text"),), (2, 1)),
        ((("abcd", "text"),), (("a", "text"), ("bc", "muted"), ("d", "text")), (1, 2)),
        ((("日本", "text"),), (("日X ", "text"),), (2, 2)),
        ((("abc", "text"),), (), (0, 3)),
    ],
)
def test_only_the_cells_that_differ_are_repainted(
    before: Row, after: Row, span: tuple[int, int] | None
) -> None:
    assert changed_span(before, after) == span
