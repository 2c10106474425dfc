"""`python -m gil_tui`: the command line."""

import sys

from gil_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
