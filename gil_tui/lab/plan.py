"""What a sweep will run: the choices of a person, checked, as experiments in rounds."""

import math
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gil_tui.bench.spec import EXECUTORS, START_METHODS, Experiment, Knob, KnobValue
from gil_tui.lab.errors import UsageError, nearest
from gil_tui.lab.interpreters import Interpreter, default_interpreter

REPEATS = 12
AT_LEAST = 6
"""Trials of an experiment: six are the fewest whose extremes cover 95 %."""
TIMEOUT_S = 60.0
PYPY_WARMUP_S = 1.0
MOST_WORKERS = 1024
MOST_TASKS = 100_000
MOST_REPEATS = 1000

Catalogue = Mapping[str, Sequence[Knob]]
"""The knobs of each built-in workload, by its name."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One sweep: `experiments` in its order, each interpreter's sequential baseline before its others.

    An experiment gets `at_least` trials, at most `repeats`; a child may take `timeout_s`. `seed` makes
    the order of the trials. `directory` is where the person's own code is looked for. `warmup_s` is the
    least warm-up by interpreter path, 0 for those not named.
    """

    experiments: tuple[Experiment, ...]
    repeats: int = REPEATS
    at_least: int = AT_LEAST
    timeout_s: float = TIMEOUT_S
    seed: int = 0
    directory: str = "."
    watch: bool = True
    warmup_s: Mapping[str, float] = field(default_factory=dict)


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
    switch_interval_s: float | None = None,
    knobs: Mapping[str, KnobValue] | None = None,
    seed: int | None = None,
    directory: str = ".",
    watch: bool = True,
    catalogue: Catalogue | None = None,
) -> Plan:
    """The plan of every workload x interpreter x (sequential, executors x workers).

    Executors are `threads`, `processes`, `processes:spawn` and so on. Knob values may be texts. Without
    an interpreter it is `default_interpreter`; a seed of None is drawn. Raises UsageError.
    """
    catalogue = builtin_workloads() if catalogue is None else catalogue
    _check_all(workloads, executors, workers)
    spread = [_executor(text) for text in executors]
    _check_range("size", size, 1, None, "")
    _check_range("tasks", tasks, 1, MOST_TASKS, "each one's latency and checksum are kept")
    _check_range("repeats", repeats, 1, MOST_REPEATS, "each one is a fresh process")
    for count in workers:
        why = "more exhaust memory and process ids before they tell anything of the GIL"
        _check_range("workers", count, 1, MOST_WORKERS, why)
    _check_seconds("timeout", timeout_s)
    _check_seconds("switch interval", switch_interval_s)
    experiments = []
    interpreters = interpreters or [default_interpreter()]
    knobs_of = _knobs_of([_workload(text, catalogue) for text in workloads], catalogue, dict(knobs or {}))
    for workload, own_knobs in knobs_of.items():
        for interpreter in interpreters:
            for executor, start_method, count in _spreads(spread, workers):
                experiments.append(
                    Experiment(
                        workload,
                        executor,
                        count,
                        interpreter.path,
                        size,
                        tasks,
                        start_method,
                        switch_interval_s,
                        own_knobs,
                    )
                )
    return Plan(
        tuple(dict.fromkeys(experiments)),
        repeats,
        min(AT_LEAST, repeats),
        timeout_s,
        secrets.randbits(32) if seed is None else seed,
        str(Path(directory).absolute()),
        watch,
        {one.path: PYPY_WARMUP_S for one in interpreters if one.implementation == "pypy"},
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
    return experiment.workload, experiment.interpreter


def _check_all(workloads: Sequence[str], executors: Sequence[str], workers: Sequence[int]) -> None:
    for name, chosen in (("workload", workloads), ("executor", executors), ("worker count", workers)):
        if not chosen:
            raise UsageError(f"choose at least one {name}")


def _workload(text: str, catalogue: Catalogue) -> str:
    if ":" in text:
        module, _, function = text.rpartition(":")
        if not module or not function:
            raise UsageError(f"{text!r}: own code is package.module:function or path/file.py:function")
        return text
    if text in catalogue:
        return text
    if "/" in text or "." in text:
        raise UsageError(f"{text!r} names no function: write {text}:FUNCTION")
    raise UsageError(f"no workload {text!r}: {nearest(text, catalogue)}")


def _executor(text: str) -> tuple[str, str | None]:
    name, colon, method = text.partition(":")
    if name not in EXECUTORS:
        raise UsageError(f"no executor {name!r}: {nearest(name, EXECUTORS)}")
    if not colon:
        return name, None
    if name != "processes":
        raise UsageError(f"{text!r}: only processes have start methods, as in processes:spawn")
    if method not in START_METHODS:
        raise UsageError(f"no start method {method!r}: {nearest(method, START_METHODS)}")
    return name, method


def _spreads(
    executors: Sequence[tuple[str, str | None]], workers: Sequence[int]
) -> Iterator[tuple[str, str | None, int]]:
    yield "sequential", None, 1
    for name, method in executors:
        if name != "sequential":
            yield from ((name, method, count) for count in sorted(workers))


def _check_range(name: str, value: int | None, low: int, high: int | None, why: str) -> None:
    if value is None or (value >= low and (high is None or value <= high)):
        return
    allowed = f"{low} to {high}" if high is not None else f"{low} or more"
    reason = f" ({why})" if why and value >= low else ""
    raise UsageError(f"{name} {value} is not possible: allowed is {allowed}{reason}")


def _check_seconds(name: str, value: float | None) -> None:
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise UsageError(f"{name} {value:g} s is not possible: it must be above 0")


def _knobs_of(
    workloads: Sequence[str], catalogue: Catalogue, wanted: Mapping[str, KnobValue]
) -> dict[str, tuple[tuple[str, KnobValue], ...]]:
    """For each workload those of the wanted knobs that it has, as values of the knob's own type."""
    known = {knob.name for workload in workloads for knob in catalogue.get(workload, ())}
    for name in wanted:
        if name not in known:
            raise UsageError(f"{', '.join(workloads)}: no knob {name!r}; {nearest(name, known)}")
    return {
        workload: tuple(
            sorted(
                (knob.name, _knob_value(knob, wanted[knob.name]))
                for knob in catalogue.get(workload, ())
                if knob.name in wanted
            )
        )
        for workload in workloads
    }


def _knob_value(knob: Knob, value: KnobValue) -> KnobValue:
    text = str(value).strip().lower()
    kind = type(knob.default)
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text]
        if kind is str:
            return str(value)
        number = int(text) if kind is int else float(text)
        if not 0 <= number < math.inf:
            raise ValueError
        return number
    except (KeyError, ValueError):
        like = {bool: "yes or no", int: "a whole number", float: "a number"}[kind]
        unit = f" ({knob.unit})" if knob.unit else ""
        least = "" if kind is bool else " from 0 on"
        raise UsageError(f"knob {knob.name} takes {like}{unit}{least}, not {value!r}") from None


def builtin_workloads() -> Catalogue:
    """The built-in workloads and their knobs."""
    from gil_tui.bench.workloads import catalogue

    return {workload.name: workload.knobs for workload in catalogue()}
