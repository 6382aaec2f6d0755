import math
import re

import mpmath
import pytest
import torch

from tests.std.support import SATURATED, agree, random, value

P, Q = random(5, 4, seed=1), random(5, 4, seed=2)
OPPOSED = SATURATED.flip(0).flip(1)
LABELS = torch.tensor([0, 3, 1, 2, 2])

NATIVE = {
    "logits": lambda z: (z.softmax(-1), z.log_softmax(-1)),
    "logprobs": lambda z: (z.exp(), z),
    "probs": lambda z: (z, z.log()),
}
HELD = {"logits": lambda z: z, "logprobs": lambda z: z.log_softmax(-1), "probs": lambda z: z.softmax(-1)}


def others(p, y):
    return (p * (torch.arange(p.shape[-1]) != y[:, None])).sum(-1)


def taken(x, y):
    return x.gather(-1, y[:, None]).squeeze(-1)


def js(p, lp, q, lq):
    lm = torch.logaddexp(lp, lq) - math.log(2)
    return ((p * (lp - lm)).sum(-1) + (q * (lq - lm)).sum(-1)) / 2


def kl(p, lp, q, lq):
    return (p * (lp - lq)).sum(-1)


def entropy(p, lp):
    return -(p * lp).sum(-1)


def two_largest(p):
    top = p.topk(2, dim=-1).values
    return top[:, 0] - top[:, 1]


ONE = {
    "entropy(p)": entropy,
    "renyi(p, 2)": lambda p, lp: -(p**2).sum(-1).log(),
    "renyi(p, alpha=0.5)": lambda p, lp: 2 * p.sqrt().sum(-1).log(),
    "tsallis(p, 2)": lambda p, lp: 1 - (p**2).sum(-1),
    "tsallis(p, alpha=0.5)": lambda p, lp: (p.sqrt().sum(-1) - 1) * 2,
    "confidence(p)": lambda p, lp: p.amax(-1),
    "entropy(sharpen(p, 0.5))": lambda p, lp: entropy((2 * lp).softmax(-1), (2 * lp).log_softmax(-1)),
}
TWO = {
    "kl(p || q)": kl,
    "ce(p, q)": lambda p, lp, q, lq: -(q * lp).sum(-1),
    "cross_entropy(p, q)": lambda p, lp, q, lq: -(q * lp).sum(-1),
    "js(p || q)": js,
    "jeffreys(p || q)": lambda p, lp, q, lq: kl(p, lp, q, lq) + kl(q, lq, p, lp),
    "renyi(p || q, 2)": lambda p, lp, q, lq: torch.logsumexp(2 * lp - lq, -1),
    "renyi(p || q, alpha=0.5)": lambda p, lp, q, lq: -2 * torch.logsumexp((lp + lq) / 2, -1),
    "tv_distance(p || q)": lambda p, lp, q, lq: (p - q).abs().sum(-1) / 2,
}
MODERATE = {
    "margin(p)": lambda p, lp, q, lq: two_largest(p),
    "tsallis(p || q, 2)": lambda p, lp, q, lq: (p**2 / q).sum(-1) - 1,
    "alpha_div(p || q, 0.5)": lambda p, lp, q, lq: 4 * (1 - (p * q).sqrt().sum(-1)),
    "alpha_div(p || q, -1)": lambda p, lp, q, lq: ((q**2 / p).sum(-1) - 1) / 2,
    "hellinger(p || q)": lambda p, lp, q, lq: ((p.sqrt() - q.sqrt()) ** 2).sum(-1).sqrt() / math.sqrt(2),
    "entropy(mix(p, q, 0.3))": lambda p, lp, q, lq: entropy(0.7 * p + 0.3 * q, (0.7 * p + 0.3 * q).log()),
}
LABELLED = {
    "ce(p, y)": lambda p, lp, y: -taken(lp, y),
    "cross_entropy(p, y)": lambda p, lp, y: -taken(lp, y),
    "nll(p, y)": lambda p, lp, y: -taken(lp, y),
}
INPUTS = [(P, Q), (SATURATED, OPPOSED)]


@pytest.mark.parametrize("kind", NATIVE)
@pytest.mark.parametrize("expression", ONE)
def test_functions_of_a_distribution(expression, kind):
    for z in (P, SATURATED):
        agree(
            expression,
            {"p": (f"{kind}[batch, class]", HELD[kind](z))},
            lambda p: ONE[expression](*NATIVE[kind](p)),
            over="batch",
        )


@pytest.mark.parametrize("kind", NATIVE)
@pytest.mark.parametrize("expression", TWO)
def test_divergences(expression, kind):
    for z, w in INPUTS:
        agree(
            expression, pair(kind, z, w), lambda p, q: TWO[expression](*NATIVE[kind](p), *NATIVE[kind](q)), over="batch"
        )


@pytest.mark.parametrize("kind", NATIVE)
@pytest.mark.parametrize("expression", MODERATE)
def test_functions_with_a_kink_at_saturation(expression, kind):
    agree(
        expression,
        pair(kind, P, Q) if "|| q" in expression or ", q" in expression else {"p": pair(kind, P, Q)["p"]},
        lambda p, q=P: MODERATE[expression](*NATIVE[kind](p), *NATIVE[kind](q)),
        over="batch",
    )


