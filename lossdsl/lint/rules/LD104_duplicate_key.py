"""A key that is given twice; found by the decoder."""

from lossdsl.lint.rule import Rule


class DuplicateKey(Rule):
    code = "LD104"
    name = "duplicate-key"
    severity = "error"
    needs = "text"

    what = (
        "Finds keys that stand twice in one mapping, and names that an input shares with a param or a state."
    )
    why = """
YAML readers keep the last of two equal keys without a word, so the first term, weight or input is gone. A
name that means two things makes an expression read differently from what its author meant.
"""
    example = """
lossdsl: 1
name: doubled
inputs: {x: "real[batch]"}
loss:
  fit: mean(square(x))
  fit: mean(abs(x))
"""
    instead = """
lossdsl: 1
name: doubled
inputs: {x: "real[batch]"}
loss:
  fit: mean(square(x))
  size: mean(abs(x))
"""
    fix_safety = "There is no fix: only the author knows which of the two is meant."
    references = ("YAML 1.2.2, section 3.2.1.1, https://yaml.org/spec/1.2.2/#3211-nodes",)
