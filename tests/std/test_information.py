import math

import pytest
import torch
import torch.nn.functional as F

from tests.std.support import agree, masked, random, value

JOINT, MARGINAL, SQUARE = random(6, seed=1), random(6, 6, seed=2), random(5, 5, seed=3)
X, Y, W = random(6, 3, seed=4), random(6, 2, seed=5), random(4, 3, seed=6)
U, V = random(6, seed=7), random(6, seed=8)


def split(t):
    on = torch.eye(len(t), dtype=torch.bool)
    return t[on], t[~on]


BOUNDS = {
    "dv": lambda j, m: j.mean() - m.exp().mean().log(),
    "nwj": lambda j, m: j.mean() - (m - 1).exp().mean(),
    "smile": lambda j, m: j.mean() - m.clamp(-5, 5).exp().mean().log(),
    "js_mi": lambda j, m: -F.softplus(-j).mean() - F.softplus(m).mean(),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_on_mutual_information(name):
    inputs = {"j": ("real[batch]", JOINT), "m": ("real[batch, batch']", MARGINAL)}
    agree(f"{name}(j, m)", inputs, BOUNDS[name])
    agree(f"{name}(t)", {"t": ("real[batch, batch']", SQUARE)}, lambda t: BOUNDS[name](*split(t)))
    views = {"t": ("real[view, batch, batch']", random(2, 5, 5))}
    agree(f"{name}[batch, batch'](t)", views, lambda t: torch.stack([BOUNDS[name](*split(v)) for v in t]), over="view")


def test_smile_clips_marginal_scores_alone():
    inputs = {"j": ("real[batch]", 9 * JOINT), "m": ("real[batch, batch']", 9 * MARGINAL)}
    agree("smile(j, m, clip=2)", inputs, lambda j, m: j.mean() - m.clamp(-2, 2).exp().mean().log())
    agree(
        "smile(t, clip=2)",
        {"t": ("real[batch, batch']", 9 * SQUARE)},
        lambda t: split(t)[0].mean() - split(t)[1].clamp(-2, 2).exp().mean().log(),
    )


def test_large_scores_do_not_overflow():
    inputs = {"j": ("real[batch]", torch.tensor([800.0])), "m": ("real[batch]", torch.tensor([900.0, 900.0]))}
    inputs["m"] = ("real[other]", inputs["m"][1])
    assert value("dv(j, m)", inputs)[0] == -100


def test_mine_has_the_value_of_dv_and_its_own_gradient():
    inputs = {
        "j": ("real[batch]", JOINT),
        "m": ("real[batch, batch']", MARGINAL),
        "a": ("real[]", torch.tensor(1.7).double()),
    }

    def reference(j, m, a):
        right = BOUNDS["dv"](j, m)
        slope = j.mean() - m.exp().mean() / a.detach()
        return right.detach() + slope - slope.detach()

    agree("mine(j, m, a)", inputs, reference)


def kernel(x, y, sigma=1.0):
    return torch.exp(-(x[:, None] - y[None]).pow(2).sum(-1) / (2 * sigma**2))


def mmd(x, y, sigma=1.0):
    return kernel(x, x, sigma).mean() + kernel(y, y, sigma).mean() - 2 * kernel(x, y, sigma).mean()


def hsic(x, y, sx=1.0, sy=1.0):
    n = len(x)
    h = torch.eye(n, dtype=x.dtype) - 1 / n
    return torch.trace(kernel(x, x, sx) @ h @ kernel(y, y, sy) @ h) / (n - 1) ** 2


def distances(x):
    return (x[:, None] - x[None] + 1e-300).norm(dim=-1)  # the norm of 0 has slope 0


def dcov2(x, y):
    def centred(a):
        h = torch.eye(len(a), dtype=a.dtype) - 1 / len(a)
        return h @ a @ h

    return (centred(distances(x)) * centred(distances(y))).mean()


def dcor(x, y):
    return (dcov2(x, y) / (dcov2(x, x) * dcov2(y, y)).sqrt()).sqrt()


def cs(x, y, sigma=1.0):
    return -2 * kernel(x, y, sigma).mean().log() + kernel(x, x, sigma).mean().log() + kernel(y, y, sigma).mean().log()


TWO_SAMPLES = {
    "mmd(x, w)": mmd,
    "mmd(x, w, sigma=0.5)": lambda x, w: mmd(x, w, 0.5),
    "cs_divergence(x, w)": cs,
    "cs_divergence(x, w, sigma=2)": lambda x, w: cs(x, w, 2),
}
DEPENDENCE = {
    "hsic(x, y)": hsic,
    "hsic(x, y, sigma_x=2, sigma_y=0.5)": lambda x, y: hsic(x, y, 2, 0.5),
    "dcov(x, y)": lambda x, y: dcov2(x, y).sqrt(),
    "dcor(x, y)": dcor,
}


@pytest.mark.parametrize("expression", TWO_SAMPLES)
def test_distances_of_two_samples(expression):
    agree(expression, {"x": ("real[batch, feature]", X), "w": ("real[class, feature]", W)}, TWO_SAMPLES[expression])
    agree(
        expression,
        {"x": ("real[batch, feature]", X), "w": ("real[batch, feature]", random(6, 3))},
        TWO_SAMPLES[expression],
    )


@pytest.mark.parametrize("expression", DEPENDENCE)
def test_dependence_of_two_values_of_a_sample(expression):
    reference = DEPENDENCE[expression]
    agree(expression, {"x": ("real[batch, feature]", X), "y": ("real[batch, other]", Y)}, reference)
    agree(
        expression, {"x": ("real[batch, feature]", X), "y": ("real[batch]", V)}, lambda x, y: reference(x, y[:, None])
    )
    agree(
        expression, {"x": ("real[batch]", U), "y": ("real[batch]", V)}, lambda x, y: reference(x[:, None], y[:, None])
    )


@pytest.mark.parametrize(
    ("call", "reference"),
    [
        ("hsic[batch, feature, feature]", hsic),
        ("dcor[batch, feature, feature]", dcor),
        ("mmd[batch, feature, batch]", mmd),
    ],
)
def test_other_axes_stay(call, reference):
    inputs = {n: ("real[view, batch, feature]", random(2, 6, 3, seed=s)) for n, s in (("x", 1), ("y", 2))}
    agree(
        f"{call}(x, y)",
        inputs,
        lambda x, y: torch.stack([reference(*v) for v in zip(x, y, strict=True)]),
        over="view",
    )


@pytest.mark.parametrize("expression", [*DEPENDENCE, *TWO_SAMPLES])
def test_masked_rows(expression):
    """Only x is masked: of a sample of pairs those count that are valid in both."""
    keep = torch.tensor([True, False, True, True, True, False])
    other = {"y": ("real[batch, other]", Y)} if expression in DEPENDENCE else {"w": ("real[class, feature]", W)}
    plain = {n: (d, t[keep] if n == "y" else t) for n, (d, t) in other.items()}
    inputs = {"x": masked("real[batch, feature]", X, keep), "keep": ("mask[batch]", keep)}
    found, gradients = value(expression, inputs | other)
    right, expected = value(expression, {"x": ("real[batch, feature]", X[keep])} | plain)
    assert found == pytest.approx(right, rel=1e-12)
    assert torch.allclose(gradients["x"][keep], expected["x"], rtol=0, atol=1e-12)
    assert (gradients["x"][~keep] == 0).all()


def test_cauchy_schwarz_divergence_of_distributions():
    p, q = random(5, 4, seed=1), random(5, 4, seed=2)

    def reference(p, q):
        p, q = p.softmax(-1), q.softmax(-1)
        return -2 * (p * q).sum(-1).log() + p.pow(2).sum(-1).log() + q.pow(2).sum(-1).log()

    for scale in (1, 30):
        inputs = {"p": ("logits[batch, class]", scale * p), "q": ("logits[batch, class]", scale * q)}
        agree("cs_divergence(p || q)", inputs, reference, over="batch")
    ends = {
        "p": ("logits[batch, class]", torch.tensor([[50.0, -50.0]])),
        "q": ("logits[batch, class]", torch.tensor([[-50.0, 50.0]])),
    }
    assert value("cs_divergence(p || q)", ends)[0] == pytest.approx(200 - 2 * math.log(2), rel=1e-6)


@pytest.mark.parametrize("expression", [*DEPENDENCE, "mmd(x, y)", "cs_divergence(x, y)"])
def test_samples_that_do_not_vary_have_finite_gradients(expression):
    even = torch.ones(5, 2, dtype=torch.float64)
    found, gradients = value(expression, {"x": ("real[batch, feature]", even), "y": ("real[batch, feature]", even)})
    assert found == pytest.approx(0, abs=1e-12) and all(torch.isfinite(g).all() for g in gradients.values())
