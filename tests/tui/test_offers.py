"""What can be chosen and what cannot, settings, and text to be read: without an application."""

from hypothesis import given
from hypothesis import strategies as st

from gil_tui.bench.spec import Knob
from gil_tui.lab.availability import Availability
from gil_tui.lab.interpreters import Interpreter
from gil_tui.tui.engine import plan_options, real_engine
from gil_tui.tui.offers import (
    about_lines,
    interpreter_entries,
    off_everywhere,
    refusal,
    remedies_of,
    why_not,
    workload_entries,
)
from gil_tui.tui.reading import reading_rows
from gil_tui.tui.settings import changed, fields_of, for_fields, settings_text
from gil_tui.tui.widgets.entry_list import listed_rows
from gil_tui.tui.widgets.families import Family, families_of
from gil_tui.tui.widgets.pickers import telling_pythons
from tests.tui.fake_engine import EXECUTORS, NUMPY, PYTHON, PYTHON_T, WORKLOADS

OLD = Interpreter(PYTHON, "cpython", "3.11.7", False, "3.11", "running")
FREE = Interpreter(PYTHON_T, "cpython", "3.13.15", True, "3.13t", "opt")
SWITCHED = Interpreter(PYTHON_T, "cpython", "3.13.15", True, "3.13t+gil", "opt", gil=True)
PYPY = Interpreter("/usr/bin/pypy3", "pypy", "3.9.16", False, "pypy3.9", "path")
KNOWN = {
    ("numpy_matmul", OLD.key): NUMPY,
    ("numpy_matmul", FREE.key): Availability(),
    ("dask", OLD.key): NUMPY,
    ("dask", FREE.key): Availability("needs dask", "pip install dask"),
}


def test_what_one_of_the_chosen_interpreters_can_do_is_not_off() -> None:
    names = ["numpy_matmul", "dask", "sleep"]
    assert off_everywhere(names, [OLD, FREE], KNOWN) == {"dask"}
    assert off_everywhere(names, [OLD], KNOWN) == {"numpy_matmul", "dask"}
    assert off_everywhere(names, [PYPY], KNOWN) == frozenset()  # nothing is known of it
    assert off_everywhere(names, [], KNOWN) == frozenset()


def test_the_reason_names_where_and_the_remedy_what_to_do() -> None:
    assert why_not("numpy_matmul", [OLD], KNOWN) == "needs numpy"
    assert why_not("numpy_matmul", [OLD, FREE], KNOWN) == "needs numpy (3.11)"
    assert why_not("dask", [OLD, FREE], KNOWN) == "needs numpy (3.11); needs dask (3.13t)"
    assert remedies_of("dask", [OLD, FREE], KNOWN) == (NUMPY.remedy, "pip install dask")
    entry = next(one for one in workload_entries(WORKLOADS, [OLD], KNOWN) if one.key == "numpy_matmul")
    assert refusal(entry) == f"numpy_matmul is not available here, it needs numpy: {NUMPY.remedy}"
    assert [text for text, _ in about_lines(entry)] == [
        "– not available: needs numpy",
        f"  {NUMPY.remedy}",
        "Matrix products in BLAS: it releases the GIL, and has threads of its own.",
        "size in products · blas_threads 1",
    ]


def test_entries_are_found_by_any_of_their_words_and_stand_under_headings() -> None:
    entries = workload_entries(WORKLOADS, [OLD], KNOWN)
    assert [one.key for one in entries if one.matches(["releases", "gil"])] == ["sha256", "numpy_matmul"]
    assert [one.key for one in entries if one.matches(["EXTENSION", "loop_c"])] == [
        "loop_cdll",
        "loop_cython",
    ]
    rows = listed_rows(entries)
    assert [row for row in rows if isinstance(row, str)] == [
        "cpu",
        "native",
        "extension",
        "io",
        "locks",
        "mixed",
    ]


def test_interpreters_stand_by_kind_with_their_paths() -> None:
    entries = interpreter_entries([PYPY, SWITCHED, OLD, FREE])
    assert [(one.group, one.label) for one in entries] == [
        ("with a GIL", "3.11"),
        ("free-threaded", "3.13t+gil"),
        ("free-threaded", "3.13t"),
        ("PyPy and others", "pypy3.9"),
    ]
    assert entries[1].key == f"{PYTHON_T}+gil"
    assert entries[1].about[1] == "cpython 3.13.15, found in /opt; GIL switched on"


