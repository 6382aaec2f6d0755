"""Logarithms and exponentials."""

from __future__ import annotations

from lossdsl.rewrites.rule import Rule

RULES = (
    Rule("log-of-exp", "log(exp(x))", "x", "exp overflows and underflows; the argument does not"),
    Rule("log-of-exp-over", "log(exp(x) / y)", "x - log(y)", "the quotient of two overflowing numbers is NaN"),
    Rule("log-of-over-exp", "log(y / exp(x))", "log(y) - x", "the quotient of two overflowing numbers is NaN"),
    Rule("log-of-exp-times", "log(exp(x) * y)", "x + log(y)", "exp overflows and underflows; the argument does not"),
    Rule("log-of-one-plus-exp", "log(1 + exp(x))", "softplus(x)", "exp overflows above 88 in float32"),
    Rule("log1p-of-exp", "log1p(exp(x))", "softplus(x)", "exp overflows above 88 in float32"),
    Rule("log-of-one-plus", "log(1 + x)", "log1p(x)", "1 + x loses the digits of a small x"),
    Rule("exp-minus-one", "exp(x) - 1", "expm1(x)", "the difference cancels for a small x"),
    Rule("one-minus-exp", "1 - exp(x)", "-expm1(x)", "the difference cancels for a small x"),
    Rule("y-log-y", "y * log(y)", "xlogy(y, y)", "0 log 0 is 0 with gradient 0, in one guard instead of two"),
    Rule("xlogy-of-exp", "xlogy(w, exp(x))", "w * x", "exp underflows; the argument does not"),
)
