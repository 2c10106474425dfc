"""What a workload is."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping, Optional, Tuple

    from ..spec import Knob, KnobValue


class Workload:
    """Equal tasks of an adjustable size that return a checksum; one instance in each process that works.

    The class says what it is: `name`, `family`, what it `shows` in one sentence, what one unit of size is,
    and its `knobs`. It works in an interpreter that can import what it `needs`; `extra` is the extra of
    gil-tui that brings that. `prepare` sets up what all workers share, in the experiment's process, and
    leaves in `facts` what they must know of it. From the start there are `executor` and `workers`, which
    are `sequential` and 1 while sizes are calibrated, and `job`, the job's kind. `helpers` are the
    processes that it started, which are not measured. `notes` are what the reader of the result should know.
    """

    name = ""
    family = ""
    shows = ""
    size_unit = ""
    knobs: Tuple[Knob, ...] = ()
    needs: Tuple[str, ...] = ()
    extra = ""
    notes: Tuple[str, ...] = ()
    size_at_most: Optional[int] = None
    """A calibrated task is no larger: of a request, say, whose latency is asked for."""
    is_async = False
    """Tasks have a version that waits without holding the thread."""
    helpers: Tuple[int, ...] = ()

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        self.settings = settings
        self.facts = dict(facts)

    @classmethod
    def lacks(cls) -> Optional[Tuple[str, str]]:
        """What this host lacks besides modules, and the command that brings it; asked on any interpreter."""
        return None

    def prepare(self) -> None:
        """Set up what the workers share; JobError `workload` if it cannot be."""

    def close(self) -> None:
        """Take down what `prepare` set up."""

    def enter(self) -> None:
        """Get this process ready for its tasks; each worker asks before its warm-up, maybe at once."""

    async def enter_async(self) -> None:
        """The same for workers on an event loop."""
        self.enter()

    def leave(self) -> None:
        """Take down what `enter` set up; each worker asks after the last task of all, not after a failure."""

    async def leave_async(self) -> None:
        """The same for workers on an event loop."""
        self.leave()

    def figures(self) -> Dict[str, float]:
        """What it measured besides, units in the names; asked after the work, in the experiment's process."""
        return {}

    def run(self, size: int, number: int) -> int:
        """Do task `number` and return its checksum."""
        raise NotImplementedError

    async def run_async(self, size: int, number: int) -> int:
        """The same on an event loop: work that cannot wait there holds the loop up, as it would anywhere."""
        return self.run(size, number)
