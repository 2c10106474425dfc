"""What a workload is."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Tuple

    from ..spec import Knob, KnobValue


class Workload:
    """Equal tasks of an adjustable size that return a checksum; one instance in each process that works.

    The class says what it is: `name`, `family`, what it `shows` in one sentence, what one unit of size is,
    and its `knobs`. `prepare` sets up what all workers share, in the experiment's process, and leaves in
    `facts` what they must know of it; `helpers` are the processes that it started, which are not measured.
    """

    name = ""
    family = ""
    shows = ""
    size_unit = ""
    knobs: Tuple[Knob, ...] = ()
    is_async = False
    """Tasks have a version that waits without holding the thread."""
    helpers: Tuple[int, ...] = ()

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        self.settings = settings
        self.facts = dict(facts)

    def prepare(self) -> None:
        """Set up what the workers share; JobError `workload` if it cannot be."""

    def close(self) -> None:
        """Take down what `prepare` set up."""

    def run(self, size: int, number: int) -> int:
        """Do task `number` and return its checksum."""
        raise NotImplementedError

    async def run_async(self, size: int, number: int) -> int:
        """The same on an event loop: work that cannot wait there holds the loop up, as it would anywhere."""
        return self.run(size, number)
