"""A long list of which only some pages are there."""

from dataclasses import replace

from gil_tui.history import HistoryRow
from gil_tui.tui.pages import KEPT, PAGE, Pages

ROW = HistoryRow(
    0, "s", "2026-03-01", "w", "threads", 1, "3.13", None, None, None, None, None, None, None, "done", 1
)


def rows(first: int, number: int = PAGE) -> list[HistoryRow]:
    """Rows whose id is their place."""
    return [replace(ROW, id=at) for at in range(first, first + number)]


def a_list(total: int, *numbers: int) -> Pages:
    pages = Pages(total)
    for number in numbers:
        pages.put(number, rows(number * PAGE, min(PAGE, total - number * PAGE)))
    return pages


def test_a_row_is_found_by_its_place_and_a_place_by_its_run() -> None:
    pages = a_list(10 * PAGE, 0, 7)
    found = pages.row(7 * PAGE + 3)
    assert found is not None and found.id == 7 * PAGE + 3
    assert pages.place_of(7 * PAGE + 3) == 7 * PAGE + 3
    assert pages.row(PAGE) is None and pages.place_of(PAGE) is None
    assert pages.row(-1) is None and pages.row(10 * PAGE) is None


def test_what_is_missing_lies_within_the_list() -> None:
    pages = a_list(4 * PAGE + 5, 1)
    assert pages.missing(-50, 10 * PAGE) == [0, 2, 3, 4]
    assert pages.missing(PAGE, 2 * PAGE - 1) == []
    assert Pages().missing(-100, 100) == []


def test_the_farthest_page_is_let_go() -> None:
    pages = a_list(1_000_000, *range(KEPT))
    pages.put(KEPT + 20, rows((KEPT + 20) * PAGE))
    assert len(pages.rows) == KEPT * PAGE
    assert pages.row(0) is None and pages.row(PAGE) is not None


def test_a_page_that_is_longer_than_was_known_makes_the_list_longer() -> None:
    pages = a_list(PAGE, 0)
    pages.put(1, rows(PAGE, 3))
    assert pages.total == PAGE + 3 and not pages.lacks(1)
    pages.total = 2 * PAGE
    assert pages.lacks(1) and not pages.lacks(0)


def test_what_was_deleted_is_taken_out() -> None:
    pages = a_list(2 * PAGE, 0, 1)
    pages.drop({3, 4, PAGE})
    assert pages.total == 2 * PAGE - 3
    assert [row.id for row in pages.rows[:5]] == [0, 1, 2, 5, 6]


def test_a_list_that_stands_in_another_is_told() -> None:
    pages = a_list(9 * PAGE, 0, 1, 2)
    assert pages.has(a_list(9 * PAGE, 1))
    assert not pages.has(a_list(9 * PAGE, 3))
    assert not pages.has(a_list(9 * PAGE + 1, 1))
    other = a_list(9 * PAGE, 1)
    other.drop({PAGE})
    assert not pages.has(other)
