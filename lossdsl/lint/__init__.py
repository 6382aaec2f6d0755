"""Findings about a spec as values: rules, suppressions, fixes and renderers."""

from __future__ import annotations

from pathlib import Path

from lossdsl.source.diagnostic import Diagnostic

__all__ = ["lint"]


# The public `lossdsl.lint` is this function. It lives in the package itself, so that `lossdsl/__init__.py`
# can bind the name after the package is imported; a lazy attribute would be overwritten by the import.
def lint(path_or_text: str | Path) -> list[Diagnostic]:
    """All findings in a spec file, a folder of specs, or the text of a spec, sorted by place.

    A `Path`, or a string that names something that exists, is read from disk; a string that holds a line break or a
    `lossdsl:` key is the text itself.

    Raises `UnreadableError` (a `LossDSLError`) for a missing or undecodable file and for a folder without specs.

    >>> [d.code for d in lint("lossdsl: 1\\nname: t\\ninputs: {x: 'real[a]'}\\nloss: mean(xx)\\n")]
    ['LD002']
    """
    from lossdsl.lint.runner import lint as run

    return run(path_or_text)
