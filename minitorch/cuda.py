"""minitorch.cuda: the GPU, through CuPy, as torch.cuda shows it.

Nothing of CUDA is imported before there is something to ask it. Without CuPy or a GPU, questions have torch's answers
(no device, no memory) and everything else raises torch's error.  https://pytorch.org/docs/stable/cuda.html
"""

from __future__ import annotations

from .amp import cuda_amp as amp  # noqa: F401
from .device import cuda_is_available as is_available
from .device import NOT_COMPILED, cupy
from .device import device as device_class


def runtime():
    """CuPy's `cuda` module, or torch's error where there is no GPU."""
    if not is_available():
        raise AssertionError(NOT_COMPILED)
    return cupy().cuda


def number(where=None) -> int:
    """The index of a device: None is the current one."""
    where = device_class(where) if isinstance(where, (str, int)) else where
    index = None if where is None else where.index
    return current_device() if index is None else index


def device_count() -> int:
    """How many GPUs there are."""
    return runtime().runtime.getDeviceCount() if is_available() else 0


def current_device() -> int:
    return runtime().runtime.getDevice()


def set_device(device) -> None:
    runtime().Device(number(device)).use()


def get_device_name(device=None) -> str:
    return runtime().runtime.getDeviceProperties(number(device))["name"].decode()


def get_device_capability(device=None) -> tuple[int, int]:
    found = runtime().runtime.getDeviceProperties(number(device))
    return found["major"], found["minor"]


def synchronize(device=None) -> None:
    """Wait until the GPU has done all it was given."""
    runtime().Device(number(device)).synchronize()


def is_initialized() -> bool:
    return is_available()


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no bfloat16 here."""
    return False


def manual_seed(seed: int) -> None:
    """Without effect: random numbers are drawn on the CPU, for every device, from `minitorch.manual_seed`'s stream."""


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Give memory that CuPy keeps for reuse back to the GPU."""
    if is_available():
        cupy().get_default_memory_pool().free_all_blocks()


def memory_allocated(device=None) -> int:
    """Bytes that arrays hold now."""
    return cupy().get_default_memory_pool().used_bytes() if is_available() else 0


def memory_reserved(device=None) -> int:
    """Bytes taken from the GPU, in use or kept for reuse."""
    return cupy().get_default_memory_pool().total_bytes() if is_available() else 0


def max_memory_allocated(device=None) -> int:
    """0 without a GPU; CuPy does not record its highest mark."""
    if is_available():
        raise NotImplementedError("cuda.max_memory_allocated: CuPy keeps no record of it")
    return 0


class Event:
    """A point in the GPU's work, for timing.  https://pytorch.org/docs/stable/generated/torch.cuda.Event.html"""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False):
        if interprocess:
            raise NotImplementedError("cuda.Event: interprocess")
        if not is_available():
            raise RuntimeError("Tried to instantiate dummy base class Event")
        self.event = runtime().Event(block=blocking, disable_timing=not enable_timing)

    def record(self, stream=None) -> None:
        self.event.record()

    def synchronize(self) -> None:
        self.event.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to another."""
        return cupy().cuda.get_elapsed_time(self.event, end_event.event)


class device:  # noqa: N801 (torch's name)
    """Inside, this GPU is the current one. Index -1, or None, changes nothing."""

    def __init__(self, device):
        self.index = -1 if device is None else device if isinstance(device, int) else number(device)

    def __enter__(self) -> None:
        if self.index >= 0:
            if not is_available():
                raise RuntimeError("PyTorch was compiled without CUDA support")
            self.before = current_device()
            set_device(self.index)

    def __exit__(self, *exception) -> None:
        if self.index >= 0:
            set_device(self.before)
