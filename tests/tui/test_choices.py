from hypothesis import given
from hypothesis import strategies as st

from gil_tui.tui.widgets.choices import GAP, Cell, flow, neighbour
from gil_tui.tui.widgets.pickers import counts_typed, offered_counts, workload_typed


def test_items_flow_into_aligned_columns() -> None:
    assert flow([11, 13, 11, 14, 9], 29) == [
        Cell(0, 0, 11),
        Cell(0, 13, 14),
        Cell(1, 0, 11),
        Cell(1, 13, 14),
        Cell(2, 0, 11),
    ]


def test_a_wide_item_has_a_row_of_its_own() -> None:
    places = [(cell.row, cell.column) for cell in flow([8, 8, 40, 8, 8], 29)]
    assert places == [(0, 0), (0, 10), (1, 0), (2, 0), (2, 10)]


@given(st.lists(st.integers(min_value=1, max_value=30), max_size=20), st.integers(min_value=1, max_value=80))
def test_items_never_overlap(widths: list[int], width: int) -> None:
    cells = flow(widths, width)
    assert len(cells) == len(widths)
    taken: set[tuple[int, int]] = set()
    for cell in cells:
        own = {(cell.row, column) for column in range(cell.column, cell.column + cell.width)}
        assert not own & taken
        taken |= own
    assert [cell.row for cell in cells] == sorted(cell.row for cell in cells)


def test_arrows_move_to_the_neighbour() -> None:
    cells = flow([5] * 5, 5 * 2 + GAP)
    assert neighbour(cells, 0, 1, 0) == 2
    assert neighbour(cells, 3, 1, 0) == 4
    assert neighbour(cells, 4, 1, 0) == 4
    assert neighbour(cells, 0, 0, -1) == 0
    assert neighbour(cells, 0, 0, 1) == 1
    assert neighbour(cells, 0, -1, 0) == 0


def test_counts_and_code_typed_by_hand() -> None:
    assert counts_typed("3, 6 12") == [3, 6, 12]
    assert workload_typed(" shop/views.py:render ") == "shop/views.py:render"
    for parse, text in (
        (counts_typed, "0"),
        (counts_typed, "-1"),
        (counts_typed, "1000000"),
        (counts_typed, "x"),
        (counts_typed, " "),
        (workload_typed, "shop.py"),
        (workload_typed, ":f"),
        (workload_typed, "shop.py:2f"),
    ):
        try:
            parse(text)
        except ValueError as error:
            assert str(error)
        else:
            raise AssertionError(f"{text!r} was taken")


def test_offered_counts_reach_twice_the_cpus() -> None:
    assert offered_counts(2.0, 2) == [1, 2, 4, 8]
    assert offered_counts(12.0, 16) == [1, 2, 4, 8, 12, 16]
    assert offered_counts(0.5, 64) == [1, 2, 4, 8]
