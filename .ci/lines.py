"""Counts lines of code against the budget: what is left without blank lines, comments and docstrings.

Then names what is longer than the design allows: files over 600 lines of code, functions over 40.
"""

import ast
import io
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GROUPS = {  # name: (folder, endings, budget)
    "minitorch": ("minitorch", (".py",), 14_000),
    "kernels, Python and C++": ("kernels", (".py", ".cpp", ".h"), 1_800),
    "kernels, CUDA": ("kernels", (".cu", ".cuh"), 3_500),
    "tests": ("tests", (".py",), None),
    "benchmarks": ("benchmarks", (".py",), None),
    "examples": ("examples", (".py",), None),
}
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
FILE, FUNCTION = 600, 40
C_TEXT = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\\n])+')|//[^\n]*|/\*.*?\*/""", re.DOTALL)


def python_lines(text):
    """The numbers of the lines that hold code, and the file's syntax tree."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) \
                and ast.get_docstring(node, clean=False) is not None:
            doc = node.body[0]
            lines.difference_update(range(doc.lineno, doc.end_lineno + 1))
    return lines, tree


def c_count(text):
    """Lines of C++ or CUDA that hold code; a comment's own line breaks count for nothing."""
    return sum(1 for line in C_TEXT.sub(lambda found: found[1] or " ", text).splitlines() if line.strip())


def count(path):
    """The lines of code of one file, and a sentence for each thing in it that is too long."""
    text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
    if path.suffix != ".py":
        return c_count(text), []
    lines, tree = python_lines(text)
    long = [f"{name}: {len(lines)} lines"] if len(lines) > FILE else []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = len(lines.intersection(range(node.lineno, node.end_lineno + 1)))
            if length > FUNCTION:
                long.append(f"{name}:{node.lineno} {node.name}: {length} lines")
    return len(lines), long


def main():
    too_long = []
    for group, (folder, endings, budget) in GROUPS.items():
        files = sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in endings)
        counts = []
        for path in files:
            lines, long = count(path)
            counts.append(lines)
            too_long += long if folder in ("minitorch", "kernels") else []
        of = f"of {budget:>7,}{'' if sum(counts) <= budget else '  over the budget'}" if budget else ""
        print(f"{group:24} {len(files):4} files {sum(counts):>7,} lines {of}".rstrip())
    if too_long:
        print("\nlonger than the design allows:", *too_long, sep="\n  ")


if __name__ == "__main__":
    main()
