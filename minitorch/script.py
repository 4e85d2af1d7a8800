"""What a spawned worker of a script run by `python -m minitorch run` imports in place of that script.

multiprocessing tells a new process the name of the main module, so that what the script defines can be unpickled.
This module is given for it: here, too, `torch` must mean minitorch before the script's own imports run.
"""

import os

from minitorch.run import install

if __name__ == "__mp_main__":
    install()
    __file__ = os.environ["MINITORCH_SCRIPT"]
    with open(__file__, "rb") as _file:
        exec(compile(_file.read(), __file__, "exec"), globals())
