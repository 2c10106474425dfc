"""What a sweep will run: the choices of a person, checked, as experiments in rounds."""

import math
import random
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gil_tui.bench.spec import Experiment, KnobValue
from gil_tui.lab.availability import Availability, executor_availability, workload_availability
from gil_tui.lab.errors import UsageError, nearest
from gil_tui.lab.interpreters import Interpreter, default_interpreter
from gil_tui.lab.knobs import Catalogue, checked_knobs, known_workloads
from gil_tui.lab.plugins import broken_plugins, executor_called, executor_catalogue, plugins_named

REPEATS = 12
AT_LEAST = 6
"""Trials of an experiment: six are the fewest whose extremes cover 95 %."""
TIMEOUT_S = 60.0
PYPY_WARMUP_S = 1.0
MOST_WORKERS = 1024
MOST_TASKS = 100_000
MOST_REPEATS = 1000
ADDRESS = re.compile(r"(\w+://)?[^\s/]+:\d+")


@dataclass(frozen=True, slots=True)
class Plan:
    """One sweep: `experiments` in its order, each interpreter's sequential baseline before its others.

    An experiment gets `at_least` trials, at most `repeats`; a child may take `timeout_s`. `seed` makes
    the order of the trials. `directory` is where the person's own code is looked for. `warmup_s` is the
    least warm-up by `Experiment.interpreter_key`, 0 for those not named. `plugins` and `plugin_folders` are
    what `Job` has of these names. `handover` is whether what handing a task over costs is measured too.
    """

    experiments: tuple[Experiment, ...]
    repeats: int = REPEATS
    at_least: int = AT_LEAST
    timeout_s: float = TIMEOUT_S
    seed: int = 0
    directory: str = "."
    watch: bool = True
    warmup_s: Mapping[str, float] = field(default_factory=dict)
    plugins: Mapping[str, str] = field(default_factory=dict)
    plugin_folders: tuple[str, ...] = ()
    handover: bool = True


def plan_sweep(
    workloads: Sequence[str],
    executors: Sequence[str],
    workers: Sequence[int],
    interpreters: Sequence[Interpreter] = (),
    *,
    size: int | None = None,
    tasks: int | None = None,
    repeats: int = REPEATS,
    timeout_s: float = TIMEOUT_S,
    switch_interval_s: float | Sequence[float] | None = None,
    knobs: Mapping[str, KnobValue] | None = None,
    cluster: str | None = None,
    seed: int | None = None,
    directory: str = ".",
    watch: bool = True,
    handover: bool = True,
    known: Catalogue | None = None,
) -> Plan:
    """The plan of every workload x interpreter x (sequential, executors x switch intervals x workers).

    Executors are `threads`, `processes`, `processes:spawn` and so on; a `cluster` adds `dask`. Knob values
    may be texts. Without an interpreter it is `default_interpreter`; a seed of None is drawn. What one of
    the interpreters lacks is planned and told as a run; raises UsageError for what none of them can do.
    """
    interpreters = interpreters or [default_interpreter()]
    if cluster is not None:
        _check_address(cluster)
        executors = [*executors, "dask"]
    _check_all(workloads, executors, workers)
    known = known_workloads(workloads) if known is None else known
    spread = [_executor(text) for text in executors]
    _check_range("size", size, 1, None, "")
    _check_range("tasks", tasks, 1, MOST_TASKS, "each one's latency and checksum are kept")
    _check_range("repeats", repeats, 1, MOST_REPEATS, "each one is a fresh process")
    for count in workers:
        why = "more exhaust memory and process ids before they tell anything of the GIL"
        _check_range("workers", count, 1, MOST_WORKERS, why)
    _check_seconds("timeout", timeout_s)
    intervals = switch_interval_s if isinstance(switch_interval_s, Sequence) else [switch_interval_s]
    for interval_s in intervals:
        _check_seconds("switch interval", interval_s)
    knobs_of = checked_knobs([checked_workload(text, known) for text in workloads], known, dict(knobs or {}))
    _refuse_what_none_can(workloads, workload_availability, interpreters)
    _refuse_what_none_can(executors, executor_availability, interpreters)
    experiments = [
        Experiment(
            workload,
            name,
            count,
            interpreter.path,
            size,
            tasks,
            start_method,
            interval_s,
            own_knobs,
            interpreter.gil,
            interpreter.jit,
            cluster if name == "dask" else None,
        )
        for workload, own_knobs in knobs_of.items()
        for interpreter in interpreters
        for name, start_method, interval_s, count in _spreads(spread, intervals or [None], workers)
    ]
    provided = plugins_named([*workloads, *(name for name, _ in spread)])
    return Plan(
        tuple(dict.fromkeys(experiments)),
        repeats,
        min(AT_LEAST, repeats),
        timeout_s,
        secrets.randbits(32) if seed is None else seed,
        str(Path(directory).absolute()),
        watch,
        {one.key: PYPY_WARMUP_S for one in interpreters if one.implementation == "pypy"},
        {name: plugin.target for name, plugin in provided.items()},
        tuple(dict.fromkeys(plugin.folder for plugin in provided.values())),
        handover,
    )


