"""Kinds: how they propagate, what accepts them, casts."""

from __future__ import annotations

import pytest
import torch

from tests.language.helpers import check, finding, marked, module, randn

Z = randn(4, 3, seed=1)
F = torch.nn.functional
INPUTS = {
    "z": "logits[batch, class]",
    "p": "probs[batch, class]",
    "lp": "logprobs[batch, class]",
    "q": "prob[batch]",
    "s": "score[batch]",
    "x": "real[batch, class]",
    "y": "index[batch] of class",
    "m": "mask[batch, class]",
    "b": "real[class]",
    "v": "logits[view, batch, class]",
}


def kind_of(expression: str) -> str:
    """The type that the compiler gives a value, written as it is in declarations."""
    loss = module(INPUTS, "mean(x)", define={"it": expression})
    return str(loss.program.definitions["it"].type)


@pytest.mark.parametrize(("expression", "kind"), [
    ("z / 2", "logits[batch, class]"),
    ("z / s", "logits[batch, class]"),
    ("z / sigmoid(s)", "logits[batch, class]"),
    ("z * q", "logits[batch, class]"),
    ("2 * z", "logits[batch, class]"),
    ("-z", "logits[batch, class]"),
    ("z + b", "logits[batch, class]"),
    ("b + z", "logits[class, batch] over class"),
    ("z - x", "logits[batch, class]"),
    ("z - max[class](z)", "logits[batch, class]"),
    ("z + m", "logits[batch, class]"),
    ("z + z", "logits[batch, class]"),
    ("softmax(z)", "probs[batch, class]"),
    ("softmax[batch](z)", "probs[batch, class] over batch"),
    ("softmax[class](x)", "probs[batch, class]"),
    ("softmax[batch, class](x)", "probs[batch, class] over batch, class"),
    ("log_softmax(z)", "logprobs[batch, class]"),
    ("log(p)", "logprobs[batch, class]"),
    ("log(softmax(z))", "logprobs[batch, class]"),
    ("exp(lp)", "probs[batch, class]"),
    ("lp / 2", "logits[batch, class]"),
    ("lp * 2", "logits[batch, class]"),
    ("lp + b", "logits[batch, class]"),
    ("sg(p)", "probs[batch, class] fixed"),
    ("sg(z)", "logits[batch, class] fixed"),
    ("p where m", "probs[batch, class]"),
    ("p[batch=1..]", "probs[batch:batch-1, class]"),
    ("p[other, class]", "probs[other:batch, class]"),
    ("p[batch, k]", "probs[batch, k:class]"),
    ("v[view=0]", "logits[batch, class]"),
    ("p'", "probs[batch':batch, class]"),
    ("mean[batch](p)", "probs[class]"),
    ("mean[view, batch](softmax(v))", "probs[class]"),
    ("mean[batch](z)", "logits[class]"),
    ("sigmoid(s)", "prob[batch]"),
    ("sigmoid(sum[class](x))", "prob[batch]"),
    ("1 - q", "prob[batch]"),
    ("s / 2", "score[batch]"),
    ("s + 1", "score[batch]"),
    ("-s", "score[batch]"),
    ("mix(p, softmax(z), 0.3)", "probs[batch, class]"),
    ("p * 2", "real[batch, class]"),
    ("p + p", "real[batch, class]"),
    ("p^2", "real[batch, class]"),
    ("z * z", "real[batch, class]"),
    ("lp - lp[batch, class]", "real[batch, class]"),
    ("p[class=y]", "prob[batch]"),
    ("z[class=y]", "real[batch]"),
    ("lp[class=y]", "real[batch]"),
    ("as_logits[class](x)", "logits[batch, class]"),
    ("as_probs[class](x)", "probs[batch, class]"),
    ("as_logprobs[batch](x)", "logprobs[batch, class] over batch"),
    ("as_probs(x)", "probs[batch, class]"),
    ("probs(z)", "probs[batch, class]"),
    ("logprobs(p)", "logprobs[batch, class]"),
    ("logits(p)", "logits[batch, class]"),
    ("x > 0", "mask[batch, class] fixed"),
    ("y == class", "mask[batch, class] fixed"),
    ("argmax[class](z)", "index[batch] of class fixed"),
    ("batch", "index[batch] of batch fixed"),
    ("batch + 1", "real[batch] fixed"),
    ("m + m", "real[batch, class] fixed"),
    ("m * x", "real[batch, class]"),
    ("size[class]", "real[] fixed"),
])  # fmt: skip
def test_propagation(expression: str, kind: str) -> None:
    found = kind_of(expression)
    assert found.replace(":batch", "").replace(":class", "") == kind.replace(":batch", "").replace(":class", ""), found


