"""What several terms need is computed once, and no intermediate is larger than it must be."""

from __future__ import annotations

import torch

from tests.language.helpers import check, module, randn

LOGITS = {"z": "logits[batch, class]", "y": "index[batch] of class", "w": "logits[batch, class]"}


def count(source: str, call: str) -> int:
    return source.count(f"{call}(")


def test_one_log_softmax_for_all_terms() -> None:
    source = module(LOGITS, "ce(z, y) + entropy(z) + kl(z || w) + 0.1 * mean(log_softmax(z)^2) + ce(z, w)").source
    assert count(source, "torch.log_softmax") == 2, source  # one of z, one of w
    assert count(source, "torch.softmax") + count(source, "torch.exp") <= 2, source


def test_ignored_rows_do_not_break_sharing() -> None:
    inputs = {**LOGITS, "y": "index[batch] of class ignore -100"}
    source = module(inputs, "ce(z, y) + entropy(z)", metrics={"h": "entropy(z)", "top": "argmax[class](z) == y"}).source
    assert count(source, "torch.log_softmax") == 1, source


def test_a_metric_of_a_masked_loss_shares_its_softmax() -> None:
    inputs = {**LOGITS, "m": "mask[batch]"}
    source = module(inputs, "mean(entropy(z) where m)", metrics={"all": "entropy(z)"}).source
    assert count(source, "torch.log_softmax") == 1, source


def test_equal_calls_and_equal_expressions() -> None:
    inputs = {"x": "real[batch, feature]", "m": "mask[batch, feature]"}
    source = module(
        inputs, "mean(exp(x)) + sum(exp(x)^2) + mean(f(x)) + max(f(x) where m)", define={"f(v)": "exp(v)"}
    ).source
    assert count(source, "torch.exp") == 1, source
    source = module(inputs, "mean(x where m) + mean(x^2 where m)").source
    assert source.count("torch.sum(m,") == 1, source


def test_a_mask_of_a_contraction_does_not_repeat_it() -> None:
    inputs = {"h": "real[token, feature]", "head": "real[vocab, feature]", "t": "index[token] of vocab"}
    source = module(
        inputs,
        "mean(nll where h_of > 0.5)",
        define={
            "z": "linear(h, head)",
            "nll": "-log_softmax(z)[vocab=t]",
            "h_of": "-sum[vocab](softmax(z) * log_softmax(z))",
        },
    ).source
    assert count(source, "torch.einsum") == 1 and count(source, "torch.log_softmax") == 1, source


def test_class_statistics_are_contractions() -> None:
    source = module(
        {"feat": "real[batch, feature]", "y": "index[batch] of class", "p": "real[class, feature]"},
        "mean((mean[batch](feat where y == class) - p)^2)",
    ).source
    assert count(source, "torch.einsum") == 1, source


def test_compiled_agrees_with_eager() -> None:
    import lossdsl

    spec = {
        "lossdsl": 1,
        "name": "both",
        "inputs": {"x": "real[batch, k] where m", "m": "mask[batch, k]"},
        "loss": "mean(log(x^2)) + mean(logsumexp[k](x)) + mean(x where x > 0)",
    }
    x, m = randn(4, 3, seed=1), randn(4, 3, seed=2) > 0
    x = x.masked_fill(~m, float("nan"))
    totals, found = [], []
    for compiles in (False, True):
        leaf = x.clone().requires_grad_()
        total = lossdsl.load(spec, compile=compiles)(x=leaf, m=m).loss
        total.backward()
        totals.append(total.detach())
        found.append(leaf.grad)
    torch.testing.assert_close(totals[0], totals[1], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found[0], found[1], rtol=1e-12, atol=1e-12)
    assert torch.isfinite(found[0]).all()


def test_names_of_a_spec_that_mean_something_in_python() -> None:
    inputs = {
        "lambda": "real[batch]",
        "torch": "real[batch]",
        "device": "real[batch]",
        "log0": "real[batch]",
        "n_batch": "real[batch]",
        "sum_": "real[batch]",
        "dtype": "real[batch]",
    }
    given = {n: randn(3, seed=i).abs() + 0.1 for i, n in enumerate(inputs)}
    check(
        inputs,
        "mean(lambda * torch + device / log0 + n_batch) + sum(sum_ * dtype)",
        given,
        lambda **t: (
            (t["lambda"] * t["torch"] + t["device"] / t["log0"] + t["n_batch"]).mean() + (t["sum_"] * t["dtype"]).sum()
        ),
    )
