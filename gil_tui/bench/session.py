"""One job, from hello to the last event."""

from __future__ import annotations

import faulthandler
import os
import sys
import time

from . import guard
from .events import Events
from .executors.work import Work
from .failures import JobError, caused
from .measure import python_facts, trial
from .workloads import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    from .spec import Job
    from .workloads.base import Workload

    LastEvent = Tuple[str, Dict[str, Any]]

NS = 1e-9


def hold(job: Job, lifeline: int) -> bool:
    """Do the job and say how it went; False for a failure. `lifeline` is that of `guard.split`."""
    guard.arm(job.switch_fd, lifeline)
    guard.allow_watching()
    events = Events(job.events_fd, job.token)
    events.send("hello", pid=os.getpid(), python=python_facts().to_json())
    try:
        name, fields = _do(job, events)
    except JobError as failure:
        name, fields = _failed(failure)
    except BaseException as error:
        name, fields = _failed(caused("internal", error, "the bench failed"))
    events.send(name, **fields)
    return name != "failed"


def _failed(failure: JobError) -> LastEvent:
    return "failed", {"kind": failure.kind, "message": failure.message, "traceback": failure.traceback}


def _do(job: Job, events: Events) -> LastEvent:
    begun_s = time.monotonic()
    experiment = job.experiment
    if job.kind not in ("calibrate", "trial", "handover"):
        raise JobError("usage", "there is no job %s" % job.kind)
    for name, value in (("size", experiment.size), ("tasks", experiment.tasks)):
        if value is not None and value < 1:
            raise JobError("usage", "%s must be 1 or more, not %d" % (name, value))
    _set_switch_interval(experiment.switch_interval_s)
    faulthandler.enable(2)  # a crash in native code says on stderr where it was
    workload = load(experiment.workload, experiment.knobs, job.directory, _facts(job))
    try:
        workload.prepare()
        if job.kind == "calibrate":
            return "calibrated", _calibrated(job, workload)
        if job.kind == "handover":
            return "handed_over", _handed_over(job, workload)
        return "finished", trial(job, workload, events, begun_s).to_json()
    finally:
        workload.close()


def _facts(job: Job) -> Dict[str, Any]:
    """What a workload may know of the experiment before it is prepared."""
    facts: Dict[str, Any] = {"job": job.kind, "executor": "sequential", "workers": 1}
    if job.kind != "calibrate":
        facts.update(executor=job.experiment.executor, workers=job.experiment.workers)
    if job.plugins:  # they travel on to every process that loads the workload
        facts.update(plugins=dict(job.plugins), plugin_folders=list(job.plugin_folders))
    return facts


def _calibrated(job: Job, workload: Workload) -> Dict[str, Any]:
    def run(size: int) -> Tuple[float, int]:
        _, start_ns, end_ns, _, checksum = Work(workload, size).task(0, 0)
        return (end_ns - start_ns) * NS, checksum

    from .calibrate import calibrate

    workload.enter()
    fields = calibrate(job, run, workload.size_at_most)
    workload.leave()
    return fields


def _handed_over(job: Job, workload: Workload) -> Dict[str, Any]:
    from .handover import handover

    return {"handover_s": handover(job, workload)}


def _set_switch_interval(switch_interval_s: Optional[float]) -> None:
    if switch_interval_s is None:
        return
    try:
        sys.setswitchinterval(switch_interval_s)
    except (ValueError, OverflowError) as error:
        raise JobError("usage", "a switch interval of %r s: %s" % (switch_interval_s, error))
