"""What can be set beside the pickers: size, repeats and the like, and the knobs of the workload."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gil_tui.bench.spec import Knob
from gil_tui.text import clean

Settings = tuple[tuple[str, str], ...]
"""Names and texts of what differs from the default, as a person types them."""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the settings: `unit` and `default` as they are read, `help` in a sentence.

    `is_knob` says that it belongs to the workload and not to every experiment.
    """

    name: str
    default: str
    unit: str
    help: str
    is_knob: bool = False

    @property
    def hint(self) -> str:
        """What stands beside the value: its unit and what holds when nothing is typed."""
        if self.default[:1].isdigit():
            return f"{self.default} {self.unit}".rstrip()
        return ", ".join(filter(None, (self.unit, self.default)))


SIZE = Field("size", "so that a task takes 20 ms", "", "How much work one task is.")
GENERAL = (
    SIZE,
    Field("tasks", "10 for each worker", "", "How many tasks one trial has."),
    Field("repeats", "12", "trials at most", "Fewer when the time is known to 2 %. Each is a fresh process."),
    Field("timeout", "60", "s", "How long one trial may take."),
    Field(
        "switch interval",
        "as Python has it",
        "s",
        "How long a thread keeps the GIL when others want it (CPython: 0.005); several are compared",
    ),
)
DASK = Field(
    "dask", "a cluster of this host", "", "Address of the scheduler of a cluster, such as tcp://host:8786."
)


def fields_of(knobs: Iterable[Knob], size_unit: str = "", *, dask: bool = False) -> list[Field]:
    """What can be set for workloads with these knobs; `dask` has a cluster."""
    size = Field(SIZE.name, SIZE.default, size_unit, SIZE.help)
    particular = [
        Field(knob.name, _shown(knob.default), knob.unit, _sentence(knob.help), is_knob=True)
        for knob in {knob.name: knob for knob in knobs}.values()
    ]
    return [*particular, *((DASK,) if dask else ()), size, *GENERAL[1:]]


def changed(settings: Settings, name: str, text: str) -> Settings:
    """The settings with one of them changed; no text is the default."""
    others = tuple((known, value) for known, value in settings if known != name)
    return (*others, (name, text.strip())) if text.strip() else others


def for_fields(settings: Settings, fields: Sequence[Field]) -> Settings:
    """Those of the settings that there are fields for: another workload has other knobs."""
    names = {field.name for field in fields}
    return tuple((name, text) for name, text in settings if name in names)


def settings_text(settings: Settings, fields: Sequence[Field]) -> str:
    """What differs from the default in one line: `size 1000, latency_ms 5`; empty when nothing does."""
    return ", ".join(clean(f"{name} {text}") for name, text in for_fields(settings, fields))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sentence(text: str) -> str:
    text = clean(text).strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}" if text else ""
