import pytest
import torch

from tests.std.support import agree, masked, random, value

LOGP, OLD, REF, ADV = (-random(4, 5, seed=s).abs() if s < 4 else random(4, 5, seed=s) for s in (1, 2, 3, 4))
INPUTS = {
    "logp": ("real[row, time]", LOGP),
    "old": ("real[row, time] fixed", OLD),
    "ref": ("real[row, time] fixed", REF),
    "adv": ("real[row] fixed", ADV[:, 0]),
}


def ppo(logp, old, adv, low=0.2, high=0.2):
    ratio, adv = (logp - old).exp(), adv[:, None]
    return -torch.minimum(ratio * adv, ratio.clamp(1 - low, 1 + high) * adv)


def k3(logp, ref):
    return (ref - logp).exp() - (ref - logp) - 1


TOKENS = {
    "pg(logp, adv)": lambda logp, adv: -logp * adv[:, None],
    "ppo_clip(logp, old, adv)": ppo,
    "ppo_clip(logp, old, adv, 0.1)": lambda logp, old, adv: ppo(logp, old, adv, 0.1, 0.1),
    "ppo_clip(logp, old, adv, eps_high=0.5)": lambda logp, old, adv: ppo(logp, old, adv, 0.2, 0.5),
    "grpo(logp, old, ref, adv)": lambda logp, old, ref, adv: ppo(logp, old, adv) + 0.04 * k3(logp, ref),
    "grpo(logp, old, ref, adv, 0.1, beta=1)": lambda logp, old, ref, adv: ppo(logp, old, adv, 0.1, 0.1) + k3(logp, ref),
    "kl_k1(logp, ref)": lambda logp, ref: logp - ref,
    "kl_k2(logp, ref)": lambda logp, ref: (logp - ref) ** 2 / 2,
    "kl_k3(logp, ref)": k3,
}


def needed(expression):
    return {n: i for n, i in INPUTS.items() if n in expression.partition("(")[2]}


@pytest.mark.parametrize("expression", TOKENS)
def test_losses_of_tokens(expression):
    agree(expression, needed(expression), TOKENS[expression], over="row, time")


@pytest.mark.parametrize("expression", TOKENS)
def test_masked_tokens(expression):
    keep = torch.arange(20).reshape(4, 5) % 3 > 0
    inputs = needed(expression)
    held = {n: masked(d, t, keep) if t.ndim == 2 else (d, t) for n, (d, t) in inputs.items()}
    found, gradients = value(expression, held | {"keep": ("mask[row, time]", keep)})
    right = TOKENS[expression](**{n: t for n, (_, t) in inputs.items()})[keep].mean()
    assert found == pytest.approx(right.item(), rel=1e-12)
    assert (gradients["logp"][~keep] == 0).all() and torch.isfinite(gradients["logp"]).all()


def test_kl_k3_keeps_small_differences():
    inputs = {
        "logp": ("real[row]", torch.zeros(1, dtype=torch.float64)),
        "ref": ("real[row]", torch.tensor([1e-5]).double()),
    }
    assert value("kl_k3(logp, ref)", inputs)[0] == pytest.approx(5e-11, rel=1e-5)  # the next term is d^3/6


@pytest.mark.parametrize("clamp", [0.0, 0.2, 0.5])
def test_clamped_entropy(clamp):
    def reference(p):
        kept = p.shape[-1] - int(clamp * p.shape[-1])
        top = p.topk(kept, dim=-1).values.log_softmax(-1)
        return -(top.exp() * top).sum(-1)

    for z in (random(4, 10, seed=5), 50 * random(4, 10, seed=6).tanh()):
        agree(f"clamped_entropy(p, {clamp})", {"p": ("logits[token, vocab]", z)}, reference, over="token")
        agree(
            f"clamped_entropy(p, {clamp})",
            {"p": ("probs[token, vocab]", z.softmax(-1))},
            lambda p: reference(p.log()),
            over="token",
        )
