"""Every rewrite keeps value and gradient, and none looks through a stop-gradient or past a shared name."""

from __future__ import annotations

import math
import re

import pytest
import torch

from lossdsl.rewrites.rule import Rule
from lossdsl.rewrites.tables import STABILISING
from tests.language.helpers import check, module, randn, run, same

X, Y, W = randn(4, 3, seed=1), randn(4, 3, seed=2).abs() + 0.2, randn(4, 3, seed=3)
M = randn(4, 3, seed=4) > 0
M[0] = True  # no row without a valid element, where both sides may differ by convention
M[1:, 0] = True
INPUTS = {"x": "real[batch, k]", "y": "real[batch, k]", "w": "real[batch, k]", "m": "mask[batch, k]"}


def spelt(text: str) -> str:
    """A pattern as an expression over the inputs: its axis named, its constants chosen."""
    return re.sub(r"\bc\b", "0.5", text.replace("[a]", "[k]"))


def plain(text: str):  # type: ignore[no-untyped-def]
    """A pattern in torch, by the plain meaning of each function."""
    names = {
        "log": torch.log,
        "exp": torch.exp,
        "sqrt": torch.sqrt,
        "square": torch.square,
        "log1p": torch.log1p,
        "expm1": torch.expm1,
        "softmax": lambda v: v.softmax(-1),
        "log_softmax": lambda v: v.log_softmax(-1),
        "sigmoid": torch.sigmoid,
        "sum": lambda v: v.sum(-1, keepdim=True),
        "logsumexp": lambda v: v.logsumexp(-1, keepdim=True),
        "norm": lambda v: v.norm(dim=-1, keepdim=True),
        "xlogy": torch.xlogy,
        "where": where,
        "c": torch.tensor(0.5, dtype=X.dtype),
        "softplus": lambda v: torch.log1p(v.exp()),
        "logsigmoid": torch.nn.functional.logsigmoid,
        "recip": torch.reciprocal,
    }
    code = text.replace("[a]", "").replace("^", "**")
    return lambda **given: eval(code, {**names, **given})  # noqa: S307 - our own patterns


def where(c, a, b):  # type: ignore[no-untyped-def]
    as_tensor = lambda v: torch.as_tensor(v, dtype=X.dtype)  # noqa: E731
    return torch.where(c, as_tensor(a), as_tensor(b))


@pytest.mark.parametrize("rule", STABILISING, ids=lambda r: r.name)
def test_value_and_gradient_stay(rule: Rule) -> None:
    x = Y if rule.name in NEEDS_POSITIVE else X
    loss = f"mean(({spelt(rule.find)}) * (k + 1))"
    given = {"x": x, "y": Y, "w": W, "m": M}
    reference = plain(rule.find)
    ramp = torch.arange(1, 4)
    compiled = module(INPUTS, loss)
    assert applied(compiled), f"the rule does not fire: {compiled.source}"
    check(INPUTS, loss, given, lambda **t: (reference(**t) * ramp).mean())


NEEDS_POSITIVE = {"log-of-one-plus", "norm-by-hand"}


def applied(loss) -> set[str]:  # type: ignore[no-untyped-def]
    return {name for variant in loss._variants.values() for name in variant.compiled.rewrites}


