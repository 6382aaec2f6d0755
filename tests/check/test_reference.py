"""The interpreter against NumPy written by hand."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from tests.check.support import interpret

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4))
Y = RNG.normal(size=(3, 4))
M = np.array([[True, False, True, True], [False] * 4, [True, True, False, True]])
ROW = np.array([True, False, True])
LABELS = np.array([2, -1, 0])
BASE: dict[str, tuple[str, Any]] = {
    "x": ("real[b, k]", X),
    "y": ("real[b, k]", Y),
    "m": ("mask[b, k]", M),
    "row": ("mask[b]", ROW),
    "labels": ("index[b] of k ignore -1", LABELS),
}


def by_row(function: Any, x: np.ndarray = X, mask: np.ndarray = M, empty: float = 0.0) -> np.ndarray:
    return np.array([function(r[v]) if v.any() else empty for r, v in zip(x, mask, strict=True)])


def elements(function: Any, x: np.ndarray = X, mask: np.ndarray = M) -> np.ndarray:
    """A function of rows that gives one number for each valid element."""
    out = np.zeros(x.shape)
    for i, (r, v) in enumerate(zip(x, mask, strict=True)):
        if v.any():
            out[i, v] = function(r[v])
    return out


def softmax(v: np.ndarray) -> np.ndarray:
    return np.exp(v) / np.exp(v).sum()


def first(function: Any) -> np.ndarray:
    """Rows whose valid elements come first."""
    out = np.zeros(X.shape)
    for i, (r, v) in enumerate(zip(X, M, strict=True)):
        out[i, : v.sum()] = function(r[v])
    return out


CASES: list[tuple[str, str, np.ndarray]] = [
    ("x + 2*y", "b, k", X + 2 * Y),
    ("exp(x where m)", "b, k", np.where(M, np.exp(X), 0)),
    ("sum[k](x where m)", "b", by_row(np.sum)),
    ("mean[k](x where m)", "b", by_row(np.mean)),
    ("mean[b](mean[k](x where m) where row)", "", np.mean(by_row(np.mean)[ROW])),
    ("mean(x where row)", "", np.mean(X[ROW])),
    ("max[k](x where m, empty=7)", "b", by_row(np.max, empty=7.0)),
    ("mean(max[k](x where m))", "", np.mean(by_row(np.max)[M.any(1)])),
    ("prod[k](x where m)", "b", by_row(np.prod)),
    ("logsumexp[k](x where m)", "b", by_row(lambda v: math.log(np.exp(v).sum()))),
    ("norm[k](x where m)", "b", by_row(lambda v: math.sqrt((v**2).sum()))),
    ("count[k](x where m)", "b", M.sum(1)),
    ("count[b](m)", "k", M.sum(0)),
    ("any[k](m) and row", "b", M.any(1) & ROW),
    ("argmax[k](x where m)", "b", np.where(M.any(1), np.where(M, X, -9).argmax(1), 0)),
    ("softmax[k](x where m)", "b, k", elements(softmax)),
    ("log_softmax[k](x where m)", "b, k", elements(lambda v: np.log(softmax(v)))),
    ("cumsum[k](x where m)", "b, k", elements(np.cumsum)),
    ("sort[k](x where m)", "b, k", first(np.sort)),
    ("rank[k](x where m)", "b, k", elements(lambda v: np.argsort(np.argsort(v)))),
    ("is_top[k](x where m, k=1)", "b, k", elements(lambda v: v == v.max())),
    ("quantile[k](x where m, q=0.25)", "b", by_row(lambda v: np.quantile(v, 0.25))),
    ("flip[k](x where m)", "b, k", np.where(M, X, 0)[:, ::-1]),
    ("x[k=labels]", "b", np.array([X[0, 2], 0, X[2, 0]])),
    ("(x where m)[k=1] * x[k=-1]", "b", np.where(M[:, 1], X[:, 1] * X[:, 3], 0)),
    ("(x where m)[k=1..] - (x where m)[k=..-1]", "b, k", np.where(M[:, 1:] & M[:, :-1], X[:, 1:] - X[:, :-1], 0)),
    ("x[b', k] * y", "b', b, k", X[:, None] * Y[None]),
    ("where(row, x where m, y)", "b, k", np.where(ROW[:, None], np.where(M, X, 0), Y)),
    ("dot[k](x where m, y[b', k])", "b, b'", np.where(M, X, 0) @ Y.T),
    ("dot[b](x where row, y[b, k'])", "k, k'", X[ROW].T @ Y[ROW]),
    ("mean[b](x where labels == k)", "k", np.array([X[2, 0], 0, X[0, 2], 0])),
    ("one_hot[k](labels)", "b, k", np.array([[0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]])),
    ("b * size[k] + (b == 1)", "b", np.array([0, 5, 8])),
    ("xlogy(relu(x), abs(y))", "b, k", np.where(X > 0, X * np.log(np.abs(Y)), 0)),
    ("with_gradient(round(x), x) + sg(y)", "b, k", np.round(X) + Y),
]


@pytest.mark.parametrize("expression, axes, expected", CASES, ids=[c[0] for c in CASES])
def test_expression(expression: str, axes: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(interpret(expression, BASE, axes), expected, rtol=1e-13, atol=1e-14)


A = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
KEEP = np.ix_([0, 2], [0, 2])
MATRIX = {"a": ("real[i, i']", A), "ok": ("mask[i]", np.array([True, False, True])), "v": ("real[i]", X[:, 0])}


def test_matrices_leave_out_rows_and_columns_that_are_invalid() -> None:
    inside = "a where ok and ok[i']"
    assert interpret(f"logdet[i, i']({inside})", MATRIX) == pytest.approx(np.log(np.linalg.det(A[KEEP])))
    inverse = np.zeros((3, 3))
    inverse[KEEP] = np.linalg.inv(A[KEEP])
    np.testing.assert_allclose(interpret(f"inv[i, i']({inside})", MATRIX, "i, i'"), inverse, atol=1e-14)
    values = np.linalg.eigvalsh(((A + A.T) / 2)[KEEP])
    np.testing.assert_allclose(interpret(f"eigvals[i, i']({inside})", MATRIX, "i"), [*values, 0], atol=1e-14)
    np.testing.assert_allclose(interpret("solve[i, i'](a, v)", MATRIX, "i'"), np.linalg.solve(A, X[:, 0]))
    assert interpret(f"trace[i, i']({inside})", MATRIX) == pytest.approx(A[0, 0] + A[2, 2])


def test_assignment_is_the_best_of_all() -> None:
    best = min(itertools.permutations(range(4), 3), key=lambda p: sum(X[i, j] for i, j in enumerate(p)))
    assert interpret("assignment[b, k](x)", BASE, "b").tolist() == list(best)


def test_a_repeat_applies_its_step_again_and_again() -> None:
    halves = {"halves(x)": {"repeat": 3, "start": {"h": 1}, "step": {"h": "h/2 + x"}, "give": "h"}}
    np.testing.assert_allclose(interpret("halves(x)", BASE, "b, k", define=halves), 1 / 8 + 1.75 * X)
    until = {"root(x)": {"repeat": 99, "until": 1e-15, "start": {"r": 1}, "step": {"r": "(r + x/r) / 2"}, "give": "r"}}
    np.testing.assert_allclose(interpret("root(abs(x))", BASE, "b, k", define=until), np.sqrt(np.abs(X)))


def test_a_scan_runs_along_its_axis() -> None:
    returns = {"returns(x)": {"scan": "k", "start": {"h": 0}, "step": {"h": "prev.h/2 + x"}, "give": "h"}}
    expected = np.zeros(X.shape)
    for t in range(4):
        expected[:, t] = X[:, t] + (expected[:, t - 1] / 2 if t else 0)
    np.testing.assert_allclose(interpret("returns(x)", BASE, "b, k", define=returns), expected)


def test_a_gradient_inside_a_loss_is_that_of_the_expression() -> None:
    value = interpret("grad(sum[k](x^3) * y, x)", BASE, "b, k")
    np.testing.assert_allclose(value, 3 * X**2 * Y.sum(1, keepdims=True), rtol=1e-15)
