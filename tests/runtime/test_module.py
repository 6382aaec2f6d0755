"""The module: params, state, schedules, saving, exporting."""

import importlib.util

import pytest
import torch
from torch._dynamo.utils import counters

import lossdsl

SPEC = {
    "lossdsl": 1,
    "name": "t",
    "inputs": {"x": "logits[batch, class]", "y": "index[batch] of class ignore -100"},
    "params": {"tau": 1.0, "w": 0.5},
    "loss": {"ce": "ce(x / tau, y)", "ent": "w * entropy(x)"},
}


def data(batch=4, classes=3, seed=0):
    g = torch.Generator().manual_seed(seed)
    return {"x": torch.randn(batch, classes, generator=g), "y": torch.randint(0, classes, (batch,), generator=g)}


def test_a_changed_param_changes_the_value_and_compiles_nothing():
    torch._dynamo.reset()
    loss, eager = lossdsl.load(SPEC), lossdsl.load(SPEC, compile=False)
    inputs = data()
    loss(**inputs)
    counters.clear()
    for tau in (0.2, 3.0, 1):
        loss.params["tau"] = eager.params["tau"] = tau
        torch.testing.assert_close(loss(**inputs).loss, eager(**inputs).loss)
    assert counters["stats"].get("unique_graphs", 0) == 0


def test_a_varying_batch_costs_one_compilation():
    torch._dynamo.reset()
    counters.clear()
    loss = lossdsl.load(SPEC)
    for batch in (4, 7, 9, 5, 12):
        inputs = data(batch)
        torch.testing.assert_close(loss(**inputs).loss, lossdsl.load(SPEC, compile=False)(**inputs).loss)
    assert counters["stats"]["unique_graphs"] == 2


def test_converting_the_module_keeps_its_params_exact():
    loss = lossdsl.load(SPEC, params={"tau": 0.1}, compile=False).bfloat16()
    assert loss.params["tau"].dtype == torch.float64 and loss.params["tau"].item() == 0.1


def test_params_are_checked():
    loss = lossdsl.load({**SPEC, "params": {"tau": {"value": 1.0, "in": [0.1, 2]}, "w": 0.5}}, compile=False)
    for bad in (5, "high", float("nan")):
        with pytest.raises(lossdsl.LossDSLError, match="tau"):
            loss.params["tau"] = bad
    assert loss.params["tau"].item() == 1.0
    with pytest.raises(lossdsl.LossDSLError, match="did you mean `tau`"):
        loss.params["tua"] = 1


def test_schedules_follow_the_step():
    loss = lossdsl.load({**SPEC, "params": {"tau": 1.0, "w": "1 - step / 10"}}, compile=False)
    inputs = data()
    first = loss(**inputs).terms["ent"]
    loss.step()
    torch.testing.assert_close(loss(**inputs).terms["ent"], first * 0.9)
    torch.testing.assert_close(loss(**inputs, step=5).terms["ent"], first * 0.5)
    assert int(loss.state_dict()["step_count"]) == 5


STATEFUL = {
    **SPEC,
    "params": {"tau": 1.0, "w": 1.0},
    "state": {
        "prior": {
            "start": "1/size[class]",
            "is": "probs[class]",
            "update": "0.9*prior + 0.1*mean[batch](softmax(sg(x)))",
        }
    },
    "loss": {"ce": "ce(x, y)", "kl": "w * kl(prior || mean[batch](softmax(x)))"},
}


def test_state_is_read_before_and_updated_after():
    loss, inputs = lossdsl.load(STATEFUL, compile=False), data()
    p = inputs["x"].softmax(-1).mean(0)
    for prior in (torch.full((3,), 1 / 3), 0.9 / 3 + 0.1 * p):
        out = loss(**inputs)
        torch.testing.assert_close(out.terms["kl"], (prior * (prior / p).log()).sum())
    torch.testing.assert_close(loss.state["prior"], 0.9 * (0.9 / 3 + 0.1 * p) + 0.1 * p)


def test_evaluation_leaves_state_alone_and_saving_restores_it():
    loss, inputs = lossdsl.load(STATEFUL, compile=False), data()
    loss(**inputs)
    before = loss.state["prior"].clone()
    loss.eval()
    loss(**inputs)
    assert torch.equal(loss.state["prior"], before)
    other = lossdsl.load(STATEFUL, params={"w": 3.0}, compile=False)
    other.load_state_dict(loss.state_dict())
    assert torch.equal(other.state["prior"], before) and other.params["w"].item() == 1.0


def test_learned_params_are_parameters():
    spec = {**SPEC, "params": {"tau": 1.0, "w": {"learn": 0.5}}, "loss": "ce(x, y) * exp(-w) + w"}
    loss, inputs = lossdsl.load(spec, compile=False), data()
    loss(**inputs).loss.backward()
    ((name, parameter),) = loss.named_parameters()
    ce = torch.nn.functional.cross_entropy(inputs["x"], inputs["y"])
    assert name == "params.w"
    torch.testing.assert_close(parameter.grad, 1 - ce * torch.exp(torch.tensor(-0.5)))


@pytest.mark.parametrize("spec", [SPEC, STATEFUL], ids=["plain", "stateful"])
def test_an_exported_file_gives_the_same_without_the_package(spec, tmp_path):
    loss, inputs = lossdsl.load(spec, compile=False), data()
    path = tmp_path / "mine.py"
    loss.export(path)
    assert "lossdsl" not in path.read_text().split('"""', 2)[2]
    module_spec = importlib.util.spec_from_file_location("mine", path)
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    mine = module.TLoss()
    for _ in range(2):
        total, terms = mine(**inputs)
        out = loss(**inputs)
        torch.testing.assert_close(total, out.loss)
        assert terms.keys() == out.terms.keys()


def test_a_static_param_makes_a_new_function():
    spec = {
        "lossdsl": 1,
        "name": "t",
        "inputs": {"x": "real[batch]"},
        "params": {"n": 2},
        "define": {
            "power(z)": {"repeat": "n", "start": {"a": 1}, "step": {"a": "a * z"}, "give": "a"},
        },
        "loss": "mean(power(x))",
    }
    loss = lossdsl.load(spec, compile=False)
    x = torch.tensor([2.0])
    assert loss(x=x).loss.item() == 4
    loss.params["n"] = 5
    assert loss(x=x).loss.item() == 32


def test_flags_and_options_as_arrays_and_command_lines_write_them():
    spec = {
        **SPEC,
        "params": {"flag": True},
        "options": {"mode": {"one_of": ["token_mean", "row_mean"], "value": "token_mean"}},
        "loss": "choose(mode, token_mean=ce(x, y), row_mean=2*ce(x, y)) * where(flag, 1, 3)",
    }
    inputs = data()
    base = lossdsl.load(spec, compile=False)(**inputs).loss
    for given, factor in (({"flag": 0}, 3), ({"flag": 1.0}, 1), ({"mode": "row-mean"}, 2), ({"mode": "token-mean"}, 1)):
        torch.testing.assert_close(lossdsl.load(spec, params=given, compile=False)(**inputs).loss, base * factor)
    with pytest.raises(lossdsl.LossDSLError, match="flag"):
        lossdsl.load(spec, params={"flag": 2}, compile=False)
