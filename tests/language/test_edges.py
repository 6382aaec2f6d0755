"""Conventions at the edges: 0 log 0, ties, kinks, saturation, one-hot probabilities, half precision."""

from __future__ import annotations

import pytest
import torch

from tests.language.helpers import check, module, randn, run, same

F = torch.nn.functional
INF = float("inf")
X = {"x": "real[batch]"}


def gradient_at(loss: str, values: list[float], **rest: object) -> list[float]:
    _, found = run(module(X, loss, **rest), {"x": torch.tensor(values, dtype=torch.float64)})
    return found["x"].tolist()


@pytest.mark.parametrize(
    ("loss", "values", "gradient"),
    [
        ("max(x)", [1.0, 3.0, 3.0, 3.0], [0, 1 / 3, 1 / 3, 1 / 3]),
        ("min(x)", [1.0, 1.0, 3.0], [0.5, 0.5, 0]),
        ("max[batch](x)", [2.0, 2.0], [0.5, 0.5]),
        ("sum(max(x, 1))", [1.0, 2.0, 0.0], [0.5, 1, 0]),
        ("sum(min(x, 1))", [1.0, 2.0, 0.0], [0.5, 0, 1]),
        ("sum(relu(x))", [0.0, -1.0, 2.0], [0, 0, 1]),
        ("sum(abs(x))", [0.0, -1.0, 2.0], [0, -1, 1]),
        ("norm(x)", [0.0, 0.0], [0, 0]),
        ("sqrt(sum(x^2))", [0.0, 0.0], [0, 0]),
        ("sqrt(sum(square(x)))", [3.0, 4.0], [0.6, 0.8]),
        ("sum(sign(x) * x)", [0.0, -2.0, 3.0], [0, -1, 1]),
        ("sum(xlogy(x, x))", [1.0, 2.0], [1, 1 + 0.6931471805599453]),
        ("sum(floor(x) + round(x))", [0.5, 1.5], [0, 0]),
        ("sum(clamp(x, 0, 1))", [0.0, 1.0, 0.5, 2.0, -1.0], [1, 1, 1, 0, 0]),
        ("sum(x^2)", [0.0, -3.0], [0, -6]),
        ("sum(x^3)", [0.0, -2.0], [0, 12]),
        ("sum(x^1)", [0.0, -3.0], [1, 1]),
        ("sum(x^0)", [0.0, -3.0], [0, 0]),
        ("prod(x)", [0.0, 2.0, 3.0], [6, 0, 0]),
        ("prod(x)", [0.0, 2.0, 0.0], [0, 0, 0]),
        ("sum(atan2(x, 0 * x))", [0.0], [0]),
        ("sum(softplus(x))", [0.0, 800.0, -800.0], [0.5, 1, 0]),
        ("sum(log(1 + exp(x)))", [0.0, 800.0, -800.0], [0.5, 1, 0]),
        ("sum(log(sigmoid(x)))", [0.0, 800.0, -800.0], [0.5, 0, 1]),
        ("sum(log(1 - sigmoid(x)))", [0.0, 800.0, -800.0], [-0.5, -1, 0]),
        ("sum(log(exp(x)))", [900.0, -900.0], [1, 1]),
        ("log(sum(exp(x)))", [1000.0, 1000.0], [0.5, 0.5]),
        ("logsumexp[batch](x)", [-1000.0, -1000.0], [0.5, 0.5]),
        ("sum(where(x > 0, x, -x))", [0.0, 1.0, -1.0], [-1, 1, -1]),
    ],
)
def test_gradients_at_the_edges(loss: str, values: list[float], gradient: list[float]) -> None:
    assert gradient_at(loss, values) == pytest.approx(gradient, abs=1e-9)


def test_softplus_is_exact() -> None:
    x = torch.tensor([-40.0, -25.0, 0.0, 19.0, 21.0, 25.0, 40.0], dtype=torch.float64)
    check(X, "sum(softplus(x))", {"x": x}, lambda x: torch.logaddexp(x, torch.zeros_like(x)).sum())


def test_ties_take_the_lowest_index() -> None:
    x = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], dtype=torch.float64)
    inputs = {"x": "real[batch, class]"}
    check(inputs, "sum(x * (argmax[class](x) == class) * (class + 1))", {"x": x}, lambda x: x[0, 1] * 2 + x[1, 0])
    check(inputs, "sum(x * (argmin[class](x) == class) * (class + 1))", {"x": x}, lambda x: x[0, 0] + x[1, 0])
    check(inputs, "sum(x[class=argmax[class](x)] * 2)", {"x": x}, lambda x: 2 * (x[0, 1] + x[1, 0]))


