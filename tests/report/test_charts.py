"""The charts say what the numbers say, at the places where they belong, with and without colour."""

import itertools
import re
from collections.abc import Mapping
from xml.etree import ElementTree

import pytest

from gil_tui.language import language_called
from gil_tui.report import svg
from gil_tui.report.besides import STATES
from gil_tui.report.charts import Bar, Chart, Curve, Point, states_chart, workers_chart
from gil_tui.report.watch_charts import waiting_chart
from gil_tui.text import percent
from gil_tui.verdict.statistics import Interval
from tests.report.sweeps import a_judged_sweep

ENGLISH = language_called("en")
SVG = "{http://www.w3.org/2000/svg}"


def around(value: float) -> Interval:
    return Interval(value, value * 0.95, value * 1.05)


def points(values: Mapping[int, float]) -> list[Point]:
    return [Point(count, around(value)) for count, value in values.items()]


def a_chart(**changes: object) -> Chart:
    known = {
        "title": "Speed-up over workers",
        "axis": "speed-up",
        "is_time": False,
        "points": {"threads": points({1: 1.0, 4: 1.0}), "processes": points({1: 1.0, 2: 1.9, 4: 3.6})},
        "curves": [Curve("processes", "fit", ((1.0, 1.0), (4.0, 3.6)), "processes, Amdahl")],
        "best": ("processes", 4, 2, 4),
        "cpus": 4.0,
        "legend": [("fit", "fitted law")],
    }
    return Chart(**known | changes)  # type: ignore[arg-type]


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(workers_chart(chart, ENGLISH, "speedup-1"))


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_axes_and_marks_are_named() -> None:
    said = texts(drawn(a_chart()))
    for words in (
        "1",
        "2",
        "4",
        "workers",
        "threads",
        "processes",
        "fitted law",
        "4 CPUs",
        "N* = 4 processes",
    ):
        assert words in said
    assert "processes, Amdahl" in said


def test_more_is_higher_and_more_workers_are_further_right() -> None:
    root = drawn(a_chart(points={"threads": points({1: 1.0, 2: 1.9, 4: 3.6})}, curves=(), best=None))
    circles = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in root.iter(f"{SVG}circle")][:3]
    assert [x for x, _ in circles] == sorted(x for x, _ in circles)
    assert [y for _, y in circles] == sorted((y for _, y in circles), reverse=True)


def test_executors_differ_by_shape_and_lines_by_dash() -> None:
    assert len({look.shape for look in svg.LOOKS.values()} | {svg.OTHER.shape}) == len(svg.LOOKS)
    assert len(set(svg.DASHES.values())) == len(svg.DASHES)
    assert len({filling for _, filling in svg.STATE_LOOKS.values()}) == len(svg.STATE_LOOKS)


@pytest.mark.parametrize("colour", [look.colour for look in (*svg.LOOKS.values(), svg.OTHER)] + [svg.MUTED])
def test_colours_are_dark_enough_on_paper(colour: str) -> None:
    """WCAG 2: 4.5 against white, as for letters."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_all_is_within_the_picture() -> None:
    far = Curve("threads", "bound", ((1.0, 1.0), (4.0, 4000.0)), "threads, bound")
    for chart in (
        a_chart(curves=[far]),
        a_chart(points={"threads": points({2: 1.0})}, curves=(), best=None, cpus=None),
        a_chart(points={"threads": points({1: 1e-9, 1024: 1e-6})}, curves=(), best=None, is_time=True),
    ):
        root = drawn(chart)
        width, height = (float(value) for value in root.attrib["viewBox"].split()[2:])
        for element in root.iter():
            for name in ("x", "x1", "x2", "cx"):
                assert 0 <= float(element.attrib.get(name, 0)) <= width
            for name in ("y", "y1", "y2", "cy"):
                assert 0 <= float(element.attrib.get(name, 0)) <= height
            for x, y in re.findall(r"([\d.-]+),([\d.-]+)", element.attrib.get("points", "")):
                assert 0 <= float(x) <= width
                assert 0 <= float(y) <= height


def test_labels_do_not_lie_upon_each_other() -> None:
    curves = [Curve("threads", "fit", ((1.0, 1.0), (4.0, 2.0)), f"label {n}") for n in range(6)]
    root = drawn(a_chart(curves=curves))
    places = sorted(
        float(e.attrib["y"]) for e in root.iter(f"{SVG}text") if (e.text or "").startswith("label")
    )
    assert all(later - earlier >= 12 for earlier, later in itertools.pairwise(places))


def test_bars_are_as_long_as_their_shares() -> None:
    sweep = a_judged_sweep()
    drawn = [
        Bar(run.experiment.label, run.threads or {}, percent((run.gil or {})["held"])) for run in sweep.runs
    ]
    root = ElementTree.fromstring(states_chart(drawn, "t", "GIL held", ENGLISH, STATES, "threads-1"))
    bars = [
        one for one in root.iter(f"{SVG}rect") if one.attrib.get("fill", "").startswith("url(#threads-1-")
    ]
    by_row: dict[str, float] = {}
    for bar in bars:
        if float(bar.attrib["height"]) > 12:
            by_row[bar.attrib["y"]] = by_row.get(bar.attrib["y"], 0.0) + float(bar.attrib["width"])
    assert len(by_row) == len(sweep.runs)
    assert max(by_row.values()) - min(by_row.values()) < 4
    assert "99 %" in texts(root)


def test_what_could_not_be_told_apart_stays_blank() -> None:
    shares = {"cpu": 0.25, "run_queue": 0.25, "gil": None, "lock": None, "io": None, "idle": None}
    bars = [Bar("told", {**shares, "gil": 0.5, "lock": 0.0, "io": 0.0, "idle": 0.0}), Bar("blank", shares)]
    root = ElementTree.fromstring(states_chart(bars, "t", "", ENGLISH, STATES, "lanes-1"))
    by_row: dict[float, float] = {}
    for one in root.iter(f"{SVG}rect"):
        if one.attrib.get("fill", "").startswith("url(#lanes-1-") and float(one.attrib["height"]) > 12:
            y = float(one.attrib["y"])
            by_row[y] = by_row.get(y, 0.0) + float(one.attrib["width"])
    told, blank = (by_row[y] for y in sorted(by_row))
    assert blank == pytest.approx(told / 2, abs=2)


def test_as_many_wait_as_the_samples_saw() -> None:
    root = ElementTree.fromstring(waiting_chart((10, 0, 30), "t", ENGLISH, "waiting-1"))
    widths = [
        float(one.attrib["width"])
        for one in root.iter(f"{SVG}rect")
        if one.attrib.get("fill", "").startswith("url(#waiting-1-")
    ]
    assert widths[2] == pytest.approx(3 * widths[0])
    assert widths[1] < 1
    for words in ("nobody waits", "1 thread waits", "2 threads wait", "25 %", "75 %"):
        assert words in texts(root)
    many = texts(ElementTree.fromstring(waiting_chart((1,) * 30, "t", ENGLISH, "waiting-1")))
    assert "8 threads or more" in many
    assert "73 %" in many
