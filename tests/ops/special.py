"""The cases of ops with a calling form of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from lossdsl.ops.registry import table
from tests.ops.harness import Case

BATCH, K, C = 3, 4, 5
HELD = np.array([True, False, True])
WIDE = np.broadcast_to(~HELD[:, None], (BATCH, K))
Generator = np.random.Generator


def special(name: str, masked: bool, rng: Generator) -> Iterator[Case]:
    if name not in SPECIAL:
        pytest.fail(
            f"`{name}` has a calling form of its own: add its case to SPECIAL in tests/ops/special.py"
        )
    yield from SPECIAL[name](masked, rng)


def rows(value: np.ndarray, masked: bool) -> np.ndarray:
    """0 in the rows that are invalid."""
    held = HELD.reshape(-1, *[1] * (value.ndim - 1))
    return np.where(held, value, 0.0) if masked else value


def with_mask(declarations: dict[str, str], arrays: dict[str, np.ndarray], masked: bool) -> str:
    if masked:
        declarations["ok"], arrays["ok"] = "mask[batch]", HELD
    return " where ok" if masked else ""


def dot(masked: bool, rng: Generator) -> Iterator[Case]:
    arrays = {"x": rng.normal(size=(BATCH, K)), "y": rng.normal(size=(C, K))}
    declarations = {"x": "real[batch, k]", "y": "real[class, k]"}
    mask = with_mask(declarations, arrays, masked)
    reference = table()["dot"].reference
    invalid = {"x": WIDE} if masked else {}
    yield Case(f"dot[k](x{mask}, y)", declarations, arrays, "batch, class",
               lambda a: rows(reference(np, "bk,ck->bc", a["x"], a["y"]), masked), invalid)  # fmt: skip
    yield Case(f"dot[batch](x{mask}, x[batch, k'])", declarations, arrays, "k, k'",
               lambda a: reference(np, "bk,bl->kl", rows(a["x"], masked), a["x"]), invalid)  # fmt: skip


def linear(masked: bool, rng: Generator) -> Iterator[Case]:
    arrays = {"x": rng.normal(size=(BATCH, K)), "w": rng.normal(size=(C, K)), "b": rng.normal(size=C)}
    declarations = {"x": "real[batch, k]", "w": "real[class, k]", "b": "real[class]"}
    mask = with_mask(declarations, arrays, masked)
    reference = table()["linear"].reference
    yield Case(f"linear(x{mask}, w, b)", declarations, arrays, "batch, class",
               lambda a: rows(reference(np, "bk,ck->bc", a["x"], a["w"]) + a["b"], masked),
               {"x": WIDE} if masked else {})  # fmt: skip


def one_hot(masked: bool, rng: Generator) -> Iterator[Case]:
    labels = np.array([2, -100 if masked else 1, 4])
    declarations = {"y": "index[batch] of class ignore -100", "x": "real[batch, class]"}
    reference = table()["one_hot"].reference
    arrays = {"y": labels, "x": rng.normal(size=(BATCH, C))}
    yield Case("one_hot[class](y) * x", declarations, arrays, "batch, class",
               lambda a: rows(reference(np, a["y"], np.arange(C)) * a["x"], masked),
               {"x": np.broadcast_to(~HELD[:, None], (BATCH, C))} if masked else {})  # fmt: skip


def select(masked: bool, rng: Generator) -> Iterator[Case]:
    labels = np.array([2, -100 if masked else 1, 3])
    declarations = {"y": "index[batch] of k ignore -100", "x": "real[batch, k]"}
    reference = table()["select"].reference
    yield Case("select[k](x, y)", declarations, {"y": labels, "x": rng.normal(size=(BATCH, K))}, "batch",
               lambda a: rows(reference(np, a["x"], np.where(a["y"] < 0, 0, a["y"])), masked),
               {"x": WIDE} if masked else {})  # fmt: skip


def on_matrix(
    call: str, name: str, *function: Callable[[np.ndarray], np.ndarray]
) -> Callable[..., Iterator[Case]]:
    def cases(masked: bool, rng: Generator) -> Iterator[Case]:
        held = np.array([True, False, True, True]) if masked else np.ones(K, dtype=bool)
        arrays = {"m": rng.normal(size=(BATCH, K, K)), "ok": held}
        declarations = {"m": "real[batch, k, k']", "ok": "mask[k]"}
        inner = np.ix_(range(BATCH), np.flatnonzero(held), np.flatnonzero(held))
        reference = table()[name].reference
        outside = np.broadcast_to(~(held & held[:, None]), (BATCH, K, K))
        yield Case(call.format("m where ok and ok[k']"), declarations, arrays, "batch",
                   lambda a: reference(np, *function, a["m"][inner]), {"m": outside} if masked else {})  # fmt: skip

    return cases


def sg(masked: bool, rng: Generator) -> Iterator[Case]:
    declarations, arrays = {"x": "real[batch, k]"}, {"x": rng.normal(size=(BATCH, K))}
    mask = with_mask(declarations, arrays, masked)
    yield Case(f"sg(x{mask})", declarations, arrays, "batch, k", lambda a: rows(a["x"], masked),
               {"x": WIDE} if masked else {}, differentiable=False)  # fmt: skip


def with_gradient(masked: bool, rng: Generator) -> Iterator[Case]:
    """The value of round(x) alone; test_edges.py has its gradient."""
    declarations, arrays = {"x": "real[batch, k]"}, {"x": rng.normal(size=(BATCH, K))}
    mask = with_mask(declarations, arrays, masked)
    yield Case(f"with_gradient(sign(x), sign(x){mask})", declarations, arrays, "batch, k",
               lambda a: rows(np.sign(a["x"]), masked), {"x": WIDE} if masked else {})  # fmt: skip


def grad(masked: bool, rng: Generator) -> Iterator[Case]:
    """Two inputs that have nothing to do with each other: the gradient is 0."""
    declarations = {"x": "real[batch, k]", "y": "real[batch, k]"}
    arrays = {"x": rng.normal(size=(BATCH, K)), "y": rng.normal(size=(BATCH, K))}
    mask = with_mask(declarations, arrays, masked)
    reference = table()["grad"].reference
    invalid = {"y": WIDE} if masked else {}
    yield Case(f"grad(y{mask}, x)", declarations, arrays, "batch, k",
               lambda a: reference(np, a["y"], a["x"]), invalid)  # fmt: skip


SPECIAL: dict[str, Callable[[bool, Generator], Iterator[Case]]] = {
    "dot": dot,
    "linear": linear,
    "one_hot": one_hot,
    "select": select,
    "trace": on_matrix("trace[k, k']({})", "trace"),
    "spectral_sum": on_matrix("spectral_sum[k, k'](exp, {})", "spectral_sum", np.exp),
    "grad": grad,
    "sg": sg,
    "with_gradient": with_gradient,
}
