"""Files: torch's `.pt`, both ways, without torch and without running what a file says.

    names.py        torch's names for minitorch's things, and the list of the harmless ones
    unpickler.py    the interpreter that knows nothing else
    writer.py       save: the pickle and the storages, atomically
    archive.py      load: zip and legacy files, every number in them checked

What minitorch saves, torch loads with `weights_only=True`, and the other way round.
https://pytorch.org/docs/stable/notes/serialization.html
"""

from .archive import get_unsafe_globals_in_checkpoint, load
from .unpickler import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals
from .writer import save

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "get_unsafe_globals_in_checkpoint", "load",
           "safe_globals", "save"]
