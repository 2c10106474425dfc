"""Values of knobs that a workload cannot work with."""

from __future__ import annotations

from ..failures import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import Workload


def whole(workload: Workload, knob: str, least: int, most: int) -> int:
    """The value of a knob that takes whole numbers; JobError `usage` outside of `least` to `most`."""
    value = int(workload.settings[knob])
    if not least <= value <= most:
        allowed = "%d to %d, not %d" % (least, most, value)
        raise JobError("usage", "%s of %s must be %s" % (knob, workload.name, allowed))
    return value
