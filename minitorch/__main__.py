"""python -m minitorch run | doctor | coverage"""

import sys

USAGE = """usage: python -m minitorch COMMAND

  run SCRIPT.py [ARGUMENT...]    run a PyTorch script, `import torch` meaning minitorch
  doctor                         look at what this machine has, and say what to install
  coverage                       list torch's functions: here, missing, out of scope"""


def main() -> int:
    """Hand the command line to the command it names."""
    command, arguments = (sys.argv[1:2] or [""])[0], sys.argv[2:]
    if command == "run":
        from . import run

        return run.main(arguments)
    if command == "doctor":
        from . import doctor

        return doctor.main()
    if command == "coverage":
        from . import coverage

        return coverage.main()
    print(USAGE, file=sys.stdout if command in ("-h", "--help") else sys.stderr)
    return 0 if command in ("-h", "--help") else 2


if __name__ == "__main__":
    sys.exit(main())
