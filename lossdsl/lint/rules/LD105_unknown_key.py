"""A key that the language does not have; found by the decoder."""

from lossdsl.lint.rule import Rule


class UnknownKey(Rule):
    code = "LD105"
    name = "unknown-key"
    severity = "error"
    needs = "text"

    what = "Finds keys that mean nothing where they stand."
    why = """
A misspelt key is a setting that has no effect. If it were skipped, the spec would train with a default that
nobody chose.
"""
    example = """
lossdsl: 1
name: misspelt
inputs: {x: "real[batch]"}
metric: {size: mean(abs(x))}
loss: mean(square(x))
"""
    instead = """
lossdsl: 1
name: misspelt
inputs: {x: "real[batch]"}
metrics: {size: mean(abs(x))}
loss: mean(square(x))
"""
    fix_safety = "Unsafe: the key is renamed to the only one like it, which may not be the one meant."
    references = (
        "actionlint, unexpected keys, https://github.com/rhysd/actionlint/blob/main/docs/checks.md",
    )
