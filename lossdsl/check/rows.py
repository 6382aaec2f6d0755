"""Reductions and operations along axes, row by row, on the valid elements that each row has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lossdsl.check.array import (
    Array,
    Mask,
    anywhere,
    conjunction,
    consumed,
    full,
    joint,
    persisting,
    spread,
    union,
)
from lossdsl.check.rounding import whole
from lossdsl.check.structure import flip
from lossdsl.ops.op import Along, Reduction

if TYPE_CHECKING:
    from lossdsl.check.reference import Evaluation
    from lossdsl.elaborate.typed import Typed

DTYPES = {"float": float, "bool": bool, "int": np.int64}


def reduction(run: Evaluation, op: Reduction, node: Typed, args: Sequence[Array]) -> Array:
    x = args[0]
    axes = tuple(node.attr("axes"))
    used = list(x.masks) if ("all", True) in node.attrs else consumed(x.masks, axes)
    kept = [] if ("all", True) in node.attrs else persisting(x.masks, axes)
    rest = tuple(a for a in x.axes if a not in axes)
    held = conjunction(used, x.axes, x.values.shape)
    data = x.values
    if op.name == "count":  # of a mask those that hold, of another value all that are valid
        data = data.astype(bool) if data.dtype == bool else np.ones(data.shape, dtype=bool)
    elif op.operands == "float":
        data = run.numbers(data)
    rows, shape = as_rows(data, x.axes, axes, rest)
    picked, _ = as_rows(held, x.axes, axes, rest)
    values = np.zeros(len(rows), dtype=dtype(run, op.result))
    error = np.zeros(len(rows), dtype=dtype(run, "float"))
    whole_rows = not used and rows.size > 0
    if whole_rows:
        values = np.asarray(op.reference(run.xp, rows, (1,)), dtype=values.dtype)
    for i, (row, valid) in enumerate(zip(rows, picked, strict=True)):
        if whole_rows and run.rounding is None and run.trace is None:
            break
        elements = row[valid]
        if len(elements):
            found = op.reference(run.xp, elements, (0,))
            values[i] = np.flatnonzero(valid)[found] if op.result == "int" else found
            if run.rounding is not None:
                error[i] = reduction_error(op.name, elements, values[i])
            note_kink(run, op.name, node, i, elements)
    some = picked.any(axis=1).reshape(shape)
    result = values.reshape(shape)
    errors = error.reshape(shape) if op.result == "float" and op.differentiable else None
    masks = list(kept)
    if len(args) > 1:
        result = np.where(some, result, run.numbers(full(args[1], rest, dict(zip(rest, shape, strict=True)))))
    elif op.empty == "invalid" and used:  # along an axis of length 0, without a mask, it is 0
        masks.append(derived(run, ("anywhere", tuple(used), axes), lambda: anywhere(joint(used), axes)))
    return run.finished(node, rest, result, masks, errors)


def derived(run: Evaluation, key: Any, make: Callable[[], Mask]) -> Mask:
    """A mask made of others; making it twice gives the same mask."""
    if key not in run.derived:
        run.derived[key] = make()
    return run.derived[key]


def dtype(run: Evaluation, kind: str) -> Any:
    return object if run.extended and kind == "float" else DTYPES[kind]


def as_rows(values: Any, have: Sequence[str], axes: Sequence[str], rest: Sequence[str]) -> tuple[Any, tuple[int, ...]]:
    """One row for each position of `rest`, its elements in the order of `axes`."""
    moved = spread(values, have, (*rest, *axes))
    shape = moved.shape[: len(rest)]
    long = int(np.prod(moved.shape[len(rest) :], dtype=int))
    return moved.reshape(int(np.prod(shape, dtype=int)), long), shape


def reduction_error(name: str, elements: Any, value: Any) -> Any:
    """Units of roundoff that a reduction may lose: sums lose those of all that they add."""
    if name in ("sum", "mean"):
        size = np.sum(np.abs(elements))
        size = size / len(elements) if name == "mean" else 0.0 if np.all(whole(elements)) else size
    elif name == "logsumexp":
        size = abs(value) + 1.0
    elif name in ("norm", "prod"):
        size = abs(value)
    else:
        return 0.0
    return size if size < np.inf else 0.0


def along(run: Evaluation, op: Along, node: Typed, args: Sequence[Array]) -> Array:
    axes = tuple(node.attr("axes"))
    attrs = dict(node.attrs)
    given = dict(zip(("x", *attrs.get("roles", ())), args, strict=True))
    empty = given.pop("empty", None)
    if op.validity == "moved":
        return flip(run, node, args[0], axes)
    taken = {n: a for n, a in given.items() if n not in op.scalars}
    scalars = {n: float(a.values) for n, a in given.items() if n in op.scalars}
    statics = {n: attrs[n] for n in op.integers}
    held, sizes = union(taken.values())
    rest = tuple(a for a in held if a not in axes)
    used = consumed([m for a in taken.values() for m in a.masks], axes)
    masks = persisting([m for a in taken.values() for m in a.masks], axes)
    masks += [m for n, a in given.items() if n in op.scalars for m in a.masks]
    shape = tuple(sizes[a] for a in held)
    picked, outer = as_rows(conjunction(used, held, shape), held, axes, rest)
    rows = {}
    for name, value in taken.items():
        data = full(value, held, sizes)
        rows[name], _ = as_rows(data if op.operands == "any" else run.numbers(data), held, axes, rest)
    x = rows.pop("x")
    reduced = op.validity == "reduced"
    kind = x.dtype if op.operands == "any" else dtype(run, op.result)
    out = np.zeros((len(x), 1 if reduced else x.shape[1]), dtype=kind)
    error = np.zeros(out.shape, dtype=dtype(run, "float"))
    whole_rows = not used and x.size > 0
    if whole_rows:
        out[:] = np.asarray(op.reference(run.xp, x, (1,), **rows, **scalars, **statics)).reshape(out.shape)
    for i, valid in enumerate(picked):
        if whole_rows and run.rounding is None and run.trace is None:
            break
        n = int(valid.sum())
        if not n:
            continue
        further = {name: row[i][valid] for name, row in rows.items()}
        found = np.asarray(op.reference(run.xp, x[i][valid], (0,), **further, **scalars, **statics))
        place = slice(0, n) if op.validity == "first" else slice(None) if reduced else valid
        out[i, place] = np.flatnonzero(valid)[found] if op.result == "int" else found
        if run.rounding is not None and kind in (float, object):
            error[i, place] = along_error(op.name, x[i][valid], np.atleast_1d(out[i, place]))
        note_kink(run, op.name, node, i, further.get("by", x[i][valid]))
    sized = (*outer, *(() if reduced else (sizes[a] for a in axes)))
    order = rest if reduced else (*rest, *axes)
    values, errors = out.reshape(sized), error.reshape(sized)
    if reduced:
        some = picked.any(axis=1).reshape(outer)
        if empty is not None:
            values = np.where(some, values, run.numbers(full(empty, rest, dict(zip(rest, outer, strict=True)))))
        elif used:
            masks.append(Mask(rest, some))
    elif used and op.validity == "first":
        front = np.arange(x.shape[1]) < picked.sum(axis=1, keepdims=True)
        masks.append(Mask(order, front.reshape(sized)))
    elif used:
        masks += used
    differentiable = op.differentiable and op.result == "float"
    return run.finished(node, order, values, masks, errors if differentiable else None)


def along_error(name: str, x: Any, values: Any) -> Any:
    if name in ("cumsum", "project_simplex"):
        size = np.cumsum(np.abs(x)) if name == "cumsum" else np.abs(values) + np.max(np.abs(x))
    elif name in ("log_softmax", "cumlogsumexp"):
        size = np.abs(values) + 1.0
    elif name == "softmax":  # the difference to the largest logit is rounded before the exponential
        size = values * (1.0 + np.abs(x - np.max(x)))
    elif name == "quantile":
        size = np.max(np.abs(x))
    else:
        return 0.0 * values
    return np.where(np.asarray(size < np.inf, dtype=bool), size, 0.0)


ORDERED = {"sort", "quantile", "project_simplex"}


def note_kink(run: Evaluation, name: str, node: Typed, row: int, elements: Any) -> None:
    """Keep which element is chosen, or in what order they are."""
    if run.trace is None:
        return
    x = np.asarray(elements, dtype=float)
    if name in ("max", "min"):
        side = x == (x.max() if name == "max" else x.min())
    elif name == "norm":
        side = np.asarray(not x.any())
    elif name in ORDERED:
        side = np.sign(x[:, None] - x)
    else:
        return
    run.trace[node.id, (*run.path, row)] = side.tobytes()
