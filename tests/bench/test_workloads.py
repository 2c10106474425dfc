"""The built-in workloads, the user's own code, and what is said when there is neither."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import WORKLOADS, catalogue, find, is_own, load
from gil_tui.bench.workloads.base import Workload

FAST: dict[str, Any] = {
    "sleep": (("duration_ms", 0.1),),
    "http": (("latency_ms", 0.1),),
    "convoy": (("latency_ms", 0.1),),
    "web": (("parse_ms", 0.1), ("render_ms", 0.1), ("wait_ms", 0.1)),
    "lock_contended": (("pass_ms", 0.1),),
    "lock_free": (("pass_ms", 0.1),),
}


@pytest.fixture(params=list(WORKLOADS))
def workload(request: pytest.FixtureRequest, compile_once: Path) -> Iterator[Workload]:
    try:
        ready = load(request.param, FAST.get(request.param, ()), ".")
    except JobError as failure:
        assert failure.kind == "unavailable"
        pytest.skip(failure.message)
    ready.prepare()
    yield ready
    ready.close()


@pytest.fixture
def importing() -> Iterator[None]:
    """Forget what a test has imported."""
    path, modules = list(sys.path), set(sys.modules)
    written = sys.dont_write_bytecode
    yield
    sys.path[:] = path
    sys.dont_write_bytecode = written
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_the_catalogue_describes_every_workload() -> None:
    assert [entry.name for entry in catalogue()] == list(WORKLOADS)
    for entry in catalogue():
        assert find(entry.name) is entry
        assert entry.family in ("cpu", "native", "extension", "io", "locks", "mixed")
        assert entry.shows.endswith(".")
        assert len(entry.shows) < 110
        assert entry.size_unit
        assert all(knob.help for knob in entry.knobs)
    assert [knob.name for knob in find("sleep").knobs] == ["duration_ms"]  # type: ignore[union-attr]
    assert find("nothing") is None


def test_the_catalogue_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom gil_tui.bench.workloads import catalogue\ncatalogue()\n"
        "heavy = {'asyncio', 'http.client', 'subprocess', 'multiprocessing', 'numpy', 'sqlite3', 'ctypes'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_a_task_has_one_checksum_however_it_is_run(workload: Workload) -> None:
    inline = [workload.run(2, number) for number in range(4)]
    assert inline == [workload.run(2, number) for number in range(4)]

    async def together() -> list[int]:
        return await asyncio.gather(*(workload.run_async(2, number) for number in range(4)))

    assert asyncio.run(together()) == inline
    assert all(isinstance(checksum, int) for checksum in inline)


def test_tasks_differ(workload: Workload) -> None:
    size = 500 if workload.name == "primes" else 1
    assert len({workload.run(size, number) for number in range(8)}) == 8


def test_another_instance_runs_the_same_tasks(workload: Workload) -> None:
    """What a spawned worker does: it loads the workload anew and has the facts of the first one."""
    other = load(workload.name, FAST.get(workload.name, ()), ".", workload.facts)
    assert other.run(3, 5) == workload.run(3, 5)


def test_the_http_server_is_a_process_of_its_own_and_knows_what_it_does_not_know() -> None:
    import http.client

    workload = load("http", FAST["http"], ".")
    workload.prepare()
    try:
        assert len(workload.helpers) == 1
        for method, path, status in (("GET", "/7", 200), ("GET", "/seven", 404), ("PUT", "/7", 404)):
            connection = http.client.HTTPConnection("127.0.0.1", workload.facts["port"])
            connection.request(method, path)
            answer = connection.getresponse()
            assert answer.status == status
            assert (b"/7\n" in answer.read()) == (status == 200)
            connection.close()
    finally:
        workload.close()


@pytest.mark.parametrize(
    ("name", "knobs", "kind", "says"),
    [
        ("slep", (), "usage", "there is no workload slep; did you mean sleep, "),
        ("sleep", (("duration", 1),), "usage", "sleep has no knob duration; did you mean duration_ms?"),
        ("sleep", (("duration_ms", True),), "usage", "duration_ms of sleep must be a float, not True"),
        ("sleep", (("duration_ms", float("inf")),), "usage", "must not be negative or infinite"),
        ("countdown", (("duration_ms", 1),), "usage", "countdown has no knob duration_ms"),
    ],
)
def test_what_does_not_exist(name: str, knobs: Any, kind: str, says: str) -> None:
    with pytest.raises(JobError) as caught:
        load(name, knobs, ".")
    assert caught.value.kind == kind
    assert says in caught.value.message


def test_a_whole_number_will_do_for_a_setting() -> None:
    assert load("sleep", (("duration_ms", 3),), ".").settings == {"duration_ms": 3.0}


@pytest.mark.parametrize(
    ("target", "own"),
    [
        ("shop:render", True),
        ("shop.views:render", True),
        ("shop/views.py:render", True),
        ("countdown", False),
        ("shop:", False),
        (":render", False),
    ],
)
def test_which_names_mean_own_code(target: str, own: bool) -> None:
    assert is_own(target) is own


OWN = """
import functools

def nothing(): return "nothing"
def number(n): return n
def optional(n=7): return n
def many(*numbers): return numbers
async def waiting(n): return n * 2
def base(a, b): return a + b
bound = functools.partial(base, 10)
class Shop:
    def __init__(self, n): self.n = n
    @staticmethod
    def render(n): return -n
    def __call__(self, n): return n + 1
shop = Shop(0)
"""


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("nothing", "nothing"),
        ("number", 5),
        ("optional", 7),
        ("many", ()),
        ("waiting", 10),
        ("bound", 15),
        ("Shop.render", -5),
        ("shop", 6),
    ],
)
def test_shapes_of_own_functions(tmp_path: Path, importing: None, function: str, value: object) -> None:
    from gil_tui.bench.workloads.checksums import checksum

    (tmp_path / "shapes.py").write_text(OWN)
    for module in ("shapes", "shapes.py", str(tmp_path / "shapes.py")):
        workload = load(f"{module}:{function}", (), str(tmp_path))
        assert workload.run(2, 5) == checksum(value)
        assert asyncio.run(workload.run_async(1, 5)) == checksum(value)
        assert workload.is_async == (function == "waiting")


def test_own_code_may_import_its_neighbours_and_has_its_usual_name(tmp_path: Path, importing: None) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "neighbour.py").write_text("VALUE = 3\n")
    (folder / "main_part.py").write_text(
        "import neighbour, sys\n"
        "def f(): return neighbour.VALUE\n"
        "assert sys.modules['main_part'].__name__ == __name__\n"
    )
    (tmp_path / "json.py").write_text("def f(): return __name__\n")
    assert load("deep/main_part.py:f", (), str(tmp_path)).run(1, 0)
    load("json.py:f", (), str(tmp_path))
    assert sys.modules["json"].__name__ == "json"
    assert hasattr(sys.modules["json"], "loads")
