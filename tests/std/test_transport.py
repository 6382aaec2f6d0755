import pytest
import torch

from tests.std.support import agree, compiled, masked, random, value

COST = random(5, 4, seed=1).abs()
X, Y, W = random(5, 3, seed=2), random(5, 3, seed=3), random(4, 3, seed=4)


def sinkhorn(cost, a=None, b=None, eps=0.1, steps=50):
    """Log-domain iterations; the value is that of the dual, its gradient the plan."""
    n, m = cost.shape
    la = torch.full((n,), 1 / n, dtype=cost.dtype).log() if a is None else a.log()
    lb = torch.full((m,), 1 / m, dtype=cost.dtype).log() if b is None else b.log()
    with torch.no_grad():
        g = torch.zeros(m, dtype=cost.dtype)
        for _ in range(steps):
            f = -eps * torch.logsumexp((g - cost) / eps + lb, 1)
            g = -eps * torch.logsumexp((f[:, None] - cost) / eps + la[:, None], 0)
    plan = torch.exp((f[:, None] + g - cost) / eps + la[:, None] + lb)
    return (la.exp() * f).sum() + (lb.exp() * g).sum() - eps * (plan.sum() - 1)


def squared(x, y):
    return (x[:, None] - y[None]).pow(2).sum(-1)


def divergence(x, y, eps=0.1, steps=50):
    def transport(x, y):
        return sinkhorn(squared(x, y), eps=eps, steps=steps)

    return transport(x, y) - (transport(x, x) + transport(y, y)) / 2


def wasserstein(x, y, p=1):
    return (x.sort(0).values - y.sort(0).values).abs().pow(p).mean(0)


@pytest.mark.parametrize(("eps", "steps"), [(0.1, 50), (1.0, 10), (0.01, 200)])
def test_sinkhorn_of_uniform_marginals(eps, steps):
    agree(
        f"sinkhorn(c, eps={eps}, steps={steps})",
        {"c": ("real[row, column]", COST)},
        lambda c: sinkhorn(c, eps=eps, steps=steps),
    )


def test_sinkhorn_of_given_marginals():
    a, b = random(5, seed=5).softmax(0), random(4, seed=6).softmax(0)
    inputs = {"c": ("real[row, column]", COST), "a": ("probs[row]", a), "b": ("probs[column]", b)}
    agree("sinkhorn(c, a, b)", inputs, sinkhorn)


def test_sinkhorn_solves_the_problem():
    """At convergence the value is that of the plan: its cost and eps times its divergence from independence."""
    cost = COST.clone().requires_grad_()
    loss = compiled("sinkhorn(c, eps=0.5, steps=500)", {"c": "real[row, column]"})(c=cost).loss
    (plan,) = torch.autograd.grad(loss, cost)
    assert torch.allclose(plan.sum(1), torch.full((5,), 0.2, dtype=plan.dtype), rtol=0, atol=1e-12)
    assert torch.allclose(plan.sum(0), torch.full((4,), 0.25, dtype=plan.dtype), rtol=0, atol=1e-12)
    assert loss.item() == pytest.approx(
        ((plan * COST).sum() + 0.5 * (plan * (plan * 20).log()).sum()).item(), rel=1e-10
    )


def test_sinkhorn_of_a_batch():
    agree(
        "sinkhorn[row, column](c)",
        {"c": ("real[batch, row, column]", random(2, 5, 4).abs())},
        lambda c: torch.stack([sinkhorn(v) for v in c]),
        over="batch",
    )


def test_sinkhorn_of_the_valid_rows_and_columns():
    rows, columns = torch.tensor([True, False, True, True, False]), torch.tensor([True, True, False, True])
    held = COST.masked_fill(~(rows[:, None] & columns), torch.nan)
    inputs = {"c": ("real[row, column]", held), "r": ("mask[row]", rows), "k": ("mask[column]", columns)}
    found, gradients = value("sinkhorn(c where r where k)", inputs)
    right, expected = value("sinkhorn(c)", {"c": ("real[row, column]", COST[rows][:, columns])})
    assert found == pytest.approx(right, rel=1e-12)
    assert torch.allclose(gradients["c"][rows][:, columns], expected["c"], rtol=0, atol=1e-12)
    assert (gradients["c"][~rows] == 0).all() and (gradients["c"][:, ~columns] == 0).all()


def test_sinkhorn_divergence():
    x = ("real[batch, feature]", X)
    agree("sinkhorn_divergence(x, y)", {"x": x, "y": ("real[batch, feature]", Y)}, divergence)
    agree(
        "sinkhorn_divergence(x, w, eps=1, steps=20)",
        {"x": x, "w": ("real[class, feature]", W)},
        lambda x, w: divergence(x, w, 1, 20),
    )
    found, gradients = value("sinkhorn_divergence(x, y)", {"x": x, "y": ("real[batch, feature]", X)})
    assert abs(found) < 1e-12 and torch.isfinite(gradients["x"]).all()


def test_wasserstein_of_numbers():
    x, y = random(6, 2, seed=7), random(6, 2, seed=8)
    inputs = {"x": ("real[batch, channel]", x), "y": ("real[batch, channel]", y)}
    for p in (1, 2):
        agree(f"wasserstein_1d[batch](x, y, p={p})", inputs, lambda x, y: wasserstein(x, y, p), over="channel")  # noqa: B023
    agree("wasserstein_1d(x, y)", {"x": ("real[batch]", x[:, 0]), "y": ("real[batch]", y[:, 0])}, wasserstein)
    found, gradients = value("wasserstein_1d[batch](x, x)", {"x": inputs["x"]})
    assert found == 0 and (gradients["x"] == 0).all()


def test_wasserstein_of_masked_numbers():
    keep = torch.tensor([True, False, True, True])
    x, y = random(4, seed=9), random(4, seed=10)
    held = {n: masked("real[batch]", t, keep) for n, t in (("x", x), ("y", y))}
    found, gradients = value("wasserstein_1d(x, y)", held | {"keep": ("mask[batch]", keep)})
    assert found == pytest.approx(wasserstein(x[keep], y[keep]).item(), rel=1e-12)
    assert gradients["x"][1] == 0 and torch.isfinite(gradients["x"]).all()


def test_sliced_wasserstein():
    inputs = {
        "x": ("real[batch, feature]", X),
        "y": ("real[batch, feature]", Y),
        "d": ("real[slice, feature] fixed", W),
    }

    def reference(x, y, d):
        d = (d / d.norm(dim=1, keepdim=True)).T
        return wasserstein(x @ d, y @ d, 2)

    agree("sliced_wasserstein(x, y, d)", inputs, reference)
    drawn = compiled(
        "sliced_wasserstein(x, y, d)",
        {
            "x": "real[batch, feature]",
            "y": "real[batch, feature]",
            "d": "noise[slice, feature] normal",
        },
        axes={"slice": 8},
    )
    assert drawn(x=X, y=Y).loss > 0
