"""Compares the examples of a paper's spec with a recomputation in plain NumPy, and its gradients with differences."""

from pathlib import Path

import numpy as np
import torch
import yaml

import lossdsl

PAPERS = Path(__file__).resolve().parents[2] / "specs" / "papers"
STEP = 1e-6


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(z, axis=-1):
    z = z - z.max(axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis, keepdims=True))


def logsumexp(z, axis=-1):
    top = z.max(axis, keepdims=True)
    return np.log(np.exp(z - top).sum(axis)) + top.squeeze(axis)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def xlogx(p):
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0)


def unit(x, eps=1e-12):
    return x / np.maximum(np.sqrt((x * x).sum(-1, keepdims=True)), eps)


def sqdist(x, y):
    return ((x[:, None] - y[None]) ** 2).sum(-1)


def examples(slug):
    text = (PAPERS / f"{slug}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["examples"]


def arrays(mapping):
    return {name: np.array(value, dtype=float) for name, value in mapping.items()}


def check(slug, reference, differences=()):
    """Every example of a spec: the number written, the compiled value and the recomputed one agree.

    `reference` takes the inputs, params and state of an example by name. `differences` are the inputs in which it may
    be differentiated numerically, because nothing in it stops the gradient.
    """
    found = examples(slug)
    assert found, f"{slug} has no example"
    for example in found:
        check_example(slug, example, reference, differences)


def check_example(slug, example, reference, differences):
    settings = example.get("params", {})
    given, state = arrays(example["given"]), arrays(example.get("state", {}))
    clocks = {name: given.pop(name) for name in ("step", "epoch") if name in given}

    def value(**changed):
        return float(reference(**{**given, **changed}, **settings, **state, **clocks))

    expected = value()
    assert abs(example["loss"] - expected) <= 1e-8 * max(1, abs(expected)), f"{slug}: {expected!r}"
    loss = lossdsl.load(PAPERS / f"{slug}.yaml", params=settings, compile=False)
    for name, start in state.items():
        loss.state[name] = torch.from_numpy(start)
    inputs = {name: tensor(x, loss.inputs[name].kind) for name, x in given.items()}
    out = loss(**inputs, **{name: float(x) for name, x in clocks.items()}).loss
    assert abs(out.item() - expected) <= 1e-10 * max(1, abs(expected)), f"{slug}: {out.item()!r} is not {expected!r}"
    for name in differences:
        (gradient,) = torch.autograd.grad(out, inputs[name], retain_graph=True)
        numeric = difference(value, name, given[name])
        atol = 1e-6 * max(1, abs(numeric).max())
        np.testing.assert_allclose(gradient.numpy(), numeric, atol=atol, err_msg=f"{slug}: {name}")


def tensor(value, kind):
    if kind in ("mask", "index"):
        made = torch.from_numpy(value)
        return made != 0 if kind == "mask" else made.long()
    return torch.from_numpy(value.copy()).requires_grad_()


def difference(f, name, x):
    """The gradient of f by the argument of that name at x, by central differences."""
    gradient = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += STEP
        down[at] -= STEP
        gradient[at] = (f(**{name: up}) - f(**{name: down})) / (2 * STEP)
    return gradient
