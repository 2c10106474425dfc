"""A store that nobody may write any more, under a program that has it open: refused, not a SIGBUS."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.history import History, StoreError
from gil_tui.history.listing import Listing
from gil_tui.history.place import is_frozen
from tests.history.samples import a_run, a_trial

USES = """
import os, subprocess, sys
from pathlib import Path
from gil_tui.history import History, StoreError
from tests.history.samples import a_run, a_trial

history = History.open(Path(sys.argv[1]))
run_id = history.add_run(a_run())
files = [str(path) for path in history.path.parent.iterdir()]
subprocess.run(["chattr", "+i", *files], check=True)
subprocess.run(["sync", *files], check=True)  # what is written back is write-protected again
for use in (lambda: history.add_trial(run_id, a_trial(1)), lambda: history.rows()):
    try:
        use()
    except StoreError as error:
        print(error.kind)
history.close()
"""


def immutable(*paths: Path, on: bool) -> None:
    subprocess.run(["chattr", "+i" if on else "-i", *paths], check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    probe = tmp_path / "probe"
    probe.touch()
    try:
        immutable(probe, on=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user, or this file system, cannot make a file immutable (chattr +i)")
    immutable(probe, on=False)
    yield tmp_path
    immutable(*tmp_path.iterdir(), on=False)


def test_nothing_touches_what_is_mapped(folder: Path) -> None:
    """The kernel would end the process by SIGBUS, at the latest when the store is closed."""
    ran = subprocess.run(
        [sys.executable, "-c", USES, folder / "history.sqlite3"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert (ran.returncode, ran.stdout.split(), ran.stderr) == (0, ["read-only", "read-only"], "")


def test_it_works_again_when_it_may_be_written_again(folder: Path) -> None:
    path = folder / "history.sqlite3"
    with History.open(path) as history:
        run_id = history.add_run(a_run())
        immutable(path, on=True)
        with pytest.raises(StoreError, match="may not be written"):
            history.add_trial(run_id, a_trial(1))
        immutable(path, on=False)
        history.add_trial(run_id, a_trial(1))
        assert len(history.run(run_id).trials) == 1


def test_a_frozen_store_can_be_read_anew(folder: Path) -> None:
    path = folder / "history.sqlite3"
    with History.open(path) as history:
        history.add_run(a_run())
    immutable(path, on=True)
    with History.open(path, read_only=True) as history:
        assert len(history.rows()) == 1


def test_missing_rights_alone_freeze_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is open to be written stays so, whatever becomes of the rights."""
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid or 1)
    assert not is_frozen(path)
    assert not is_frozen(tmp_path / "none")


def test_frozen_is_what_the_owner_is_refused(folder: Path) -> None:
    path = folder / "file"
    path.touch()
    assert not is_frozen(path)
    immutable(path, on=True)
    assert is_frozen(path)


def test_no_other_connection_is_opened_to_a_frozen_store(folder: Path) -> None:
    """It would share the mapped index of the one that is open, and write to it."""
    path = folder / "history.sqlite3"
    with History.open(path) as history:
        history.add_run(a_run())
        listing = Listing(history)
        immutable(path, on=True)
        with pytest.raises(StoreError, match="may not be written"):
            asyncio.run(listing.count(""))
        immutable(path, on=False)
        assert asyncio.run(listing.count("")) == 1
        listing.close()
