from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.history import History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gil-tui" / "history.sqlite3"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History.open(path) as opened:
        yield opened
