"""Micro-batches with global counts, and inputs that the module draws."""

import torch

import lossdsl

SPEC = {
    "lossdsl": 1,
    "name": "t",
    "inputs": {
        "x": "logits[batch, class]",
        "y": "index[batch] of class ignore -100",
        "m": "mask[batch]",
    },
    "loss": {"ce": "ce(x, y)", "ent": "entropy(x)", "square": "mean(x^2 where m)"},
}


def test_micro_batches_add_up_to_the_batch():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(10, 4, generator=g, dtype=torch.float64, requires_grad=True)
    y = torch.randint(0, 4, (10,), generator=g)
    y[2:5] = -100
    m = torch.rand(10, generator=g) > 0.5
    loss = lossdsl.load(SPEC, compile=False)
    whole = loss(x=x, y=y, m=m).loss
    (wanted,) = torch.autograd.grad(whole, x)
    parts = [slice(0, 3), slice(3, 4), slice(4, 10)]  # the second has no label at all
    counts = [loss.count(x=x[s], y=y[s], m=m[s]) for s in parts]
    total = {name: sum(c[name] for c in counts) for name in counts[0]}
    values = [loss(x=x[s], y=y[s], m=m[s], num_items=total).loss for s in parts]
    (found,) = torch.autograd.grad(sum(values), x)
    torch.testing.assert_close(sum(values), whole, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)


def test_one_number_serves_every_mean():
    spec = {**SPEC, "loss": "ce(x, y)", "inputs": {k: v for k, v in SPEC["inputs"].items() if k != "m"}}
    loss = lossdsl.load(spec, compile=False)
    x, y = torch.zeros(4, 2), torch.tensor([0, 1, -100, 0])
    torch.testing.assert_close(loss(x=x, y=y, num_items=12).loss, 3 * torch.log(torch.tensor(2.0)) / 12)


NOISY = {
    "lossdsl": 1,
    "name": "t",
    "inputs": {
        "x": "real[batch, feature]",
        "e": "noise[batch, feature] normal",
        "s": "noise[batch] rademacher",
        "u": "noise[batch] uniform",
        "p": "noise[batch] permutation",
    },
    "loss": "mean(x * e)",
    "metrics": {"s2": "mean(s^2)", "u": "mean(u)", "perm": "sum(abs(sum(x[batch=p]) - sum(x)))", "e": "sum(e)"},
}


def test_noise_is_drawn_unless_passed():
    loss = lossdsl.load(NOISY, compile=False)
    x = torch.randn(50, 20)
    a, b = loss(x=x), loss(x=x)
    assert a.metrics["e"] != b.metrics["e"] and a.metrics["s2"].item() == 1 and 0.3 < a.metrics["u"] < 0.7
    assert a.metrics["perm"] < 1e-3
    e = torch.ones(50, 20)
    torch.testing.assert_close(loss(x=x, e=e).loss, x.mean())
    first = loss(x=x, generator=torch.Generator().manual_seed(3)).metrics["e"]
    assert torch.equal(first, loss(x=x, generator=torch.Generator().manual_seed(3)).metrics["e"])


def test_evaluation_draws_the_same_and_touches_no_generator():
    loss = lossdsl.load(NOISY, compile=False).eval()
    x = torch.randn(5, 2)
    before = torch.get_rng_state()
    assert torch.equal(loss(x=x).loss, loss(x=x).loss)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_mask_without_the_sample_axis_counts_alike_in_every_piece():
    spec = {
        "lossdsl": 1,
        "name": "t",
        "inputs": {"x": "logits[batch, class]", "k": "mask[class]", "f": "mask[]"},
        "loss": {"columns": "square(x) where k", "flag": "logsumexp(x) where f"},
    }
    x = torch.randn(5, 3, dtype=torch.float64)
    masks = {"k": torch.tensor([True, False, True]), "f": torch.tensor(True)}
    loss = lossdsl.load(spec, compile=False)
    whole = loss(x=x, **masks)
    parts = [slice(0, 1), slice(1, 5)]
    counts = [loss.count(x=x[s], **masks) for s in parts]
    total = {name: sum(c[name] for c in counts) for name in counts[0]}
    pieces = sum(loss(x=x[s], **masks, num_items=total).loss for s in parts)
    torch.testing.assert_close(pieces, whole.loss, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(whole.terms["columns"], x[:, [0, 2]].square().mean(), rtol=1e-12, atol=1e-12)


def test_the_largest_of_nothing_is_no_error():
    spec = {"lossdsl": 1, "name": "t", "inputs": {"x": "real[batch, k]"}, "loss": "mean(max[batch](x) - min[batch](x))"}
    out = lossdsl.load(spec, compile=False)(x=torch.zeros(0, 3, requires_grad=True))
    out.loss.backward()
    assert out.loss.item() == 0
