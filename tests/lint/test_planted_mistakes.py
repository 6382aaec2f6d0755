"""Three mistakes inside a folded scalar point at the right characters."""

import pytest

import lossdsl

SPEC = """lossdsl: 1
name: planted
inputs:
  logits: logits[batch, class]
  labels: index[batch] of class ignore -100
  attn: probs[batch, head, query, key]
loss: >-
  ce(logits, labels)
  + 0.1 * {middle}

  + 2 * entropy(attn)
"""

MISTAKES = {
    "unknown name": ("entropy(atn)", "LD002", "atn"),
    "unknown function": ("entropie(attn)", "LD002", "entropie"),
    "wrong axis of a definition": ("entropy[class](attn)", "LD005", "class"),
    "wrong axis of a primitive": ("mean(max[feature](logits))", "LD005", "max[feature](logits)"),
    "probabilities where logits are due": ("entropy(softmax(attn / 1))", "LD203", "softmax(attn / 1)"),
    "softmax twice": ("entropy(softmax(attn))", "LD301", "attn"),
    "a real where a distribution is due": ("entropy(attn * 2)", "LD304", "attn * 2"),
    "syntax": ("entropy(attn))", "LD001", ")"),
}


@pytest.mark.parametrize("middle, code, text", MISTAKES.values(), ids=MISTAKES)
def test_place(middle, code, text):
    (found,) = (d for d in lossdsl.lint(SPEC.format(middle=middle)) if d.severity == "error")
    assert found.code == code and found.span is not None
    assert found.span.text == text and found.line == 9
    column = len("  + 0.1 * ") + middle.rindex(text) + 1
    assert found.column == column
    assert found.help


def test_the_sound_spec_is_clean():
    assert lossdsl.lint(SPEC.format(middle="entropy(logits)")) == []
