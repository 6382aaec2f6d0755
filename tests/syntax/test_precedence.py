import pytest

from tests.syntax.helpers import bracketed


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c", "((a / b) * c)"),
        ("-x^2", "(- (x ^ 2))"),
        ("-x'^2", "(- (x' ^ 2))"),
        ("2^-x", "(2 ^ (- x))"),
        ("2^-x^2", "(2 ^ (- (x ^ 2)))"),
        ("a^b^c", "(a ^ (b ^ c))"),
        ("a**b^c", "(a ^ (b ^ c))"),
        ("-a * b", "((- a) * b)"),
        ("a * -b", "(a * (- b))"),
        ("a - -b", "(a - (- b))"),
        ("--a", "(- (- a))"),
        ("a + b < c * d", "((a + b) < (c * d))"),
        ("not a == b", "(not (a == b))"),
        ("not not a", "(not (not a))"),
        ("not a and b", "((not a) and b)"),
        ("a and not b or c", "((a and (not b)) or c)"),
        ("a or b and c", "(a or (b and c))"),
        ("a and b and c", "((a and b) and c)"),
        ("x where a or b", "(x where (a or b))"),
        ("x where m where n", "((x where m) where n)"),
        ("a + b where m", "((a + b) where m)"),
        ("a < b where not m", "((a < b) where (not m))"),
        ("a - b[c]'", "(a - <b[c]>')"),
        ("(a + b)'^2", "(<(a + b)>' ^ 2)"),
        ("a<-b", "(a < (- b))"),
        ("a==b", "(a == b)"),
        ("(a < b) == (c >= d)", "((a < b) == (c >= d))"),
    ],
)
def test_reading(text: str, reading: str) -> None:
    assert bracketed(text) == reading
