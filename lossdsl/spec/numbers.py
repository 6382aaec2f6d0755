"""Numbers and nested lists of numbers: as values for examples, as text for list constants."""

from __future__ import annotations

from collections.abc import Callable

from lossdsl.source.span import Fragment
from lossdsl.source.yaml_nodes import Node, Scalar, Sequence


def nested(node: Node, wrong: Callable[[Node], None], *, words: bool) -> object:
    """Numbers and booleans in lists of any depth, or None; strings too if `words` are allowed."""
    if isinstance(node, Sequence):
        items = [nested(item, wrong, words=words) for item in node.items]
        return None if any(item is None for item in items) else items
    value = node.value if isinstance(node, Scalar) else None
    if value is None or isinstance(value, str) and not words:
        wrong(node)
        return None
    return value


def list_fragment(node: Sequence) -> Fragment:
    """A list of scalars as the text `[1, 2]`, in whichever style it was written."""
    source, whole = node.span.source, node.span
    text, starts, ends = ["["], [whole.start], [whole.start + 1]
    for index, item in enumerate(node.items):
        assert isinstance(item, Scalar)
        if index:
            text.append(", ")
            starts += [ends[-1]] * 2
            ends += [item.span.start] * 2
        text.append(item.fragment.text)
        starts += item.fragment.starts
        ends += item.fragment.ends
    text.append("]")
    return Fragment("".join(text), source, [*starts, whole.end - 1], [*ends, whole.end], whole)
