from hypothesis import given
from hypothesis import strategies as st

from gil_tui.tui.widgets.cores import bar, core_rows, gauge, level
from gil_tui.tui.widgets.lines import Row, row_text, row_width

MANY = tuple((core % 9) / 8 for core in range(128))


def lines(rows: list[Row]) -> list[str]:
    return [row_text(row).rstrip() for row in rows]


def test_a_row_a_core_while_they_fit() -> None:
    assert lines(core_rows((0.98, 0.11), 30, 4)) == [
        "cpu 0 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  98 %",
        "cpu 1 ▇▇                  11 %",
    ]


def test_eight_cores_in_four_rows() -> None:
    assert lines(core_rows([number / 7 for number in range(8)], 40, 4)) == [
        "0               0 %  4 ▇▇▇▇▇▇       57 %",
        "1 ▇▇           14 %  5 ▇▇▇▇▇▇▇▇     71 %",
        "2 ▇▇▇          29 %  6 ▇▇▇▇▇▇▇▇▇    86 %",
        "3 ▇▇▇▇▇        43 %  7 ▇▇▇▇▇▇▇▇▇▇▇ 100 %",
    ]


def test_128_cores_fold_into_a_grid() -> None:
    assert lines(core_rows(MANY, 36, 5)) == [
        "  0 ▁▁▂▃▄▅▆▇█▁▁▂▃▄▅▆▇█▁▁▂▃▄▅▆▇█▁▁▂▃▄",
        " 32 ▅▆▇█▁▁▂▃▄▅▆▇█▁▁▂▃▄▅▆▇█▁▁▂▃▄▅▆▇█▁",
        " 64 ▁▂▃▄▅▆▇█▁▁▂▃▄▅▆▇█▁▁▂▃▄▅▆▇█▁▁▂▃▄▅",
        " 96 ▆▇█▁▁▂▃▄▅▆▇█▁▁▂▃▄▅▆▇█▁▁▂▃▄▅▆▇█▁▁",
    ]


def test_more_cores_than_cells_are_means() -> None:
    rows = lines(core_rows((1.0, 0.0) * 64, 20, 2))
    assert rows == ["  0 ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄", " 64 ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄"]


def test_nothing_and_everything_show() -> None:
    assert bar(0.0, 10, "x")[0] == ("", "x")
    assert bar(0.006, 10, "x")[0] == ("▇", "x")
    assert bar(7.0, 10, "x") == (("▇" * 10, "x"), ("", "line"))
    assert [level(0.0), level(1.0)] == ["▁", "█"]
    assert row_text(gauge("GIL", 5, None, 24, "x")).endswith("–  ")


@given(
    st.lists(st.floats(min_value=0, max_value=1), max_size=300),
    st.integers(min_value=0, max_value=80),
    st.integers(min_value=0, max_value=20),
)
def test_cores_stay_within_their_place(busy: list[float], width: int, height: int) -> None:
    rows = core_rows(busy, width, height)
    assert len(rows) <= height
    assert all(row_width(row) <= max(width, 5) for row in rows)
