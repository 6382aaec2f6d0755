import pytest

from lossdsl.syntax.ast import AxisRef, Binary, Interval
from lossdsl.syntax.parse import parse_declaration
from lossdsl.syntax.unparse import unparse
from tests.syntax.helpers import verbatim

DECLARATIONS = """
logits[batch, class]
logits[batch, class] fixed
index[batch] of class ignore -100
probs[batch, head, query, key]
probs[batch, head, query, key] over key
real[batch, time] fixed
real[batch, time] fixed where pad
mask[batch, time]
real[batch] >= 0
real[batch] > 0
real[batch] in [0, 1]
each real[out, rest...] of "encoder.*.weight"
noise[batch, feature] normal
noise[batch] uniform
noise[batch] rademacher
noise[batch] permutation
real[]
real[batch] >= 0 fixed = 1
real[batch] fixed = sg(logp)
each like w_each fixed
real[each]
index[batch] of dataset
probs[class]
""".strip().splitlines()

@pytest.mark.parametrize("text", DECLARATIONS)
def test_declarations_are_in_the_one_style(text: str) -> None:
    assert unparse(parse_declaration(verbatim(text))) == text


def test_a_declaration_with_everything() -> None:
    found = parse_declaration(verbatim("probs[b, k] over k in [0, 1) fixed where m and n = 1/size[k]"))
    assert found.kind == "probs" and found.kind_span.text == "probs"
    assert [axis.id for axis in found.axes] == ["b", "k"]
    assert isinstance(found.over, AxisRef) and found.over.id == "k"
    assert _sides(found.interval) == (0, 1, False, True)
    assert found.fixed and isinstance(found.where, Binary) and isinstance(found.default, Binary)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        (">= 0", (0, None, False, False)),
        ("> 0", (0, None, True, False)),
        ("<= 1", (None, 1, False, False)),
        ("< -1.5", (None, -1.5, False, True)),
        ("> 0 <= 1", (0, 1, True, False)),
        ("fixed < 1 where m fixed_point", None),
        ("in (0, 1)", (0, 1, True, True)),
    ],
)
def test_bounds(text: str, sides: tuple | None) -> None:
    if sides is None:
        with pytest.raises(Exception, match="fixed_point"):
            parse_declaration(verbatim(f"real[b] {text}"))
    else:
        assert _sides(parse_declaration(verbatim(f"real[b] {text}")).interval) == sides


def _sides(interval: Interval) -> tuple:
    return interval.low, interval.high, interval.low_open, interval.high_open


@pytest.mark.parametrize(
    "text",
    [
        "real[b] fixed >= 0 where m = 1",
        "real[b] = 1 where m fixed >= 0",
        "real[b] where m fixed = 1 in [0, 9]",
    ],
)
def test_qualifiers_in_any_order(text: str) -> None:
    found = parse_declaration(verbatim(text))
    assert found.fixed and found.where.id == "m" and found.default.value == 1 and found.interval.low == 0


def test_a_comparison_after_where_belongs_to_the_mask() -> None:
    found = parse_declaration(verbatim("real[b] where x >= 0"))
    assert isinstance(found.where, Binary) and found.interval is None


def test_parameters_of_a_bound_model() -> None:
    each = parse_declaration(verbatim('each real[out, rest...] of "encoder.*.weight"'))
    assert each.each and each.pattern == "encoder.*.weight" and each.of is None and each.axes[1].rest
    like = parse_declaration(verbatim("each like w_each fixed"))
    assert like.each and like.like == "w_each" and like.kind == "like" and like.axes is None and like.fixed
    scalars = parse_declaration(verbatim("real[each]"))
    assert scalars.per_each and scalars.axes == () and not scalars.each


def test_an_index() -> None:
    found = parse_declaration(verbatim("index[batch] of class ignore -100"))
    assert found.of.id == "class" and found.ignore == -100 and found.pattern is None
