"""What changes between the calls of a compiled loss: state, clocks, mode, noise, counts, the step around it."""

import copy

import pytest
import torch
from torch._dynamo.utils import counters

import lossdsl
from tests.adversarial.common import INPUTS, PLAIN, STATEFUL, by_hand, data, spec
from tests.compiled.support import close, evaluated, pair, same

pytestmark = pytest.mark.slow


def test_state_and_schedules_follow_the_eager_loss():
    torch._dynamo.reset()
    counters.clear()
    eager, compiled = pair({**STATEFUL, "params": {"tau": "linear(1.0, 0.5, 10)"}})
    for n in range(5):
        same(eager, compiled, data(seed=n), torch.float64)
        eager.step()
        compiled.step()
    same(eager, compiled, data(seed=9), torch.float64, step=7, epoch=2)
    assert int(compiled.step_count) == 7 and counters["stats"]["unique_graphs"] == 1
    prior = compiled.state["prior"].clone()
    eager.eval()
    compiled.eval()
    for n in range(2):
        same(eager, compiled, data(seed=n), torch.float64)
    assert torch.equal(compiled.state["prior"], prior) and counters["stats"]["unique_graphs"] <= 2
    restored = lossdsl.load({**STATEFUL, "params": {"tau": "linear(1.0, 0.5, 10)"}})
    restored.load_state_dict(compiled.state_dict())
    compiled.train()
    eager.train()
    close(restored(**data()).loss, eager(**data()).loss, torch.float64, "restored")


def test_state_of_an_earlier_call_is_not_overwritten():
    loss = lossdsl.load(STATEFUL)
    kept = []
    for n in range(3):
        loss(**data(seed=n))
        kept.append((loss.state["prior"], loss.state["prior"].clone()))
    assert all(torch.equal(a, b) for a, b in kept)


def test_global_counts():
    eager, compiled = pair(PLAIN)
    inputs = data(batch=7)
    inputs["y"][2] = -100
    counts = compiled.count(**inputs)
    parts = [slice(0, 3), slice(3, 7)]
    pieces = [{n: t[rows] for n, t in inputs.items()} for rows in parts]
    found = sum(same(eager, compiled, piece, torch.float64, num_items=counts).loss for piece in pieces)
    close(found.detach(), eager(**inputs).loss, torch.float64, "sum")
    same(eager, compiled, inputs, torch.float64, num_items=40)
    same(eager, compiled, inputs, torch.float64, num_items=torch.tensor(41))


def test_noise():
    noisy = {
        "lossdsl": 1,
        "name": "t",
        "inputs": {"x": "real[batch, feature]", "e": "noise[batch, feature] normal", "s": "noise[batch] rademacher",
                   "u": "noise[batch] uniform", "p": "noise[batch] permutation"},
        "loss": "mean(x * e * s) + mean(u * x) + mean(x * x[batch=p])",
    }  # fmt: skip
    eager, compiled = pair(noisy)
    x = {"x": torch.randn(6, 3, dtype=torch.float64)}
    torch.manual_seed(4)
    wanted, slopes = evaluated(eager, x)
    torch.manual_seed(4)
    out, found = evaluated(compiled, x)
    close(out.loss.detach(), wanted.loss.detach(), torch.float64, "loss")
    close(found["x"], slopes["x"], torch.float64, "gradient")
    assert compiled(**x).loss != compiled(**x).loss
    compiled.eval()
    assert torch.equal(compiled(**x).loss, compiled(**x).loss)


def test_modes_around_a_compiled_loss():
    eager, compiled = pair(PLAIN)
    inputs = data()
    same(eager, compiled, inputs, torch.float64)
    for mode in (torch.no_grad(), torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16)):
        with mode:
            close(compiled(**inputs).loss.clone(), eager(**inputs).loss.clone(), torch.float64, str(mode))
    same(eager, compiled, inputs, torch.float64)
    same(eager, copy.deepcopy(compiled), inputs, torch.float64)


def test_games():
    game = {
        **spec("1"),
        "losses": {"main": {"a": "ce(x, y)"}, "other": {"b": "-entropy(x)"}},
        "metrics": {"m": "mean(x^2)"},
    }
    del game["loss"]
    eager, compiled = pair(game)
    slopes = []
    for loss in (eager, compiled):
        x = data()["x"].requires_grad_()
        out = loss(x=x, y=data()["y"])
        slopes.append([torch.autograd.grad(part.loss, x, retain_graph=True)[0] for part in out.losses.values()])
    for wanted, found in zip(*slopes, strict=True):
        close(found, wanted, torch.float64, "gradient of one loss")
    same(eager, compiled, data(), torch.float64)  # after that: see docs/known-issues.md on retain_graph


@pytest.mark.parametrize("own", [False, True], ids=["eager loss", "compiled loss"])
@pytest.mark.parametrize("which", [PLAIN, STATEFUL], ids=["plain", "stateful"])
def test_inside_a_step_that_the_user_compiles(which, own):
    torch._dynamo.reset()
    loss, eager = lossdsl.load(which, compile=own), lossdsl.load(which, compile=False)
    layer = torch.nn.Linear(5, 3).double()
    step = torch.compile(lambda a, y: loss(x=layer(a), y=y).loss)
    for n in range(3):
        a, y = torch.randn(4, 5, dtype=torch.float64), data(seed=n)["y"]
        wanted = eager(x=layer(a), y=y).loss
        found = step(a, y)
        close(found.detach(), wanted.detach(), torch.float64, "value")
        slopes = [torch.autograd.grad(v, layer.weight)[0] for v in (found, wanted)]
        close(*slopes, torch.float64, "gradient")
    if which is STATEFUL:
        close(loss.state["prior"], eager.state["prior"].detach(), torch.float64, "state")


def test_a_whole_training_step_is_one_graph():
    torch._dynamo.reset()
    loss = lossdsl.load({**PLAIN, "inputs": INPUTS}, compile=False)
    layer = torch.nn.Linear(5, 3).double()
    step = torch.compile(lambda a, y: loss(x=layer(a), y=y).loss, fullgraph=True)
    a, y = torch.randn(4, 5, dtype=torch.float64), data()["y"]
    close(step(a, y).detach(), by_hand(layer(a), y).detach(), torch.float64, "value")
