"""What happens to tensors saved for backward: hooks that pack and unpack them, and the anomaly mode's tracebacks.

Both concern the moment at which a node is made, and both are rare: a bit of `mode.word` sends every call down the slow
path, which ends at `watch`.
https://pytorch.org/tutorials/intermediate/autograd_saved_tensors_hooks_tutorial.html
"""

from __future__ import annotations

import os
import traceback
import warnings
from contextlib import contextmanager

from ..device import is_array
from ..tensor import Tensor
from .grad_mode import ANOMALY, SAVING, mode, no_grad
from .graph import FACT

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
PACKED = object()  # stands for the version of an entry (handle, PACKED, unpack)


class Packed(list):
    """The saved entries of a node; the tensors among them are unpacked when a rule asks for them."""

    def __getitem__(self, k: int):
        entry = super().__getitem__(k)
        return (unpacked(entry[0], entry[2]).array, FACT, 0) if entry[1] is PACKED else entry


def unpacked(handle, unpack) -> Tensor:
    """What was packed, given back; it has no version that could change."""
    with no_grad():
        t = unpack(handle)
    if not isinstance(t, Tensor):
        raise TypeError(f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                        f"{type(t).__name__}")
    return t


def packed(t: Tensor) -> tuple:
    """The entry of a tensor that is saved while hooks are on."""
    pack, unpack = mode.saving[-1]
    before = t.version[0]
    with no_grad():
        handle = pack(t)
    if t.version[0] != before:
        raise RuntimeError("A saved tensor pack hook is modifying its input in place. Tensors provided as input to "
                           "pack hook cannot be modified by in-place operations as this can lead to unexpected "
                           "side-effects. Please open an issue if you need to perform in-place operations on the input "
                           "to a pack hook.")
    return handle, PACKED, unpack


def pack_entries(entries: list, tensors) -> Packed:
    """Saved entries with their tensors packed; `tensors` are the Tensors the entries were read from, None for facts."""
    return Packed([
        packed(t) if isinstance(t, Tensor) else
        (pack_entries(entry[0], t), *entry[1:]) if isinstance(t, tuple) else entry  # a tuple: of a variadic op
        for entry, t in zip(entries, tensors)])


def watch(node, tensors: list) -> None:
    """Do to a new node what the modes that are on ask for."""
    if mode.word & SAVING:
        node.saved = pack_entries(node.saved, tensors)
    if mode.word & ANOMALY:
        note_lines(node)


def note_lines(node) -> None:
    """Keep with a node the lines of the script that led to it."""
    frames = [f for f in traceback.extract_stack() if not f.filename.startswith(PACKAGE)]
    node.watched().made_at = "".join(traceback.format_list(frames))


# ---------------------------------------------------------------- torch.autograd.graph's context managers


class saved_tensors_hooks:  # noqa: N801
    """Inside, `pack_hook(tensor)` decides what is kept of a saved tensor, `unpack_hook(kept)` gives it back."""

    def __init__(self, pack_hook, unpack_hook):
        self.hooks = pack_hook, unpack_hook

    def __enter__(self) -> None:
        if mode.saving_refused is not None:
            raise RuntimeError(mode.saving_refused)
        if not all(map(callable, self.hooks)):
            raise TypeError("saved_tensors_hooks: pack_hook and unpack_hook must be callable")
        mode.saving = (*mode.saving, self.hooks)
        mode.word |= SAVING

    def __exit__(self, *exception) -> None:
        mode.saving = mode.saving[:-1]
        if not mode.saving:
            mode.word &= ~SAVING


class save_on_cpu(saved_tensors_hooks):  # noqa: N801
    """Inside, what is saved waits in the CPU's memory for the backward pass."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda"):
        if pin_memory:
            raise NotImplementedError("save_on_cpu: pin_memory")
        super().__init__(lambda t: (t.device, t.cpu()), lambda kept: kept[1].to(kept[0]))


class disable_saved_tensors_hooks:  # noqa: N801
    """Inside, `saved_tensors_hooks` is refused with this message."""

    def __init__(self, error_message: str):
        self.message = error_message

    def __enter__(self) -> None:
        if mode.saving:
            raise RuntimeError(self.message)
        self.before, mode.saving_refused = mode.saving_refused, self.message

    def __exit__(self, *exception) -> None:
        mode.saving_refused = self.before


@contextmanager
def allow_mutation_on_saved_tensors():
    """Inside, what was saved for backward may be written to: a copy was saved.

    As in torch, a graph is walked in the same `with` block that recorded it. torch copies later, when something is
    written to; what is copied at once needs more memory, and no watch over every write.
    """
    block = object()

    def unpack(kept: Tensor) -> Tensor:
        if mode.copying is not block:
            raise AssertionError("Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which "
                                 "the graph was originally recorded.")
        return kept

    if mode.copying is not None:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    with saved_tensors_hooks(lambda t: t.clone(), unpack):
        mode.copying = block
        try:
            yield
        finally:
            mode.copying = None


# ---------------------------------------------------------------- anomaly mode


class set_detect_anomaly:  # noqa: N801
    """Switches anomaly detection on or off at once, and back at the end of a `with` block.

    Forward calls remember where they were made; a backward that fails, or (check_nan) gives NaN, shows the line.
    https://pytorch.org/docs/stable/autograd.html#anomaly-detection
    """

    def __init__(self, mode: bool, check_nan: bool = True):  # noqa: A002 (torch's name)
        self.before = is_anomaly_enabled(), is_anomaly_check_nan_enabled()
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        """It is on since it was made."""

    def __exit__(self, *exception) -> None:
        set_anomaly_enabled(*self.before)


class detect_anomaly:  # noqa: N801
    """`set_detect_anomaly(True)` for a `with` block, with a warning of what it costs."""

    def __init__(self, check_nan: bool = True):
        self.check_nan = check_nan
        warnings.warn("Anomaly Detection has been enabled. This mode will increase the runtime and should only be "
                      "enabled for debugging.", stacklevel=2)

    def __enter__(self) -> None:
        self.before = is_anomaly_enabled(), is_anomaly_check_nan_enabled()
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *exception) -> None:
        set_anomaly_enabled(*self.before)


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Switches anomaly detection on or off in this thread: `set_detect_anomaly` without the way back."""
    mode.word = mode.word | ANOMALY if enabled else mode.word & ~ANOMALY
    mode.check_nan = check_nan


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on in this thread."""
    return bool(mode.word & ANOMALY)


def is_anomaly_check_nan_enabled() -> bool:
    """Whether it looks for NaN."""
    return mode.check_nan


def checked_gradients(node, pull, g, edges):
    """What `pull` gives for a node; if it fails, or gives NaN, a warning tells where the node was made."""
    try:
        gradients = pull(g, edges)
        for k, (edge, gx) in enumerate(zip(edges, gradients)):
            array = gx.array if isinstance(gx, Tensor) else gx
            if mode.check_nan and edge is not None and is_array(array) and bool((array != array).any()):
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {k}th output.")
    except Exception:
        made_at = None if node.watchers is None else node.watchers.made_at
        where = (f"Traceback of forward call that caused the error:\n{made_at}" if made_at else "No forward pass "
                 "information available. Enable detect anomaly during forward pass for more information.")
        warnings.warn(f"Error detected in {node.name()}. {where}", UserWarning, stacklevel=2)
        raise
    return gradients
