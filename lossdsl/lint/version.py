"""The version of the installed package."""

from __future__ import annotations


def version() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("lossdsl")
    except PackageNotFoundError:
        return "0+unknown"
