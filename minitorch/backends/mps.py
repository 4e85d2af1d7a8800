"""minitorch.backends.mps: Apple's GPUs, which are not used here."""


def is_available() -> bool:
    """False: there is no device "mps" here."""
    return False


is_built = is_available
