"""Findings as text, one file per format."""

from __future__ import annotations

from importlib import import_module

from lossdsl.lint.report import Report

FORMATS = ("full", "concise", "json", "github", "sarif", "junit")


def render(report: Report, format: str = "full", *, color: bool = False) -> str:  # noqa: A002 - as on the command line
    """The report in one of `FORMATS`; `color` matters to `full` and `concise` only."""
    text: str = import_module(f"{__name__}.{format}").render(report, color)
    return text
