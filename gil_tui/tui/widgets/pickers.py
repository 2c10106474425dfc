"""The pickers of the Lab, each with what it says on F1."""

from collections.abc import Sequence

from gil_tui.lab.interpreters import Interpreter
from gil_tui.tui.engine import Selection, Workload
from gil_tui.tui.widgets.choices import Choice, Choices

OWN = "own"
MORE = "more"
DEFAULT_WORKLOAD = "countdown"
EXECUTORS = ("threads", "processes", "asyncio", "processes:forkserver", "processes:spawn")
DEFAULT_EXECUTORS = ("threads", "processes")
DEFAULT_WORKERS = (1, 2, 4)


class WorkloadPicker(Choices):
    """What is run: a built-in workload or the person's own code."""

    HELP = """
    ### Workload
    What is run. Up and down choose; **your own…** asks for a function of yours, as
    `package.module:function` or `path/file.py:function`. It is imported in the experiment only.
    """

    def __init__(self) -> None:
        super().__init__("Workload", single=True, id="workload")
        self.own = ""

    def offer(self, workloads: Sequence[Workload], chosen: str) -> None:
        """Show the built-in workloads, the person's own code and where to type it."""
        names = [workload.name for workload in workloads]
        if chosen and chosen not in names:
            self.own = chosen
        items = [Choice(name, name) for name in names]
        items += [Choice(self.own, self.own)] if self.own else []
        items.append(Choice(OWN, "  your own…", opens=True))
        self.set_items(items)
        self.choose(chosen)


class ExecutorPicker(Choices):
    """How the tasks are spread."""

    HELP = """
    ### Executors
    How the tasks are spread. Space takes one in or leaves it out; `sequential`, one task after
    another, is always measured beside them: speed-up is against it. `spawn` and `forkserver` are
    other ways in which processes start.
    """

    def __init__(self) -> None:
        items = [Choice(name, name.removeprefix("processes:")) for name in EXECUTORS]
        super().__init__("Executors", items, DEFAULT_EXECUTORS, id="executors")


class WorkersPicker(Choices):
    """How many workers."""

    HELP = """
    ### Workers
    How many threads, processes or coroutines share the tasks. Space takes a number in or leaves it
    out; **…** asks for others, such as `3, 6, 12`.
    """

    def __init__(self) -> None:
        super().__init__("Workers", id="workers")
        self.counts: set[int] = set(DEFAULT_WORKERS)
        self.add((), chosen=DEFAULT_WORKERS)

    def add(self, counts: Sequence[int], chosen: Sequence[int] = ()) -> None:
        """Offer more numbers; those in `chosen` are taken in."""
        self.counts |= set(counts) | set(chosen)
        items = [Choice(str(count), str(count)) for count in sorted(self.counts)]
        taken = [*self.chosen, *map(str, chosen)]
        self.set_items([*items, Choice(MORE, "…", opens=True)], taken)


class InterpreterPicker(Choices):
    """Which Python runs the experiment."""

    HELP = """
    ### Python
    The interpreters found on this host: on PATH, of pyenv, uv and conda, and the active
    environment. `t` behind the version is a free-threaded build, which has no GIL.
    """

    def __init__(self) -> None:
        super().__init__("Python", id="interpreters")
        self._offered: tuple[str, ...] = ()

    def offer(self, interpreters: Sequence[Interpreter]) -> None:
        """Show these; the first one is taken, unless something was chosen by hand before."""
        untouched = self.chosen == self._offered
        first = tuple(one.key for one in interpreters[:1])
        self.set_items([Choice(one.key, one.label) for one in interpreters], first if untouched else None)
        self._offered = self.chosen


def offered_counts(cpus: float, online: int) -> list[int]:
    """Worker counts worth offering: powers of two up to twice the CPUs that may be used, at least to 8."""
    most = max(8, min(2 * int(cpus), 2 * online))
    counts = [1]
    while counts[-1] * 2 <= most:
        counts.append(counts[-1] * 2)
    return sorted({*counts, max(1, int(cpus))})


def selection_of(workload: Choices, executors: Choices, workers: Choices, interpreters: Choices) -> Selection:
    """What the four pickers hold."""
    return Selection(
        workload=next(iter(workload.chosen), ""),
        executors=executors.chosen,
        workers=tuple(int(count) for count in workers.chosen),
        interpreters=interpreters.chosen,
    )


def experiments_of(selection: Selection) -> int:
    """How many experiments the selection makes, with `sequential` on each interpreter."""
    return len(selection.interpreters) * (1 + len(selection.executors) * len(selection.workers))


def counts_typed(text: str) -> list[int]:
    """Worker counts typed by hand; raises ValueError with what is wrong."""
    counts = []
    for word in text.replace(",", " ").split():
        if not word.isdecimal() or not 1 <= int(word) <= 1024:
            raise ValueError(f"{word} is not a number of workers from 1 to 1024")
        counts.append(int(word))
    if not counts:
        raise ValueError("type one or more numbers, such as 3, 6, 12")
    return counts


def workload_typed(text: str) -> str:
    """A reference to the person's own function; raises ValueError with what is wrong."""
    module, colon, function = text.strip().rpartition(":")
    if not colon or not module or not function.isidentifier():
        raise ValueError("type package.module:function or path/file.py:function")
    return text.strip()
