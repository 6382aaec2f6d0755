"""Inputs as they are declared, ordinary and extreme."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lossdsl.api import find_spec
from lossdsl.check.draw import Case, cases
from lossdsl.elaborate.program import elaborate
from tests.check.support import spec

INPUTS = {
    "logits": "logits[batch, class]",
    "labels": "index[batch] of class ignore -7",
    "attn": "probs[batch, head, key]",
    "logp": "logprobs[batch, class]",
    "pad": "mask[batch, time]",
    "gain": "real[batch] > 0",
    "share": "real[batch] in [0.25, 0.5]",
    "score": "score[batch]",
    "p": "prob[batch]",
    "swap": "noise[batch] permutation",
    "w": "real[batch] = 1",
}
LOSS = "ce(logits, labels) + entropy(attn) + mean(logp) + mean(time where pad) + gain + share + score + p + w + swap"


@pytest.fixture(scope="module")
def drawn() -> dict[str, Case]:
    return {c.name: c for c in cases(elaborate(find_spec(spec(INPUTS, LOSS))), seed=0)}


def test_every_case_is_there(drawn: dict[str, Case]) -> None:
    assert set(drawn) == {
        "ordinary",
        "fine",
        "a row masked",
        "all masked",
        "logits of 50",
        "logits of 1e4",
        "a logit of -inf",
        "ties",
        "one-hot",
        "zeros",
        "empty batch",
        "one element",
        "defaults",
    }


def test_values_are_of_their_kind_and_range(drawn: dict[str, Case]) -> None:
    for case in drawn.values():
        x = case.inputs
        assert ((x["gain"] > 0) & (x["share"] >= 0.25)[...]).all() and (x["share"] <= 0.5).all(), case.name
        assert ((x["attn"] >= 0) & (x["attn"] <= 1)).all() and (x["logp"] <= 0).all()
        assert ((x["labels"] == -7) | (x["labels"] >= 0) & (x["labels"] < case.sizes["class"])).all()
        assert sorted(x["swap"]) == list(range(case.sizes["batch"]))
        if x["attn"].size:
            np.testing.assert_allclose(x["attn"].sum(-1), 1, atol=0.02)


def test_sizes_are_distinct_and_inputs_agree_on_them(drawn: dict[str, Case]) -> None:
    sizes = drawn["ordinary"].sizes
    assert len(set(sizes.values())) == len(sizes)
    assert drawn["ordinary"].inputs["attn"].shape == (sizes["batch"], sizes["head"], sizes["key"])
    assert drawn["empty batch"].inputs["logits"].shape == (0, sizes["class"])


def test_extremes(drawn: dict[str, Case]) -> None:
    assert not drawn["all masked"].inputs["pad"].any() and (drawn["all masked"].inputs["labels"] == -7).all()
    assert not drawn["a row masked"].inputs["pad"][-1].any()
    assert np.abs(drawn["logits of 1e4"].inputs["logits"]).max() > 9000
    assert (drawn["one-hot"].inputs["attn"] == 0).any() and set(drawn["one-hot"].inputs["p"]) <= {0.0, 1.0}
    assert np.isneginf(drawn["one-hot"].inputs["logp"]).any()
    assert len(set(drawn["ties"].inputs["logits"].flat)) == 1
    assert "w" not in drawn["defaults"].inputs


def test_all_precisions_hold_the_same_numbers(drawn: dict[str, Case]) -> None:
    for case in drawn.values():
        dtype = torch.float32 if case.mode == "fine" else torch.bfloat16
        for name, value in case.inputs.items():
            if value.dtype.kind == "f":
                tensor = torch.from_numpy(value)
                assert torch.equal(tensor.to(dtype).double(), tensor), (case.name, name)


def test_slices_and_promises_ask_for_longer_axes() -> None:
    inputs = {"x": "real[batch, time]", "y": "real[view, batch]"}
    program = elaborate(find_spec(spec(inputs, "x[time=6..] + x[time=8] + mean(y)", axes={"view": "3.."})))
    for case in cases(program, seed=0):
        assert case.sizes["time"] >= 9 and case.sizes["view"] >= 3


def test_the_seed_decides() -> None:
    program = elaborate(find_spec(spec({"x": "real[batch]"}, "mean(x)")))
    one, same, other = (cases(program, seed)[0].inputs["x"] for seed in (3, 3, 4))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
