"""Compiles a loss and compares its value and every gradient with torch code that knows nothing of the compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

import lossdsl
from lossdsl.runtime.module import LossModule
from lossdsl.runtime.output import LossOutput
from lossdsl.source.diagnostic import Diagnostic, LossDSLError

Tensors = dict[str, torch.Tensor]
Reference = Callable[..., torch.Tensor]

POISONS = (float("nan"), float("inf"), float("-inf"), 1e300)


def spec(inputs: Mapping[str, str], loss: Any, **rest: Any) -> dict[str, Any]:
    return {"lossdsl": 1, "name": "test", "inputs": dict(inputs), "loss": loss, **rest}


def module(inputs: Mapping[str, str], loss: Any, **rest: Any) -> LossModule:
    params = rest.pop("given_params", None)
    return lossdsl.load(spec(inputs, loss, **rest), params, compile=False)


def differentiated(given: Mapping[str, Any]) -> tuple[Tensors, Tensors]:
    """Copies of the inputs that collect gradients where they can, and those copies alone."""
    copies = {n: v.detach().clone() if isinstance(v, torch.Tensor) else v for n, v in given.items()}
    leaves = {n: v.requires_grad_() for n, v in copies.items() if isinstance(v, torch.Tensor) and v.is_floating_point()}
    return copies, leaves


def gradients(total: torch.Tensor, leaves: Tensors) -> Tensors:
    """The gradient of each leaf, zeros for one that the total does not depend on."""
    if not total.requires_grad:
        return {n: torch.zeros_like(v) for n, v in leaves.items()}
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return {n: torch.zeros_like(v) if g is None else g for (n, v), g in zip(leaves.items(), found, strict=True)}


def run(loss: LossModule, given: Mapping[str, Any]) -> tuple[LossOutput, Tensors]:
    copies, leaves = differentiated(given)
    out = loss(**copies)
    return out, gradients(out.loss, leaves)


def same(found: torch.Tensor, expected: torch.Tensor, what: str, atol: float) -> None:
    torch.testing.assert_close(found, expected, rtol=atol, atol=atol, msg=lambda m: f"{what}: {m}\nfound {found}")


def check(
    inputs: Mapping[str, str],
    loss: Any,
    given: Mapping[str, torch.Tensor],
    reference: Reference,
    *,
    poison: Mapping[str, torch.Tensor] | None = None,
    no_gradient: tuple[str, ...] = (),
    **rest: Any,
) -> LossOutput:
    """Value to 1e-9 and gradients to 1e-8 in float64 against `reference(**given)`.

    `poison` names the elements of inputs that are masked out: they are filled with NaN and infinities in turn, which
    must change neither value nor gradient and leave a gradient of exactly zero there. The reference never sees them.
    """
    compiled = module(inputs, loss, **rest)
    copies, leaves = differentiated(given)
    wanted = reference(**copies)
    expected = gradients(wanted, leaves)
    for name in no_gradient:
        expected[name] = torch.zeros_like(expected[name])
    first: LossOutput | None = None
    for bad in (None, *(POISONS if poison else ())):
        filled = dict(given)
        for name, where in (poison or {}).items() if bad is not None else ():
            filled[name] = given[name].masked_fill(where, bad)
        out, found = run(compiled, filled)
        said = "" if bad is None else f" with {bad} in masked places"
        same(out.loss.detach(), wanted.detach(), f"value{said}", 1e-9)
        for name, gradient in found.items():
            same(gradient, expected[name], f"gradient of {name}{said}", 1e-8)
        for name, where in (poison or {}).items():
            assert (found[name][where] == 0).all(), f"gradient of {name} where it is masked{said}"
        if out.terms:
            same(sum(out.terms.values()), out.loss.detach(), f"sum of terms{said}", 1e-9)  # type: ignore[arg-type]
        first = first or out
    assert first is not None
    return first


def finding(inputs: Mapping[str, str], loss: Any, **rest: Any) -> Diagnostic:
    """The first error of a spec that must not compile."""
    try:
        module(inputs, loss, **rest)
    except LossDSLError as problem:
        return problem.diagnostics[0]
    raise AssertionError(f"compiled without an error: {loss}")


def marked(diagnostic: Diagnostic) -> str:
    """The text that a finding underlines."""
    span = diagnostic.span
    assert span is not None
    return span.source.text[span.start : span.end]


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mask(*rows: Any) -> torch.Tensor:
    return torch.tensor(rows if len(rows) > 1 else rows[0], dtype=torch.bool)
