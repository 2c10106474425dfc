"""gil-tui: is this Python program limited by the GIL, or by something else, and what should change?"""

__version__ = "0.1.0"
