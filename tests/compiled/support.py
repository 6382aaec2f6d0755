"""Compares a compiled loss with its eager self: totals, terms, metrics and the gradient of every input."""

import torch

import lossdsl

# A reduction in another order, and functions of the vector unit that are exact to a few units in the last place: a
# hundred roundings at most lie between a value and an input of these sizes.
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def typed(inputs, dtype):
    return {n: t.to(dtype) if t.is_floating_point() else t for n, t in inputs.items()}


def evaluated(loss, inputs, **call):
    """The output and the gradient of the sum of its totals by each floating-point input."""
    leaves = {n: t.clone().requires_grad_(t.is_floating_point()) for n, t in inputs.items()}
    out = loss(leaves, **call)
    totals = [part.loss for part in out.losses.values()] or [out.loss]
    total = sum(totals)
    learned = {n: t for n, t in leaves.items() if t.requires_grad}
    if not total.requires_grad:
        return out, {}
    gradients = torch.autograd.grad(total, list(learned.values()), allow_unused=True)
    return out, dict(zip(learned, gradients, strict=True))


def numbers(out):
    """Every number of an output by name."""
    parts = out.losses or {"": out}
    found = {f"{p} {kind} {n}": v for p, part in parts.items()
             for kind in ("terms", "unweighted", "counts") for n, v in part[kind].items()}  # fmt: skip
    return (
        found
        | {f"{p} loss": part.loss.detach() for p, part in parts.items()}
        | {f"metric {n}": v for n, v in out.metrics.items()}
    )


def close(found, wanted, dtype, what):
    """Within the tolerance, relative to the largest element; infinities and NaN in the same places."""
    found, wanted = found.double(), wanted.double()
    assert found.shape == wanted.shape, what
    finite = torch.isfinite(wanted)
    assert torch.equal(torch.isfinite(found), finite) and torch.equal(
        found[~finite].nan_to_num(), wanted[~finite].nan_to_num()
    ), f"{what}: {found} is not {wanted}"
    scale = max(1.0, wanted[finite].abs().max().item()) if finite.any() else 1.0
    error = (found - wanted)[finite].abs().max().item() if finite.any() else 0.0
    assert error <= TOLERANCE[dtype] * scale, f"{what}: off by {error:.3g} at {scale:.3g}"


def same(eager, compiled, inputs, dtype, **call):
    """Both give the same, for inputs of the type; returns the eager output."""
    inputs = typed(inputs, dtype)
    wanted, slopes = evaluated(eager, inputs, **call)
    out, found = evaluated(compiled, inputs, **call)
    assert numbers(out).keys() == numbers(wanted).keys()
    for name, value in numbers(wanted).items():
        close(numbers(out)[name], value, dtype, name)
    assert found.keys() == slopes.keys()
    for name, slope in slopes.items():
        # An input that a loss does not depend on has no gradient in eager torch and may have zeros when compiled.
        zero = torch.zeros_like(inputs[name])
        close(
            zero if found[name] is None else found[name], zero if slope is None else slope, dtype, f"gradient of {name}"
        )
    for name, value in eager.state.items():
        close(compiled.state[name], value, dtype, f"state {name}")
    return wanted


def pair(spec, **params):
    return lossdsl.load(spec, params, compile=False), lossdsl.load(spec, params)
