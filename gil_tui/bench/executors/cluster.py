"""Dask: the workers of a cluster, one started here or somebody's own."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import platform
import time
import warnings

from ..failures import JobError, in_words
from . import far, shipping
from .aftermath import kill_descendants, name_leftovers, scratch_folder, who_ended
from .base import Executor
from .work import order_of

distributed = importlib.import_module("distributed")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

    from ..gil import Gil
    from ..spec import Job
    from ..workloads.base import Workload
    from .far import Place, Reading
    from .work import Record

CONNECT_S = 5.0
PROGRESS_S = 0.25
LOOK_S = 1.0
"""How often to see whether all workers are still there."""
CLOSE_S = 5.0
"""Workers that take longer to end are killed."""
CancelledError = distributed.client.CancelledError  # asyncio's or that of concurrent.futures
FAILED = ("error", "cancelled", "lost")
OF_BUSY_HOSTS = ("Creating scratch directories", "Timed out waiting for sampling thread")
"""How the warnings begin that Dask and its GIL metric give on a busy host."""
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.nanny.pre-spawn-environ.PYTHONWARNINGS": ",".join(
        "ignore:" + text for text in OF_BUSY_HOSTS
    ),
}
NOT_HERE = (0, 0)
INSTALL = "pip install gilknocker"


class Cluster(Executor):
    """`workers` workers of the cluster at `experiment.cluster`, or of one that is started for it."""

    def __init__(self, job: Job, size: int, workload: Workload) -> None:
        self._job = job
        self._size = size
        self._workload = workload
        self._workers = job.experiment.workers
        self._address = job.experiment.cluster
        self._name = "gil-tui-" + os.urandom(6).hex()
        self._package, self._sources = shipping.packed()
        self._local: Any = None
        self._processes: List[BaseProcess] = []
        self._before: Dict[str, Reading] = {}

    def start(self) -> None:
        """Start a cluster or connect to it, bring the bench to its workers and have each take a seat."""
        _be_quiet()
        if self._address is None:
            self._start_own()
        self._client = self._connect(self._address or self._local)
        self._at: List[str] = self._chosen()
        self._refuse_other_pythons()
        self._client.run(shipping.unpacker(), self._package, self._sources, workers=self._at)
        self._take_seats()

    def warm(self, seconds: float) -> List[Gil]:
        """Warm all workers up together; return for each whether it has a GIL."""
        enabled: List[Gil] = self._each("warm", [(seconds,)] * self._workers)
        self._before = self._read()
        return enabled

    def run(self, tasks: int, progress: Callable[[int, int], None]) -> List[Record]:
        """Hand all tasks over at once; the records are in the order of the tasks."""
        call = shipping.caller(self._package, "task")
        where = None if self._local is not None else self._at  # a choice of workers costs a little
        names = [self._name] * tasks
        futures = self._client.map(call, names, range(tasks), workers=where, pure=False)
        self._wait(futures, progress)
        records: List[Record] = [tuple(record) for record in self._gathered(futures)]
        return records

    def hand_over(self, arguments: Sequence[bytes]) -> None:
        """Have an empty task done for each argument."""
        call = shipping.caller(self._package, "empty")
        where = None if self._local is not None else self._at
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # large arguments are what is measured
            self._gathered(self._client.map(call, arguments, workers=where, pure=False))

    def figures(self) -> Dict[str, float]:
        """The share of the work that the workers' processes computed and that their GIL was contended."""
        pairs = [(self._before[at], after) for at, after in self._read().items() if at in self._before]
        if not pairs:
            return {}
        spent_s = sum(after[0] - before[0] for before, after in pairs)
        found = {"dask_worker_cpu_share": sum(after[1] - before[1] for before, after in pairs) / spent_s}
        contended = [
            after[2] - before[2] for before, after in pairs if after[2] is not None and before[2] is not None
        ]
        if len(contended) == len(pairs):
            found["dask_gil_contention_share"] = sum(contended) / spent_s
        else:
            self.notes += (_why_no_gil(sorted({after[3] for _, after in pairs if after[3]})),)
        return found

    def close(self) -> None:
        """Leave somebody's cluster as it was, or end the one that was started."""
        self._each("leave", [()] * self._workers)
        self._client.close()
        if self._local is not None:
            self._end_own()

    def abort(self) -> None:
        """Kill the workers that were started; others' are rid of the tasks when this process is gone."""
        kill_descendants()

    def _start_own(self) -> None:
        name_leftovers("spawn")
        self._folder = scratch_folder()
        dask: Any = importlib.import_module("dask")
        dask.config.set(SETTINGS)
        try:
            self._local = distributed.LocalCluster(
                n_workers=self._workers,
                threads_per_worker=1,
                host="127.0.0.1",
                scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                silence_logs=logging.CRITICAL + 1,
                memory_limit=0,
                local_directory=self._folder,
            )
        except (OSError, RuntimeError, TimeoutError) as error:
            raise JobError(
                "usage", "%d Dask workers cannot be started: %s" % (self._workers, in_words(error))
            )
        pids = [nanny.pid for nanny in self._local.workers.values()]
        self._processes = [process for process in multiprocessing.active_children() if process.pid in pids]

    def _end_own(self) -> None:
        """A worker takes its time to end by itself: it has nothing to lose where others tidy up after it."""
        if self._folder is not None:
            for nanny in self._local.workers.values():
                nanny.close_gracefully()
            for process in self._processes:
                process.kill()
        try:
            self._local.close(timeout=CLOSE_S)
        except distributed.TimeoutError:
            kill_descendants()

    def _connect(self, cluster: Any) -> Any:
        try:
            return distributed.Client(cluster, timeout=CONNECT_S)
        except (OSError, ValueError, TimeoutError) as error:
            raise JobError("usage", "no Dask scheduler answers at %s: %s" % (self._address, in_words(error)))

    def _chosen(self) -> List[str]:
        """The addresses of as many workers as are asked for."""
        threads: Dict[str, int] = self._client.nthreads()
        if len(threads) < self._workers:
            there = "%d worker%s" % (len(threads), "" if len(threads) == 1 else "s")
            raise JobError(
                "usage", "the Dask cluster at %s has %s, not %d" % (self._address, there, self._workers)
            )
        chosen = sorted(threads)[: self._workers]
        if any(threads[at] > 1 for at in chosen):
            most = max(threads[at] for at in chosen)
            self.notes += ("the Dask workers have up to %d threads; each does one task at a time" % most,)
        return chosen

    def _refuse_other_pythons(self) -> None:
        versions = self._client.run(platform.python_version, workers=self._at)
        why = other_python(platform.python_version(), versions)
        if why:
            raise JobError("unavailable", why)

    def _take_seats(self) -> None:
        experiment = self._job.experiment
        order, ours = order_of(self._job, self._workload), self._local is not None
        places = self._each(
            "enlist",
            [(seat, order, self._size, experiment.switch_interval_s, ours) for seat in range(self._workers)],
        )
        self.seats = seats_seen_from(far.here(), places)
        away = self.seats.count(NOT_HERE)
        if away:
            self.notes += (
                "%d of %d workers are not on this host: nothing was watched there" % (away, len(places)),
            )
        if not ours:
            self.notes += ("CPU time and memory of the run are without the workers of the cluster",)

    def _each(self, function: str, arguments: List[Tuple[Any, ...]]) -> List[Any]:
        """Have each worker call a function of `far`, in the thread that does its tasks."""
        call = shipping.caller(self._package, function)
        futures = [
            self._client.submit(call, self._name, *given, workers=[at], pure=False)
            for at, given in zip(self._at, arguments)
        ]
        self._wait(futures)
        return self._gathered(futures)

    def _read(self) -> Dict[str, Reading]:
        call = shipping.caller(self._package, "reading")
        readings: Dict[str, Reading] = self._client.run(call, workers=self._at)
        return readings

    def _wait(self, futures: List[Any], progress: Optional[Callable[[int, int], None]] = None) -> None:
        """Until all are done or one has failed; JobError `worker` if a worker is gone meanwhile."""
        done, look_s = 0, time.monotonic() + LOOK_S
        while done < len(futures):
            next_one = futures[-1] if futures[-1].status == "pending" else futures[done]
            try:
                distributed.wait([next_one], timeout=PROGRESS_S)
            except distributed.TimeoutError:
                if any(future.status in FAILED for future in futures):
                    return
            except CancelledError:
                return
            while done < len(futures) and futures[done].status != "pending":
                done += 1
            if progress:
                progress(done, len(futures))
            if time.monotonic() > look_s:
                look_s = time.monotonic() + LOOK_S
                self._look()

    def _look(self) -> None:
        try:
            gone = set(self._at) - set(self._client.nthreads())
        except OSError as error:
            raise self._broke_off(error)
        if gone:
            raise JobError("worker", "the Dask worker at %s is gone" % ", ".join(sorted(gone)))

    def _gathered(self, futures: List[Any]) -> List[Any]:
        try:
            results: List[Any] = self._client.gather(futures)
            return results
        except RuntimeError as error:
            if len(error.args) != 3:
                raise
            raise JobError(*error.args)
        except distributed.scheduler.KilledWorker as error:
            if self._processes:
                raise who_ended(self._processes)
            raise JobError(
                "worker", "a Dask worker ended while it did a task: %s" % error.last_worker.address
            )
        except (OSError, ImportError, CancelledError) as error:  # no scheduler, a new worker, no scheduler
            raise self._broke_off(error)

    def _broke_off(self, error: BaseException) -> JobError:
        where = self._client.scheduler.address
        return JobError("worker", "the Dask cluster at %s broke off: %s" % (where, in_words(error)))


def other_python(own: str, versions: Mapping[str, str]) -> str:
    """Which worker's Python cannot read what is sent, compiled code, and what to do; empty if all can."""
    for at, version in sorted(versions.items()):
        if version.split(".")[:2] != own.split(".")[:2]:
            return (
                "the Dask worker at %s runs Python %s, this experiment %s: "
                "choose an interpreter of the same minor version" % (at, version, own)
            )
    return ""


def seats_seen_from(here: str, places: Sequence[Place]) -> List[Tuple[int, int]]:
    """Process and thread ids of those workers that are here: elsewhere they would mean other processes."""
    return [(pid, tid) if where == here else NOT_HERE for where, pid, tid in places]


def _why_no_gil(reasons: List[str]) -> str:
    """What the reader can do about a metric that is not there."""
    if "no gilknocker" in reasons:
        return "the Dask workers do not tell how contended their GIL is: %s where they run" % INSTALL
    return (
        "the Dask workers do not tell how contended their GIL is: distributed.admin.system-monitor.gil is off"
    )


def _be_quiet() -> None:
    """Dask comments on every worker that ends; what matters of it is said as a failure."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for text in OF_BUSY_HOSTS:
        warnings.filterwarnings("ignore", text)
