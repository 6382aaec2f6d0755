"""The worked examples of the language, against torch code written by hand."""

from __future__ import annotations

import pytest
import torch

from tests.language.helpers import check, randn

F = torch.nn.functional

SUPCON = {
    "params": {"tau": 0.07},
    "define": {
        "u": "proj / max(norm[feature](proj), 1e-12)",
        "s": "dot[feature](u, u[view', batch', feature]) / tau",
        "other": "labeled and labeled[batch'] and not (view == view' and batch == batch')",
        "logp": "s - logsumexp[view', batch'](s where other)",
    },
}


def supcon(proj: torch.Tensor, labels: torch.Tensor, labeled: torch.Tensor) -> torch.Tensor:
    """SupCon over the labelled rows alone, as its authors' code does it."""
    x = F.normalize(proj[:, labeled], dim=-1).flatten(0, 1)
    y = labels[labeled].repeat(2)
    s = x @ x.T / 0.07
    eye = torch.eye(len(y), dtype=torch.bool)
    logp = s - s.masked_fill(eye, float("-inf")).logsumexp(1, keepdim=True)
    positive = (y[:, None] == y) & ~eye
    return -(torch.where(positive, logp, 0.0).sum(1) / positive.sum(1)).mean()


def test_supcon_for_labelled_rows_only() -> None:
    labeled = torch.tensor([True, True, False, True, False, True])
    given = {"proj": randn(2, 6, 4, seed=1), "labels": torch.tensor([0, 1, 0, 1, 2, 2]), "labeled": labeled}
    check(
        {
            "proj": "real[view, batch, feature]",
            "labels": "index[batch] of class",
            "labeled": "mask[batch]",
            "head": "real[class] = 0",
        },
        "-mean(mean[view', batch'](logp where other and labels == labels[batch']) where labeled)",
        given,
        supcon,
        poison={"proj": ~labeled[None, :, None].expand(2, 6, 4)},
        axes={"view": 2, "class": 3},
        **SUPCON,
    )


