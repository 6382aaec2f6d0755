"""Everything a loss makes is made on the device of its inputs: a stray CPU tensor would fail on the meta device."""

import pytest
import torch

import lossdsl

INPUTS = {
    "x": "logits[batch, class]",
    "y": "index[batch] of class ignore -100",
    "z": "real[batch, feature]",
    "m": "mask[batch]",
}
LOSSES = {
    "ce": "ce(x, y) + 0.1*entropy(softmax(x / tau))",
    "contrast": "mean(logsumexp[batch'](dot[feature](z, z') / tau where batch != batch' and m)) ",
    "class means": "sum(square(mean[batch](z where y == class)))",
    "constants": "mean(where(m, 1, 0) * max(z[feature=0], 0)) + log(size[class])",
    "positions": "mean((feature + 1) * z where m)",
    "order": "sum(sort[feature](z)[feature=..2]) + mean(z where is_top[feature](z, 2))",
    "edges": "mean(xlogy(z, z) + clamp(z, 0, 1) + atan2(z, 1) + softplus(z))",
}


@pytest.mark.parametrize("expression", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_meta(expression, dtype):
    spec = {"lossdsl": 1, "name": "t", "inputs": INPUTS, "params": {"tau": 0.5}, "loss": expression}
    inputs = {
        "x": torch.randn(4, 5, dtype=dtype),
        "y": torch.tensor([0, 4, -100, 1]),
        "z": torch.rand(4, 3, dtype=dtype),
        "m": torch.tensor([True, True, False, True]),
    }
    loss = lossdsl.load(spec, compile=False)
    used = {n: t.requires_grad_(t.is_floating_point()) for n, t in inputs.items()}
    on_cpu = loss(**used)
    on_cpu.loss.backward()
    moved = {n: t.detach().to("meta").requires_grad_(t.is_floating_point()) for n, t in inputs.items()}
    out = loss.to("meta")(**moved)
    out.loss.backward()
    everything = [out.loss, *out.terms.values(), *out.unweighted.values(), *out.counts.values()]
    assert {t.device.type for t in everything} == {"meta"}
    assert out.loss.dtype == on_cpu.loss.dtype == torch.float32
    for name, t in used.items():
        if t.grad is not None:
            assert moved[name].grad.shape == t.grad.shape and moved[name].grad.dtype == dtype
