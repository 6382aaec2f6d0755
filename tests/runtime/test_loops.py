"""Loops: values and gradients of each way to differentiate them."""

import math

import pytest
import torch

import lossdsl


def load(body, loss, inputs, **params):
    return lossdsl.load(
        {"lossdsl": 1, "name": "t", "inputs": inputs, "define": body, "loss": loss, "params": params}, compile=False
    )


def sinkhorn(**extra):
    body = {
        "repeat": "steps",
        "start": {"f": 0, "g": 0},
        "step": {
            "f": "-eps * logsumexp[j]((g - cost) / eps - log(size[j]))",
            "g": "-eps * logsumexp[i]((f - cost) / eps - log(size[i]))",
        },
        "give": "mean(f) + mean(g)",
        **extra,
    }
    return load({"sinkhorn[i, j](cost, eps, steps=400)": body}, "sinkhorn[a, b](c, 0.3)", {"c": "real[a, b]"})


def plan(c, eps, steps=400):
    f, g = torch.zeros(c.shape[0], dtype=c.dtype), torch.zeros(c.shape[1], dtype=c.dtype)
    n, m = c.shape
    for _ in range(steps):
        f = -eps * torch.logsumexp((g - c) / eps - math.log(m), 1)
        g = -eps * torch.logsumexp((f[:, None] - c) / eps - math.log(n), 0)
    return f.mean() + g.mean(), torch.exp((f[:, None] + g - c) / eps) / (n * m)


@pytest.mark.parametrize(
    "extra", [{}, {"until": 1e-14}, {"until": 1e-14, "gradient": "implicit"}], ids=["unrolled", "until", "implicit"]
)
def test_sinkhorn_gradient_is_the_plan(extra):
    c = torch.rand(4, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    out = sinkhorn(**extra)(c=c)
    out.loss.backward()
    value, transport = plan(c.detach(), 0.3)
    torch.testing.assert_close(out.loss, value, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(c.grad, transport, rtol=1e-8, atol=1e-10)


def test_envelope_holds_the_loop_variables_fixed():
    # The minimum over y of (y - x)^2 + y^2 is at y = x/2; by the envelope theorem its slope is 2 (x - y) = x.
    body = {"repeat": 60, "start": {"y": 0}, "step": {"y": "y - 0.2 * (4*y - 2*x)"}, "give": "(y - x)^2 + y^2",
            "gradient": "envelope"}  # fmt: skip
    x = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    load({"inner(x)": body}, "sum(inner(x))", {"x": "real[batch]"})(x=x).loss.backward()
    torch.testing.assert_close(x.grad, x.detach(), rtol=1e-10, atol=1e-12)


def test_implicit_solves_the_adjoint_of_a_coupled_fixed_point():
    # y = A y + x, so y = (I - A)^-1 x and the gradient of w.y is (I - A)^-T w.
    body = {"repeat": 500, "start": {"y": 0}, "until": 1e-15, "gradient": "implicit",
            "give": "y"}  # fmt: skip
    loss = load(
        {"solve(m, x)": {**body, "step": {"y": "dot[feature'](m, y[feature']) + x"}}},
        "sum(w * solve(m, x))",
        {"m": "real[feature, feature'] fixed", "x": "real[feature]", "w": "real[feature] fixed"},
    )
    g = torch.Generator().manual_seed(0)
    m = 0.2 * torch.randn(3, 3, generator=g, dtype=torch.float64)
    x, w = (torch.randn(3, generator=g, dtype=torch.float64) for _ in range(2))
    x.requires_grad_()
    out = loss(m=m, x=x, w=w)
    out.loss.backward()
    inverse = torch.linalg.inv(torch.eye(3, dtype=torch.float64) - m)
    torch.testing.assert_close(out.loss, w @ inverse @ x.detach(), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(x.grad, inverse.T @ w, rtol=1e-10, atol=1e-12)


def test_scan_along_an_axis():
    loss = load(
        {"discounted(r)": {"scan": "time", "start": {"a": 0}, "step": {"a": "r + gamma * prev.a"}, "give": "a"}},
        "mean(discounted(r) * (time + 1))",
        {"r": "real[batch, time]"},
        gamma=0.9,
    )
    r = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    out = loss(r=r)
    a, rows = torch.zeros(2, dtype=torch.float64), []
    for t in range(5):
        a = r[:, t] + 0.9 * a
        rows.append(a * (t + 1))
    wanted = torch.stack(rows).mean()
    torch.testing.assert_close(out.loss, wanted, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(
        torch.autograd.grad(out.loss, r)[0], torch.autograd.grad(wanted, r)[0], rtol=1e-12, atol=1e-12
    )


def test_loops_compile():
    c = torch.rand(4, 5, dtype=torch.float64)
    body = {"repeat": 3, "start": {"f": 0}, "step": {"f": "logsumexp[j](cost - f)"}, "give": "mean(f)"}
    spec = {"lossdsl": 1, "name": "t", "inputs": {"c": "real[a, b]"}, "define": {"it[i, j](cost)": body},
            "loss": "it[a, b](c)"}  # fmt: skip
    torch.testing.assert_close(lossdsl.load(spec)(c=c).loss, lossdsl.load(spec, compile=False)(c=c).loss)
