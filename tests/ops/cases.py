"""The cases of an op, made from what its file says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lossdsl.ops.op import Along, Batched, Elementwise, Op, Reduction, Special
from tests.ops.harness import Arrays, Case
from tests.ops.special import special

BATCH, K, J = 3, 4, 2
VALID = np.array(
    [[True, False, True, True], [False, True, False, True], [False] * K]
)  # the last row has none


class Lacking(Exception):
    """What an op file has to say before the op can be tested."""


def cases(op: Op, masked: bool) -> Iterator[Case]:
    """Every case of an op, with all elements valid or with a mask."""
    rng = np.random.default_rng(sum(map(ord, op.name)))
    match op:
        case Elementwise():
            yield elementwise(op, masked, rng)
        case Reduction():
            for axes in (("k",), ("j",), ("j", "k")):
                if len(axes) == 1 or not op.single:
                    yield reduction(op, axes, masked, rng)
        case Along():
            for axes in (("k",), ("j", "k")):
                if len(axes) == 1 or not op.single and (op.masked or op.many):
                    for by in (False, True) if op.values else (False,):
                        yield along(op, axes, by, masked, rng)
        case Batched():
            yield matrix(op, masked, rng)
        case Special():
            yield from special(op.name, masked, rng)
        case _:
            raise Lacking(
                f"`{type(op).__name__}` is a new family of ops: say in tests/ops/cases.py how it is called"
            )


def drawn(rng: np.random.Generator, domain: tuple[float, float], shape: tuple[int, ...]) -> np.ndarray:
    """Distinct numbers within a domain, none of them on a whole number, where floor and round jump."""
    size = int(np.prod(shape))
    inside = np.linspace(*domain, size + 2)[1:-1]
    return rng.permutation(inside).reshape(shape) + rng.uniform(0, 1e-3, shape)


def rows_of_one_sign(x: np.ndarray) -> np.ndarray:
    """The first row positive, the second negative: what stands for an invalid element must be neutral there."""
    return np.concatenate([abs(x[:1]), -abs(x[1:2]), x[2:]]) if x.min() < 0 else x


def elementwise(op: Elementwise, masked: bool, rng: np.random.Generator) -> Case:
    names = [f"x{i}" for i in range(op.arity)]
    arrays: dict[str, np.ndarray] = {}
    declarations = {}
    for i, name in enumerate(names):
        is_mask = op.operands == "bool" or op.name == "where" and i == 0
        if not is_mask and len(op.domain) != op.arity:
            raise Lacking(f"`{op.name}`: `domain` gives the interval of each of its {op.arity} operands")
        arrays[name] = rng.random((BATCH, K)) < 0.5 if is_mask else drawn(rng, op.domain[i], (BATCH, K))
        declarations[name] = f"{'mask' if is_mask else 'real'}[batch, k]"
    if not op.differentiable and op.operands == "any":
        arrays[names[1]] = np.where(
            VALID, arrays[names[0]], arrays[names[1]]
        )  # comparisons meet equal numbers
    first, rest = names[0], names[1:]
    if masked:
        first = "(x0 where m)"
        declarations["m"], arrays["m"] = "mask[batch, k]", VALID
    call = (
        f"{first} {op.symbol} {rest[0]}" if op.symbol and rest else f"{op.name}({', '.join([first, *rest])})"
    )
    floats = [n for n in names if arrays[n].dtype.kind == "f"]

    def reference(a: Arrays) -> np.ndarray:
        value = np.asarray(op.reference(np, *(a[n] for n in names)), dtype=float)
        return np.where(VALID, value, 0.0) if masked else value

    invalid = dict.fromkeys(floats, ~VALID) if masked else {}
    return Case(call, declarations, arrays, "batch, k", reference, invalid, op.differentiable)


def wide(masked: bool) -> np.ndarray:
    """The mask of [batch, k, j]."""
    return np.repeat((VALID if masked else np.ones_like(VALID))[..., None], J, axis=-1)


def rows_of(array: np.ndarray, axes: Sequence[str]) -> np.ndarray:
    """A view of [batch, k, j] with the named axes last, in that order."""
    order = [n for n in ("batch", "k", "j") if n not in axes] + list(axes)
    return array.transpose([("batch", "k", "j").index(n) for n in order])


def reduction(op: Reduction, axes: tuple[str, ...], masked: bool, rng: np.random.Generator) -> Case:
    shape = (BATCH, K, J)
    is_mask = op.operands == "bool"
    arrays = {"x": rng.random(shape) < 0.5 if is_mask else rows_of_one_sign(drawn(rng, op.domain, shape))}
    declarations = {"x": f"{'mask' if is_mask else 'real'}[batch, k, j]"}
    if masked:
        arrays["m"], declarations["m"] = VALID, "mask[batch, k]"
    lead = 3 - len(axes)

    def reference(a: Arrays) -> np.ndarray:
        x, held = rows_of(a["x"], axes), rows_of(wide(masked), axes)
        result = np.zeros(x.shape[:lead])
        for place in np.ndindex(result.shape):
            positions = np.flatnonzero(held[place].reshape(-1))
            if positions.size:
                value = op.reference(np, x[place].reshape(-1)[positions], axis=(0,))
                result[place] = positions[value] if op.result == "int" else value
        return result

    rest = ", ".join(n for n in ("batch", "k", "j") if n not in axes)
    call = f"{op.name}[{', '.join(axes)}](x{' where m' if masked else ''})"
    invalid = {"x": ~wide(masked)} if masked and not is_mask else {}
    return Case(call, declarations, arrays, rest, reference, invalid, op.differentiable)


def along(op: Along, axes: tuple[str, ...], by: bool, masked: bool, rng: np.random.Generator) -> Case:
    shape = (BATCH, K, J)
    arrays = {"x": rows_of_one_sign(drawn(rng, op.domain, shape))}
    declarations = {"x": "real[batch, k, j]"}
    numbers: dict[str, float] = {**dict.fromkeys(op.scalars, 0.3), **dict.fromkeys(op.integers, 2)}
    extra = [f"{n}={v}" for n, v in numbers.items()]
    if by:
        arrays["y"], declarations["y"] = drawn(rng, op.domain, shape), "real[batch, k, j]"
        extra += [f"{n}=y" for n in op.values]
    if masked:
        arrays["m"], declarations["m"] = VALID, "mask[batch, k]"
    lead = 3 - len(axes)

    def reference(a: Arrays) -> np.ndarray:
        x, held = rows_of(a["x"], axes), rows_of(wide(masked), axes)
        reduced = op.validity == "reduced"
        result = np.zeros(x.shape[:lead] if reduced else x.shape)
        for place in np.ndindex(x.shape[:lead]):
            positions = np.flatnonzero(held[place].reshape(-1))
            if not positions.size:
                continue
            values = {n: rows_of(a["y"], axes)[place].reshape(-1)[positions] for n in op.values if by}
            value = op.reference(np, x[place].reshape(-1)[positions], axis=(0,), **values, **numbers)
            if reduced:
                result[place] = value
                continue
            value = positions[value] if op.result == "int" else value
            target = {"kept": positions, "first": np.arange(positions.size),
                      "moved": np.sort(held[place].size - 1 - positions)}[op.validity]  # fmt: skip
            flat = np.zeros(held[place].size)
            flat[target] = value
            result[place] = flat.reshape(held[place].shape)
        return result if reduced else result.transpose(inverse(axes))

    rest = ", ".join(n for n in ("batch", "k", "j") if op.validity != "reduced" or n not in axes)
    value = "x where m" if masked else "x"
    call = f"{op.name}[{', '.join(axes)}]({', '.join([value, *extra])})"
    invalid = {n: ~wide(masked) for n in ("x", "y") if n in arrays} if masked else {}
    return Case(call, declarations, arrays, rest, reference, invalid, op.differentiable)


def inverse(axes: Sequence[str]) -> list[int]:
    """The transposition that undoes `rows_of`."""
    order = [n for n in ("batch", "k", "j") if n not in axes] + list(axes)
    return [order.index(n) for n in ("batch", "k", "j")]


def matrix(op: Batched, masked: bool, rng: np.random.Generator) -> Case:
    n, width = (4, 4) if op.square else (4, 5)
    names = ("i", "i'") if op.square else ("i", "j")
    m = rng.uniform(*op.domain, (BATCH, n, width))
    if op.square:
        # Well conditioned, with a positive determinant, and not symmetric.
        m = m @ np.swapaxes(m, 1, 2) / 4 + 2 * np.eye(n) + rng.uniform(0, 0.3, m.shape)
    arrays, declarations = {"a": m}, {"a": f"real[batch, {', '.join(names)}]"}
    *cores, gives = op.cores
    for core in cores[1:]:
        own = [names[k] for k in core] + (["column"] if op.columns else [])
        arrays["b"] = rng.uniform(*op.domain, (BATCH, *(n for _ in core), *([2] if op.columns else [])))
        declarations["b"] = f"real[batch, {', '.join(own)}]"
    first = "a"
    if masked:
        arrays["m"], declarations["m"] = VALID, "mask[batch, i]"
        first = "(a where m and m[batch, i'])" if op.square else "(a where m)"

    def reference(a: Arrays) -> np.ndarray:
        found = []
        for row in range(BATCH):
            held = np.flatnonzero(VALID[row]) if masked else np.arange(n)
            inner = a["a"][row][held][:, held] if op.square else a["a"][row][held]
            whole = np.asarray(
                op.reference(np, a["a"][row], *([a["b"][row]] if "b" in a else [])), dtype=float
            )
            result = np.zeros(whole.shape)
            if held.size:
                value = op.reference(np, inner, *([a["b"][row][held]] if "b" in a else []))
                if gives:
                    place = held if op.validity == "kept" else np.arange(held.size)
                    result[np.ix_(*[place] * len(gives))] = value
                else:
                    result = np.asarray(value)
            found.append(result)
        return np.stack(found)

    call = f"{op.name}[{', '.join(names)}]({', '.join([first, *(['b'] if 'b' in arrays else [])])})"
    rest = ", ".join(["batch", *(names[k] for k in gives), *(["column"] if op.columns else [])])
    invalid = {}
    if masked:
        invalid["a"] = ~(
            VALID[:, :, None] & (VALID[:, None, :] if op.square else np.ones((1, 1, width), bool))
        )
        if "b" in arrays:
            # The rows of b that go with no row of a.
            call = call.replace(", b)", ", b where m)")
            invalid["b"] = np.repeat(~VALID[..., None], 2, axis=-1) if op.columns else ~VALID
    sizes = {} if op.square else dict(zip(names, (n, width), strict=True))
    return Case(call, declarations, arrays, rest, reference, invalid, op.differentiable, sizes)
