import math

import pytest

from lossdsl.source.core_schema import core_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3), ("1.0e-3", 1e-3), ("+1.5E+2", 150.0), (".5", 0.5), ("1.", 1.0), ("-.5", -0.5),
        ("0", 0), ("-12", -12), ("+7", 7), ("010", 10), ("0o7", 7), ("0xfF", 255), (".inf", math.inf),
        ("-.Inf", -math.inf), ("+.INF", math.inf), ("true", True), ("True", True), ("FALSE", False),
        ("null", None), ("~", None), ("", None), ("Null", None),
    ],
)  # fmt: skip
def test_typed(text, value):
    assert core_value(text) == value
    assert type(core_value(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    ["off", "yes", "No", "on", "y", "12:30", "1_000", "0b1", "tRue", "nil", "1e", "e1", ".", "-", "+",
     "1e-3x", "0o8", "-0x1", "2024-01-01", "inf", "nan", "1 2", ".e3", "..inf", "\uff11"],
)  # fmt: skip
def test_text(text):
    assert core_value(text) == text


def test_nan_and_numbers_without_end():
    assert math.isnan(core_value(".nan"))
    assert core_value("9" * 100_000) == math.inf
    assert core_value("0x" + "f" * 100_000) == "0x" + "f" * 100_000
