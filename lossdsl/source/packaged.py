"""Where the files that ship with the package are: inside an installed package, or beside it in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def packaged(*parts: str) -> Path:
    """The path of a packaged file or folder such as `packaged("specs", "std")`; it may not exist."""
    installed = PACKAGE.joinpath("_data", *parts)
    return installed if installed.exists() else PACKAGE.parent.joinpath(*parts)
