"""A report without what tells whose it is: host, user, paths, and the arguments of commands.

It works on the report's data before anything is written from them, so what is hidden here is in no file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from gil_tui.report.data import Report
from gil_tui.report.hidden import Hidden, hidden_command, names_of_host
from gil_tui.verdict.audit_model import FUNCTION


def redacted(report: Report, names: Iterable[str]) -> Report:
    """The report without host names, paths, arguments, output, and these `names`: of user, host and home.

    Interpreters and files that are told apart by their folders alone get a number.
    """
    document = report.to_json()
    paths = list(dict.fromkeys(path for path in _paths_of(document) if "/" in path))
    hidden = Hidden(
        _folders_of(document, paths),
        [*names, *_hosts_of(document)],
        _numbered(paths) | _commands_of(document),
    )
    found = hidden.of(document)
    for watch, before in zip(found["watches"], document["watches"], strict=True):
        if before["subject"] == before["watch"]["command"]:
            watch["watch"]["command"] = watch["subject"]
    if found["audit"]:
        found["audit"]["audit"]["title"] = hidden.text(document["audit"]["audit"]["title"])
        found["audit"]["audit"]["directory"] = "…"
    return replace(Report.from_json(found), redacted=True)


def _hosts_of(document: Mapping[str, Any]) -> list[str]:
    """Full and short name of every machine that runs were made on."""
    hosts = [run["host"]["name"] for part in document["sweeps"] for run in (part, *part["runs"])]
    return [name for host in hosts for name in names_of_host(host)]


def _paths_of(document: Mapping[str, Any]) -> Iterator[str]:
    """Of interpreters and workloads; they may hold spaces and need not begin with a slash."""
    for run in (run for part in document["sweeps"] for run in part["runs"]):
        yield run["experiment"]["interpreter"]
        if run["python"]:
            yield run["python"]["executable"]
        yield run["experiment"]["workload"].rpartition(":")[0]
    for watch in document["watches"]:
        if _is_of_function(watch):
            yield watch["subject"].rpartition(":")[0]
    if document["audit"]:
        audit = document["audit"]["audit"]
        yield audit["interpreter"]
        if audit["kind"] == FUNCTION:
            yield audit["subject"].rpartition(":")[0]


def _folders_of(document: Mapping[str, Any], paths: Iterable[str]) -> list[str]:
    folders = [str(PurePath(path).parent) for path in paths]
    folders += [document["audit"]["audit"]["directory"]] if document["audit"] else []
    return [f"{folder.rstrip('/')}/" for folder in folders if folder not in (".", "/", "")]


def _numbered(paths: Iterable[str]) -> dict[str, str]:
    """What to call those whose name an earlier one of another folder has already: `…/python3.13 (2)`."""
    known: dict[str, int] = {}
    labels = {}
    for path in paths:
        name = PurePath(path).name
        known[name] = known.get(name, 0) + 1
        if known[name] > 1:
            labels[path] = f"…/{name} ({known[name]})"
    return labels


def _is_of_function(watch: Mapping[str, Any]) -> bool:
    """Whether a function was run to be watched, so that the subject is no command line."""
    subject = watch["subject"]
    return subject != watch["watch"]["command"] and re.search(r":[\w.]+$", subject) is not None


def _commands_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The command lines that were watched, each with its program alone."""
    commands = [watch["watch"]["command"] for watch in document["watches"]]
    commands += [watch["subject"] for watch in document["watches"] if not _is_of_function(watch)]
    commands += [one["command"] for watch in document["watches"] for one in watch["watch"]["processes"]]
    if document["audit"] and document["audit"]["audit"]["kind"] != FUNCTION:
        commands.append(document["audit"]["audit"]["subject"])
    return {command: hidden_command(command) for command in commands if " " in command}