def test_of_many_pythons_the_telling_ones_are_shown() -> None:
    older = [Interpreter(f"/p/{n}", "cpython", f"3.{n}.0", False, f"3.{n}", "pyenv") for n in (12, 10, 9)]
    assert telling_pythons([OLD, FREE, SWITCHED]) == [OLD.key, FREE.key, SWITCHED.key]
    assert telling_pythons([OLD, *older, FREE, SWITCHED, PYPY]) == [OLD.key, "/p/12", FREE.key]


def test_families_offer_all_at_once_where_all_do_the_same_work() -> None:
    kinds = {one.name: (one.family, one.size_unit) for one in WORKLOADS} | {"odd": ("theirs", "x")}
    families = families_of(kinds, ("cpu", "native", "extension", "absent"))
    assert [family.name for family in families] == [
        "cpu",
        "native",
        "extension",
        "io",
        "locks",
        "mixed",
        "theirs",
    ]
    assert [family.together for family in families[:3]] == [False, False, True]
    assert len(families[2].options[0]) == 6 and len(families[2].options) == 7
    assert Family("yours", ()).options == ()


def test_settings_are_texts_that_differ_from_the_default() -> None:
    fields = fields_of(WORKLOADS[3].knobs, "products")
    assert [field.name for field in fields][:3] == ["blas_threads", "size", "tasks"]
    assert fields[0].meaning == "How many threads BLAS may use."
    assert fields[1].hint == "products, so that a task takes 20 ms"
    settings = changed(changed((), "size", " 100 "), "duration_ms", "5")
    assert settings == (("size", "100"), ("duration_ms", "5"))
    assert for_fields(settings, fields) == (("size", "100"),)
    assert settings_text(settings, fields) == "size 100"
    assert changed(settings, "size", "  ") == (("duration_ms", "5"),)
    assert next(field.name for field in fields_of((), dask=True)) == "dask"
    assert fields_of([Knob("fair", False, "", "")])[0].hint == "no"


def test_settings_are_checked_by_the_rules_of_the_command_line() -> None:
    check = real_engine().check
    assert check(["sleep"], (("duration_ms", "5"), ("size", "3"), ("switch interval", "0.005, 0.1"))) == ""
    assert check(["sleep"], (("duration_ms", "fast"),)) == (
        "knob duration_ms takes a number (ms) from 0 on, not 'fast'"
    )
    for name, text, expected in (
        ("size", "0", "size 0 is not possible"),
        ("size", "many", "size takes a whole number, not 'many'"),
        ("tasks", "1e9", "tasks takes a whole number"),
        ("repeats", "5000", "repeats 5000 is not possible"),
        ("timeout", "-1", "timeout -1 s is not possible"),
        ("switch interval", "0.005, x", "switch interval takes a number of seconds, not 'x'"),
        ("dask", "somewhere", "dask takes the address of a scheduler"),
        ("levle", "3", "no knob 'levle'"),
    ):
        assert expected in check(["sleep"], ((name, text),)), name
    assert "takes JSON" in check(["shop.py:render"], (("args", "["),))


def test_settings_become_what_a_plan_takes() -> None:
    assert plan_options(
        (("size", "3"), ("timeout", "2.5"), ("switch interval", "0.1 0.2"), ("level", "9"))
    ) == {
        "size": 3,
        "timeout_s": 2.5,
        "switch_interval_s": [0.1, 0.2],
        "knobs": {"level": "9"},
    }


def test_what_is_built_in_can_be_chosen() -> None:
    engine = real_engine()
    names = {one.name for one in engine.workloads()}
    assert {"countdown", "sha256", "sleep", "http"} <= names
    assert {"threads", "processes:spawn", "asyncio"} <= {one.name for one in engine.executors()}
    assert "sequential" not in {one.name for one in engine.executors()}
    assert {one.name for one in EXECUTORS} <= {one.name for one in engine.executors()}


def test_prose_is_wrapped_and_tables_stay_whole() -> None:
    lines = [
        "A sentence that is longer than the dialog.",
        "evidence",
        "  held   99 %  (98 % to 100 %)  4 reads",
        "",
    ]
    assert reading_rows(lines, 24) == [
        ("A sentence that is", True),
        ("longer than the dialog.", True),
        ("evidence", True),
        ("  held   99 %  (98 % to 100 %)  4 reads", False),
        ("", False),
    ]
    assert reading_rows(["x", "  one two three four five six"], 20)[1:] == [
        ("  one two three four", False),
        ("    five six", False),
    ]


@given(st.lists(st.text(max_size=60), max_size=5), st.integers(min_value=-5, max_value=80))
def test_any_text_can_be_read_at_any_width(lines: list[str], width: int) -> None:
    assert len(reading_rows(lines, width)) >= sum(1 for line in lines if line.strip())
