"""Findings about a spec as values: rules, suppressions, fixes and renderers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lossdsl.source.diagnostic import Diagnostic

__all__ = ["lint"]


# `lossdsl/__init__.py` binds the name `lossdsl.lint` to this function, over the package of that name.
def lint(path_or_text: str | Path) -> list[Diagnostic]:
    """All findings in a spec file, a folder of specs, or the text of a spec, sorted by place.

    A `Path`, or a string that names something that exists, is read from disk; a string that holds a line
    break or a `lossdsl:` key is the text itself.
    Raises LossDSLError for a file that is missing or not UTF-8, and for a folder without specs.

    >>> [d.code for d in lint("lossdsl: 1\\nname: t\\ninputs: {x: 'real[a]'}\\nloss: mean(xx)\\n")]
    ['LD002']
    """
    from lossdsl.lint.runner import lint as run

    return run(path_or_text)
