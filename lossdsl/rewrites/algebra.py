"""Neutral elements and double negation."""

from __future__ import annotations

from lossdsl.rewrites.rule import Rule

RULES = (
    Rule("where-twice", "where(m, where(m, x, y), w)", "where(m, x, w)", "the inner selection is never seen"),
    Rule("plus-zero", "x + 0", "x", "nothing to add"),
    Rule("times-one", "x * 1", "x", "nothing to scale"),
    Rule("over-one", "x / 1", "x", "nothing to scale"),
    Rule("double-negation", "-(-x)", "x", "the signs cancel"),
)
