import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.watch import stacks
from gil_tui.watch.stacks import StackFrame, StacksError, hot_functions, innermost, one_dump

HOLDER = """
import threading
def render():
    total = 0
    while True:
        total += 1
def wait():
    threading.Event().wait()
threading.Thread(target=wait, name="waiter", daemon=True).start()
print("ready", flush=True)
render()
"""

FRAMES = [
    {"name": "<module>", "file": "/app/main.py", "line": 9, "col": None},
    {"name": "render", "file": "/app/views.py", "line": 4, "col": None},
    {"name": "render", "file": "/app/views.py", "line": 5, "col": None},
    {"name": "dumps", "file": None, "line": None, "col": None},
]


def speedscope(*samples: list[int]) -> dict[str, object]:
    return {"profiles": [{"samples": list(samples)}, {"samples": [[]]}], "shared": {"frames": FRAMES}}


def test_samples_count_for_their_innermost_function() -> None:
    counts = innermost(speedscope([0, 1], [0, 2], [0, 1], [0, 1, 3]))
    assert counts == Counter(
        {
            StackFrame("render", "/app/views.py", 4): 2,
            StackFrame("render", "/app/views.py", 5): 1,
            StackFrame("dumps", "", 0): 1,
        }
    )


def fake_py_spy(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "py-spy"
    program.write_text(f"#!{sys.executable}\nimport sys, json, time\n{script}")
    program.chmod(0o755)
    monkeypatch.setattr(stacks, "_program", lambda: str(program))


def recording(holding: int, running: int) -> str:
    """A py-spy that sees `holding` samples with the GIL held in render, `running` on a CPU in dumps."""
    return f"""
n, frame = ({holding}, 1) if "--gil" in sys.argv else ({running}, 3)
document = {{"profiles": [{{"samples": [[0, frame]] * n}}], "shared": {{"frames": {FRAMES!r}}}}}
print("py-spy> Sampling process"); print(json.dumps(document)); print("py-spy> Wrote speedscope file")
assert "--nonblocking" in sys.argv
"""


def test_functions_with_and_without_the_gil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_py_spy(tmp_path, monkeypatch, recording(holding=20, running=30))
    holding, running = asyncio.run(hot_functions(1))
    assert (holding.function, holding.line, holding.holds_gil, holding.share) == ("render", 4, True, 1.0)
    assert (running.function, running.holds_gil, running.share) == ("dumps", False, 1.0)


def test_nobody_seen_is_no_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_py_spy(tmp_path, monkeypatch, recording(holding=0, running=0))
    assert asyncio.run(hot_functions(1)) == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("sys.exit('Error: Failed to find python version from target process\\n  backtrace')", "supports"),
        ("sys.exit('Error: Something new\\nStack backtrace:\\n 0: x')", "py-spy: Something new"),
        ("sys.exit(3)", "without saying why"),
        ("print('{')", "cannot be understood"),
        ("print('no document')", "cannot be understood"),
    ],
)
def test_a_failure_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    fake_py_spy(tmp_path, monkeypatch, script)
    for asking in (one_dump, hot_functions):
        with pytest.raises(StacksError, match=words) as raised:
            asyncio.run(asking(1))
        assert "\n" not in str(raised.value)


def test_a_py_spy_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_py_spy(tmp_path, monkeypatch, "time.sleep(60)")
    monkeypatch.setattr(stacks, "_GRACE_S", 0.3)
    with pytest.raises(StacksError, match="no answer"):
        asyncio.run(one_dump(1))


@pytest.fixture
def holder() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout and process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.communicate()


@pytest.mark.real
@pytest.mark.alone
def test_a_real_holder_is_named(holder: int) -> None:
    try:
        first, *_ = asyncio.run(hot_functions(holder))
    except StacksError as error:
        pytest.skip(str(error))
    assert (first.function, first.holds_gil) == ("render", True)
    assert first.share > 0.8
    assert first.line in (5, 6)


@pytest.mark.real
@pytest.mark.alone
def test_a_real_dump_tells_threads_apart(holder: int) -> None:
    try:
        threads = {thread.tid: thread for thread in asyncio.run(one_dump(holder))}
    except StacksError as error:
        pytest.skip(str(error))
    assert "render" in [frame.function for frame in threads.pop(holder).frames]
    (waiter,) = threads.values()
    assert not waiter.active
    assert "wait" in [frame.function for frame in waiter.frames]