def test_linear_is_logits_over_the_axis_of_its_weight() -> None:
    inputs = {
        "h": "real[token, feature]",
        "w": "real[vocab, feature]",
        "b": "real[vocab]",
        "t": "index[token] of vocab",
    }
    given = {"h": randn(4, 2, seed=1), "w": randn(3, 2, seed=2), "b": randn(3, seed=3), "t": torch.tensor([0, 2, 1, 1])}
    check(inputs, "ce(linear(h, w, b), t)", given, lambda h, w, b, t: F.cross_entropy(h @ w.T + b, t))
    check(inputs, "ce(linear(h, w) + b, t)", given, lambda h, w, b, t: F.cross_entropy(h @ w.T + b, t))
    check(
        inputs,
        "mean(log_softmax[vocab](linear(h, w))[vocab=t])",
        given,
        lambda h, w, b, t: -F.cross_entropy(h @ w.T, t),
    )
    check(
        {**inputs, "w": "real[feature, vocab]"},
        "entropy(linear(h, w) / 2)",
        {**given, "w": given["w"].T.contiguous()},
        lambda h, w, b, t: torch.distributions.Categorical(logits=h @ w / 2).entropy().mean(),
    )


def test_every_representation_of_one_distribution_gives_the_same() -> None:
    h = lambda z: -(z.softmax(-1) * z.log_softmax(-1)).sum(-1).mean()  # noqa: E731
    check({"z": "logits[batch, class]"}, "entropy(z)", {"z": Z}, h)
    check({"z": "logits[batch, class]"}, "entropy(softmax(z))", {"z": Z}, h)
    check({"z": "logits[batch, class]"}, "entropy(log_softmax(z))", {"z": Z}, h)
    check({"z": "logits[batch, class]"}, "entropy(log(softmax(z)))", {"z": Z}, h)
    check({"z": "logits[batch, class]"}, "entropy(exp(log_softmax(z)))", {"z": Z}, h)
    check({"p": "probs[batch, class]"}, "entropy(p)", {"p": Z.softmax(-1)}, lambda p: -(p * p.log()).sum(-1).mean())
    check(
        {"p": "logprobs[batch, class]"}, "entropy(p)", {"p": Z.log_softmax(-1)}, lambda p: -(p.exp() * p).sum(-1).mean()
    )


@pytest.mark.parametrize("kind", ["logits", "probs", "logprobs"])
def test_event_axis_first(kind: str) -> None:
    held = {"logits": Z, "probs": Z.softmax(0), "logprobs": Z.log_softmax(0)}[kind]

    def reference(p, y):  # type: ignore[no-untyped-def]
        logp = {"logits": lambda: p.log_softmax(0), "probs": p.log, "logprobs": lambda: p}[kind]()
        return -logp[y, torch.arange(3)].mean() - (logp.exp() * logp).sum(0).mean()

    check(
        {"p": f"{kind}[class, batch] over class", "y": "index[batch] of class"},
        "ce(p, y) + entropy(p)",
        {"p": held, "y": torch.tensor([3, 0, 1])},
        reference,
    )


def test_casts_claim_a_distribution() -> None:
    x = Z.softmax(-1)
    check({"x": "real[batch, class]"}, "entropy(as_probs[class](x))", {"x": x}, lambda x: -(x * x.log()).sum(-1).mean())
    check(
        {"x": "real[batch, class]"},
        "entropy(as_logits[class](x))",
        {"x": Z},
        lambda x: -(x.softmax(-1) * x.log_softmax(-1)).sum(-1).mean(),
    )
    check(
        {"x": "real[batch, class]"},
        "kl(as_probs[batch](x) || as_logits[batch](x))",
        {"x": Z.softmax(0)},
        lambda x: (x * (x.log() - x.log_softmax(0))).sum(0).mean(),
    )
    check(
        {"p": "probs[batch, class]"},
        "entropy(softmax[class](as_logits[class](p)))",
        {"p": x},
        lambda x=None, p=None: -(p.softmax(-1) * p.log_softmax(-1)).sum(-1).mean(),
    )


def test_a_mask_counts_zero_or_one_in_arithmetic() -> None:
    m = Z > 0
    inputs = {"x": "real[batch, class]", "m": "mask[batch, class]"}
    given = {"x": Z, "m": m}
    for loss, ref in [
        ("sum(m * x)", lambda x, m: x[m].sum()),
        ("sum(x + m)", lambda x, m: x.sum() + m.sum()),
        ("sum((1 - m) * x^2)", lambda x, m: (x[~m] ** 2).sum()),
        ("sum(x / (m + 1))", lambda x, m: (x / (m + 1.0)).sum()),
        ("mean(m) * sum(x)", lambda x, m: m.double().mean() * x.sum()),
        ("sum(-m * x)", lambda x, m: -x[m].sum()),
        ("sum(x^m)", lambda x, m: torch.where(m, x, 1.0).sum()),
        ("sum(sum[class](m) * x)", lambda x, m: (m.sum(1, keepdim=True) * x).sum()),
        ("sum(x * (x > 0) - x * (x <= 0))", lambda x, m: x.abs().sum()),
        ("max(m) * sum(x)", lambda x, m: x.sum()),
        ("sum(dot[class](m, x)^2)", lambda x, m: ((m * x).sum(1) ** 2).sum()),
        ("sum(m + m + m) * sum(x)", lambda x, m: 3 * m.sum() * x.sum()),
        ("sum(exp(m) * x)", lambda x, m: (m.double().exp() * x).sum()),
        ("sum(x where (m and x > 0.5) == m)", lambda x, m: x[(m & (x > 0.5)) == m].sum()),
        ("sum(max(m, x))", lambda x, m: torch.maximum(m.double(), x).sum()),
        ("sum(where(m, m, x))", lambda x, m: torch.where(m, 1.0, x).sum()),
        ("sum(x where m == (x > 0)) + sum(m != m)", lambda x, m: x.sum()),
    ]:
        check(inputs, loss, given, ref)


