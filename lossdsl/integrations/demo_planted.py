"""A spec with two planted mistakes, to show what the linter says."""

from __future__ import annotations

NAME = "planted_mistake.yaml"

# A folded scalar: the file's lines are not the expression's, yet the marks must hit the right characters.
TEXT = """\
lossdsl: 1
name: planted_mistake
inputs:
  logits: logits[batch, class]
  labels: index[batch] of class
  attn: probs[batch, head, query, key]
  view1: logits[batch, class]
  view2: logits[batch, class]
loss: >
  ce(logits, labels)
  + 0.1 * entropy[class](attn)
  + kl(view1 || veiw2)
"""


def findings(color: bool) -> str:
    """The linter's findings in `TEXT`, as `lossdsl lint` shows them."""
    from lossdsl.lint.render.full import blocks
    from lossdsl.lint.runner import lint_text

    return "\n\n".join(blocks(lint_text(TEXT, NAME), color))
