"""Packaged example specs and a sample of the papers, compiled against eager, on the data of their own examples."""

import pytest
import torch

import lossdsl
from lossdsl.elaborate.stdlib import list_specs
from tests.compiled.support import same
from tests.papers.support import PAPERS, arrays, examples, tensor

pytestmark = pytest.mark.slow

SAMPLE = [
    "lego_gcd",
    "aent",
    "ps_kd",
    "icon__supcon",
    "siren_entropy",
    "comp_sum_losses",
    "limoe__aux",
    "dcov_fairness",
]


@pytest.mark.parametrize("slug", SAMPLE)
def test_papers(slug):
    example = examples(slug)[0]
    given, settings = arrays(example["given"]), example.get("params", {})
    clocks = {name: float(given.pop(name)) for name in ("step", "epoch") if name in given}
    eager, compiled = (lossdsl.load(PAPERS / f"{slug}.yaml", settings, compile=c) for c in (False, True))
    for loss in (eager, compiled):
        for name, value in arrays(example.get("state", {})).items():
            loss.state[name] = torch.from_numpy(value)
    inputs = {name: tensor(value, eager.inputs[name].kind).detach() for name, value in given.items()}
    same(eager, compiled, inputs, torch.float64, **clocks)


def test_the_sample_exists():
    assert {f"papers/{slug}" for slug in SAMPLE} <= set(list_specs())


@pytest.mark.parametrize("name", [n for n in list_specs() if n.startswith("examples/")])
def test_examples(name):
    eager, compiled = (lossdsl.load(name, compile=c) for c in (False, True))
    sizes = {"batch": 6, "class": 10, "head": 2, "query": 3, "key": 3}
    g = torch.Generator().manual_seed(0)
    inputs = {}
    for info in eager.inputs.values():
        shape = [sizes[a] for a in info.axes]
        if info.kind == "index":
            inputs[info.name] = torch.randint(0, sizes[info.of], shape, generator=g)
        else:
            value = torch.randn(shape, generator=g, dtype=torch.float64)
            inputs[info.name] = value.softmax(info.axes.index(info.event[0])) if info.kind == "probs" else value
    for dtype in (torch.float64, torch.float32):
        same(eager, compiled, inputs, dtype)
