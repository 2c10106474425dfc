"""How tasks are spread over workers: one file an executor; `base.Executor` says what one is.

Others add theirs by an entry point of the group `gil_tui.executors` that names a class.
"""

from __future__ import annotations

import sys

from ..failures import JobError, nearest
from .base import Executor
from .catalogue import CATALOGUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..spec import Job
    from ..workloads.base import Workload
    from .catalogue import ExecutorEntry

__all__ = ["CATALOGUE", "Executor", "create"]

REQUIRED = ("start", "warm", "run")
"""What others' executors cannot do without."""


def create(job: Job, size: int, workload: Workload) -> Executor:
    """The executor that a job asks for, nothing of it started.

    JobError `usage` for what cannot be, `unavailable` where this interpreter lacks what it takes.
    """
    name, workers = job.experiment.executor, job.experiment.workers
    if name in CATALOGUE:
        kind = _built_in(name, CATALOGUE[name])
        at_most = CATALOGUE[name].workers_at_most
    elif name in job.plugins:
        kind = _from_others(name, job)
        at_most = kind.workers_at_most
    else:
        known = [*CATALOGUE, *job.plugins]
        raise JobError("usage", "there is no executor %s%s" % (name, nearest(name, known)))
    if name != "sequential" and not 1 <= workers <= at_most:
        raise JobError("usage", "%s can have 1 to %d workers, not %d" % (name, at_most, workers))
    executor: Executor = kind(job, size, workload)
    return executor


def _built_in(name: str, entry: ExecutorEntry) -> Any:
    if sys.version_info[:2] < entry.oldest:
        have = ".".join(str(number) for number in sys.version_info[:3])
        wanted = "%d.%d" % entry.oldest
        raise JobError("unavailable", "%s takes Python %s or newer, this is %s" % (name, wanted, have))
    import importlib

    missing = [module for module in entry.needs if not _is_there(module)]
    if missing:
        remedy = "%s -m pip install %s" % (sys.executable, " ".join(missing))
        raise JobError("unavailable", "%s needs %s: %s" % (name, " and ".join(missing), remedy))
    return getattr(importlib.import_module("." + entry.module, __name__), entry.class_name)


def _is_there(module: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(module) is not None


def _from_others(name: str, job: Job) -> Any:
    """Their class, completed by what it does not define itself."""
    from ..plugins import load_plugin

    kind = load_plugin(job.plugins[name], job.plugin_folders)
    lacking = [method for method in REQUIRED if not callable(getattr(kind, method, None))]
    if lacking:
        raise JobError("usage", "executor %s has no %s" % (job.plugins[name], ", ".join(lacking)))
    defaults = {"workers_at_most": getattr(kind, "workers_at_most", 1_000)}
    return type(kind.__name__, (kind, Executor), defaults)
