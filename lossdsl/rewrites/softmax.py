"""Softmax, log-softmax and logsumexp."""

from __future__ import annotations

from lossdsl.rewrites.rule import Rule

UNDERFLOW = "the softmax underflows to 0 where its logit is some hundred below the largest; its log is then -inf"

OVERFLOW = "exp overflows above 88 in float32"

RULES = (
    Rule("log-of-softmax", "log(softmax[a](x))", "log_softmax[a](x)", UNDERFLOW),
    Rule("log-of-chosen-softmax", "log(where(m, softmax[a](x), c))", "where(m, log_softmax[a](x), log(c))", UNDERFLOW),
    Rule("log-of-softmax-over", "log(softmax[a](x) / y)", "log_softmax[a](x) - log(y)", UNDERFLOW),
    Rule("log-of-softmax-times", "log(softmax[a](x) * y)", "log_softmax[a](x) + log(y)", UNDERFLOW),
    Rule("exp-of-log-softmax", "exp(log_softmax[a](x))", "softmax[a](x)", "one pass instead of two"),
    Rule("softmax-of-log-softmax", "softmax[a](log_softmax[a](x))", "softmax[a](x)", "the shift cancels"),
    Rule("log-softmax-twice", "log_softmax[a](log_softmax[a](x))", "log_softmax[a](x)", "the shift cancels"),
    Rule("log-of-sum-exp", "log(sum[a](exp(x)))", "logsumexp[a](x)", OVERFLOW),
    Rule("log-of-masked-sum-exp", "log(sum[a](where(m, exp(x), 0)))", "logsumexp[a](where(m, x, log(0)))", OVERFLOW),
    Rule("xlogy-of-softmax", "xlogy(w, softmax[a](x))", "w * log_softmax[a](x)", UNDERFLOW),
    Rule("softmax-by-hand", "exp(x) / sum[a](exp(x))", "softmax[a](x)", OVERFLOW),
)
