"""What of a sweep cannot run because its interpreter lacks something, known before anything is started."""

from collections.abc import Iterable

from gil_tui.bench.spec import Experiment
from gil_tui.lab.availability import Availability, executor_availability, workload_availability
from gil_tui.lab.errors import UsageError
from gil_tui.lab.interpreters import Interpreter, resolve_interpreter


def lacking(experiments: Iterable[Experiment]) -> dict[Experiment, str]:
    """For each experiment that cannot run: why, with the command that changes that.

    May start the interpreters, unless it is remembered what they have: not for an event loop's thread. An
    interpreter that does not answer is not blamed; its child will say what ails it.
    """
    interpreters: dict[str, Interpreter | None] = {}
    found = {}
    for experiment in experiments:
        path = experiment.interpreter
        if path not in interpreters:
            interpreters[path] = _interpreter(path)
        interpreter = interpreters[path]
        why = _why(experiment, interpreter) if interpreter else ""
        if why:
            found[experiment] = why
    return found


def _why(experiment: Experiment, interpreter: Interpreter) -> str:
    workload = workload_availability(experiment.workload, interpreter)
    executor = executor_availability(experiment.executor, interpreter)
    return _words(experiment.workload, workload) or _words(experiment.executor, executor)


def _words(name: str, availability: Availability) -> str:
    if availability.ok:
        return ""
    remedy = f": {availability.remedy}" if availability.remedy else ""
    return f"{name} {availability.why}{remedy}"


def _interpreter(path: str) -> Interpreter | None:
    try:
        return resolve_interpreter(path)
    except UsageError:
        return None
