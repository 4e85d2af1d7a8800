"""Whether the graph is being recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`.

Every op reads one word per call, `mode.word`:

    0       nobody records
    1       recording
    above   something that needs the slow path is on as well: inference mode, hooks on saved tensors, anomaly mode

https://pytorch.org/docs/stable/notes/autograd.html#locally-disabling-gradient-computation
"""

from __future__ import annotations

import functools
import inspect
import threading

RECORDING, INFERENCE, SAVING, ANOMALY = 1, 2, 4, 8


class Mode(threading.local):
    """One word per thread, and what the rarer modes need to know (saved.py)."""

    word = RECORDING
    saving: tuple = ()  # (pack, unpack) hooks, the innermost last
    saving_refused: str | None = None
    check_nan = True
    walk = None  # the backward pass that is under way (engine.py)
    copying = None  # the `allow_mutation_on_saved_tensors` block that is open


mode = Mode()


class _ModeSwitch:
    """A context manager, and decorator of functions and generators, that sets `mode.word` for a while."""

    def __enter__(self) -> None:
        self.before = mode.word
        mode.word = self.switch(mode.word)

    def __exit__(self, *exception) -> None:
        mode.word = self.before

    def switch(self, word: int) -> int:
        raise NotImplementedError

    def again(self) -> _ModeSwitch:
        """A fresh switch like this one, so that a decorated function may be re-entered."""
        return type(self)()

    def __call__(self, function):
        if inspect.isgeneratorfunction(function):
            return self._around_generator(function)

        @functools.wraps(function)
        def call(*args, **kwargs):
            with self.again():
                return function(*args, **kwargs)

        return call

    def _around_generator(self, function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            generator, send = function(*args, **kwargs), None
            while True:
                try:  # the mode is on only while the generator itself runs, never while its caller does
                    with self.again():
                        value = generator.send(send)
                except StopIteration as stop:
                    return stop.value
                send = yield value

        return call


class no_grad(_ModeSwitch):  # noqa: N801
    """Records nothing inside; results do not require grad."""

    def __new__(cls, function=None):
        made = super().__new__(cls)
        return made if function is None else made(function)  # @no_grad and @no_grad() both decorate

    def switch(self, word: int) -> int:
        return word & ~RECORDING


class enable_grad(_ModeSwitch):  # noqa: N801
    """Records again, inside a `no_grad`."""

    def __new__(cls, function=None):
        made = super().__new__(cls)
        return made if function is None else made(function)

    def switch(self, word: int) -> int:
        return word | RECORDING


class set_grad_enabled(_ModeSwitch):  # noqa: N801
    """Switches recording on or off at once, and back at the end of a `with` block."""

    def __init__(self, mode: bool):  # noqa: A002 (torch's name)
        self.flag = mode
        self.made_at = _thread_mode.word
        _thread_mode.word = self.switch(_thread_mode.word)

    def __enter__(self) -> None:
        self.before = self.made_at
        mode.word = self.switch(mode.word)

    def __call__(self, function):
        mode.word = self.made_at  # as a decorator it must not leave the switch on
        return super().__call__(function)

    def switch(self, word: int) -> int:
        return word | RECORDING if self.flag else word & ~RECORDING

    def again(self) -> set_grad_enabled:
        return type(self)(self.flag)


class inference_mode(_ModeSwitch):  # noqa: N801
    """no_grad whose results may never enter a recorded graph, and keep no version."""

    def __new__(cls, mode=True):
        made = super().__new__(cls)
        if callable(mode):
            made.flag = True
            return made(mode)
        made.flag = mode
        return made

    def switch(self, word: int) -> int:
        return (word & ~RECORDING) | INFERENCE if self.flag else word & ~INFERENCE | RECORDING

    def again(self) -> inference_mode:
        return type(self)(self.flag)


_thread_mode = mode  # `mode` is shadowed by set_grad_enabled's argument


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return bool(mode.word & RECORDING)


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return bool(mode.word & INFERENCE)
