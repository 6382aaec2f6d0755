"""Norms."""

from __future__ import annotations

from lossdsl.rewrites.rule import Rule

RULES = (
    Rule(
        "norm-by-hand",
        "sqrt(sum[a](square(x)))",
        "norm[a](x)",
        "the square root has an infinite slope at 0, the norm a subgradient of 0; and squares overflow",
    ),
    Rule("square-by-power", "x ^ 2", "square(x)", "a product is exact where a power is not"),
)
