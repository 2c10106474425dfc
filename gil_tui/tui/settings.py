"""What can be set beside the pickers: size, repeats and the like, and the knobs of the workload."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gil_tui.bench.spec import Knob
from gil_tui.language.spoken import say, say_in, to_say
from gil_tui.text import clean

SETTINGS = "settings"
"""The context of names in the catalogue: a trial may end by a timeout, too."""
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
    def label(self) -> str:
        """What it is called; a knob has its own name everywhere."""
        return self.name if self.is_knob else say_in(SETTINGS, self.name)

    @property
    def meaning(self) -> str:
        """What it is, in a sentence."""
        text = clean(said(self.help)).strip()
        return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}" if text else ""

    @property
    def hint(self) -> str:
        """What stands beside the value: its unit and what holds when nothing is typed."""
        default, unit = said(self.default), said(self.unit)
        if default[:1].isdigit():
            return f"{default} {unit}".rstrip()
        return ", ".join(filter(None, (unit, default)))


def said(text: str) -> str:
    """A text that may be none, or a name or a number that is the same in every language."""
    return say(text) if text else ""


SIZE = Field(to_say("size"), to_say("so that a task takes 20 ms"), "", to_say("How much work one task is."))
GENERAL = (
    SIZE,
    Field(to_say("tasks"), to_say("10 for each worker"), "", to_say("How many tasks one trial has.")),
    Field(
        to_say("repeats"),
        "12",
        to_say("trials at most"),
        to_say("Fewer when the time is known to 2 %. Each is a fresh process."),
    ),
    Field(to_say("timeout"), "60", "s", to_say("How long one trial may take.")),
    Field(
        to_say("switch interval"),
        to_say("as Python has it"),
        "s",
        to_say("How long a thread keeps the GIL when others want it (CPython: 0.005); several are compared"),
    ),
)
DASK = Field(
    "dask",
    to_say("a cluster of this host"),
    "",
    to_say("Address of the scheduler of a cluster, such as tcp://host:8786."),
)


def fields_of(knobs: Iterable[Knob], size_unit: str = "", *, dask: bool = False) -> list[Field]:
    """What can be set for workloads with these knobs; `dask` has a cluster."""
    size = Field(SIZE.name, SIZE.default, size_unit, SIZE.help)
    particular = [
        Field(knob.name, _shown(knob.default), knob.unit, knob.help, is_knob=True)
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
    labels = {field.name: field.label for field in fields}
    return ", ".join(clean(f"{labels[name]} {text}") for name, text in for_fields(settings, fields))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return f"{value:g}" if isinstance(value, float) else str(value)
