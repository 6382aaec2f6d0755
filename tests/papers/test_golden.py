"""Every paper's spec loads, runs on random inputs and gives finite values and gradients, for each of its options."""

import pytest
import torch
import yaml

import lossdsl
from tests.papers.support import PAPERS

REQUIRED = {"int": 3, "float": 0.3, "list": [0.5, 0.5]}


READ = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(PAPERS.glob("*.yaml"))}
DOCUMENTS = {slug: document for slug, document in READ.items() if "loss" in document}  # the rest are shared definitions


def placeholders(document):
    params = document.get("params", {}).items()
    return {name: REQUIRED[p["required"]] for name, p in params if isinstance(p, dict) and "required" in p}


@pytest.mark.parametrize("slug", DOCUMENTS)
def test_runs(slug):
    document = DOCUMENTS[slug]
    example = document["examples"][0]
    options = document.get("options", {})
    settings = {**placeholders(document), **example.get("params", {})}
    changes = [{}, *({name: value} for name, option in options.items() for value in option["one_of"])]
    for change in changes:
        loss = lossdsl.load(f"papers/{slug}", params={**settings, **change}, compile=False)
        for name, value in example.get("state", {}).items():
            loss.state[name] = torch.tensor(value, dtype=torch.float64)
        inputs = random_inputs(loss, example["given"])
        out = loss(**inputs)
        assert torch.isfinite(out.loss), f"{slug} {change}: {out.loss}"
        assert out.loss.requires_grad, slug
        out.loss.backward()
        for name, value in inputs.items():
            assert value.grad is None or torch.isfinite(value.grad).all(), f"{slug} {change}: {name}"


def random_inputs(loss, given):
    """Random values of the shapes of an example; its indices and masks as they are."""
    generator = torch.Generator().manual_seed(len(given))
    inputs = {}
    for name, info in loss.inputs.items():
        value = torch.tensor(given[name], dtype=torch.float64)
        if info.kind in ("index", "mask"):
            inputs[name] = value.long() if info.kind == "index" else value != 0
            continue
        drawn = torch.rand(value.shape, generator=generator, dtype=torch.float64)
        if info.kind == "probs":
            drawn = drawn / drawn.sum(value.dim() - 1, keepdim=True)
        inputs[name] = drawn.requires_grad_()
    return inputs


@pytest.mark.parametrize("slug", DOCUMENTS)
def test_says_what_it_is(slug):
    document = DOCUMENTS[slug]
    assert document["doc"]
    assert document["cite"]
    assert document["examples"]