@pytest.mark.parametrize("scale", [1.0, 50.0, 1e4, 1e30])
def test_saturated_logits(scale: float) -> None:
    z = torch.tensor([[1.0, -1.0, 0.0], [-1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], dtype=torch.float64) * scale
    y = torch.tensor([0, 0, 2])
    inputs = {"z": "logits[batch, class]", "w": "logits[batch, class]", "y": "index[batch] of class"}
    w = -z.roll(1, 1)
    given = {"z": z, "w": w, "y": y}
    check(inputs, "ce(z, y)", given, lambda z, w, y: F.cross_entropy(z, y))
    check(inputs, "entropy(z)", given, lambda z, w, y: -(z.softmax(1) * z.log_softmax(1)).sum(1).mean())
    check(
        inputs,
        "kl(z || w)",
        given,
        lambda z, w, y: (z.softmax(1) * (z.log_softmax(1) - w.log_softmax(1))).sum(1).mean(),
    )
    check(inputs, "ce(z, w)", given, lambda z, w, y: -(w.softmax(1) * z.log_softmax(1)).sum(1).mean())
    check(inputs, "-mean(log(softmax(z))[class=y])", given, lambda z, w, y: F.cross_entropy(z, y))
    check(
        inputs,
        "-mean(sum[class](probs(w) * log(softmax(z))))",
        given,
        lambda z, w, y: -(w.softmax(1) * z.log_softmax(1)).sum(1).mean(),
    )
    if scale < 1e30:  # there the log of 2 equal logits is lost in the sum of logit and log
        check(inputs, "-mean(log(exp(z[class=y]) / sum[class](exp(z))))", given, lambda z, w, y: F.cross_entropy(z, y))
    check(
        {"s": "score[batch]", "t": "mask[batch]"},
        "-mean(where(t, log(sigmoid(s)), log(1 - sigmoid(s))))",
        {"s": z[:, 0].contiguous(), "t": torch.tensor([True, True, False])},
        lambda s, t: F.binary_cross_entropy_with_logits(s, t.double()),
    )


ONE_HOT = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5]], dtype=torch.float64)


def test_one_hot_targets_have_exact_gradients() -> None:
    z = randn(3, 3, seed=1)
    inputs = {"z": "logits[batch, class]", "t": "probs[batch, class]"}
    check(inputs, "ce(z, t)", {"z": z, "t": ONE_HOT}, lambda z, t: -(t * z.log_softmax(1)).sum(1).mean())
    check(inputs, "sum(-t * log(softmax(z)))", {"z": z, "t": ONE_HOT}, lambda z, t: -(t * z.log_softmax(1)).sum())
    check(
        {"p": "probs[batch, class]", "t": "probs[batch, class]"},
        "ce(p, t)",
        {"p": z.softmax(1), "t": ONE_HOT},
        lambda p, t: -(t * p.log()).sum(1).mean(),
    )
    check(
        {"y": "prob[batch]", "x": "prob[batch]"},
        "sum(-y * log(x))",
        {
            "y": torch.tensor([0.0, 1.0, 0.3], dtype=torch.float64),
            "x": torch.tensor([0.4, 0.5, 1.0], dtype=torch.float64),
        },
        lambda y, x: -(y * x.log()).sum(),
    )


def test_one_hot_predictions_have_finite_gradients() -> None:
    inputs = {"p": "probs[batch, class]"}
    total, found = run(module(inputs, "entropy(p)"), {"p": ONE_HOT})
    rows = ONE_HOT[2]
    same(total.loss.detach(), -(rows * rows.log()).sum() / 3, "entropy", 1e-9)
    assert torch.isfinite(found["p"]).all()
    # Where p > 0 the gradient of -p log p is -(log p + 1).
    held = ONE_HOT > 0
    same(found["p"][held], -(ONE_HOT[held].log() + 1) / 3, "gradient", 1e-8)
    assert (found["p"][~held] == 0).all()


@pytest.mark.parametrize("loss", ["kl(p || q)", "ce(q, p)", "js(p || q)", "kl(p || mix(p, q, 0.5))"])
def test_divergences_of_one_hot_distributions(loss: str) -> None:
    q = torch.tensor([[1.0, 0.0, 0.0], [0.25, 0.75, 0.0], [0.1, 0.4, 0.5]], dtype=torch.float64)
    out, found = run(module({"p": "probs[batch, class]", "q": "probs[batch, class]"}, loss), {"p": ONE_HOT, "q": q})
    kl = lambda a, b: (torch.xlogy(a, a) - torch.xlogy(a, torch.where(a > 0, b, 1.0))).sum(1).mean()  # noqa: E731
    m = (ONE_HOT + q) / 2
    entropy = -torch.xlogy(ONE_HOT, ONE_HOT).sum(1).mean()
    expected = {
        "kl(p || q)": kl(ONE_HOT, q),
        "ce(q, p)": kl(ONE_HOT, q) + entropy,
        "js(p || q)": (kl(ONE_HOT, m) + kl(q, m)) / 2,
        "kl(p || mix(p, q, 0.5))": kl(ONE_HOT, m),
    }[loss]
    same(out.loss.detach(), expected, "value", 1e-9)
    assert all(torch.isfinite(g).all() for g in found.values()), found


