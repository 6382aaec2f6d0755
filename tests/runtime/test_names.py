"""Names that mean something in Python, in torch or in the generated source."""

import pytest
import torch

import lossdsl

NAMES = [
    "torch",
    "dtype",
    "device",
    "loss",
    "lambda",
    "print",
    "None",
    "self",
    "__class__",
    "step",
    "training",
    "softplus",
    "mean",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ["input", "param", "axis"])
def test_any_name_will_do(name, role):
    spec = {"lossdsl": 1, "name": "t", "inputs": {"x": "real[batch]"}, "loss": "sum(softplus(x))"}
    if role == "input":
        spec |= {"inputs": {name: "real[batch]"}, "loss": f"sum(softplus({name}))"}
    elif role == "param":
        spec |= {"params": {name: 1.0}, "loss": f"sum(softplus(x) * {name})"}
    else:
        spec |= {"inputs": {"x": f"real[{name}]"}, "loss": f"sum(softplus(x) * size[{name}]) / size[{name}]"}
    loss = lossdsl.load(spec, compile=False)
    x = torch.tensor([0.5, -1.0])
    out = loss({name if role == "input" else "x": x})
    torch.testing.assert_close(out.loss, torch.nn.functional.softplus(x).sum())
    assert name != "training" or loss.state_dict() is not None


def test_nothing_in_a_spec_is_executed(tmp_path):
    mark = tmp_path / "mark"
    for text in (
        f"__import__('os').system('touch {mark}')",
        f"exec(open('{mark}', 'w'))",
        "x.__class__",
        "(lambda: 1)()",
    ):
        with pytest.raises(lossdsl.LossDSLError):
            lossdsl.compile(text, compile=False)
    assert not mark.exists()
