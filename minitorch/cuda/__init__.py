"""minitorch.cuda: the GPU, through CuPy, as torch.cuda shows it.

Nothing of CUDA is imported before there is something to ask it. Without CuPy or a GPU, questions have the answers that
torch gives without one (no device, no memory), and everything else raises torch's error.
https://pytorch.org/docs/stable/cuda.html
"""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

from ..device import NOT_COMPILED, cupy
from ..device import cuda_is_available as is_available
from ..device import device as device_class
from ..missing import say_what_is_missing as _say_what_is_missing
from . import amp  # noqa: F401

__getattr__ = _say_what_is_missing(__name__)


def driver():
    """CuPy's `cuda` module, or torch's error where there is no GPU."""
    if not is_available():
        raise AssertionError(NOT_COMPILED)
    return cupy().cuda


def index_of(where=None) -> int:
    """The number of the GPU that a device, its name or a number means; None means the current one."""
    if isinstance(where, int):
        return where
    where = device_class("cuda" if where is None else where)
    if where.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {where}")
    return current_device() if where.index is None else where.index


# ---------------------------------------------------------------- devices


def device_count() -> int:
    """How many GPUs there are."""
    return driver().runtime.getDeviceCount() if is_available() else 0


def init() -> None:
    """Raise if there is no GPU."""
    driver()


def is_initialized() -> bool:
    """Whether there is a GPU."""
    return is_available()


def current_device() -> int:
    """The number of the GPU that new CUDA tensors go to."""
    return driver().runtime.getDevice()


def set_device(device) -> None:
    """Make this GPU the current one; a negative number changes nothing."""
    index = index_of(device)
    if index >= 0:
        driver().Device(index).use()


def get_device_properties(device=None) -> SimpleNamespace:
    """What CUDA's runtime says of a GPU: name, major, minor, total_memory, multi_processor_count."""
    found = driver().runtime.getDeviceProperties(index_of(device))
    return SimpleNamespace(name=found["name"].decode(), major=found["major"], minor=found["minor"],
                           total_memory=found["totalGlobalMem"], multi_processor_count=found["multiProcessorCount"])


def get_device_name(device=None) -> str:
    """A GPU's name."""
    return get_device_properties(device).name


def get_device_capability(device=None) -> tuple[int, int]:
    """A GPU's compute capability: (9, 0) for Hopper."""
    found = get_device_properties(device)
    return found.major, found.minor


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no bfloat16 here."""
    return False


class device:  # noqa: N801 (torch's name)
    """Inside, this GPU is the current one. A negative number, or None, changes nothing."""

    def __init__(self, device):
        self.index = -1 if device is None else index_of(device)

    def __enter__(self) -> None:
        if self.index >= 0:
            if not is_available():
                raise RuntimeError("PyTorch was compiled without CUDA support")
            self.before = current_device()
            set_device(self.index)

    def __exit__(self, *exception) -> None:
        if self.index >= 0:
            set_device(self.before)


# ---------------------------------------------------------------- random numbers


def manual_seed(seed: int) -> None:
    """Without effect: numbers for every device are drawn from the one stream that `minitorch.manual_seed` starts."""


manual_seed_all = manual_seed


def get_rng_state_all() -> list:
    """Empty: the stream of every device is the one that `minitorch.get_rng_state` gives."""
    return []


def set_rng_state_all(new_states: list) -> None:
    """Takes what `get_rng_state_all` gives."""
    if len(new_states):
        raise NotImplementedError("cuda.set_rng_state_all: states of a GPU")


# ---------------------------------------------------------------- memory


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
        raise NotImplementedError("cuda.max_memory_allocated: CuPy keeps no record of the most that was in use")
    return 0


max_memory_reserved = max_memory_allocated


def reset_peak_memory_stats(device=None) -> None:
    """Not supported: see `max_memory_allocated`."""
    driver()
    raise NotImplementedError("cuda.reset_peak_memory_stats: CuPy keeps no record of the most that was in use")


def mem_get_info(device=None) -> tuple[int, int]:
    """Bytes that are free on the GPU, and bytes in all."""
    with driver().Device(index_of(device)):
        return driver().runtime.memGetInfo()


# ---------------------------------------------------------------- time


def synchronize(device=None) -> None:
    """Wait until the GPU has done all it was given."""
    driver().Device(index_of(device)).synchronize()


class Event:
    """A point in the GPU's work, for timing.  https://pytorch.org/docs/stable/generated/torch.cuda.Event.html"""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False):
        if not is_available():
            raise RuntimeError("Tried to instantiate dummy base class Event")
        if interprocess:
            raise NotImplementedError("cuda.Event: interprocess")
        self.event = driver().Event(block=blocking, disable_timing=not enable_timing)

    def record(self, stream: Stream | None = None) -> None:
        """Place the event after all that was given to a stream, by default the current one."""
        self.event.record(None if stream is None else stream.stream)

    def wait(self, stream: Stream | None = None) -> None:
        """Let what is given to a stream from now on begin after this point."""
        (current_stream() if stream is None else stream).wait_event(self)

    def query(self) -> bool:
        """Whether the GPU has come to this point."""
        return self.event.done

    def synchronize(self) -> None:
        """Wait until the GPU has come to this point."""
        self.event.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to another."""
        return driver().get_elapsed_time(self.event, end_event.event)


class Stream:
    """Work for the GPU in an order of its own.  https://pytorch.org/docs/stable/generated/torch.cuda.Stream.html"""

    def __init__(self, device=None, priority: int = 0):
        if not is_available():
            raise RuntimeError("minitorch.cuda.Stream requires CUDA support")
        with driver().Device(index_of(device)):
            self.stream = driver().Stream(non_blocking=True, priority=priority)

    @classmethod
    def of(cls, stream) -> Stream:
        """CuPy's stream as one of these."""
        self = cls.__new__(cls)
        self.stream = stream
        return self

    def __eq__(self, other) -> bool:
        return isinstance(other, Stream) and self.stream == other.stream

    def __hash__(self) -> int:
        return hash(self.stream)

    def query(self) -> bool:
        """Whether all that was given to the stream is done."""
        return self.stream.done

    def synchronize(self) -> None:
        """Wait until it is."""
        self.stream.synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """An event after all that was given to the stream."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Let what is given to the stream from now on begin after an event."""
        self.stream.wait_event(event.event)

    def wait_stream(self, stream: Stream) -> None:
        """Let what is given to the stream from now on begin after all that another was given."""
        self.wait_event(stream.record_event())


def current_stream(device=None) -> Stream:
    """The stream to which work is given now."""
    with driver().Device(index_of(device)):
        return Stream.of(driver().get_current_stream())


def default_stream(device=None) -> Stream:
    """The stream to which work is given if nothing else is said."""
    driver()
    return Stream.of(driver().Stream.null)


def stream(stream: Stream | None) -> contextlib.AbstractContextManager:
    """`with stream(s):` gives the work inside to s; stream(None) changes nothing."""
    return contextlib.nullcontext() if stream is None else stream.stream
