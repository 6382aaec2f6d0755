"""Facts about words and operators that the parser and the unparser share."""

from __future__ import annotations

RESERVED = frozenset({"where", "and", "or", "not", "true", "false"})  # never the name of a value or an axis

NOISES = ("normal", "uniform", "rademacher", "permutation")

# Binding strength, loosest first.
PAIR, WHERE, OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGNED, POWER, POSTFIX = range(11)

BINDING = {
    "or": OR,
    "and": AND,
    "<": COMPARE,
    "<=": COMPARE,
    "==": COMPARE,
    "!=": COMPARE,
    ">": COMPARE,
    ">=": COMPARE,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "^": POWER,
}

# Operators whose left-nested chains (`a + b - c ...`) are read as one flat list and do not count as nesting.
CHAINING = frozenset({OR, AND, SUM, PRODUCT})
