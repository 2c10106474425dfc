"""What can be chosen in the Lab, in English: workloads and executors, and what can be set of them."""

from gil_tui.bench.executors.catalogue import CATALOGUE
from gil_tui.bench.spec import Knob
from gil_tui.bench.workloads import catalogue, own_knobs
from gil_tui.tui.widgets.pickers import OWN

OWN_UNIT = "calls"
"""What the size of one's own code is counted in."""


def choices() -> set[str]:
    """Descriptions, families, units; what knobs mean, whose names are the same everywhere."""
    texts = {OWN, OWN_UNIT, *(entry.means for entry in CATALOGUE.values())}
    for workload in catalogue():
        texts |= {workload.family, workload.shows, workload.size_unit}
    return {text for text in texts.union(*((knob.unit, knob.help) for knob in knobs())) if text}


def knobs() -> list[Knob]:
    """What can be set of the built-in workloads and of one's own code."""
    return [*(knob for workload in catalogue() for knob in workload.knobs), *own_knobs()]
