"""Batches that change their size, masks, ignored labels and NaN under the compiler."""

import pytest
import torch
from torch._dynamo.utils import counters

from tests.compiled.support import pair, same

pytestmark = pytest.mark.slow

SPEC = {
    "lossdsl": 1,
    "name": "t",
    "inputs": {
        "x": "logits[batch, time, class]",
        "y": "index[batch, time] of class ignore -100",
        "pad": "mask[batch, time]",
        "z": "real[batch, feature]",
        "gain": "real[batch] = 1",
    },
    "params": {"tau": 0.5},
    "loss": {
        "ce": "mean(gain * mean[time](ce(x / tau, y) where pad))",
        "select": "-mean(log_softmax(x)[class=y] where pad)",
        "shift": "mean(square(x[time=1..] - x[time=..-1]))",
        "contrast": "mean(logsumexp[batch'](dot[feature](z, z') where batch != batch'))",
        "means": "sum(square(mean[batch, time](max(x[class=0], -1) where y == class)))",
        "order": "mean(sort[feature](z)[feature=..2]) + mean(x where is_top[class](x, 2))",
    },
    "metrics": {"acc": "mean(argmax[class](x) == y where pad)"},
}


def data(batch=4, time=5, classes=3, features=3, seed=0):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, classes, (batch, time), generator=g)
    y[:, -1:] = -100
    return {
        "x": torch.randn(batch, time, classes, generator=g, dtype=torch.float64),
        "y": y,
        "pad": torch.rand(batch, time, generator=g) > 0.3,
        "z": torch.randn(batch, features, generator=g, dtype=torch.float64),
    }


def graphs():
    return counters["stats"].get("unique_graphs", 0)


@pytest.fixture(scope="module")
def both():
    return pair(SPEC)


@pytest.fixture
def fresh():
    torch._dynamo.reset()
    counters.clear()
    return pair(SPEC)


def test_both_types(both):
    for dtype in (torch.float64, torch.float32):
        same(*both, data(), dtype)


def test_masked_and_ignored_places_hold_anything(both):
    inputs = data()
    wanted = same(*both, inputs, torch.float64)
    spoiled = inputs | {"z": inputs["z"].clone(), "y": inputs["y"].clone()}
    spoiled["y"][0] = -100
    spoiled["pad"] = inputs["pad"].clone()
    spoiled["pad"][0] = False
    out = same(*both, spoiled, torch.float64)
    assert out.counts["select"] < wanted.counts["select"]
    nothing = inputs | {"pad": torch.zeros(4, 5, dtype=torch.bool), "y": torch.full((4, 5), -100)}
    out = same(*both, nothing, torch.float64)
    assert out.terms["ce"] == out.terms["select"] == 0


def test_nan_behind_a_mask():
    loss = {"ce": "mean(ce(x, y) where pad)", "log": "mean(log(max(x[class=0], 0)) where pad)"}
    spec = {**SPEC, "metrics": {}, "loss": loss,
            "inputs": {n: SPEC["inputs"][n] for n in ("x", "y", "pad")}}  # fmt: skip
    inputs = {n: data()[n] for n in ("x", "y", "pad")}
    inputs["x"] = torch.where(inputs["pad"][..., None], inputs["x"].abs(), torch.nan)
    out = same(*pair(spec), inputs, torch.float64)
    assert torch.isfinite(out.loss)


@pytest.mark.parametrize("axis", ["batch", "time", "features"])
def test_one_recompilation_for_each_varying_axis(axis, fresh):
    eager, compiled = fresh
    for n, size in enumerate((4, 7, 5, 9, 6, 12)):
        same(eager, compiled, data(**{axis: size}, seed=n), torch.float64)
    assert graphs() == 2


def test_two_axes_that_vary_at_once(fresh):
    eager, compiled = fresh
    for n, (batch, time) in enumerate(((4, 5), (7, 8), (5, 9), (9, 6), (6, 7))):
        same(eager, compiled, data(batch=batch, time=time, seed=n), torch.float64)
    assert graphs() == 2


def test_sizes_one_and_zero(fresh):
    eager, compiled = fresh
    for batch in (4, 1, 6, 1, 0, 8, 0):
        same(eager, compiled, data(batch=batch), torch.float64)
    assert graphs() <= 4  # one for each of: the first size, one, none, and any other


def test_a_changed_param_compiles_nothing(fresh):
    eager, compiled = fresh
    same(eager, compiled, data(), torch.float64)
    before = graphs()
    for tau in (0.1, 2, 7.5):
        eager.params["tau"] = compiled.params["tau"] = tau
        same(eager, compiled, data(), torch.float64)
    assert graphs() == before


def test_an_optional_input_is_another_function(both):
    same(*both, data() | {"gain": torch.rand(4, dtype=torch.float64)}, torch.float64)
    same(*both, data(), torch.float64)


def test_memory_layout(both):
    inputs = data()
    inputs["x"] = inputs["x"].permute(2, 0, 1).contiguous().permute(1, 2, 0)
    inputs["z"] = inputs["z"][:1].expand(4, 3)
    same(*both, inputs, torch.float64)
