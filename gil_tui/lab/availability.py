"""What can be used on which interpreter, and what brings the rest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Availability:
    """Why something cannot be used here, empty if it can, and the command that would change that."""

    why: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether it can be used."""
        return not self.why
