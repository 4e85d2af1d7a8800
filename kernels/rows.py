"""Kernels over the rows of a matrix: softmax, layer norm, cross-entropy. The team that shares a row is their rung.

Defines `TEAMS`, `by_team`, `as_rows`. The teams themselves stand in common.cuh.
"""

from __future__ import annotations

from .launch import ceil_div

TEAMS = ("thread", "warp", "block")
LONG_ROW = 1024  # columns from which on a block shares a row: 32 lanes would take 32 turns or more


def best_team(columns: int) -> str:
    return "warp" if columns < LONG_ROW else "block"


def by_team(team: str, rows: int, columns: int) -> tuple[int, int]:
    """(grid, block) for a kernel over so many rows."""
    if team == "thread":
        return ceil_div(rows, 128), 128
    if team == "warp":
        return ceil_div(rows, 4), 128
    # A power of two of threads, so that each has four numbers or more; whole warps. The kernels declare 512 threads and
    # room for two blocks on a multiprocessor: told nothing, the assembler makes room for four, and spills.
    return rows, max(32, min(512, 1 << (columns // 4).bit_length()))


def as_rows(xp, x, dim: int):
    """(x as a matrix whose rows run along `dim`, the shape to come back from)."""
    x = x.reshape(1) if x.ndim == 0 else x  # as `dim` sees it
    moved = xp.moveaxis(x, dim, -1)
    return xp.ascontiguousarray(moved).reshape(-1, x.shape[dim]), moved.shape


def from_rows(xp, rows, shape: tuple, dim: int):
    """The way back."""
    return xp.moveaxis(rows.reshape(shape), -1, dim)