def test_constants_of_masks() -> None:
    check(
        {"x": "real[batch]"},
        "sum(x where true) + sum(x where false) + sum(x where not false and x > 0)",
        {"x": Z[:, 0]},
        lambda x: x.sum() + x[x > 0].sum(),
    )


@pytest.mark.parametrize(("loss", "code", "underlined", "help_has"), [
    ("mean(softmax(p))", "LD301", "p", "drop the second"),
    ("mean(log_softmax(p))", "LD301", "p", "as_logits"),
    ("mean(softmax(softmax(z)))", "LD301", "softmax(z)", "drop the second"),
    ("entropy(x)", "LD304", "x", "softmax[class](...)"),
    ("ce(x, y)", "LD304", "x", "as_logits[class](...)"),
    ("kl(z || x)", "LD304", "x", "as_probs"),
    ("entropy(z * z)", "LD304", "z * z", "softmax"),
    ("mean(sigmoid(q))", "LD302", "q", "drop the second sigmoid"),
    ("mean(sigmoid(sigmoid(s)))", "LD302", "sigmoid(s)", "drop the second sigmoid"),
    ("mean(sigmoid(p))", "LD302", "p", "score"),
    ("mean(sotfmax(z))", "LD002", "sotfmax", "did you mean `softmax`"),
    ("mean(zz)", "LD002", "zz", "z"),
    ("mean(labls)", "LD002", "labls", "labels"),
    ("mean(softmax(x))", "LD203", "softmax(x)", "softmax[class](...)"),
    ("mean(logsumexp(x))", "LD203", "logsumexp(x)", "logsumexp[class](...)"),
    ("mean(softmax[time](z))", "LD005", "softmax[time](z)", "`batch`, `class`"),
    ("mean(x where z)", "LD003", "z", "comparison"),
    ("mean(x where m and s)", "LD003", "s", "comparison"),
    ("mean(where(x, 1, 2))", "LD003", "x", "comparison"),
    ("mean(exp(x, x))", "LD003", "exp(x, x)", "exp(x)"),
    ("mean(exp())", "LD003", "exp()", "exp(x)"),
    ("mean(xlogy(x))", "LD003", "xlogy(x)", "xlogy(x, y)"),
    ("kl(z)", "LD003", "kl(z)", "kl[k]"),
    ("ce(z, y, x)", "LD003", "ce(z, y, x)", "ce[k]"),
    ("mean(x, dim=1)", "LD001", "dim=1", "mean[axis](x)"),
    ("sum(any(x))", "LD003", "x", "comparison"),
    ("dot(x, b)", "LD203", "dot(x, b)", "dot[feature]"),
    ("mean(x(2))", "LD003", "x", "multiply"),
    ("mean(exp)", "LD003", "exp", "exp(...)"),
    ("mean((z || z))", "LD001", "||", "kl(p || q)"),
    ("mean(y[batch=0.5])", "LD003", "0.5", None),
    ("mean(entropy[batch](z))", "LD005", "z", "entropy[class]"),
    ("mean(p.sum)", "LD002", "p.sum", "write"),
    ("mean(x[class=x])", "LD003", "x", "index"),
    ("mean(exp[class](x))", "LD003", "exp[class](x)", "write `exp(x)`"),
])  # fmt: skip
def test_mistakes_are_named_where_they_stand(loss: str, code: str, underlined: str, help_has: str | None) -> None:
    d = finding(INPUTS, loss)
    assert (d.code, marked(d)) == (code, underlined), f"{d.code} {d.message!r} at {marked(d)!r}"
    assert d.help and (help_has is None or help_has in d.help), d.help


@pytest.mark.parametrize(("declaration", "code"), [
    ("logit[batch]", "LD004"), ("index[batch]", "LD004"), ("logits[]", "LD004"), ("real[batch, batch]", "LD001"),
    ("probs[batch, class] over time", "LD004"), ("real[batch] over batch", "LD004"),
])  # fmt: skip
def test_bad_declarations(declaration: str, code: str) -> None:
    assert finding({"x": declaration}, "mean(x)").code == code
