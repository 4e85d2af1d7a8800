"""A module's state: its parameters and persistent buffers by their dotted names, saved and loaded.

https://pytorch.org/tutorials/recipes/recipes/what_is_state_dict.html        Read next: container.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..autograd.grad_mode import no_grad
from ..autograd.graph import RemovableHandle
from ..tensor import Tensor
from .parameter import Parameter

__all__ = ["IncompatibleKeys", "State"]

EXTRA_STATE = "_extra_state"  # the name under which `get_extra_state` is saved


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` could not match."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"

    __str__ = __repr__


class State:
    """The part of Module that is saved and loaded."""

    # ------------------------------------------------------------ saving

    def state_dict(self, *, destination: dict | None = None, prefix: str = "", keep_vars: bool = False) -> dict:
        """{dotted name: tensor} of all parameters and persistent buffers; they share the module's memory."""
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            if hook(self, destination, prefix, metadata) is not None:
                raise RuntimeError("state_dict post-hook must return None")
        return destination

    def _save_to_state_dict(self, destination: dict, prefix: str, keep_vars: bool) -> None:
        """Put this module's own tensors, not its children's, into `destination`."""
        for name, value in self._own_state().items():
            destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not State.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _own_state(self) -> dict[str, Tensor]:
        kept = {n: b for n, b in self._buffers.items() if n not in self._non_persistent_buffers_set}
        return {n: t for n, t in (*self._parameters.items(), *kept.items()) if t is not None}

    def get_extra_state(self) -> Any:
        """What else the state holds of this module; a module that overrides this also overrides `set_extra_state`."""
        raise RuntimeError("Module.get_extra_state() is to be overridden, and was called on the base class.")

    def set_extra_state(self, state: Any) -> None:
        """Take what `get_extra_state` gave."""
        raise RuntimeError("Module.set_extra_state() is to be overridden, and was called on the base class.")

    # ------------------------------------------------------------ loading

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> IncompatibleKeys:
        """Copy tensors by name into this module; with `strict`, names must match exactly.

        `assign` takes the given tensors themselves. All mismatches are reported in one error; what does match has
        been copied by then, as in torch.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing, unexpected, errors = [], [], []
        metadata = getattr(state_dict, "_metadata", None) or {}
        self._load(dict(state_dict), "", metadata, assign, missing, unexpected, errors)
        if strict:
            quoted = lambda names: ", ".join(f'"{n}"' for n in names)
            if unexpected:
                errors.insert(0, f"Unexpected key(s) in state_dict: {quoted(unexpected)}. ")
            if missing:
                errors.insert(0, f"Missing key(s) in state_dict: {quoted(missing)}. ")
        if errors:
            report = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{report}")
        return IncompatibleKeys(missing, unexpected)

    def _load(self, state: dict, prefix: str, metadata: dict, assign: bool, missing: list, unexpected: list,
              errors: list) -> None:
        """Load this module and all below it."""
        own = dict(metadata.get(prefix[:-1], {}))
        if assign:
            own["assign_to_params_buffers"] = True
        self._load_from_state_dict(state, prefix, own, True, missing, unexpected, errors)
        for name, module in self._modules.items():
            if module is not None:
                below = f"{prefix}{name}."
                part = {k: v for k, v in state.items() if k.startswith(below)}
                module._load(part, below, metadata, assign, missing, unexpected, errors)
        for hook in self._load_state_dict_post_hooks.values():
            if hook(self, IncompatibleKeys(missing, unexpected)) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                    "values, if incompatible_keys need to be modified, it should be done inplace.")

    def _load_from_state_dict(self, state_dict: dict, prefix: str, local_metadata: dict, strict: bool,
                              missing_keys: list, unexpected_keys: list, error_msgs: list) -> None:
        """Load this module's own tensors, not its children's; subclasses may override this."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own = self._own_state()
        for name, value in own.items():
            key = prefix + name
            if key in state_dict:
                complaint = self._load_one(name, key, value, state_dict[key], local_metadata)
                error_msgs += [complaint] if complaint else []
            elif strict:
                missing_keys.append(key)
        extra = prefix + EXTRA_STATE
        if type(self).set_extra_state is not State.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        for key in state_dict if strict else ():
            if key.startswith(prefix) and key != extra:
                name, *below = key[len(prefix):].split(".", 1)
                if name not in (self._modules if below else own):
                    unexpected_keys.append(key)

    def _load_one(self, name: str, key: str, value: Tensor, given, metadata: dict) -> str | None:
        """Load one tensor, or say why not."""
        if not isinstance(given, Tensor):
            return (f'While copying the parameter named "{key}", expected minitorch.Tensor or Tensor-like object from '
                    f"checkpoint but received {type(given)}")
        if value.array.shape == () and given.array.shape == (1,):  # as torch 0.3 saved numbers
            given = given[0]
        if given.array.shape != value.array.shape:
            return (f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, the shape in "
                    f"current model is {value.shape}.")
        try:
            with no_grad():
                if not metadata.get("assign_to_params_buffers", False):
                    value.copy_(given)
                elif isinstance(value, Parameter):
                    taken = given if isinstance(given, Parameter) else Parameter(given)
                    setattr(self, name, taken.requires_grad_(value.requires_grad))
                else:
                    setattr(self, name, given)
        except Exception as error:
            return (f'While copying the parameter named "{key}", whose dimensions in the model are {value.shape} and '
                    f"whose dimensions in the checkpoint are {given.shape}, an exception occurred : {error.args}.")
        return None

    # ------------------------------------------------------------ hooks

    def register_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, prefix, keep_vars) before the state is gathered."""
        return RemovableHandle(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, state_dict, prefix, metadata) afterwards; it may change the dictionary in place."""
        return RemovableHandle(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, state_dict, prefix, metadata, strict, missing, unexpected, errors) before loading."""
        return RemovableHandle(self._load_state_dict_pre_hooks, hook)

    def register_load_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, incompatible_keys) after loading; it may change the lists in place."""
        return RemovableHandle(self._load_state_dict_post_hooks, hook)