@pytest.mark.parametrize("tokens", [[3, 0, -100, 1, -100], [-100] * 5])
def test_grpo_with_a_penalty(tokens: list[int]) -> None:
    ids = torch.tensor(tokens)
    keep = ids >= 0
    given = {
        "hidden": randn(5, 4, seed=1),
        "head": randn(6, 4, seed=2),
        "tokens": ids,
        "old_logp": randn(5, seed=3) - 2,
        "ref_logp": randn(5, seed=4) - 2,
        "adv": randn(5, seed=5),
    }

    def reference(hidden, head, tokens, old_logp, ref_logp, adv):  # type: ignore[no-untyped-def]
        if not keep.any():
            return hidden.sum() * 0
        logp = (hidden @ head.T).log_softmax(1)[keep].gather(1, ids[keep, None])[:, 0]
        ratio, adv = (logp - old_logp[keep]).exp(), adv[keep]
        policy = -torch.minimum(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
        d = ref_logp[keep] - logp
        return policy + 0.04 * (d.exp() - d - 1).mean()

    out = check(
        {
            "hidden": "real[token, feature]",
            "head": "real[vocab, feature]",
            "tokens": "index[token] of vocab ignore -100",
            "old_logp": "real[token] fixed",
            "ref_logp": "real[token] fixed",
            "adv": "real[token] fixed",
        },
        {"policy": "-min(ratio * adv, clamp(ratio, 1 - eps, 1 + eps) * adv)", "kl": "beta * (exp(d) - d - 1)"},
        given,
        reference,
        poison={"hidden": ~keep[:, None].expand(5, 4), "old_logp": ~keep, "ref_logp": ~keep, "adv": ~keep},
        no_gradient=("old_logp", "ref_logp", "adv"),
        params={"eps": 0.2, "beta": 0.04},
        define={
            "logp": "log_softmax[vocab](linear(hidden, head))[vocab=tokens]",
            "ratio": "exp(logp - old_logp)",
            "d": "ref_logp - logp",
        },
    )
    assert out.counts["policy"] == keep.sum()


def test_class_means_and_scatter() -> None:
    feat, labels = randn(7, 3, seed=1), torch.tensor([0, 2, 2, 0, 3, -1, 2])
    inputs = {
        "feat": "real[batch, feature]",
        "labels": "index[batch] of class ignore -1",
        "proto": "real[class, feature]",
    }
    given = {"feat": feat, "labels": labels, "proto": randn(4, 3, seed=2)}
    known = labels >= 0
    bad = {"feat": ~known[:, None].expand(7, 3)}

    def means(feat):  # type: ignore[no-untyped-def]
        return torch.stack(
            [feat[labels == c].mean(0) if (labels == c).any() else torch.zeros(3, dtype=feat.dtype) for c in range(4)]
        )

    check(
        inputs,
        "mean((mean[batch](feat where labels == class) - proto)^2)",
        given,
        lambda feat, labels, proto: ((means(feat) - proto) ** 2).mean(),
        poison=bad,
    )
    define = {"mu": "mean[batch](feat where labels == class)"}
    check(
        inputs,
        "mean(sum[feature]((feat - mu[class=labels])^2)) + mean(proto^2)",
        given,
        lambda feat, labels, proto: ((feat[known] - means(feat)[labels[known]]) ** 2).sum(1).mean() + (proto**2).mean(),
        poison=bad,
        define=define,
    )
    check(
        inputs,
        "sum(mean[batch](sum[feature]((feat - mu)^2) where labels == class)) + sum(proto)",
        given,
        lambda feat, labels, proto: (
            sum(((feat[labels == c] - means(feat)[c]) ** 2).sum(1).mean() for c in (0, 2, 3)) + proto.sum()
        ),
        poison=bad,
        define=define,
    )


@pytest.mark.parametrize("scale", [1.0, 400.0])
def test_info_nce_written_by_hand(scale: float) -> None:
    # The textbook form, with exp and log spelt out, survives similarities far beyond the range of exp.
    z1, z2 = randn(5, 4, seed=1) * scale**0.5, randn(5, 4, seed=2) * scale**0.5
    inputs, given = {"a": "real[batch, feature]", "b": "real[batch, feature]"}, {"a": z1, "b": z2}
    define = {"s": "dot[feature](a, b')", "pos": "sum[feature](a * b)"}
    target = torch.arange(5)
    check(
        inputs,
        "-mean(log(exp(pos / 0.5) / sum[batch'](exp(s / 0.5))))",
        given,
        lambda a, b: F.cross_entropy(a @ b.T / 0.5, target),
        define=define,
    )
    off = ~torch.eye(5, dtype=torch.bool)
    check(
        inputs,
        "-mean(log(exp(pos) / sum[batch'](exp(s) where batch != batch')))",
        given,
        lambda a, b: ((a @ b.T).masked_fill(~off, float("-inf")).logsumexp(1) - (a * b).sum(1)).mean(),
        define=define,
    )
    check(
        inputs,
        "mean(log(sum[batch'](exp(s) where batch != batch')) - log(exp(pos)))",
        given,
        lambda a, b: ((a @ b.T).masked_fill(~off, float("-inf")).logsumexp(1) - (a * b).sum(1)).mean(),
        define=define,
    )


def test_batch_covariance_and_whitening() -> None:
    x = randn(6, 3, seed=3)
    define = {"c": "x - mean[batch](x)", "cov": "dot[batch](c, c[batch, feature']) / size[batch]"}
    check(
        {"x": "real[batch, feature]"},
        "sum(cov^2 where feature != feature') + sum((cov - 1)^2 where feature == feature')",
        {"x": x},
        lambda x: off_and_on(torch.cov(x.T, correction=0)),
        define=define,
    )


def off_and_on(c: torch.Tensor) -> torch.Tensor:
    diagonal = c.diagonal()
    return (c**2).sum() - (diagonal**2).sum() + ((diagonal - 1) ** 2).sum()
