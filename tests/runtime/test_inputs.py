"""What a loss says when it is called with the wrong things."""

import pytest
import torch

import lossdsl

SPEC = {
    "lossdsl": 1,
    "name": "t",
    "axes": {"view": 2},
    "inputs": {
        "logits": "logits[batch, class]",
        "labels": "index[batch] of class ignore -100",
        "pad": "mask[batch]",
        "views": "real[view, batch]",
        "gain": "real[batch] >= 0 = 1",
    },
    "loss": "mean(gain * ce(logits, labels) where pad) + mean(views)",
}


def good(batch=3):
    return {
        "logits": torch.randn(batch, 4),
        "labels": torch.zeros(batch, dtype=torch.long),
        "pad": torch.ones(batch, dtype=torch.bool),
        "views": torch.randn(2, batch),
    }


CASES = {
    "missing": ({"logits": None}, "called without `logits`: logits[batch, class]"),
    "unknown": ({"logit": torch.zeros(1)}, "no input `logit`.*did you mean `logits`"),
    "sizes": (
        {"labels": torch.zeros(5, dtype=torch.long)},
        "axis `batch` has size 3 in input `logits` and size 5 in `labels`",
    ),
    "rank": ({"logits": torch.randn(3)}, r"`logits` is logits\[batch, class\] with 2 axes, found shape \[3\]"),
    "fixed size": ({"views": torch.randn(3, 3)}, "axis `view` of input `views` has size 3; the spec says 2"),
    "float labels": ({"labels": torch.zeros(3)}, "`labels` is index.*expected integers, found torch.float32"),
    "integer mask": ({"pad": torch.ones(3, dtype=torch.long)}, "expected a boolean tensor"),
    "integer logits": ({"logits": torch.ones(3, 4, dtype=torch.long)}, "expected floating point numbers"),
    "a list": ({"logits": [[1.0]]}, "expected a tensor, found list"),
    "label too large": (
        {"labels": torch.tensor([0, 4, 1])},
        r"holds 4, which is no position of axis `class` \(size 4\)",
    ),
    "label negative": ({"labels": torch.tensor([0, -1, 1])}, "holds -1"),
}


@pytest.mark.parametrize("change, message", CASES.values(), ids=CASES)
def test_the_error_names_the_thing(change, message):
    loss = lossdsl.load(SPEC, compile=False)
    inputs = {**good(), **change}
    with pytest.raises(lossdsl.LossDSLError, match=f"(?s){message.replace('[batch, class]', '.batch, class.')}"):
        loss({n: t for n, t in inputs.items() if t is not None})
    assert torch.isfinite(loss(**good()).loss)


def test_promises_are_checked_in_debug():
    loss = lossdsl.load(SPEC, compile=False, debug=True)
    with pytest.raises(lossdsl.LossDSLError, match="gain.*outside its declared range"):
        loss(**good(), gain=-torch.ones(3))
    probs = lossdsl.load(
        {"lossdsl": 1, "name": "t", "inputs": {"p": "probs[batch, class]"}, "loss": "entropy(p)"},
        compile=False,
        debug=True,
    )
    with pytest.raises(lossdsl.LossDSLError, match="does not sum to 1"):
        probs(p=torch.full((2, 3), 0.5))


def test_an_optional_input_may_be_left_out():
    loss, inputs = lossdsl.load(SPEC, compile=False), good()
    torch.testing.assert_close(loss(**inputs).loss, loss(**inputs, gain=torch.ones(3)).loss)
    assert not torch.allclose(loss(**inputs).loss, loss(**inputs, gain=torch.full((3,), 2.0)).loss)


def test_a_mapping_is_taken_too():
    loss, inputs = lossdsl.load(SPEC, compile=False), good()
    assert torch.equal(loss(inputs).loss, loss(**inputs).loss)


@pytest.mark.parametrize(
    "expression, size", [("sum(x[time=2..5])", 4), ("sum(x[time=..-3])", 2), ("sum(x[time=3])", 3)]
)
def test_a_slice_beyond_the_data(expression, size):
    spec = {"lossdsl": 1, "name": "t", "inputs": {"x": "real[time]"}, "loss": expression}
    loss = lossdsl.load(spec, compile=False)
    assert torch.isfinite(loss(x=torch.ones(size + 1)).loss)
    with pytest.raises(lossdsl.LossDSLError, match=f"length time, which is {size} here"):
        loss(x=torch.ones(size))
