"""A call that fails changes nothing: no clock, no state, no param."""

import pytest
import torch

import lossdsl
from tests.adversarial.common import STATEFUL, data

X, Y = data().values()
FAILING = {
    "missing input": {"y": None, "step": 9},
    "sizes": {"y": Y[:2], "step": 9, "epoch": 3},
    "another class count": {"x": X[:, :2], "y": Y * 0, "step": 9},
    "label too large": {"y": Y + 7, "step": 9},
    "negative step": {"step": -1},
    "text": {"epoch": 7, "step": "a"},
    "half": {"step": 1.5},
    "nan": {"step": float("nan")},
    "infinite": {"epoch": 2, "step": float("inf")},
    "two steps": {"step": torch.tensor([1, 2])},
    "truth": {"step": True},
    "none": {"step": None},
    "huge": {"step": 10**30},
    "num_items": {"step": 9, "num_items": "a"},
    "sparse": {"x": X.to_sparse(), "step": 9},
}


FAILS_LATE = ("num_items", "sparse", "another class count")  # the checks closest to the compiled function
FITS_A_FRESH_MODULE = ("another class count",)


def check(loss, change):
    before = {name: value.clone() for name, value in loss.state_dict().items()}
    call = {"x": X, "y": Y, **change}
    with pytest.raises(lossdsl.LossDSLError) as caught:
        loss({n: v for n, v in call.items() if n != "y" or v is not None})
    assert caught.value.message and caught.value.help
    after = loss.state_dict()
    assert list(after) == list(before) and all(torch.equal(before[n], after[n]) for n in before)


@pytest.mark.parametrize("name", [n for n in FAILING if n not in FITS_A_FRESH_MODULE])
def test_nothing_changes_before_the_first_call(name):
    check(lossdsl.load(STATEFUL, compile=False), FAILING[name])


@pytest.mark.parametrize("name", FAILING)
def test_nothing_changes_later(name):
    loss = lossdsl.load(STATEFUL, compile=False)
    loss(x=X, y=Y, step=2, epoch=1)
    check(loss, FAILING[name])


@pytest.mark.slow
def test_nothing_changes_in_a_compiled_loss():
    loss = lossdsl.load(STATEFUL)
    loss(x=X, y=Y, step=2, epoch=1)
    for name in FAILS_LATE:
        check(loss, FAILING[name])


def test_state_of_another_size_is_named():
    loss = lossdsl.load(STATEFUL, compile=False)
    loss(x=X, y=Y)
    with pytest.raises(lossdsl.LossDSLError, match="axis `class` has size 3 in state `prior` and size 2 in input `x`"):
        loss(x=X[:, :2], y=Y * 0)
    fresh = lossdsl.load(STATEFUL, compile=False)
    fresh.state["prior"] = torch.ones(4, 3) / 3
    with pytest.raises(lossdsl.LossDSLError, match=r"state `prior` has the axes \[class\], found shape \[4, 3\]"):
        fresh(x=X, y=Y)
    with pytest.raises(lossdsl.LossDSLError, match="state `prior` holds numbers, found str"):
        fresh.state["prior"] = "uniform"


@pytest.mark.parametrize("given", [3, 3.0, torch.tensor(3), torch.tensor([3.0])], ids=repr)
def test_clocks_take_whole_numbers_of_any_type(given):
    loss = lossdsl.load(STATEFUL, compile=False)
    loss(x=X, y=Y, step=given, epoch=given)
    loss.step()
    assert (int(loss.step_count), int(loss.epoch_count)) == (4, 3)


def test_a_failure_inside_the_function_keeps_the_first_state(monkeypatch):
    loss = lossdsl.load(STATEFUL, compile=False)
    loss(x=X, y=Y)
    (variant,) = [v for key, v in loss._variants.items() if key[1]]

    def broken(*args, **kwargs):
        raise RuntimeError("out of memory")

    kept = loss.state["prior"].clone()
    monkeypatch.setattr(variant, "call", broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        loss(x=X, y=Y, step=5)
    assert int(loss.step_count) == 0 and torch.equal(loss.state["prior"], kept)
