"""Terms: how a loss is split, named, weighted and counted; several losses; metrics; micro-batches."""

from __future__ import annotations

import pytest
import torch

import lossdsl
from tests.language.helpers import check, differentiated, gradients, module, randn, run, same

F = torch.nn.functional
Z, W = randn(4, 3, seed=1), randn(4, 3, seed=2)
Y = torch.tensor([0, 2, -100, 1])
INPUTS = {"z": "logits[batch, class]", "w": "logits[batch, class]", "y": "index[batch] of class ignore -100"}
GIVEN = {"z": Z, "w": W, "y": Y}


def entropy(z: torch.Tensor) -> torch.Tensor:
    return -(z.softmax(1) * z.log_softmax(1)).sum(1).mean()


def kl(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    return (p.softmax(1) * (p.log_softmax(1) - q.log_softmax(1))).sum(1).mean()


@pytest.mark.parametrize(
    ("loss", "names"),
    [
        ("ce(z, y) + entropy(z)", ["ce", "entropy"]),
        ("ce(z, y) - 0.1 * entropy(z) + kl(z || w) + kl(w || z)", ["ce", "entropy", "kl", "kl_2"]),
        ("-entropy(z)", ["entropy"]),
        ("mean(z^2) + mean(w^2) + mean(z)", ["mean", "mean_2", "mean_3"]),
        ("a * kl(z || w) / 2 + ce(z, y)", ["kl", "ce"]),
        ("0.5 * (kl(z || w) + kl(w || z))", ["kl"]),
        ("z + 2 * w", ["z", "w"]),
        ("ce(z, y)", ["ce"]),
        ("(ce(z, y) + entropy(z))", ["ce", "entropy"]),
        ("ce(z, y) + 1", ["ce", "term"]),
    ],
)
def test_names_of_terms(loss: str, names: list[str]) -> None:
    out, _ = run(module(INPUTS, loss, params={"a": 0.5}), GIVEN)
    assert list(out.terms) == names
    same(sum(out.terms.values()), out.loss.detach(), "sum", 1e-12)  # type: ignore[arg-type]
    everything = [*out.terms.values(), *out.unweighted.values(), *out.counts.values()]
    assert not any(t.requires_grad for t in everything) and all(t.ndim == 0 for t in everything)


def test_contributions_unweighted_values_and_counts() -> None:
    out = check(
        INPUTS,
        {"ce": "ce(z, y)", "ent": "-0.1 * entropy(z)", "div": "a * 2 * kl(z || w)", "other": "kl(w || z) / 4"},
        GIVEN,
        lambda z, w, y: F.cross_entropy(z, y) - 0.1 * entropy(z) + 0.5 * 2 * kl(z, w) + kl(w, z) / 4,
        params={"a": 0.5},
    )
    same(out.terms["ent"], -0.1 * entropy(Z), "ent", 1e-12)
    same(out.unweighted["ent"], entropy(Z), "ent", 1e-12)
    same(out.unweighted["div"], kl(Z, W), "div", 1e-12)
    same(out.terms["div"], kl(Z, W), "div", 1e-12)
    same(out.unweighted["ce"], out.terms["ce"], "ce", 1e-12)
    assert {n: float(c) for n, c in out.counts.items()} == {"ce": 3, "ent": 4, "div": 4, "other": 4}
    assert out["loss"] is out.loss and set(out.floats()) == {"loss", "ce", "ent", "div", "other"}


def test_counts_of_masked_means() -> None:
    m = Z > 0
    out = check(
        {"x": "real[batch, class]", "m": "mask[batch, class]"},
        {
            "a": "x where m",
            "b": "mean(x where m)",
            "c": "2 * mean(x^2)",
            "d": "mean(mean[class](x where m))",
            "e": "sum(x where m)",
        },
        {"x": W, "m": m},
        lambda x, m: 2 * x[m].mean() + 2 * (x**2).mean() + ((x * m).sum(1) / m.sum(1).clamp(min=1)).mean() + x[m].sum(),
    )
    assert [float(out.counts[n]) for n in "abcde"] == [m.sum(), m.sum(), 12, 4, m.sum()]


def test_each_term_is_averaged_by_itself() -> None:
    check(
        {"x": "real[batch]", "y": "real[batch, time]", "m": "mask[batch]"},
        "(x where m) + y^2 - 2 * x'",
        {"x": Z[:, 0], "y": W, "m": Z[:, 0] > 0},
        lambda x, y, m: x[m].mean() + (y**2).mean() - 2 * x.mean(),
    )


def test_games() -> None:
    losses = {
        "generator": {"fool": "-mean(log(sigmoid(fake)))"},
        "critic": {"real": "-mean(log(sigmoid(real)))", "fake": "-mean(log(1 - sigmoid(fake)))"},
    }
    spec = {"lossdsl": 1, "name": "gan", "inputs": {"fake": "score[batch]", "real": "score[batch]"}, "losses": losses}
    loss = lossdsl.load(spec, compile=False)
    copies, leaves = differentiated({"fake": Z[:, 0] * 30, "real": W[:, 0] * 30})
    out = loss(**copies)
    assert list(out.losses) == ["generator", "critic"] and list(out.losses["critic"].terms) == ["real", "fake"]
    fake, real = copies["fake"], copies["real"]
    critic = F.softplus(-real, threshold=1000).mean() + F.softplus(fake, threshold=1000).mean()
    generator = F.softplus(-fake, threshold=1000).mean()
    same(out.losses["critic"].loss, critic, "critic", 1e-9)
    same(out.losses["generator"].loss, generator, "generator", 1e-9)
    for mine, theirs in ((out.losses["critic"].loss, critic), (out.losses["generator"].loss, generator)):
        found = torch.autograd.grad(mine, list(leaves.values()), allow_unused=True, retain_graph=True)
        expected = gradients(theirs, leaves)
        for gradient, name in zip(found, leaves, strict=True):
            same(torch.zeros_like(leaves[name]) if gradient is None else gradient, expected[name], name, 1e-8)


def test_metrics_are_never_differentiated() -> None:
    out = check(
        INPUTS,
        "ce(z, y)",
        GIVEN,
        lambda z, w, y: F.cross_entropy(z, y),
        metrics={"accuracy": "argmax[class](z) == y", "margin": "max[class](w)", "gap": "mean(z - w)"},
    )
    kept = Y >= 0
    assert out.metrics["accuracy"] == (Z.argmax(1)[kept] == Y[kept]).double().mean()
    same(out.metrics["margin"], W.amax(1).mean(), "margin", 1e-12)
    assert not any(m.requires_grad for m in out.metrics.values())


def test_micro_batches_add_up() -> None:
    loss = module(
        {"z": "logits[batch, class]", "y": "index[batch] of class ignore -100", "x": "real[batch, class]"},
        "ce(z, y) + 0.1 * entropy(z) + mean(x^2)",
    )
    x = randn(4, 3, seed=5)
    whole, expected = run(loss, {"z": Z, "y": Y, "x": x})
    counts = loss.count({"z": Z, "y": Y, "x": x})
    total, found = 0.0, []
    for rows in (slice(0, 1), slice(1, 4)):
        copies, leaves = differentiated({"z": Z[rows], "y": Y[rows], "x": x[rows]})
        part = loss(copies, num_items=counts).loss
        found.append(gradients(part, leaves))
        total = total + part.detach()
    same(total, whole.loss.detach(), "sum of losses", 1e-9)
    for name, gradient in expected.items():
        same(torch.cat([f[name] for f in found]), gradient, name, 1e-8)


def test_params_change_without_another_compilation() -> None:
    loss = module({"z": "logits[batch, class]"}, "a * entropy(z / tau)", params={"a": 2.0, "tau": 1.0})
    source = loss.source
    loss.params["tau"] = 0.5
    loss.params["a"] = 3.0
    same(loss(z=Z).loss, 3 * entropy(Z / 0.5), "value", 1e-9)
    assert loss.source == source


def test_bare_expressions() -> None:
    loss = lossdsl.compile("ce + 0.1*entropy(attn) + kl(view1||view2)", compile=False)
    attn = randn(2, 3, 4, 5, seed=3).softmax(-1)
    out = loss(logits=Z, labels=Y, attn=attn, view1=Z, view2=W)
    expected = F.cross_entropy(Z, Y) - 0.1 * (attn * attn.log()).sum(-1).mean() + kl(Z, W)
    same(out.loss, expected, "value", 1e-9)
    assert list(out.terms) == ["ce", "entropy", "kl"]
