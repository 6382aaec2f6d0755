import math

import pytest
import torch

import lossdsl

AT = (0, 1, 250, 500, 999, 1000, 5000)


def u(t):
    return min(t / 1000, 1.0)


SCHEDULES = {
    "linear(1.0, 0.1, steps=1000)": lambda t: 1 - 0.9 * u(t),
    "cosine(1.0, 0.1, steps=1000)": lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * u(t))) / 2,
    "cosine(1, 0.1, 1000)": lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * u(t))) / 2,
    "exponential(1, 0.01, steps=1000)": lambda t: 0.01 ** u(t),
    "polynomial(1, 0, steps=1000)": lambda t: (1 - u(t)) ** 2,
    "polynomial(0, 1, steps=1000, power=3)": lambda t: 1 - (1 - u(t)) ** 3,
    "warmup(0.5, steps=1000)": lambda t: u(t) / 2,
    "sigmoid_ramp(0, 2, steps=1000)": lambda t: 2 * math.exp(-5 * (1 - u(t)) ** 2),
    "cyclic(0, 1, steps=500)": lambda t: min(1, (t / 500 % 1) / 0.5),
    "cyclic(1, 2, steps=500, ratio=0.25)": lambda t: 1 + min(1, (t / 500 % 1) / 0.25),
    "piecewise(1, 250, 0.5)": lambda t: 1 if t < 250 else 0.5,
    "piecewise(1, 250, 0.5, 1000, 0.1)": lambda t: 1 if t < 250 else 0.5 if t < 1000 else 0.1,
    "piecewise(1, 1, 2, 250, 3, 1000, 4)": lambda t: 1 if t < 1 else 2 if t < 250 else 3 if t < 1000 else 4,
    "warmup(1, steps=250) * linear(1, 0, steps=1000)": lambda t: min(t / 250, 1) * (1 - u(t)),
}


def weighed(weight, **params):
    return lossdsl.load(
        {
            "lossdsl": 1,
            "name": "s",
            "inputs": {"x": "real[]"},
            "params": {"w": weight, **params},
            "loss": {"term": "w * x"},
        },
        compile=False,
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_follow_the_step(schedule):
    loss = weighed(schedule)
    one = torch.ones((), dtype=torch.float64)
    for t in AT:
        assert loss(x=one, step=t).loss.item() == pytest.approx(SCHEDULES[schedule](t), abs=1e-12)


def test_schedules_follow_the_modules_own_clock():
    loss = weighed("linear(0, 10, steps=10)")
    for t in range(3):
        assert loss(x=torch.ones(())).loss.item() == pytest.approx(t)
        loss.step()


def test_schedules_follow_another_clock():
    loss = weighed("linear(0, 10, steps=10, t=epoch)")
    assert loss(x=torch.ones(()), step=9, epoch=3).loss.item() == pytest.approx(3)


def test_ends_and_length_may_be_parameters():
    loss = weighed("cosine(top, 0, steps=length)", top=2.0, length=100)
    assert loss(x=torch.ones(()), step=50).loss.item() == pytest.approx(1)
    loss.params["length"] = 200
    assert loss(x=torch.ones(()), step=100).loss.item() == pytest.approx(1)


def test_a_name_may_mean_a_schedule_or_a_function_of_tensors():
    data = {"x": "real[batch, feature]", "w": "real[class, feature]"}
    x, w = torch.ones(2, 3), torch.ones(4, 3)
    loss = lossdsl.load(
        {
            "lossdsl": 1,
            "name": "s",
            "inputs": data,
            "params": {"a": "linear(0, 1, steps=10)"},
            "loss": {"term": "a * linear(x, w)", "other": "a * cosine[feature](x, w)"},
        },
        compile=False,
    )
    out = loss(x=x, w=w, step=5)
    assert out.terms["term"].item() == pytest.approx(1.5) and out.terms["other"].item() == pytest.approx(0.5)
