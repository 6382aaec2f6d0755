"""The one-line example against hand-written torch, eager and compiled."""

import pytest
import torch

import lossdsl

F = torch.nn.functional
EXPRESSION = "ce + 0.1*entropy(attn) + kl(view1||view2)"


def example(batch: int = 6, seed: int = 0) -> dict[str, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    logits = torch.randn(batch, 5, generator=g, dtype=torch.float64)
    labels = torch.randint(0, 5, (batch,), generator=g)
    labels[1] = -100
    attn = torch.softmax(torch.randn(batch, 2, 3, 4, generator=g, dtype=torch.float64), -1)
    view1, view2 = (torch.randn(batch, 5, generator=g, dtype=torch.float64) for _ in range(2))
    return {"logits": logits, "labels": labels, "attn": attn, "view1": view1, "view2": view2}


def by_hand(logits, labels, attn, view1, view2):
    ce = F.cross_entropy(logits, labels, ignore_index=-100)
    entropy = -(attn * attn.log()).sum(-1).mean()
    log1, log2 = view1.log_softmax(-1), view2.log_softmax(-1)
    kl = (log1.exp() * (log1 - log2)).sum(-1).mean()
    return ce + 0.1 * entropy + kl


def gradients(function, inputs):
    leaves = {n: t.clone().requires_grad_(t.is_floating_point()) for n, t in inputs.items()}
    value = function(**leaves)
    value.backward()
    return value, {n: t.grad for n, t in leaves.items() if t.requires_grad}


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_value_and_all_gradients(compiled):
    inputs = example()
    loss = lossdsl.compile(EXPRESSION, compile=compiled)
    value, found = gradients(lambda **x: loss(**x).loss, inputs)
    wanted, expected = gradients(by_hand, inputs)
    torch.testing.assert_close(value, wanted, rtol=1e-12, atol=1e-12)
    assert found.keys() == expected.keys() == {"logits", "attn", "view1", "view2"}
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_one_hot_attention_has_entropy_zero_and_a_finite_gradient(compiled):
    inputs = example()
    inputs["attn"] = torch.eye(4, dtype=torch.float64)[:3].expand(6, 2, 3, 4)
    loss = lossdsl.compile(EXPRESSION, compile=compiled)
    leaves = {n: t.clone().requires_grad_(t.is_floating_point()) for n, t in inputs.items()}
    out = loss(**leaves)
    out.loss.backward()
    assert out.terms["entropy"].item() == 0
    # At p = 1 the derivative of -p log p is -1; at p = 0 it is 0 by convention.
    torch.testing.assert_close(leaves["attn"].grad, -0.1 / 36 * inputs["attn"], rtol=1e-12, atol=1e-15)


def test_all_labels_ignored_is_zero_with_a_zero_gradient():
    inputs = example()
    inputs["labels"] = torch.full_like(inputs["labels"], -100)
    logits = inputs["logits"].requires_grad_()
    loss = lossdsl.compile("ce", compile=False)
    out = loss(logits=logits, labels=inputs["labels"])
    out.loss.backward()
    assert out.loss.item() == 0 and int(out.counts["ce"]) == 0
    assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_nan_in_an_ignored_row_reaches_nothing():
    inputs = example()
    inputs["logits"][1] = float("nan")
    logits = inputs["logits"].requires_grad_()
    out = lossdsl.compile("ce", compile=False)(logits=logits, labels=inputs["labels"])
    out.loss.backward()
    assert torch.isfinite(out.loss) and torch.equal(logits.grad[1], torch.zeros(5, dtype=torch.float64))
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_computation_type(dtype):
    inputs = {n: t.to(dtype) if t.is_floating_point() else t for n, t in example().items()}
    loss = lossdsl.compile(EXPRESSION, compile=False)
    value, found = gradients(lambda **x: loss(**x).loss, inputs)
    wide = {n: t.float() if t.is_floating_point() else t for n, t in inputs.items()}
    wanted, expected = gradients(by_hand, wide)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, wanted)
    for name in expected:
        assert found[name].dtype == dtype
        torch.testing.assert_close(found[name], expected[name].to(dtype))


def test_terms_add_up_and_are_detached():
    out = lossdsl.compile("ce - 0.5*entropy(logits) + kl(view1||view2) + kl(view2||view1)", compile=False)(
        **{n: t for n, t in example().items() if n != "attn"}
    )
    assert list(out.terms) == ["ce", "entropy", "kl", "kl_2"]
    torch.testing.assert_close(sum(out.terms.values()), out.loss, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(out.terms["entropy"], -0.5 * out.unweighted["entropy"])
    assert not any(t.requires_grad for t in out.terms.values())
