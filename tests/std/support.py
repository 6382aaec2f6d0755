"""Compares a definition of the standard library with an independent float64 reference, in value and gradient."""

import torch

import lossdsl

VALUE, GRADIENT = 1e-9, 1e-8  # relative; the references are float64 too, so what is lost is rounding alone

SATURATED = torch.tensor(
    [[50, -50, 0, 1], [-50, -50, 50, -50], [0, 0, 0, 0], [50, 50, -50, -50], [1, 2, 3, -50]], dtype=torch.float64
)


def compiled(expression, declarations, **spec):
    return lossdsl.load(
        {"lossdsl": 1, "name": "tested", "inputs": declarations, "loss": {"term": expression}, **spec}, compile=False
    )


def agree(expression, inputs, reference, over=None, tolerance=1.0, **spec):
    """The mean of an expression against that of the reference.

    `inputs` gives a declaration and a tensor by name. `over` names the axes of the result, in any order that the
    reference has too: each element is then weighted differently, so that none can take the place of another.
    """
    declarations = {name: declaration for name, (declaration, _) in inputs.items()}
    ours, theirs = ({n: leaf(tensor, declaration) for n, (declaration, tensor) in inputs.items()} for _ in "ab")
    expected = reference(*theirs.values())
    given = dict(ours)
    if over is not None:
        weight = torch.linspace(0.5, 2.0, expected.numel(), dtype=torch.float64).reshape(expected.shape)
        expression = f"element_weight * ({expression})"
        declarations = {**declarations, "element_weight": f"real[{over}] fixed"}
        given["element_weight"] = weight
        expected = expected * weight
    expected = expected.mean()
    found = compiled(expression, declarations, **spec)(**given).loss
    close(found.detach(), expected.detach(), VALUE * tolerance, expression)
    learned = [name for name, tensor in ours.items() if tensor.requires_grad]
    if not learned or not expected.requires_grad:
        return
    mine = torch.autograd.grad(found, [ours[n] for n in learned], allow_unused=True)
    right = torch.autograd.grad(expected, [theirs[n] for n in learned], allow_unused=True)
    for name, a, b in zip(learned, mine, right, strict=True):
        empty = torch.zeros_like(ours[name])
        close(empty if a is None else a, empty if b is None else b, GRADIENT * tolerance, f"{expression} by {name}")


def leaf(tensor, declaration):
    return tensor.clone().requires_grad_(tensor.is_floating_point() and not declaration.endswith("fixed"))


def close(found, expected, tolerance, what):
    assert torch.isfinite(expected).all(), f"{what}: the reference is {expected}"
    scale = max(1.0, expected.abs().max().item())
    error = (found.double() - expected).abs().max().item()
    assert error <= tolerance * scale, f"{what}: {found} is not {expected} (off by {error:.3g})"


def value(expression, inputs, **spec):
    """The value of an expression, and its gradients by name."""
    declarations = {name: declaration for name, (declaration, _) in inputs.items()}
    given = {name: leaf(tensor, declaration) for name, (declaration, tensor) in inputs.items()}
    loss = compiled(expression, declarations, **spec)(**given).loss
    if loss.requires_grad:
        loss.backward()
    return loss.item(), {name: tensor.grad for name, tensor in given.items()}


def random(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def masked(declaration, tensor, keep):
    """A value of which the mask `keep` excludes elements, NaN in those; `keep` has the first axes of the tensor."""
    held = tensor.clone()
    held[~keep] = torch.nan
    return f"{declaration} where keep", held