@pytest.mark.parametrize("kind", NATIVE)
@pytest.mark.parametrize("expression", LABELLED)
def test_functions_of_a_label(expression, kind):
    for z in (P, SATURATED):
        agree(
            expression,
            {"p": (f"{kind}[batch, class]", HELD[kind](z)), "y": ("index[batch] of class", LABELS)},
            lambda p, y: LABELLED[expression](*NATIVE[kind](p), y),
            over="batch",
        )


def test_the_two_sides_may_be_held_differently():
    inputs = {"p": ("logits[batch, class]", P), "q": ("probs[batch, class]", Q.softmax(-1))}
    agree("js(p || q)", inputs, lambda p, q: js(*NATIVE["logits"](p), *NATIVE["probs"](q)), over="batch")


def pair(kind, z, w):
    return {"p": (f"{kind}[batch, class]", HELD[kind](z)), "q": (f"{kind}[batch, class]", HELD[kind](w))}


def test_other_axes_stay():
    z, w = random(3, 4, 2, seed=3), random(3, 4, 2, seed=4)
    inputs = {"p": ("logits[head, class, token] over class", z), "q": ("logits[head, class, token] over class", w)}
    agree(
        "kl(p || q)",
        inputs,
        lambda p, q: (p.softmax(1) * (p.log_softmax(1) - q.log_softmax(1))).sum(1),
        over="head, token",
    )


def test_mutual_information_of_sample_and_class():
    def reference(p):
        p = p.softmax(-1)
        return entropy(p.mean(1), p.mean(1).log()) - entropy(p, p.log()).mean(1)

    agree(
        "mutual_information[batch](p)", {"p": ("logits[view, batch, class]", random(2, 5, 4))}, reference, over="view"
    )


def test_js_of_saturated_logits_is_exact():
    found, _ = value("js(p || q)", {"p": ("logits[batch, class]", SATURATED), "q": ("logits[batch, class]", OPPOSED)})
    with mpmath.workdps(60):
        rows = []
        for a, b in zip(SATURATED.tolist(), OPPOSED.tolist(), strict=True):
            p, q = ([mpmath.exp(x) / sum(map(mpmath.exp, row)) for x in row] for row in (a, b))
            rows.append(
                sum(
                    x * mpmath.log(2 * x / (x + y)) + y * mpmath.log(2 * y / (x + y)) for x, y in zip(p, q, strict=True)
                )
                / 2
            )
        right = float(sum(rows) / len(rows))
    assert found == pytest.approx(right, rel=1e-14)


ONE_HOT = torch.eye(4, dtype=torch.float64)[[0, 3, 1]]
SHIFTED = torch.eye(4, dtype=torch.float64)[[0, 1, 1]]
ENDS = {
    "entropy(p)": 0.0,
    "kl(p || p)": 0.0,
    "js(p || q)": math.log(2) / 3,
    "jeffreys(p || p)": 0.0,
    "renyi(p, 2)": 0.0,
    "renyi(p || p, 2)": 0.0,
    "renyi(p || p, 0.5)": 0.0,
    "tsallis(p, 0.5)": 0.0,
    "tsallis(p || q, 0.5)": 2 / 3,
    "alpha_div(p || q, 0.5)": 4 / 3,
    "tv_distance(p || q)": 1 / 3,
    "hellinger(p || q)": 1 / 3,
    "mutual_information[batch](p)": math.log(3),
    "confidence(p)": 1.0,
    "margin(p)": 1.0,
    "entropy(mix(p, q, 0.5))": math.log(2) / 3,
    "entropy(sharpen(p, 0.5))": 0.0,
    "ce(p, p)": 0.0,
}


@pytest.mark.parametrize("expression", ENDS)
def test_one_hot_probabilities(expression):
    inputs = {"p": ("probs[batch, class]", ONE_HOT), "q": ("probs[batch, class]", SHIFTED)}
    found, gradients = value(expression, {n: i for n, i in inputs.items() if re.search(rf"\b{n}\b", expression)})
    assert found == pytest.approx(ENDS[expression], abs=1e-12)
    assert all(torch.isfinite(g).all() for g in gradients.values() if g is not None)


def test_ties():
    even = torch.zeros(2, 4, dtype=torch.float64)
    found, gradients = value("margin(p)", {"p": ("logits[batch, class]", even)})
    assert found == 0 and torch.isfinite(gradients["p"]).all()
    found, gradients = value("confidence(p)", {"p": ("logits[batch, class]", even)})
    assert found == 0.25 and gradients["p"].abs().max() < 1e-16


@pytest.mark.parametrize("expression", [*ONE, *TWO, *MODERATE])
def test_rows_and_events_that_a_mask_excludes(expression):
    names = [n for n in "pq" if re.search(rf"\b{n}\b", expression)]
    rows = torch.tensor([True, False, True, True, False])
    events = torch.tensor([True, True, False, True])
    masked = {n: z.masked_fill(~(rows[:, None] & events), torch.nan) for n, z in {"p": P, "q": Q}.items()}
    inputs = {n: ("logits[batch, class] where keep and known", masked[n]) for n in names}
    inputs |= {"keep": ("mask[batch]", rows), "known": ("mask[class]", events)}
    plain = {n: ("logits[batch, class]", {"p": P, "q": Q}[n][rows][:, events]) for n in names}
    found, gradients = value(expression, inputs)
    right, expected = value(expression, plain)
    assert found == pytest.approx(right, rel=1e-12)
    for n in names:
        assert torch.allclose(gradients[n][rows][:, events], expected[n], rtol=0, atol=1e-12)
        assert (gradients[n][~rows] == 0).all() and (gradients[n][:, ~events] == 0).all()
