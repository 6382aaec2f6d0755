"""All tables of rewrites, in the order in which they are tried."""

from __future__ import annotations

from lossdsl.rewrites import algebra, log_exp, norm, sigmoid, softmax
from lossdsl.rewrites.rule import Rule

STABILISING: tuple[Rule, ...] = softmax.RULES + sigmoid.RULES + log_exp.RULES + norm.RULES + algebra.RULES
