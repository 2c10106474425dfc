"""A workload: a subclass of `Workload`, named by an entry point of the group `gil_tui.workloads`."""

from gil_tui.bench.failures import JobError
from gil_tui.bench.spec import Knob
from gil_tui.bench.workloads.base import Workload

from .steps import steps_to_one


class Collatz(Workload):
    """Steps of the Collatz sequence; a number below 1 would never get there."""

    name = "collatz"
    family = "example"
    shows = "Integer arithmetic in pure Python holds the GIL."
    size_unit = "numbers"
    knobs = (Knob("first", 1, "", "the number to begin with"),)

    def prepare(self) -> None:
        """Refuse what would never end."""
        if int(self.settings["first"]) < 1:
            raise JobError("workload", "collatz begins with a number from 1 on")

    def run(self, size: int, number: int) -> int:
        """Count the steps of `size` numbers."""
        first = int(self.settings["first"]) + number * size
        return sum(map(steps_to_one, range(first, first + size)))
