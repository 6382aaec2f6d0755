"""The logistic function and its logarithms."""

from __future__ import annotations

from lossdsl.rewrites.rule import Rule

SATURATES = "the sigmoid rounds to 0 or 1 for log-odds beyond 17 in float32; its log is then -inf or 0"

RULES = (
    Rule("log-of-sigmoid", "log(sigmoid(x))", "logsigmoid(x)", SATURATES),
    Rule("log-of-one-minus-sigmoid", "log(1 - sigmoid(x))", "logsigmoid(-x)", SATURATES),
    Rule("one-minus-sigmoid", "1 - sigmoid(x)", "sigmoid(-x)", "the difference cancels for large log-odds"),
    Rule("xlogy-of-sigmoid", "xlogy(w, sigmoid(x))", "w * logsigmoid(x)", SATURATES),
)
