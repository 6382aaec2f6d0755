"""Params and options of the wrong type, at load and afterwards."""

import numpy as np
import pytest
import torch

import lossdsl
from tests.adversarial.common import INPUTS, data

SPEC = {
    "lossdsl": 1,
    "name": "t",
    "inputs": INPUTS,
    "params": {
        "tau": 0.5,
        "k": {"required": "int"},
        "w": {"value": 0.5, "in": [0, 1]},
        "scales": [1.0, 2.0],
        "flag": True,
        "s": {"learn": 0.25},
        "third": "1/3",
    },
    "options": {"d": {"one_of": ["kl", "js"], "value": "kl"}},
    "loss": {
        "ce": "where(flag, 1, 2) * ce(x / tau, y)",
        "d": "w * choose(d, kl=kl(x || x), js=js(x, x)) + s * sum(scales)",
        "top": "third * mean(x where is_top[class](x, k))",
    },
}


def load(**params):
    return lossdsl.load(SPEC, params={"k": 1, **params}, compile=False)


def refused(action, word):
    with pytest.raises(lossdsl.LossDSLError) as caught:
        action()
    problem = caught.value
    assert problem.code == "LD023" and word in problem.message and problem.help, str(problem)


WRONG = {
    "tau": [
        "0.2",
        None,
        True,
        np.bool_(True),
        torch.tensor(True),
        float("nan"),
        1j,
        [1.0],
        torch.ones(1),
        np.ones(2),
        {},
        10**400,
    ],
    "k": [2.5, "2", True, float("inf"), 10**20, None],
    "w": [2.0, -0.1, True],
    "scales": [3.0, [], [1.0, "a"], [[1.0, 2.0]], [float("nan")], [True], None, "12", torch.ones(1, 2)],
    "flag": [2, 0.5, "true", None, [True]],
    "s": ["x", None, [1.0]],
    "d": ["jsd", None, 1, ["kl"], {}, True],
}


@pytest.mark.parametrize(
    "name, value", [(n, v) for n, values in WRONG.items() for v in values], ids=lambda v: repr(v)[:24]
)
def test_a_wrong_value_is_refused_at_load_and_later(name, value):
    refused(lambda: load(**{name: value}), name)
    loss = load()
    before = {n: t.clone() for n, t in loss.params.items()}
    refused(lambda: loss.params.__setitem__(name, value), name)
    assert all(torch.equal(before[n], t) for n, t in loss.params.items())
    assert torch.isfinite(loss(**data()).loss)


RIGHT = {
    "tau": [2, np.float32(0.5), np.int64(2), np.array(0.5), torch.tensor(0.5), torch.tensor(2), 1e30],
    "k": [2, 2.0, np.int32(2), torch.tensor(2)],
    "scales": [(3.0, 4), np.array([3.0, 4.0]), torch.tensor([3, 4])],
    "flag": [False, 0, 1.0, np.bool_(False), torch.tensor(False)],
    "s": [1, torch.tensor(0.5, requires_grad=True)],
}


@pytest.mark.parametrize(
    "name, value", [(n, v) for n, values in RIGHT.items() for v in values], ids=lambda v: repr(v)[:24]
)
def test_every_sort_of_number_is_taken(name, value):
    wanted = torch.as_tensor(value).detach().double()
    later = load()
    later.params[name] = value
    for loss in (load(**{name: value}), later):
        torch.testing.assert_close(loss.params[name].detach().double(), wanted)
    assert torch.equal(load(**{name: value})(**data()).loss, later(**data()).loss)


def test_arithmetic_on_numbers_is_a_number_that_can_be_changed():
    loss = load()
    assert loss.params["third"].item() == 1 / 3
    loss.params["third"] = 0.5
    torch.testing.assert_close(loss(**data()).terms["top"], 1.5 * load()(**data()).terms["top"])


@pytest.mark.parametrize("learn", ["cosine(1, 0, steps=10)", "step", "sum(x)"])
def test_learning_starts_from_a_number(learn):
    refused(lambda: lossdsl.load({**SPEC, "params": {**SPEC["params"], "s": {"learn": learn}}}, {"k": 1}), "s")


def test_unknown_names():
    refused(lambda: load(tua=1), "tua")
    refused(lambda: load(x=1), "x")
    refused(lambda: lossdsl.load(SPEC, params={"k": 1, 3: 4}), "3")
    loss = lossdsl.load(SPEC, {"k": 1, "tua": "any", 3: None}, ignore_unknown_params=True, compile=False)
    assert "tua" not in loss.params
    refused(lambda: lossdsl.load(SPEC, {"k": 1, "tau": "0.2", "tua": 1}, ignore_unknown_params=True), "tau")
    refused(lambda: lossdsl.load(SPEC), "k")
    for wrong in ("k=1", 3, [("k", 1)]):
        refused(lambda wrong=wrong: lossdsl.load(SPEC, params=wrong), "params")


def test_a_refused_static_value_leaves_the_old_function():
    loss = load(k=2)
    wanted = loss(**data()).loss
    with pytest.raises(lossdsl.LossDSLError):
        loss.params["k"] = -1
    assert loss.params["k"].item() == 2 and torch.equal(loss(**data()).loss, wanted)


def test_params_are_a_mapping():
    loss = load()
    names = ["tau", "k", "w", "scales", "flag", "s", "third"]
    assert list(loss.params) == list(loss.params.keys()) == [n for n, _ in loss.params.items()] == names
    assert len(loss.params) == len(loss.params.values()) == 7 and "tau" in loss.params and "d" not in loss.params
    assert dict(loss.params)["w"].item() == 0.5 and loss.params.get("nope") is None
    loss.params.update({"tau": 2, "w": 1})
    loss.params.w = 0.75
    assert (loss.params["tau"].item(), loss.params.w.item()) == (2, 0.75)
    refused(lambda: setattr(loss.params, "w", 7), "w")
    refused(lambda: loss.params["tua"], "tua")


def test_names_that_mean_something_to_torch():
    params = dict.fromkeys(["training", "forward", "keys", "_order", "weight", "state", "T_destination"], 2.0)
    loss = lossdsl.load(
        {**SPEC, "options": {}, "params": params, "loss": "mean(x) * " + " * ".join(params)}, compile=False
    )
    inputs = {"x": torch.ones(2, 3), "y": torch.tensor([0, 1])}
    for mode in (loss.eval(), loss.train(), loss.double(), loss.requires_grad_(False)):
        assert mode(**inputs).loss.item() == 2.0 ** len(params)
    loss.params.weight = 1.0
    assert loss(**inputs).loss.item() == 2.0 ** (len(params) - 1)
    refused(lambda: setattr(loss.params, "keys", 3.0), "keys")


def test_what_is_printed_can_be_read():
    text = repr(load())
    assert "x: logits[batch, class]" in text and "y: index[batch] of class ignore -100" in text
    assert "tau=0.5" in text and "scales=[1, 2]" in text and "%" not in text
    assert repr(load().inputs["y"]) == "InputInfo(y: index[batch] of class ignore -100, fixed)"
    assert "prior=<no value yet>" in repr(
        lossdsl.load({**SPEC, "state": {"prior": {"start": 0, "is": "real[class]"}}}, {"k": 1})
    )