def calls(text: str) -> list[tuple[int, int]]:
    """Where each call inside a pattern stands, without the outermost one."""
    found = []
    for match in re.finditer(r"[a-z_0-9]+(\[a\])?\(", text):
        depth, end = 0, match.end() - 1
        for end in range(match.end() - 1, len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0:
                break
        if not (match.start() == 0 and end == len(text) - 1):
            found.append((match.start(), end + 1))
    return found


INSIDE = [(rule, span) for rule in STABILISING for span in calls(rule.find)]


@pytest.mark.parametrize(("rule", "span"), INSIDE, ids=lambda p: p.name if isinstance(p, Rule) else f"{p[0]}-{p[1]}")
def test_no_rule_looks_through_a_stop_gradient(rule: Rule, span: tuple[int, int]) -> None:
    start, end = span
    text = f"{rule.find[:start]}sg({rule.find[start:end]}){rule.find[end:]}"
    given = {"x": Y if rule.name in NEEDS_POSITIVE else X, "y": Y, "w": W, "m": M}
    reference = plain(text)
    check(
        INPUTS,
        f"mean(({spelt(text)}) * (k + 1))",
        given,
        lambda **t: (reference(sg=torch.Tensor.detach, **t) * torch.arange(1, 4)).mean(),
    )


@pytest.mark.parametrize(
    ("loss", "reference"),
    [
        ("mean(log(sg(softmax(z))) * z)", lambda z: (z.log_softmax(1).detach() * z).mean()),
        ("mean(sg(log(softmax(z))) * z)", lambda z: (z.log_softmax(1).detach() * z).mean()),
        ("mean(probs(sg(z)) * logprobs(z))", lambda z: (z.softmax(1).detach() * z.log_softmax(1)).mean()),
        (
            "kl(sg(z) || z)",
            lambda z: (z.softmax(1).detach() * (z.log_softmax(1).detach() - z.log_softmax(1))).sum(1).mean(),
        ),
        ("entropy(sg(z))", lambda z: z.sum() * 0 - (z.softmax(1) * z.log_softmax(1)).sum(1).mean().detach()),
        ("mean(z - sg(z))", lambda z: (z - z.detach()).mean()),
        ("mean(exp(z - sg(max[class](z))))", lambda z: (z - z.amax(1, keepdim=True).detach()).exp().mean()),
        ("mean(z / sg(norm[class](z)))", lambda z: (z / z.norm(dim=1, keepdim=True).detach()).mean()),
        ("mean(with_gradient(round(z), z)^2)", lambda z: ((z.round() - z).detach() + z).square().mean()),
        (
            "mean(st(sign(z), tanh(z)) * (class + 1))",
            lambda z: ((z.sign() - z.tanh()).detach() + z.tanh()).mul(torch.arange(1, 4)).mean(),
        ),
        (
            "mean(st(argmax[class](z) == class, softmax(z)) * (class + 1))",
            lambda z: (
                ((torch.nn.functional.one_hot(z.argmax(1), 3) - z.softmax(1)).detach() + z.softmax(1))
                .mul(torch.arange(1, 4))
                .mean()
            ),
        ),
        ("mean(sg(sg(z)) * z)", lambda z: (z.detach() * z).mean()),
        ("mean(sg(z * 2) + z)", lambda z: (z.detach() * 2 + z).mean()),
    ],
)
def test_flow(loss: str, reference) -> None:  # type: ignore[no-untyped-def]
    check({"z": "logits[batch, class]"}, loss, {"z": X}, reference)


@pytest.mark.parametrize("rule", STABILISING, ids=lambda r: r.name)
@pytest.mark.parametrize("mask", ["m", "rows"])
def test_under_a_mask_the_form_is_as_stable_and_as_exact(rule: Rule, mask: str) -> None:
    # The compiler guards operands where a mask leaves elements out; the rules must see through the guards.
    rows = torch.tensor([True, False, True, True])
    keep = M if mask == "m" else rows[:, None].expand(4, 3)
    x = Y if rule.name in NEEDS_POSITIVE else X
    reference = plain(rule.find)
    compiled = module({**INPUTS, "rows": "mask[batch]"}, f"mean({spelt(rule.find)} where {mask})")
    given = {"x": x, "y": Y, "w": W, "m": M, "rows": rows}
    assert applied(compiled), f"the rule does not fire: {compiled.source}"
    check(
        {**INPUTS, "rows": "mask[batch]"},
        f"mean({spelt(rule.find)} where {mask})",
        given,
        lambda rows, **t: (
            reference(**t).expand(4, 3)[keep].mean()
            if reference(**t).shape[1] == 3 or mask == "m"
            else reference(**t)[rows].mean()
        ),
        poison={"w": ~keep} | ({"x": ~keep, "y": ~keep} if mask == "rows" or not calls_row(rule) else {}),
    )


def calls_row(rule: Rule) -> bool:
    """Whether the pattern works along an axis, so that elements left out of the mean still take part."""
    return "[a]" in rule.find


@pytest.mark.parametrize(
    ("loss", "values", "expected"),
    [
        ("sum(log(softmax[k](x)))", [[-2000.0, 0.0]], -2000.0),
        ("sum(log(sigmoid(x)))", [[-2000.0, 0.0]], -2000.0 - math.log(2)),
        ("sum(log(1 - sigmoid(x)))", [[2000.0, 0.0]], -2000.0 - math.log(2)),
        ("sum(log(sum[k](exp(x))))", [[2000.0, 2000.0]], 2000.0 + math.log(2)),
        ("sum(exp(x) / sum[k](exp(x)))", [[2000.0, 2000.0]], 1.0),
        ("sum(log(1 + exp(x)))", [[2000.0, -2000.0]], 2000.0),
        ("sum(log(exp(x)))", [[2000.0, -2000.0]], 0.0),
        ("sum(log(exp(x) / sum[k](exp(x))))", [[2000.0, 2000.0]], -2 * math.log(2)),
        ("sum(exp(log_softmax[k](x)))", [[2000.0, 2000.0]], 1.0),
        ("sum(log(1 + x))", [[1e-18, 1e-17]], 1.1e-17),
        ("sum(exp(x) - 1)", [[1e-18, 1e-17]], 1.1e-17),
        ("sum(1 - exp(x))", [[1e-18, 1e-17]], -1.1e-17),
        ("sum(xlogy(x, softmax[k](x)))", [[-2000.0, 1.0]], 2001.0 * 2000.0),
    ],
)
def test_extremes(loss: str, values: list[list[float]], expected: float) -> None:
    out, found = run(module({"x": "real[batch, k]"}, loss), {"x": torch.tensor(values, dtype=torch.float64)})
    same(out.loss.detach(), torch.tensor(expected, dtype=torch.float64), "value", 1e-12)
    assert torch.isfinite(found["x"]).all()