def rounds(plan: Plan) -> Iterator[tuple[int, ...]]:
    """For each round the positions in `plan.experiments`, in an order that only `plan.seed` decides.

    Every round runs each experiment once, so that a drift of the host meets all alike. In the first
    one the sequential ones go first: their checksums and times are what the others are held against.
    """
    source = random.Random(plan.seed)
    for number in range(plan.repeats):
        order = list(range(len(plan.experiments)))
        source.shuffle(order)
        if number == 0:
            order.sort(key=lambda position: plan.experiments[position].executor != "sequential")
        yield tuple(order)


def work_of(experiment: Experiment) -> tuple[str, str]:
    """What is calibrated once, has one sequential baseline and one list of checksums."""
    return experiment.workload, experiment.interpreter_key


def _check_all(workloads: Sequence[str], executors: Sequence[str], workers: Sequence[int]) -> None:
    for name, chosen in (("workload", workloads), ("executor", executors), ("worker count", workers)):
        if not chosen:
            raise UsageError(f"choose at least one {name}")


def checked_workload(text: str, known: Catalogue) -> str:
    """`text` if it names a workload or has the form of own code; raises UsageError."""
    if ":" in text:
        module, _, function = text.rpartition(":")
        if not module or not function:
            raise UsageError(f"{text!r}: own code is package.module:function or path/file.py:function")
        return text
    if text in known:
        return text
    if "/" in text or "." in text:
        raise UsageError(f"{text!r} names no function: write {text}:FUNCTION")
    raise UsageError(f"no workload {text!r}: {nearest(text, known)}{_broken(text)}")


def _broken(name: str) -> str:
    """Why a plugin of that name cannot be used, if there is one."""
    return "".join(f"; {one.package} has it, but {one.why}" for one in broken_plugins() if one.name == name)


def _executor(text: str) -> tuple[str, str | None]:
    name, colon, method = text.partition(":")
    entry = executor_called(name)
    if entry is None:
        raise UsageError(f"no executor {name!r}: {nearest(name, executor_catalogue())}{_broken(name)}")
    if not colon:
        return name, None
    if not entry.start_methods:
        raise UsageError(f"{text!r}: only processes have start methods, as in processes:spawn")
    if method not in entry.start_methods:
        raise UsageError(f"no start method {method!r}: {nearest(method, entry.start_methods)}")
    return name, method


def _spreads(
    executors: Sequence[tuple[str, str | None]], intervals: Sequence[float | None], workers: Sequence[int]
) -> Iterator[tuple[str, str | None, float | None, int]]:
    yield "sequential", None, None, 1
    for name, method in executors:
        for interval_s in intervals:
            if name != "sequential":
                yield from ((name, method, interval_s, count) for count in sorted(workers))


def _refuse_what_none_can(
    names: Sequence[str], ask: Callable[[str, Interpreter], Availability], interpreters: Sequence[Interpreter]
) -> None:
    for name in names:
        answers = [ask(name, interpreter) for interpreter in interpreters]
        if not any(answer.ok for answer in answers):
            where = ", ".join(dict.fromkeys(interpreter.label for interpreter in interpreters))
            raise UsageError(f"{name} {answers[0].why}, not to be had on {where}: {answers[0].remedy}")


def _check_address(cluster: str) -> None:
    if not ADDRESS.fullmatch(cluster):
        raise UsageError(f"a Dask scheduler has an address such as tcp://host:8786, not {cluster!r}")


def _check_range(name: str, value: int | None, low: int, high: int | None, why: str) -> None:
    if value is None or (value >= low and (high is None or value <= high)):
        return
    allowed = f"{low} to {high}" if high is not None else f"{low} or more"
    reason = f" ({why})" if why and value >= low else ""
    raise UsageError(f"{name} {value} is not possible: allowed is {allowed}{reason}")


def _check_seconds(name: str, value: float | None) -> None:
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise UsageError(f"{name} {value:g} s is not possible: it must be above 0")
