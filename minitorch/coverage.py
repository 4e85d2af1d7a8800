"""`python -m minitorch coverage`: which of torch's names are here.

The list of names is torch's own, so torch must be installed for this one command. What is out of scope is said in
`OUT_OF_SCOPE`, each with its reason; docs/coverage.md keeps what this prints.
"""

from __future__ import annotations

import importlib
import inspect
import re

import minitorch

NAMESPACES = ("torch", "torch.Tensor", "torch.nn.functional", "torch.linalg", "torch.fft", "torch.special",
              "torch.signal.windows")

# reason: names, as a regular expression that matches them whole
OUT_OF_SCOPE = {
    "sparse tensors": (
        r".*sparse.*|.*(col|crow|ccol|row)_indices.*|indices(_copy)?|values(_copy)?|coalesce|is_coalesced|to_dense|"
        r"dense_dim|hspmm|saddmm|smm|spmm|sspaddmm|hsmm|dsmm|to_padded_tensor"),
    "quantized tensors": (
        r".*quantiz.*|q_.*|qscheme|int_repr|fbgemm.*|choose_qparams.*|fused_moving_avg.*|scaled_(grouped_)?mm"),
    "one vendor's library, or torch's own machinery, behind a public name": (
        r"(cudnn|miopen|mkldnn|native)_.*|to_mkldnn|batch_norm_(stats|elemt|backward.*|gather.*|update.*)|convolution|"
        r"grid_sampler.*|affine_grid_generator|conv_tbc|embedding_renorm_|norm_except_dim|constant_pad_nd"),
    "the compiler's and the parser's": (
        r"sym_.*|parse_.*|import_ir.*|merge_type.*|unify_type.*|classproperty|while_loop|cond|vmap|fork|wait|"
        r"compiled_with_cxx11_abi|hash_tensor|slice_inverse|boolean_dispatch|handle_torch_function|"
        r"has_torch_function.*|assert_int_or_pair|dim_order|get_(device_module|file_path)|index|"
        r"prepare_multiprocessing.*|profiler_.*|init_num_threads|thread_safe_generator|Optional|module_load"),
    "mixed precision's inner switches": r".*autocast.*",
    "other devices": r"ipu|xpu|mtia|record_stream|is_vulkan_available",
    "deprecated or removed: the call warns or raises in torch, too": (
        r"symeig|lstsq|eig|matrix_rank|solve|storage_type|reinforce|resize|resize_as|nuclear_norm|frobenius_norm|"
        r"set_default_tensor_type|cholesky|triangular_solve|lu|segment_reduce|range"),
}

# names that are in scope and will not come
BECAUSE = {
    "bfloat16": "NumPy has no such type",
    "chalf": "NumPy has no complex numbers of 32 bits",
    "embedding_bag": "returns its kernel's bookkeeping beside the result; nn.functional.embedding_bag is here",
    "lobpcg": "finds a few eigenvalues of a large sparse matrix; linalg.eigh finds all of a dense one, exactly",
}


def library(path: str, root):
    """torch.nn.functional, or minitorch's."""
    for part in path.split(".")[1:]:
        root = getattr(root, part, None)
    return root


def public_functions(namespace) -> list[str]:
    """What can be called under a public name and is no class."""
    found = []
    for name in dir(namespace):
        value = getattr(namespace, name, None)
        if not name.startswith("_") and callable(value) and not inspect.isclass(value) and not inspect.ismodule(value):
            found.append(name)
    return sorted(found)


def reason(path: str, name: str) -> str | None:
    """Why a name is out of scope; None if it is in scope."""
    for why, pattern in OUT_OF_SCOPE.items():
        if re.fullmatch(pattern, name) and not (why.startswith("deprecated") and path not in ("torch", "torch.Tensor")):
            return why
    return None


def table() -> dict[str, tuple[list, list, dict]]:
    """namespace: (names that are here, names that are missing, {name: why it is out of scope})"""
    torch = importlib.import_module("torch")
    importlib.import_module("torch.signal.windows")
    found = {}
    for path in NAMESPACES:
        ours, here, missing, left = library(path, minitorch), [], [], {}
        for name in public_functions(library(path, torch)):
            if hasattr(ours, name):
                here.append(name)
            elif why := reason(path, name):
                left[name] = why
            else:
                missing.append(name)
        found[path] = here, missing, left
    return found


def forms(name: str) -> str:
    """f: a function, m: a method, i: in place."""
    marks = [("f", hasattr(minitorch, name)), ("m", hasattr(minitorch.Tensor, name)),
             ("i", hasattr(minitorch.Tensor, name + "_"))]
    return "".join(mark for mark, there in marks if there)


def wrapped(names: list[str], width: int = 118) -> list[str]:
    """Names in lines of Markdown."""
    lines, line = [], ""
    for name in names:
        if len(line) + len(name) + 2 > width:
            lines.append(line.rstrip())
            line = ""
        line += f"{name}, "
    return [*lines, line.rstrip(", ")] if line else lines


def report() -> str:
    """The table as Markdown."""
    found = table()
    lines = ["# Coverage", "",
    "What `python -m minitorch coverage` prints: torch's public functions by namespace. Each function",
             "that is here has a row in `tests/samples.py` or a test of its own.", "",
             "| namespace | here | missing | in scope | out of scope |", "|---|---|---|---|---|"]
    totals = [0, 0, 0]
    for path, (here, missing, left) in found.items():
        counts = len(here), len(missing), len(left)
        totals = [a + b for a, b in zip(totals, counts)]
        lines.append(f"| `{path}` | {counts[0]} | {counts[1]} | {share(*counts[:2])} | {counts[2]} |")
    lines += [f"| together | {totals[0]} | {totals[1]} | {share(*totals[:2])} | {totals[2]} |", ""]
    lines += ["## Functions", "", "As a function (f), a method (m), in place (i):", ""]
    lines += wrapped([f"{name} {forms(name)}" for name in found["torch"][0] if not name.endswith("_")])
    lines += ["", "## Missing", ""]
    for path, (_, missing, _) in found.items():
        if missing:
            lines += [f"`{path}`:", "", *[f"- {name}: {BECAUSE[name]}" for name in missing], ""]
    lines += ["## Out of scope", ""]
    for why in OUT_OF_SCOPE:
        names = sorted({name for _, _, left in found.values() for name, reason in left.items() if reason == why})
        if names:
            lines += [f"{why[0].upper()}{why[1:]}:", "", *wrapped(names), ""]
    return "\n".join(lines).rstrip() + "\n"


def share(here: int, missing: int) -> str:
    return f"{100 * here / max(here + missing, 1):.1f} %"


def main() -> int:
    """Print the table."""
    try:
        print(report(), end="")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        print("coverage compares with torch, which is not installed: pip install torch==2.13.0")
        return 1
    return 0
