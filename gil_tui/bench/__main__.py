"""The bench child, run by file path under any Python from 3.8 on; `spec.py` says what is said to it.

With the argument `loads` it runs a program of known behaviour instead, see `loads.py`.
Worker processes that spawn or forkserver start run this file once more as `__mp_main__`: they need the
package and nothing else. The syntax is also Python 2's, so that an old interpreter can say so.
"""

import importlib
import os
import sys

if sys.version_info < (3, 8):
    version = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit("gil-tui needs Python 3.8 or newer: %s is %s" % (sys.executable, version))

FOLDER = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "gil_tui_bench"

if PACKAGE not in sys.modules:
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != FOLDER]
    package = type(sys)(PACKAGE)
    package.__path__ = [FOLDER]  # a module with a path is a package; importlib.util would cost more
    sys.modules[PACKAGE] = package
    sys.dont_write_bytecode = False  # compiling the bench would be half of what a trial costs; see own.py

if __name__ == "__main__":
    importlib.import_module(PACKAGE + "." + (sys.argv[1:] or ["child"])[0]).main()
