"""The pickers of the Lab, each with what it says on F1."""

from collections.abc import Collection, Mapping, Sequence

from gil_tui.lab.interpreters import Interpreter
from gil_tui.language.spoken import say
from gil_tui.text import clean
from gil_tui.tui.engine import Executor, Selection, Workload
from gil_tui.tui.settings import Settings
from gil_tui.tui.widgets.choices import Choice, Choices
from gil_tui.tui.widgets.families import Family, FamilyPicker, families_of

OWN = "yours"
MORE = "more"
FAMILIES = ("cpu", "native", "extension", "io", "locks", "mixed")
DEFAULT_WORKLOAD = "countdown"
SHOWN_EXECUTORS = ("threads", "processes", "asyncio", "interpreters")
DEFAULT_EXECUTORS = ("threads", "processes")
DEFAULT_WORKERS = (1, 2, 4)
MOST_PYTHONS = 5
"""If there are more, all but a few are behind `more…`."""
FEW_PYTHONS = 3


class WorkloadPicker(FamilyPicker):
    """What is run: built-in workloads or the person's own code."""

    HELP = """
    ### Workload
    What is run. Up and down choose the family, left and right its member; enter opens the whole list, to
    be found by typing, several to be marked by space. **yours** asks for a function of yours, as
    `package.module:function` or `path/file.py:function`. It is imported in the experiment only.
    """

    def __init__(self) -> None:
        super().__init__(say("Workload"), id="workload")
        self.own: tuple[str, ...] = ()

    def offer(self, workloads: Sequence[Workload], chosen: Sequence[str]) -> None:
        """Show the workloads, the person's own code and where to type it."""
        names = {workload.name for workload in workloads}
        self.own = tuple(dict.fromkeys((*self.own, *(name for name in chosen if name not in names))))
        kinds = {workload.name: (workload.family, workload.size_unit) for workload in workloads}
        families = families_of(kinds, FAMILIES)
        self.set_families([*families, Family(OWN, self.own)], chosen)


class LongChoices(Choices):
    """Choices of which only some are shown; the others open."""

    def __init__(self, title: str, *, id: str) -> None:
        super().__init__(title, id=id)
        self._all: dict[str, str] = {}
        self._first: tuple[str, ...] = ()
        self._off: frozenset[str] = frozenset()

    def list_all(self, labels: Mapping[str, str], first: Collection[str], chosen: Sequence[str]) -> None:
        """All there are by key, of which those in `first` and those chosen are shown."""
        shown = tuple(key for key in labels if key in first or key in chosen or key in self._first)
        self._all = dict(labels)
        # One that would stand alone behind "more" may as well be shown.
        self._first = tuple(labels) if len(labels) - len(shown) < 2 else shown
        self._list(chosen)

    def mark_unavailable(self, keys: frozenset[str]) -> None:
        """These cannot be used on what is chosen."""
        if keys != self._off:
            self._off = keys
            self._list(self.chosen)

    def take(self, chosen: Sequence[str]) -> None:
        """Choose these, as if by hand."""
        before = self.chosen
        self.list_all(self._all, self._first, chosen)
        if self.chosen != before:
            self.post_message(self.Changed(self, self.chosen))

    def _list(self, chosen: Sequence[str]) -> None:
        items = [Choice(key, self._all[key], unavailable=key in self._off) for key in self._first]
        hidden = len(self._all) - len(items)
        more = [Choice(MORE, say("{count} more…", count=hidden), opens=True)] if hidden else []
        self.set_items([*items, *more], chosen)


class ExecutorPicker(LongChoices):
    """How the tasks are spread."""

    HELP = """
    ### Executors
    How the tasks are spread. Space takes one in or leaves it out; `sequential`, one task after
    another, is always measured beside them: speed-up is against it. **more…** has the other ways to
    start processes, and what each executor means.
    """

    def __init__(self) -> None:
        super().__init__(say("Executors"), id="executors")

    def offer(self, executors: Sequence[Executor], chosen: Sequence[str]) -> None:
        """Show these executors."""
        labels = {executor.name: executor.name.removeprefix("processes:") for executor in executors}
        self.list_all(labels, SHOWN_EXECUTORS, chosen)


