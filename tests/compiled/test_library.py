"""The standard library, compiled against eager: values and gradients in both types, and extreme inputs."""

from functools import cache

import pytest
import torch

from lossdsl.elaborate.stdlib import NOT_SPECS, read_spec
from lossdsl.source.packaged import packaged
from tests.compiled.calls import GROUPS, INPUTS, SCHEDULES, data, expressions, spec
from tests.compiled.support import pair, same

pytestmark = pytest.mark.slow
# Loops that hold their variables fixed run as they are, because they stop by their data.
OUTSIDE = ["sinkhorn_divergence(z, other, steps=5)", "sinkhorn(square(cost), steps=5)"]


def test_every_definition_is_called():
    called = " ".join([*GROUPS.values(), SCHEDULES, *OUTSIDE]).replace("(", " ").replace("[", " ").split()
    # Parts of other definitions, that their callers reach.
    parts = {"similarities", "view_similarities", "nt_xent_anchor", "cross_correlation", "variance_hinge",
             "covariance_penalty", "window_mean", "similarity_of", "log_mean_exp", "gaussian", "centred", "hsic_of",
             "dcov_of", "dcor_of", "plogp", "valid_with", "root", "progress"}  # fmt: skip
    names = set()
    for path in packaged("specs", "std").glob("*.yaml"):
        if path.stem not in NOT_SPECS:
            names |= {d.signature.text.split("(")[0].split("[")[0] for d in read_spec(path).define}
    assert names - set(called) - parts == set()


@cache
def loaded(group):
    return pair(spec(group))


@pytest.mark.parametrize("group", GROUPS)
def test_values_and_gradients(group):
    eager, compiled = loaded(group)
    for dtype in (torch.float64, torch.float32):
        out = same(eager, compiled, data(eager.inputs), dtype)
        assert torch.isfinite(out.loss) and len(out.terms) == len(expressions(GROUPS[group]))


def test_schedules():
    terms = {f"t{i}": f"({e}) * mean(x)" for i, e in enumerate(expressions(SCHEDULES))}
    eager, compiled = pair({"lossdsl": 1, "name": "schedules", "inputs": {"x": "real[batch]"}, "loss": terms})
    for step in (0, 15, 60, 1000):
        same(eager, compiled, {"x": torch.rand(4, dtype=torch.float64)}, torch.float64, step=step)


EXTREME = {
    "one-hot": lambda x: torch.nn.functional.one_hot(x.argmax(-1), x.shape[-1]) * 100.0 - 50.0,
    "saturated": lambda x: 50 * x.sign(),
    "far": lambda x: 1e4 * x.sign(),
    "equal": lambda x: torch.zeros_like(x),
}


@pytest.mark.parametrize("change", EXTREME.values(), ids=EXTREME)
@pytest.mark.parametrize("group", ["classification", "distributions"])
def test_extreme_logits(group, change):
    eager, compiled = loaded(group)
    inputs = data(eager.inputs)
    inputs["x"] = change(inputs["x"])
    for dtype in (torch.float64, torch.float32):
        same(eager, compiled, inputs, dtype)


@pytest.mark.parametrize("expression", OUTSIDE)
def test_loops_that_run_outside_the_compiler(expression):
    words = expression.replace("(", " ").replace(")", " ").replace(",", " ").split()
    used = {n: d for n, d in INPUTS.items() if n in words}
    eager, compiled = pair({"lossdsl": 1, "name": "t", "inputs": used, "loss": expression})
    same(eager, compiled, data(used), torch.float64)
