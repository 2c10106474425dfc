"""A report without what tells whose it is: host, user, paths, and the arguments of commands.

It works on the report's data before anything is written from them, so what is hidden here is in no file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from gil_tui.report.data import Report
from gil_tui.report.hidden import Hidden, names_of_host


def redacted(report: Report, names: Iterable[str]) -> Report:
    """The report without host names, paths, arguments, output, and these `names`: of user, host and home."""
    document = report.to_json()
    found = Hidden(_paths_of(document), [*names, *_hosts_of(document)])
    return replace(Report.from_json(found.of(document)), redacted=True)


def _hosts_of(document: Mapping[str, Any]) -> list[str]:
    """Full and short name of every machine that runs were made on."""
    hosts = [run["host"]["name"] for part in document["sweeps"] for run in (part, *part["runs"])]
    return [name for host in hosts for name in names_of_host(host)]


def _paths_of(document: Mapping[str, Any]) -> list[str]:
    """The folders of workloads and interpreters, which may hold spaces and need not begin with a slash."""
    runs = [run for part in document["sweeps"] for run in part["runs"]]
    paths = [run["experiment"]["interpreter"] for run in runs]
    paths += [run["python"]["executable"] for run in runs if run["python"]]
    paths += [run["experiment"]["workload"].rpartition(":")[0] for run in runs]
    folders = [str(PurePath(path).parent) for path in paths if "/" in path]
    return [f"{folder.rstrip('/')}/" for folder in folders if folder not in (".", "/")]
