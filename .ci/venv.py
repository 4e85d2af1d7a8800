"""Makes a virtual environment that borrows large packages from the Python it is made with.

    python .ci/venv.py .venv torch cupy

borrows if that Python imports torch 2.13, or CuPy, beside NumPy 2. A .pth file then puts its package folders last on
the environment's path, so that pip finds torch there and downloads nothing. (`--system-site-packages` would do, were
it not that it skips the packages of a Python that is itself a virtual environment.)
"""

import importlib
import subprocess
import sys
from pathlib import Path

WANTED = {"numpy": "2.", "torch": "2.13.0"}  # the versions that are worth borrowing; of others, any


def importable(name):
    try:
        return importlib.import_module(name).__version__.startswith(WANTED.get(name, ""))
    except Exception:  # a broken installation may raise anything
        return False


def main(folder, *wishes):
    if sys.version_info < (3, 10):  # noqa: UP036 (this is where an older one is told)
        sys.exit("minitorch needs Python 3.10 or newer; this is {}.{}. Name another: make PYTHON=python3.12 ...".format(
            *sys.version_info))
    own = [path for path in sys.path if path.endswith("-packages")]  # site-packages, or Debian's dist-packages
    found = [name for name in wishes if importable(name)] if wishes and importable("numpy") else []
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    borrowed = next(Path(folder).glob("lib/python*/site-packages")) / "borrowed.pth"
    if found:
        print(f"{folder} uses the {' and '.join(found)} of {sys.executable}")
        borrowed.write_text("\n".join(own) + "\n")
    else:
        borrowed.unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
