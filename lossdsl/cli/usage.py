"""Mistakes in how the program was called."""

from __future__ import annotations


class UsageError(Exception):
    """The message for one; the program ends with exit code 2."""
