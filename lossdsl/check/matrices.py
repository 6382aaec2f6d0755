"""Contractions, and operations on matrices, one matrix at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lossdsl.check.array import Array, Mask, conjunction, consumed, full, persisting, spread, union
from lossdsl.check.rounding import PER_PRIMITIVE, whole
from lossdsl.check.structure import changed
from lossdsl.ops.op import Batched

if TYPE_CHECKING:
    from lossdsl.check.reference import Evaluation
    from lossdsl.elaborate.typed import Typed

EQUAL = 1e-10  # relative gap below which two eigenvalues count as equal


def dot(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    """The sum over axes of the product; a product with an invalid factor is left out."""
    axes = tuple(node.attr("axes"))
    factors = [Array(a.axes, run.numbers(a.values), a.masks) for a in args]
    logs = [a.id in run.logarithmic for a in node.args]
    have, sizes = union(factors)
    product = full(factors[0], have, sizes)
    for factor, log, before in zip(factors[1:], logs[1:], logs, strict=False):
        other = full(factor, have, sizes)
        nothing = (product == 0) & log | (other == 0) & before
        product = np.where(nothing, 0.0, product * other)
    masks = [m for a in args for m in a.masks]
    held = conjunction(consumed(masks, axes), have, product.shape)
    over = tuple(have.index(a) for a in axes)
    rest = tuple(a for a in have if a not in axes)
    product = np.where(held, product, 0.0)
    values = np.sum(product, axis=over)
    error = np.sum(np.abs(np.where(whole(*(full(f, have, sizes) for f in factors)), 0.0, product)), axis=over)
    finite = np.isfinite(np.asarray(error, dtype=float))
    return run.finished(node, rest, values, persisting(masks, axes), np.where(finite, error, 0.0))


def batched(run: Evaluation, op: Batched, node: Typed, args: Sequence[Array]) -> Array:
    axes = tuple(node.attr("axes"))
    *cores, gives = op.cores
    m = args[0]
    used = consumed(m.masks, axes)
    masks = persisting([k for a in args for k in a.masks], axes)
    if op.name == "diag":
        return diagonal(run, node, m, axes)
    operands = [np.where(conjunction(consumed(a.masks, axes), a.axes, a.values.shape), run.numbers(a.values), 0.0)
                for a in args]  # fmt: skip
    inner = [tuple(axes[k] for k in core) for core in cores]
    outside = [Array(tuple(n for n in a.axes if n not in axes), np.empty([a.sizes[n] for n in a.axes if n not in axes]))
               for a in args]  # fmt: skip
    batch, sizes = union(outside)
    square = {**m.sizes, **sizes}
    lead = tuple(sizes[b] for b in batch)
    stacks = [np.broadcast_to(spread(v, a.axes, (*batch, *core)), (*lead, *(a.sizes[c] for c in core)))
              for v, a, core in zip(operands, args, inner, strict=True)]  # fmt: skip
    held = conjunction(used, m.axes, m.values.shape)
    valid = np.broadcast_to(spread(held, m.axes, (*batch, *axes)), stacks[0].shape)
    result = tuple(axes[k] for k in gives)
    named = result
    if op.name == "svdvals":
        named = (node.type.names[-1],)
        square[named[0]] = min(square[a] for a in axes)
    shape = (*lead, *(square[a] for a in named))
    values = np.zeros(shape, dtype=np.int64 if op.result == "int" else float)
    good = np.zeros(shape, dtype=bool)
    for at in np.ndindex(*shape[: len(batch)]):
        matrices = [disturbed(run, s[at].astype(float)) for s in stacks]
        values[at], good[at] = one(op, matrices, valid[at])
        if op.name == "eigvals":  # one that is negative by rounding is 0, so that its log and root are defined
            noise = roundoff(run) * len(values[at]) * np.abs(values[at]).max(initial=0.0)
            values[at] = np.where((values[at] < 0) & (values[at] > -noise), 0.0, values[at])
        note_kink(run, op, node, at, values[at])
    if op.name == "assignment" or used:
        masks.append(Mask((*batch, *named), good))
    floats = values if op.result == "int" else run.numbers(values)
    return run.finished(node, (*batch, *named), floats, masks)


def note_kink(run: Evaluation, op: Batched, node: Typed, at: tuple[int, ...], values: Any) -> None:
    """Keep which eigenvalues or singular values are equal, and which singular values are 0."""
    if run.trace is not None and op.name in ("eigvals", "svdvals"):
        gaps = np.diff(values, prepend=0.0 if op.name == "svdvals" else np.inf, append=0.0)
        side = np.abs(gaps) > EQUAL * np.abs(values).max(initial=0.0)
        run.trace[node.id, (*run.path, *at)] = side.tobytes()


def roundoff(run: Evaluation) -> float:
    return 2.0**-52 if run.rounding is None else max(2.0**-52, 2 * run.rounding.size)


def disturbed(run: Evaluation, m: Any) -> Any:
    """Decompositions are exact for a matrix that is off by as many units of roundoff of its norm as it has rows."""
    if run.rounding is None or not m.size:
        return m
    noise = run.rounding.draw(m.shape) * (np.abs(m).max() * max(1.0, len(m) / PER_PRIMITIVE))
    return m + (noise if m.ndim < 2 else (noise + noise.T) / 2 if m.shape[0] == m.shape[1] else noise)


def one(op: Batched, matrices: Sequence[Any], valid: Any) -> tuple[Any, Any]:
    """The result for one matrix without its invalid rows and columns, and which elements of it are valid."""
    m = matrices[0]
    if op.name == "assignment":
        return assigned(m, valid)
    if op.name == "svdvals":
        count = min(valid.any(axis=1).sum(), valid.any(axis=0).sum())
        return op.reference(np, m), np.arange(min(m.shape)) < count
    held = np.diagonal(valid)
    if not held.any() and op.name != "logdet":
        nothing = np.zeros(m.shape if op.name == "inv" else len(held))
        return nothing, nothing
    rows = np.flatnonzero(held)
    small = m[np.ix_(rows, rows)]
    if op.name == "eigvals":
        values = np.zeros(len(held))
        values[: len(rows)] = op.reference(np, np.where(valid & valid.T, (m + m.T) / 2, 0.0)[np.ix_(rows, rows)])
        return values, np.arange(len(held)) < len(rows)
    if op.name == "logdet":
        return op.reference(np, small), valid.any()
    if op.name == "inv":
        values = np.zeros(m.shape)
        values[np.ix_(rows, rows)] = op.reference(np, small)
        return values, np.outer(held, held)
    assert op.name == "solve"
    values = np.zeros(len(held))
    values[rows] = op.reference(np, small, matrices[1][rows])
    return values, held


def assigned(cost: Any, valid: Any) -> tuple[Any, Any]:
    """By trying all: as many pairs as are allowed, then the least cost."""
    allowed = valid & np.isfinite(cost)
    best: tuple[tuple[float, float], list[int]] = ((np.inf, np.inf), [])
    n, m = cost.shape
    stack: list[list[int]] = [[]]
    while stack:
        chosen = stack.pop()
        if len(chosen) == n:
            pairs = [(i, j) for i, j in enumerate(chosen) if j >= 0]
            rank = (-float(len(pairs)), float(sum(cost[p] for p in pairs)))
            if rank < best[0]:
                best = (rank, chosen)
            continue
        free = [j for j in range(m) if j not in chosen and allowed[len(chosen), j]]
        stack += [[*chosen, j] for j in (*free, -1)]
    index = np.array(best[1], dtype=np.int64)
    return index, index >= 0


def diagonal(run: Evaluation, node: Typed, m: Array, axes: tuple[str, ...]) -> Array:
    """The diagonal of the values, and of each mask that has one of the axes."""
    i, j = axes

    def taken(values: Any, have: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
        if i in have and j in have:
            rest = tuple(a for a in have if a not in axes)
            return np.diagonal(spread(values, have, (*rest, i, j)), axis1=-2, axis2=-1), (*rest, i)
        return values, tuple(i if a == j else a for a in have)

    return changed(run, m, ("diag", axes), set(axes), taken)
