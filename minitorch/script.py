"""What a spawned worker of a script run by `python -m minitorch run` imports in place of that script.

multiprocessing tells a new process the name of the main module, so that what the script defines can be unpickled.
This module is given for it: here, too, `torch` must mean minitorch before the script's own imports run.
"""

import os
import runpy

from minitorch.run import SCRIPT, install

if __name__ == "__mp_main__":
    install()
    _run = runpy.run_path if os.path.isabs(os.environ[SCRIPT]) else runpy.run_module
    globals().update(_run(os.environ[SCRIPT], run_name=__name__))
