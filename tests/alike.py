"""Run one script under torch and under minitorch, and compare what it gives or raises."""

import numpy as np

import minitorch


class Scripts(list):
    """A list of scripts; used as a decorator it adds one."""

    def __call__(self, function):
        self.append(function)
        return function


def plain(value, library):
    """What a script returned, as something comparable: tensors as (dtype, nested list), nodes as their names."""
    if isinstance(value, library.Tensor):
        return str(value.dtype).split(".")[1], tuple(value.shape), value.detach().numpy().copy()
    if isinstance(value, (list, tuple)):
        return [plain(v, library) for v in value]
    if isinstance(value, dict):
        return {k: plain(v, library) for k, v in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return type(value).__name__


def outcome(script, library):
    """("gives", result) or ("raises", type, sentence)"""
    library.manual_seed(0)
    try:
        return "gives", plain(script(library), library)
    except Exception as error:  # whatever torch raises is what is wanted
        return "raises", type(error).__name__, str(error).replace("minitorch", "torch")


def same(a, b, where: str, rtol: float) -> None:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol, err_msg=where)
    elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        assert len(a) == len(b), f"{where}: {a} and {b}"
        for k, (x, y) in enumerate(zip(a, b)):
            same(x, y, f"{where}[{k}]", rtol)
    elif isinstance(a, dict) and isinstance(b, dict):
        assert list(a) == list(b), where
        for k in a:
            same(a[k], b[k], f"{where}[{k!r}]", rtol)
    elif isinstance(a, float) and isinstance(b, float):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol, err_msg=where)
    else:
        assert a == b, f"{where}: {a!r}, torch {b!r}"


def alike(script, torch, rtol: float = 1e-6) -> None:
    """Assert that `script(library)` gives, or raises, the same under both."""
    ours, theirs = outcome(script, minitorch), outcome(script, torch)
    same(ours, theirs, script.__name__, rtol)
