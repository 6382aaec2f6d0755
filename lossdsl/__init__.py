"""A declarative loss compiler: losses as text, checked by axes and kinds, compiled to torch modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# Bound at once: each function and its subpackage share a name, and a later import of the subpackage would
# otherwise put the module in its place. They load neither the compiler nor torch.
from lossdsl.check import check
from lossdsl.lint import lint

__version__ = "0.1.0"
__all__ = ["Diagnostic", "LossDSLError", "LossModule", "LossOutput", "check", "compile", "lint", "list_specs", "load"]

if TYPE_CHECKING:
    from lossdsl.api import compile, load  # noqa: A004
    from lossdsl.elaborate.stdlib import list_specs
    from lossdsl.runtime.module import LossModule
    from lossdsl.runtime.output import LossOutput
    from lossdsl.source.diagnostic import Diagnostic, LossDSLError

# Imported when first used: linting needs neither torch nor most of the package.
WHERE = {
    "Diagnostic": "lossdsl.source.diagnostic",
    "LossDSLError": "lossdsl.source.diagnostic",
    "LossModule": "lossdsl.runtime.module",
    "LossOutput": "lossdsl.runtime.output",
    "compile": "lossdsl.api",
    "list_specs": "lossdsl.elaborate.stdlib",
    "load": "lossdsl.api",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in WHERE:
        raise AttributeError(f"module 'lossdsl' has no attribute {name!r}")
    value = getattr(import_module(WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