def test_zero_probability_of_the_label_is_an_infinite_loss() -> None:
    loss = module({"p": "probs[batch, class]", "y": "index[batch] of class"}, "ce(p, y)")
    assert loss(p=ONE_HOT, y=torch.tensor([1, 1, 2])).loss == INF


def test_log_probabilities_of_minus_infinity() -> None:
    lp = ONE_HOT.log()
    out, found = run(module({"lp": "logprobs[batch, class]"}, "entropy(lp)"), {"lp": lp})
    same(out.loss.detach(), -torch.xlogy(ONE_HOT, ONE_HOT).sum() / 3, "entropy", 1e-9)
    assert torch.isfinite(found["lp"]).all()


def test_xlogy_and_products_at_zero() -> None:
    inputs = {"x": "real[batch]", "y": "real[batch]"}
    zero = torch.zeros(3, dtype=torch.float64)
    y = torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64)
    out, found = run(module(inputs, "sum(xlogy(x, y))"), {"x": zero, "y": y})
    assert out.loss == 0
    assert found["x"].tolist() == pytest.approx([0.0, -0.6931471805599453, 0.6931471805599453])
    assert found["y"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "loss",
    [
        "sum(x * log(y))",
        "sum(log(y) * x)",
        "sum(-x * -log(y))",
        "sum(x * (log(y) + 1))",
        "sum(dot[batch](x, log(y)))",
        "sum(2 * x * log(y))",
    ],
)
def test_zero_times_log_zero_is_zero_for_any_number(loss: str) -> None:
    x = torch.tensor([0.0, 0.0, 1.5], dtype=torch.float64)
    y = torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64)
    out, found = run(module({"x": "real[batch]", "y": "real[batch]"}, loss), {"x": x, "y": y})
    factor = 2 if "2 *" in loss else 1
    extra = 1.5 if "+ 1" in loss else 0.0
    assert out.loss.item() == pytest.approx(factor * 1.5 * torch.tensor(2.0).log().item() + extra, abs=1e-7)
    assert torch.isfinite(found["x"]).all() and torch.isfinite(found["y"]).all(), found
    assert found["y"].tolist() == pytest.approx([0.0, 0.0, factor * 0.75])


@pytest.mark.parametrize(
    "loss",
    [
        "sum[class](p * log(p / q))",
        "sum[class](p * (log(p) - log(q)))",
        "-sum[class](p * log(q / p))",
        "sum[class](xlogy(p, p) - xlogy(p, q))",
    ],
)
def test_divergence_written_by_hand(loss: str) -> None:
    q = torch.tensor([[1.0, 0.0, 0.0], [0.25, 0.75, 0.0], [0.1, 0.4, 0.5]], dtype=torch.float64)
    out, found = run(module({"p": "probs[batch, class]", "q": "probs[batch, class]"}, loss), {"p": ONE_HOT, "q": q})
    same(
        out.loss.detach(),
        (torch.xlogy(ONE_HOT, ONE_HOT) - torch.xlogy(ONE_HOT, q.clamp(min=1e-300))).sum(1).mean(),
        "value",
        1e-9,
    )
    assert all(torch.isfinite(g).all() for g in found.values()), found
    z, w = randn(3, 3, seed=1) * 400, randn(3, 3, seed=2) * 400
    check(
        {"z": "logits[batch, class]", "w": "logits[batch, class]"},
        loss,
        {"z": z, "w": w},
        lambda z, w: (z.softmax(1) * (z.log_softmax(1) - w.log_softmax(1))).sum(1).mean(),
        define={"p": "softmax(z)", "q": "softmax(w)"},
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    z, y = (randn(64, 50, seed=1) * 4).to(dtype), torch.arange(64) % 50
    loss = module(
        {"z": "logits[batch, class]", "y": "index[batch] of class"}, "ce(z, y) + 0.1 * entropy(z) + mean(z^2)"
    )
    out, found = run(loss, {"z": z, "y": y})
    leaf = z.float().requires_grad_()
    expected = F.cross_entropy(leaf, y) - 0.1 * (leaf.softmax(1) * leaf.log_softmax(1)).sum(1).mean() + (leaf**2).mean()
    (gradient,) = torch.autograd.grad(expected, leaf)
    assert out.loss.dtype == torch.float32 and found["z"].dtype == dtype
    torch.testing.assert_close(out.loss, expected, rtol=2e-6, atol=0)
    torch.testing.assert_close(found["z"], gradient.to(dtype), rtol=torch.finfo(dtype).eps, atol=1e-7)
    assert all(t.dtype == torch.float32 for t in out.terms.values())


def test_inputs_of_several_types_meet_in_the_widest() -> None:
    loss = module({"x": "real[batch]", "w": "real[batch]"}, "mean(x * w)")
    out, found = run(loss, {"x": randn(5).bfloat16(), "w": randn(5, seed=1)})
    assert out.loss.dtype == torch.float64
    assert found["x"].dtype == torch.bfloat16 and found["w"].dtype == torch.float64
