"""Who shows a line to the person."""

from typing import Protocol


class Speaker(Protocol):
    """Who shows lines that a person should read."""

    def say(self, message: str, *, is_error: bool = False) -> None:
        """Show one line."""
