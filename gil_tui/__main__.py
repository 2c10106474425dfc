"""`gil-tui` and `python -m gil_tui`: an interruption ends it without a traceback from the first import on."""

import sys

from gil_tui.commands.interruption import ending_at_once

INTERRUPTED = 130
"""As in `gil_tui.cli`, which is just what has not been imported yet."""


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    try:
        with ending_at_once():
            from gil_tui.cli import main as run

        return run()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