class WorkersPicker(Choices):
    """How many workers."""

    HELP = """
    ### Workers
    How many threads, processes or coroutines share the tasks. Space takes a number in or leaves it
    out; **…** asks for others, such as `3, 6, 12`.
    """

    def __init__(self) -> None:
        super().__init__(say("Workers"), id="workers")
        self.counts: set[int] = set(DEFAULT_WORKERS)
        self.add((), chosen=DEFAULT_WORKERS)

    def add(self, counts: Sequence[int], chosen: Sequence[int] = ()) -> None:
        """Offer more numbers; those in `chosen` are taken in."""
        self.take((*map(int, self.chosen), *chosen), counts)

    def take(self, chosen: Sequence[int], counts: Sequence[int] = ()) -> None:
        """Choose exactly these numbers, and offer more."""
        self.counts |= {*counts, *chosen}
        items = [Choice(str(count), str(count)) for count in sorted(self.counts)]
        self.set_items([*items, Choice(MORE, "…", opens=True)], tuple(map(str, chosen)))


class InterpreterPicker(LongChoices):
    """Which Python runs the experiment."""

    HELP = """
    ### Python
    The interpreters found on this host: on PATH, of pyenv, uv and conda, and the active
    environment. `t` behind the version is a free-threaded build, which has no GIL; `+gil` is that
    build with its GIL switched back on, the clean comparison. With several, `x` puts them on the x axis.
    """

    def __init__(self) -> None:
        super().__init__(say("Python"), id="interpreters")
        self._offered: tuple[str, ...] = ()

    def offer(self, interpreters: Sequence[Interpreter], wanted: Sequence[str] = ()) -> None:
        """Show these; those wanted, else the first, are taken, unless something was chosen by hand before."""
        untouched = self.chosen == self._offered
        keys = [one.key for one in interpreters]
        first = tuple(key for key in keys if key in wanted) or tuple(keys[:1])
        labels = {one.key: one.label for one in interpreters}
        self.list_all(labels, telling_pythons(interpreters), first if untouched else self.chosen)
        self._offered = self.chosen


def telling_pythons(interpreters: Sequence[Interpreter]) -> list[str]:
    """Keys of the few that differ most: the first, and the newest of each kind of build."""
    if len(interpreters) <= MOST_PYTHONS:
        return [one.key for one in interpreters]
    kinds: dict[object, str] = {None: interpreters[0].key}
    for one in interpreters[1:]:
        kinds.setdefault((one.implementation, one.free_threaded, one.gil, one.jit), one.key)
    return list(kinds.values())[:FEW_PYTHONS]


def offered_counts(cpus: float, online: int) -> list[int]:
    """Worker counts worth offering: powers of two up to twice the CPUs that may be used, at least to 8."""
    most = max(8, min(2 * int(cpus), 2 * online))
    counts = [1]
    while counts[-1] * 2 <= most:
        counts.append(counts[-1] * 2)
    return sorted({*counts, max(1, int(cpus))})


def selection_of(
    workload: FamilyPicker, executors: Choices, workers: Choices, interpreters: Choices, settings: Settings
) -> Selection:
    """What the four pickers and the settings hold."""
    return Selection(
        workloads=workload.chosen,
        executors=executors.usable,
        workers=tuple(int(count) for count in workers.chosen),
        interpreters=interpreters.chosen,
        settings=settings,
    )


def experiments_of(selection: Selection) -> int:
    """How many experiments the selection makes, with `sequential` on each interpreter."""
    each = 1 + len(selection.executors) * len(selection.workers)
    return len(selection.workloads) * len(selection.interpreters) * each


def counts_typed(text: str) -> list[int]:
    """Worker counts typed by hand; raises ValueError with what is wrong."""
    counts = []
    for word in text.replace(",", " ").split():
        if not word.isdecimal() or not 1 <= int(word) <= 1024:
            raise ValueError(say("{word} is not a number of workers from 1 to 1024", word=clean(word)))
        counts.append(int(word))
    if not counts:
        raise ValueError(say("type one or more numbers, such as 3, 6, 12"))
    return counts


def workload_typed(text: str) -> str:
    """A reference to the person's own function; raises ValueError with what is wrong."""
    module, colon, function = text.strip().rpartition(":")
    if not colon or not module or not function.isidentifier():
        raise ValueError(say("type package.module:function or path/file.py:function"))
    return text.strip()
