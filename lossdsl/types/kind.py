"""The kinds: which representation of which quantity a value is."""

from __future__ import annotations

LOGITS = "logits"  # unnormalised log-probabilities over the event axis
LOGPROBS = "logprobs"
PROBS = "probs"
SCORE = "score"  # log-odds, element by element
PROB = "prob"
INDEX = "index"  # integers that index an axis
MASK = "mask"
REAL = "real"

DISTRIBUTIONS = frozenset({LOGITS, LOGPROBS, PROBS})
KINDS = frozenset({LOGITS, LOGPROBS, PROBS, SCORE, PROB, INDEX, MASK, REAL})

SCALAR = "scalar"  # in a signature alone: a number without axes

# What a signature such as `p ~ dist[k]` accepts.
ACCEPTS: dict[str, frozenset[str]] = {
    "dist": DISTRIBUTIONS,
    LOGITS: frozenset({LOGITS}),
    PROBS: frozenset({PROBS}),
    LOGPROBS: frozenset({LOGPROBS}),
    # A plain real number may stand for log-odds; a probability may not (the double sigmoid).
    SCORE: frozenset({SCORE, REAL}),
    PROB: frozenset({PROB, PROBS}),
    INDEX: frozenset({INDEX}),
    MASK: frozenset({MASK}),
    REAL: KINDS - {INDEX},
    SCALAR: frozenset({REAL}),
}
