"""What calling a module does: hooks before and after its `forward`, and on the gradients that pass it.

    forward pre-hook     sees, and may replace, the arguments
    forward hook         sees, and may replace, the output
    backward pre-hook    sees, and may replace, the gradients that arrive at the outputs
    backward hook        sees those, and may replace the gradients that leave by the inputs

Read next: state.py.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from ..autograd.function import Function
from ..autograd.grad_mode import is_grad_enabled
from ..autograd.graph import RemovableHandle
from ..tensor import Tensor

__all__ = ["Hooks"]


class ForwardHook(NamedTuple):
    """A registered hook, whether it wants the keyword arguments as well, and whether an error does not stop it."""

    function: Callable
    with_kwargs: bool
    always_call: bool = False


def registered(hooks: OrderedDict, hook, prepend: bool = False) -> RemovableHandle:
    """Add a hook, last or first, and give the handle that removes it."""
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


class Hooks:
    """The part of Module that is called."""

    _is_full_backward_hook: bool | None = None  # known from the first backward hook on

    def __call__(self, *args, **kwargs) -> Any:
        if not (self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks):
            return self.forward(*args, **kwargs)
        call = Call(self, args, kwargs)
        try:
            return call.run()
        except Exception:
            call.tell_of_failure()
            raise

    def register_forward_pre_hook(self, hook: Callable, *, prepend: bool = False,
                                  with_kwargs: bool = False) -> RemovableHandle:
        """Call hook(module, args) before every forward; what it returns replaces the arguments.

        With `with_kwargs`, hook(module, args, kwargs) returns None or (args, kwargs).
        """
        return registered(self._forward_pre_hooks, ForwardHook(hook, with_kwargs), prepend)

    def register_forward_hook(self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False,
                              always_call: bool = False) -> RemovableHandle:
        """Call hook(module, args, output) after every forward; what it returns replaces the output.

        With `with_kwargs`, hook(module, args, kwargs, output). With `always_call`, also when the call fails: its output
        is then the last there was, or None.
        """
        return registered(self._forward_hooks, ForwardHook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call hook(module, grad_output) when gradients arrive at the outputs; what it returns replaces them."""
        return registered(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call hook(module, grad_input, grad_output) when the inputs' gradients are known; its result replaces them."""
        self._one_kind_of_backward_hook(full=True)
        return registered(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook: Callable) -> RemovableHandle:
        """Deprecated: as `register_full_backward_hook`, but the gradients are those of the module's last node."""
        self._one_kind_of_backward_hook(full=False)
        return registered(self._backward_hooks, hook)

    def _one_kind_of_backward_hook(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError("Cannot use both regular backward hooks and full backward hooks on a single Module. "
                               "Please use only one of them.")
        self._is_full_backward_hook = full


class Call:
    """One call of a module that has hooks: its arguments and its result, as the hooks leave them."""

    def __init__(self, module: Hooks, args: tuple, kwargs: dict):
        self.module, self.args, self.kwargs, self.result, self.called = module, args, kwargs, None, set()

    def run(self) -> Any:
        module, passage = self.module, None
        for hook in list(module._forward_pre_hooks.values()):
            self.before(hook)
        full = module._backward_hooks and module._is_full_backward_hook is not False
        if full or module._backward_pre_hooks:
            passage = Passage(module, full)
            self.args = passage.enter(self.args)
        self.result = module.forward(*self.args, **self.kwargs)
        for key, hook in list(module._forward_hooks.items()):
            self.called.add(key)
            self.after(hook)
        if passage is not None:
            self.result = passage.leave(self.result)
        if module._is_full_backward_hook is False and module._backward_hooks:
            watch_last_node(module, self.args, self.result)
        return self.result

    def before(self, hook: ForwardHook) -> None:
        if hook.with_kwargs:
            changed = hook.function(self.module, self.args, self.kwargs)
            if changed is None:
                return
            if not isinstance(changed, tuple) or len(changed) != 2:
                raise RuntimeError("forward pre-hook must return None or a tuple of (new_args, new_kwargs), but "
                                   f"got {changed}.")
            self.args, self.kwargs = changed
        else:
            changed = hook.function(self.module, self.args)
            if changed is not None:
                self.args = changed if isinstance(changed, tuple) else (changed,)

    def after(self, hook: ForwardHook) -> None:
        more = (self.args, self.kwargs) if hook.with_kwargs else (self.args,)
        changed = hook.function(self.module, *more, self.result)
        self.result = self.result if changed is None else changed

    def tell_of_failure(self) -> None:
        """Something raised: the hooks that are always called, and were not yet, are called now."""
        for key, hook in list(self.module._forward_hooks.items()):
            if hook.always_call and key not in self.called:
                try:
                    self.after(hook)
                except Exception as error:
                    warnings.warn("module forward hook with ``always_call=True`` raised an exception that was silenced "
                                  f"as another error was raised in forward: {error}", stacklevel=3)


# ---------------------------------------------------------------- gradients that pass a module


class BackwardHookFunction(Function):
    """Tensors as they are; on the way back, `change` sees their gradients and says what goes on.

    `materialize`: zeros rather than None for a tensor that got no gradient.
    """

    @staticmethod
    def forward(ctx, change: Callable, materialize: bool, *tensors: Tensor):
        ctx.change = change
        ctx.set_materialize_grads(materialize)
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx, *gradients):
        return None, None, *ctx.change(gradients)


class Passage:
    """One call of a module with backward hooks: a BackwardHookFunction stands at its inputs and one at its outputs.

    Values that are no tensors have None for a gradient.
    """

    def __init__(self, module: Hooks, full: bool):
        self.module, self.pre_hooks = module, list(module._backward_pre_hooks.values())
        self.hooks = list(module._backward_hooks.values()) if full else []
        self.grad_outputs = None

    def enter(self, args: tuple) -> tuple:
        """The arguments, watched."""
        self.inputs = len(args)
        args, self.input_places = through(args, self.at_inputs, materialize=True)
        return args

    def leave(self, result):
        """The result, watched."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn("For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                          f"but received {type(result)}", stacklevel=4)
        results = result if isinstance(result, tuple) else (result,)
        self.outputs = len(results)
        results, self.output_places = through(results, self.at_outputs, materialize=False)
        return results if isinstance(result, tuple) else results[0]

    def at_outputs(self, gradients: tuple) -> tuple:
        self.grad_outputs = spread(gradients, self.output_places, self.outputs)
        for hook in self.pre_hooks:
            changed = hook(self.module, self.grad_outputs)
            if changed is None:
                continue
            changed = changed if isinstance(changed, tuple) else (changed,)
            if len(changed) != self.outputs:
                raise RuntimeError("Backward pre hook returned an invalid number of grad_output, got "
                                   f"{len(changed)}, but expected {self.outputs}")
            self.grad_outputs = changed
        passed_on = tuple([self.grad_outputs[k] for k in self.output_places])
        if self.input_places is None:
            self.without_inputs()
        return passed_on

    def without_inputs(self) -> None:
        """No input has a gradient: the hooks are told at once, and may not change anything."""
        warnings.warn("Full backward hook is firing when gradients are computed with respect to module outputs since "
                      "no inputs require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn."
                      "Module.html#torch.nn.Module.register_full_backward_hook for more details.", stacklevel=5)
        nothing = (None,) * self.inputs
        for hook in self.hooks:
            changed = hook(self.module, nothing, self.grad_outputs)
            if changed is not None and not (isinstance(changed, tuple) and all(g is None for g in changed)):
                raise RuntimeError("Backward hook for Modules where no input requires gradient should always return "
                                   "None or None for all gradients.")
        self.grad_outputs = None

    def at_inputs(self, gradients: tuple) -> tuple:
        if self.grad_outputs is None:  # a gradient that came to the inputs without passing the outputs
            return gradients
        grad_inputs = spread(gradients, self.input_places, self.inputs)
        for hook in self.hooks:
            changed = hook(self.module, grad_inputs, self.grad_outputs)
            if changed is None:
                continue
            changed = changed if isinstance(changed, tuple) else (changed,)
            if len(changed) != self.inputs:
                raise RuntimeError(f"Backward hook returned an invalid number of grad_input, got {len(changed)}, but "
                                   f"expected {self.inputs}")
            grad_inputs = changed
        self.grad_outputs = None
        return tuple([grad_inputs[k] for k in self.input_places])


def through(values: tuple, change: Callable, materialize: bool) -> tuple[tuple, list | None]:
    """(values with their tensors watched by `change`, where the tensors are): None where none needs a gradient."""
    places = [k for k, value in enumerate(values) if isinstance(value, Tensor)]
    if not is_grad_enabled() or not any(values[k].requires_grad for k in places):
        return values, None
    watched = list(values)
    for k, t in zip(places, BackwardHookFunction.apply(change, materialize, *[values[k] for k in places])):
        watched[k] = t
    return tuple(watched) if type(values) is tuple else type(values)(*watched), places


def spread(gradients: tuple, places: list, count: int) -> tuple:
    """The gradients at their places among `count` values, None elsewhere."""
    at = dict(zip(places, gradients))
    return tuple([at.get(k) for k in range(count)])


# ---------------------------------------------------------------- backward hooks of before: on one node


def watch_last_node(module: Hooks, args: tuple, result) -> None:
    """Hang the deprecated backward hooks on the node of the module's (first) result."""
    first = result
    while not isinstance(first, Tensor):
        first = next(v for v in first.values() if isinstance(v, Tensor)) if isinstance(first, dict) else first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in module._backward_hooks.values():
        node.register_hook(lambda gi, go, hook=hook: hook(module, gi, go))
    missed = what_is_missed(args, result if isinstance(result, tuple) else (result,), node)
    if missed is not None:
        how, which, advice = missed
        warnings.warn(f"Using {how} is deprecated and will be removed in future versions. This hook will be missing "
                      f"some {which}.{ADVICE if advice else ''}", FutureWarning, stacklevel=4)


ADVICE = " Please use register_full_backward_hook to get the documented behavior."


def what_is_missed(args: tuple, results: tuple, node) -> tuple[str, str, bool] | None:
    """Why one node's gradients are not the module's: (how it is used, what is missing, whether there is advice)."""
    tensors = lambda values: all(isinstance(v, Tensor) for v in values)
    if not tensors(results) or not tensors(args):
        does, of = ("take as input", "of the grad_input") if tensors(results) else ("return", "of the grad_output")
        how = f"non-full backward hooks on a Module that does not {does} a single Tensor or a tuple of Tensors"
        return how, of, True
    nodes = {t.grad_fn for t in results} - {None}
    if len(nodes) > 1:
        return "a non-full backward hook when outputs are generated by different autograd Nodes", "grad_output", True
    if node not in nodes:
        return "a non-full backward hook when outputs are nested in python data structure", "grad_output", False
    if {t.grad_fn for t in args} - {None} != {f for f, _ in node.next_functions}:
        return "a non-full backward hook when the forward contains multiple autograd Nodes", "grad_input", True
    return None
