"""Numbers that can be trusted: a loss against an independent float64 reference, its gradients against differences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lossdsl.check.report import Report
    from lossdsl.spec.model import Spec

__all__ = ["check"]


# `lossdsl/__init__.py` binds the name `lossdsl.check` to this function, over the package of that name.
def check(
    spec: str | Path | Mapping[str, Any] | Spec,
    params: Mapping[str, Any] | None = None,
    *,
    compiled: bool = False,
    seed: int = 0,
) -> Report:
    """Compare a loss with what its spec means, on ordinary and on extreme inputs.

    `spec` is the path of a YAML file, a packaged name, a mapping or a decoded spec. Required params that `params`
    lacks take placeholders. `compiled=True` also runs the loss through torch.compile, which costs seconds. The report
    has one row for each comparison, is true if all of them hold, and prints as a table.
    Raises LossDSLError if the spec does not compile.

    >>> bool(check({"lossdsl": 1, "name": "l", "inputs": {"x": "real[batch]"}, "loss": "mean(square(x))"}))
    True
    """
    from lossdsl.check.suite import run

    return run(spec, params or {}, compiled, seed)
