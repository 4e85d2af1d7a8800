"""Module: a tree of parameters, buffers and submodules with one `forward`.

Assigning a Parameter or a Module to an attribute puts it into `_parameters` or `_modules`; everything else here is a
walk over that tree.  https://pytorch.org/docs/stable/generated/torch.nn.Module.html
Read next: container.py, linear.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..autograd.graph import RemovableHandle
from ..autograd.grad_mode import no_grad
from ..dtype import dtype as dtype_class
from ..tensor import Tensor
from .parameter import Buffer, Parameter


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` could not match."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"

    __str__ = __repr__


class Module:
    """Base class of all layers and models: subclass it, assign parts in `__init__`, override `forward`."""

    training: bool
    _version = 1

    def __init__(self) -> None:
        for name, value in (("training", True), ("_parameters", {}), ("_buffers", {}), ("_non_persistent_buffers_set", set()),
                            ("_modules", {}), ("_forward_hooks", OrderedDict()), ("_forward_pre_hooks", OrderedDict())):
            object.__setattr__(self, name, value)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation of the module; every subclass has its own."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args, **kwargs):
        if not self._forward_hooks and not self._forward_pre_hooks:
            return self.forward(*args, **kwargs)
        for hook in list(self._forward_pre_hooks.values()):
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        result = self.forward(*args, **kwargs)
        for hook in list(self._forward_hooks.values()):
            changed = hook(self, args, result)
            result = result if changed is None else changed
        return result

    def register_forward_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, args, output) after every forward; what it returns replaces the output."""
        return RemovableHandle(self._forward_hooks, hook)

    def register_forward_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, args) before every forward; what it returns replaces the arguments."""
        return RemovableHandle(self._forward_pre_hooks, hook)

    # ------------------------------------------------------------ parts

    def __setattr__(self, name: str, value) -> None:
        homes = self.__dict__
        kind = next((k for k, t in (("_parameters", Parameter), ("_modules", Module), ("_buffers", Buffer))
                     if isinstance(value, t)), None)
        if kind is not None:
            if kind not in homes:
                what = {"_parameters": "parameters", "_modules": "module", "_buffers": "buffers"}[kind]
                raise AttributeError(f"cannot assign {what} before Module.__init__() call")
            for other in ("__dict__", "_parameters", "_buffers", "_modules"):
                (homes if other == "__dict__" else homes[other]).pop(name, None)
            if kind == "_buffers":
                self.register_buffer(name, value, value.persistent)
            else:
                homes[kind][name] = value
            return
        for kind, what in (("_parameters", "minitorch.nn.Parameter or None"), ("_modules", "minitorch.nn.Module or None"),
                           ("_buffers", "minitorch.Tensor, minitorch.nn.Buffer, or None")):
            if name in homes.get(kind, ()):
                noun = {"_parameters": "parameter", "_modules": "child module", "_buffers": "buffer"}[kind]
                if value is not None and not (kind == "_buffers" and isinstance(value, Tensor)):
                    raise TypeError(f"cannot assign '{full_name(value)}' as {noun} '{name}' ({what} expected)")
                homes[kind][name] = value
                return
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str):
        # reached only for what is no plain attribute
        for kind in ("_parameters", "_buffers", "_modules"):
            home = self.__dict__.get(kind)
            if home is not None and name in home:
                return home[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for kind in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__[kind]:
                del self.__dict__[kind][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None to keep its place empty."""
        self._check_name(name, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"cannot assign '{full_name(param)}' object to parameter '{name}' "
                            "(minitorch.nn.Parameter or None required)")
        if param is not None and not param.is_leaf:
            raise ValueError(f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                             f"To express '{name}' as a function of another Tensor, compute the value in the forward() method.")
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module's state but is not learnt; only a persistent one is saved."""
        self._check_name(name, "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"cannot assign '{full_name(tensor)}' object to buffer '{name}' (minitorch Tensor or None required)")
        self._buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child module under `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{full_name(module)} is not a Module subclass")
        self._check_name(name, "module")
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, name: str, noun: str) -> None:
        home = {"parameter": "_parameters", "buffer": "_buffers", "module": "_modules"}[noun]
        if home not in self.__dict__:
            raise AttributeError(f"cannot assign {noun} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{noun} name should be a string. Got {full_name(name)}")
        if "." in name:
            raise KeyError(f'{noun} name can\'t contain "."' + (f", got: {name}" if noun == "module" else ""))
        if name == "":
            raise KeyError(f'{noun} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[home]:
            raise KeyError(f"attribute '{name}' already exists")

    # ------------------------------------------------------------ walks over the tree

    def named_modules(self, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True) -> Iterator:
        """(dotted name, module) of this module and all below it, each once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, prefix + ("." if prefix else "") + name, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the direct children, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct children."""
        return (module for _, module in self.named_children())

    def _named_members(self, home: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator:
        seen = set()
        owners = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for owner, module in owners:
            for name, value in module.__dict__[home].items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield owner + ("." if owner else "") + name, value

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator:
        """(dotted name, parameter), each parameter once."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, with `recurse`, of all below it: what an optimizer takes."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator:
        """(dotted name, buffer), each buffer once."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, with `recurse`, of all below it."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted name below this one; "" is this one."""
        module = self
        for part in target.split(".") if target else ():
            if not hasattr(module, part):
                raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
            module = getattr(module, part)
            if not isinstance(module, Module):
                raise AttributeError(f"`{part}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module) -> None:
        """Replace the module at a dotted name."""
        parent, _, name = target.rpartition(".")
        if not name:
            raise ValueError("Cannot set the submodule without a target name!")
        self.get_submodule(target)
        setattr(self.get_submodule(parent), name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted name."""
        return self._get_member(target, "_parameters", "an nn.Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted name."""
        return self._get_member(target, "_buffers", "a buffer")

    def _get_member(self, target: str, home: str, noun: str):
        owner, _, name = target.rpartition(".")
        module = self.get_submodule(owner)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in module.__dict__[home]:
            raise AttributeError(f"`{name}` is not {noun}")
        return module.__dict__[home][name]

    def apply(self, fn: Callable[[Module], None]) -> Module:
        """Call `fn` on every module, children before parents, and return this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # ------------------------------------------------------------ modes

    def train(self, mode: bool = True) -> Module:
        """Put this module and all below it into training mode (dropout drops, batch norm learns its statistics)."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """train(False)"""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Freeze or thaw all parameters."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to zero."""
        for p in self.parameters():
            if p.grad is None:
                continue
            if set_to_none:
                p.grad = None
            else:
                p.grad.detach_() if p.grad.grad_fn is not None else p.grad.requires_grad_(False)
                p.grad.zero_()

    # ------------------------------------------------------------ types and devices

    def _apply(self, fn: Callable[[Tensor], Tensor]) -> Module:
        """Replace every parameter's and buffer's data by fn(it). Parameters stay the same objects."""
        for module in self.children():
            module._apply(fn)
        for p in self._parameters.values():
            if p is not None:
                with no_grad():
                    p.data = fn(p)
                    if p.grad is not None:
                        p._grad = fn(p._grad)
        for name, b in self._buffers.items():
            if b is not None:
                self._buffers[name] = fn(b)
        return self

    def to(self, *args, **kwargs) -> Module:
        """Move parameters and buffers to a device; change the type of those that are floating-point."""
        wanted = [a for a in (*args, kwargs.get("dtype")) if isinstance(a, dtype_class)]
        if wanted and not (wanted[0].is_floating_point or wanted[0].is_complex):
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={wanted[0]}")
        rest = tuple(a for a in args if not isinstance(a, dtype_class))
        others = {k: v for k, v in kwargs.items() if k != "dtype"}

        def convert(t: Tensor) -> Tensor:
            t = t.to(*rest, **others) if rest or others.get("device") is not None else t
            return t.to(wanted[0]) if wanted and (t.is_floating_point() or t.is_complex()) else t

        return self._apply(convert)

    def cpu(self) -> Module:
        """to("cpu")"""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: int | None = None) -> Module:
        """to("cuda")"""
        return self._apply(lambda t: t.cuda(device))

    def type(self, dst_type) -> Module:
        """Change the type of all parameters and buffers."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Module:
        """to(float32)"""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Module:
        """to(float64)"""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Module:
        """to(float16)"""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    # ------------------------------------------------------------ state

    def state_dict(self, *, destination: dict | None = None, prefix: str = "", keep_vars: bool = False) -> OrderedDict:
        """{dotted name: tensor} of all parameters and persistent buffers; they share the module's memory."""
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = {"version": self._version}
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return destination

    def _save_to_state_dict(self, destination: dict, prefix: str, keep_vars: bool) -> None:
        """Put this module's own tensors, not its children's, into `destination`."""
        for name, value in self._own_state().items():
            destination[prefix + name] = value if keep_vars else value.detach()

    def _own_state(self) -> dict[str, Tensor]:
        kept = {n: b for n, b in self._buffers.items() if n not in self._non_persistent_buffers_set}
        return {n: t for n, t in (*self._parameters.items(), *kept.items()) if t is not None}

    def load_state_dict(self, state_dict: dict, strict: bool = True, assign: bool = False) -> IncompatibleKeys:
        """Copy tensors by name into this module; with `strict`, names must match exactly.

        Every mismatch is found before the error is raised; what does match has then been copied, as in torch.
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(f"Expected state_dict to be dict-like, got {builtin_type(state_dict)}.")
        missing, unexpected, errors = [], [], []
        self._load(dict(state_dict), "", assign, missing, unexpected, errors)
        if strict:
            quoted = lambda names: ", ".join(f'"{n}"' for n in names)  # noqa: E731
            if missing:
                errors.insert(0, f"Missing key(s) in state_dict: {quoted(missing)}. ")
            if unexpected:
                errors.insert(0, f"Unexpected key(s) in state_dict: {quoted(unexpected)}. ")
        if errors:
            report = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{report}")
        return IncompatibleKeys(missing, unexpected)

    def _load(self, state: dict, prefix: str, assign: bool, missing: list, unexpected: list, errors: list) -> None:
        self._load_from_state_dict(state, prefix, assign, missing, unexpected, errors)
        for name, module in self._modules.items():
            if module is not None:
                below = f"{prefix}{name}."
                module._load({k: v for k, v in state.items() if k.startswith(below)}, below, assign, missing, unexpected, errors)

    def _load_from_state_dict(self, state: dict, prefix: str, assign: bool, missing: list, unexpected: list,
                              errors: list) -> None:
        own = self._own_state()
        for name, value in own.items():
            key = prefix + name
            if key not in state:
                missing.append(key)
                continue
            given = state[key]
            if not isinstance(given, Tensor):
                errors.append(f'While copying the parameter named "{key}", expected minitorch.Tensor or Tensor-like object from '
                              f"checkpoint but received {builtin_type(given)}")
            elif given.array.shape != value.array.shape:
                errors.append(f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, the shape in "
                              f"current model is {value.shape}.")
            elif assign:
                setattr(self, name, Parameter(given, value.requires_grad) if isinstance(value, Parameter) else given)
            else:
                with no_grad():
                    value.copy_(given)
        for key in state:
            head = key[len(prefix):].split(".", 1)
            if key.startswith(prefix) and (head[0] not in self._modules if len(head) > 1 else head[0] not in own):
                unexpected.append(key)

    # ------------------------------------------------------------ printing

    def extra_repr(self) -> str:
        """What `repr` shows between the parentheses; layers override it."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        children = [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        lines = extra + children
        if not lines:
            return f"{self._get_name()}()"
        if len(extra) == 1 and not children:
            return f"{self._get_name()}({extra[0]})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


builtin_type = type  # Module.type is a method


def full_name(value) -> str:
    """The dotted name of a value's type, without `builtins.`."""
    kind = builtin_type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


__all__ = ["IncompatibleKeys", "Module"]
