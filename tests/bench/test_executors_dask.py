"""A real Dask scheduler and two workers on loopback, in a folder and with a path of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench.spec import TrialResult
from tests.bench import children
from tests.processes import StartedProcesses, describe

distributed: Any = pytest.importorskip("distributed", reason="distributed is not installed")

from gil_tui.bench.executors import cluster, shipping  # noqa: E402 - only where distributed is

pytestmark = pytest.mark.real

OWN = """
import os
import sys
import threading
import time

def numbered(number):
    return number, number / 2

def raises(number):
    raise ValueError("no such shop")

def dies():
    os._exit(3)

def hangs():
    open(os.path.join(os.path.dirname(__file__), "hung-%d" % os.getpid()), "w").close()
    time.sleep(1000)

def briefly():
    open(os.path.join(os.path.dirname(__file__), "begun"), "w").close()
    time.sleep(0.3)

busy = set()

def alone():
    busy.add(threading.get_ident())
    time.sleep(0.02)
    together = len(busy)
    busy.discard(threading.get_ident())
    return together
"""


class RealCluster:
    """A scheduler and its workers, each a process that knows nothing of gil-tui."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", "scheduler.json")
        written = folder / "scheduler.json"
        children.wait_until(lambda: written.exists() and written.read_text().endswith("}"), "scheduler")
        self.address = str(self._identity()["address"])

    def add_worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Start one and wait until it is known."""
        before = self.workers()
        worker = self._start("worker", self.address, "--no-nanny", "--local-directory", "w", *options)
        children.wait_until(lambda: len(self.workers()) > len(before), "worker")
        return worker

    def workers(self) -> set[str]:
        with distributed.Client(self.address, set_as_default=False) as client:
            return set(client.nthreads())

    def held_by_workers(self) -> list[int]:
        """How many experiments each worker still has a seat in."""

        def held() -> int:
            packages = [module for name, module in sys.modules.items() if name.endswith(".executors.far")]
            return sum(len(module._posts) for module in packages)

        with distributed.Client(self.address, set_as_default=False) as client:
            return list(client.run(held).values())

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def _identity(self) -> dict[str, Any]:
        import json

        identity: dict[str, Any] = json.loads((self.folder / "scheduler.json").read_text())
        return identity

    def _start(self, command: str, *options: str) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{command}"
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options, "--host", "127.0.0.1", "--no-dashboard"],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process


@pytest.fixture
def real(tmp_path: Path, no_orphans: StartedProcesses) -> Iterator[RealCluster]:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    started = RealCluster(folder)
    yield started
    started.end()


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "own.py").write_text(OWN)
    return {"directory": str(tmp_path)}


def run(real: RealCluster, workload: str, own: dict[str, Any], **fields: Any) -> children.Child:
    defaults = {"executor": "dask", "workers": 2, "size": 1, "tasks": 12, "cluster": real.address}
    return children.run(workload=workload, job=own, **{**defaults, **fields})


def test_a_cluster_does_the_work_and_is_left_as_it_was(real: RealCluster, own: dict[str, Any]) -> None:
    workers = [real.add_worker("--nthreads", "1") for _ in range(2)]
    one_by_one = children.run(workload="own.py:numbered", size=1, tasks=12, job=own)
    for _ in range(2):
        child = run(real, "own.py:numbered", own, switch_interval_s=0.002)
        assert child.last["event"] == "finished", (child.last, child.stderr)
        assert child.stderr == b""
        result = TrialResult.from_json(child.last)
        assert list(result.checksums) == one_by_one.last["checksums"]
        assert {worker.pid for worker in result.workers} == {worker.pid for worker in workers}
        assert all(Path(f"/proc/{worker.pid}/task/{worker.tid}").exists() for worker in result.workers)
        assert 0 <= result.figures["dask_worker_cpu_share"] < 3
        assert any("without the workers of the cluster" in note for note in result.notes)
        told = "dask_gil_contention_share" in result.figures
        assert told != any("pip install gilknocker" in note for note in result.notes)
        assert real.held_by_workers() == [0, 0]
    assert len(real.workers()) == 2
    one = TrialResult.from_json(run(real, "own.py:numbered", own, workers=1).last)
    assert len(one.workers) == 1
    assert one.workers[0].tasks == 12


def test_fewer_workers_than_are_asked_for(real: RealCluster, own: dict[str, Any]) -> None:
    real.add_worker()
    child = run(real, "countdown", own)
    assert child.last["kind"] == "usage"
    assert child.last["message"] == f"the Dask cluster at {real.address} has 1 worker, not 2"


def test_no_scheduler_at_that_address(tmp_path: Path) -> None:
    child = children.run(
        workload="countdown", executor="dask", workers=1, size=1, tasks=1, cluster="tcp://127.0.0.1:9"
    )
    assert child.last["kind"] == "usage"
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in child.last["message"]
    assert child.stderr == b""


def test_a_worker_with_several_threads_does_one_task_at_a_time(
    real: RealCluster, own: dict[str, Any]
) -> None:
    real.add_worker("--nthreads", "3")
    result = TrialResult.from_json(run(real, "own.py:alone", own, workers=1).last)
    assert len(set(result.checksums)) == 1
    assert any("up to 3 threads; each does one task at a time" in note for note in result.notes)
    sequential = children.run(workload="own.py:alone", size=1, tasks=12, job=own)
    assert list(result.checksums) == sequential.last["checksums"]


def test_a_task_that_raises_on_a_cluster(real: RealCluster, own: dict[str, Any]) -> None:
    real.add_worker()
    child = run(real, "own.py:raises", own, workers=1)
    assert child.last["kind"] == "raised"
    assert child.last["message"] == "own.py:raises, task 0: ValueError: no such shop"
    assert "in raises" in child.last["traceback"]
    assert child.stderr == b""


def test_workers_of_a_cluster_that_die(real: RealCluster, own: dict[str, Any]) -> None:
    for _ in range(2):
        real.add_worker()
    child = run(real, "own.py:dies", own)
    assert child.last["kind"] == "worker", child.last
    assert "Dask worker" in child.last["message"]
    assert "tcp://127.0.0.1" in child.last["message"]
    assert child.stderr == b""


def test_a_scheduler_that_dies(real: RealCluster, own: dict[str, Any]) -> None:
    real.add_worker()
    begun = Path(own["directory"], "begun")
    child = children.start(
        workload="own.py:briefly",
        job=own,
        executor="dask",
        workers=1,
        size=1,
        tasks=1000,
        cluster=real.address,
    )
    children.wait_until(begun.exists, "task")
    child.wait_for("started")
    real.scheduler.kill()
    child.wait()
    assert child.last["kind"] == "worker", child.last
    assert real.address in child.last["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="the dead man's switch and subreapers are Linux's")
def test_a_killed_experiment_leaves_the_cluster_running(real: RealCluster, own: dict[str, Any]) -> None:
    worker = real.add_worker()
    begun = Path(own["directory"], "begun")
    child = children.start(
        workload="own.py:briefly", job=own, executor="dask", workers=1, size=1, tasks=50, cluster=real.address
    )
    children.wait_until(begun.exists, "task")
    os.kill(child.events[0]["pid"], signal.SIGKILL)
    assert child.wait() == 128 + signal.SIGKILL
    assert worker.poll() is None
    child = run(real, "own.py:numbered", own, workers=1)
    assert child.last["event"] == "finished", child.last


def test_no_process_of_an_own_cluster_is_left(own: dict[str, Any], no_orphans: StartedProcesses) -> None:
    child = children.run(workload="own.py:numbered", executor="dask", workers=2, size=1, tasks=4, job=own)
    assert child.last["event"] == "finished", (child.last, child.stderr)
    assert child.stderr == b""
    assert not no_orphans.alive(), describe(no_orphans.alive())
    assert not list(Path("/dev/shm").glob(f"*gil-tui-{child.process.pid}-*"))


def test_contention_is_told_where_gilknocker_is(own: dict[str, Any]) -> None:
    pytest.importorskip("gilknocker", reason="gilknocker is not installed")
    shares = {}
    for workload, size in (("countdown", 200_000), ("sleep", 2)):
        child = children.run(workload=workload, executor="dask", workers=1, size=size, tasks=40)
        shares[workload] = child.last["figures"]["dask_gil_contention_share"]
        assert 0 <= shares[workload] <= 1
    assert shares["sleep"] < shares["countdown"]


@pytest.mark.parametrize(
    ("versions", "refused"),
    [
        ({}, False),
        ({"tcp://a:1": "3.11.7", "tcp://b:1": "3.11.12"}, False),
        ({"tcp://a:1": "3.11.7", "tcp://b:1": "3.12.1"}, True),
        ({"tcp://b:1": "3.1.1"}, True),
    ],
)
def test_workers_of_another_python(versions: dict[str, str], refused: bool) -> None:
    why = cluster.other_python("3.11.7", versions)
    assert bool(why) == refused
    assert not refused or f"at tcp://b:1 runs Python {versions['tcp://b:1']}, this experiment 3.11.7" in why


def test_workers_elsewhere_are_not_taken_for_processes_here() -> None:
    places = [("here", 70, 71), ("there", 80, 81)]
    assert cluster.seats_seen_from("here", places) == [(70, 71), (0, 0)]


def test_what_is_sent_is_the_whole_package_and_runs_without_it(tmp_path: Path) -> None:
    """In a process that has neither gil-tui nor its folder, from what cloudpickle makes of it."""
    cloudpickle: Any = pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    package, sources = shipping.packed()
    assert {"", "spec", "failures", "executors", "executors.far", "workloads.cpu"} <= set(sources)
    assert "__main__" not in sources
    sent = tmp_path / "sent"
    sent.write_bytes(
        cloudpickle.dumps((shipping.unpacker(), package, sources, shipping.caller(package, "empty")))
    )
    program = (
        "import cloudpickle, sys\n"
        "unpack, package, sources, call = cloudpickle.load(open(sys.argv[1], 'rb'))\n"
        "unpack(package, sources); unpack(package, sources)\n"
        "print(call(b''), sorted(name for name in sys.modules if name.startswith('gil_tui'))[:2])\n"
        "import importlib\n"
        "work = importlib.import_module(package + '.workloads').load('countdown', (), '.')\n"
        "print(type(work.run(10, 0)).__name__)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(sent)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout == f"None ['{package}', '{package}.executors']\nint\n", ended.stderr
