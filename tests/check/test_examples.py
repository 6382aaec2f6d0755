"""Examples of a spec, to the digits written."""

from __future__ import annotations

from typing import Any

import pytest

from lossdsl.check import check
from lossdsl.check.examples import tolerance
from tests.check.support import spec


def checked(example: dict[str, Any], **more: Any) -> list[Any]:
    inputs = {"logits": "logits[batch, class]", "labels": "index[batch] of class"}
    report = check(spec(inputs, {"ce": "tau * ce(logits, labels)"}, params={"tau": 1.0}, examples=[example], **more))
    return [row for row in report.rows if row.what == "examples"]


RIGHT = {
    "given": {"logits": [[2.0, 0.0]], "labels": [0]},
    "loss": 0.126928011,
    "terms": {"ce": 0.1269},
    "grad": {"logits": [[-0.119203, 0.119203]]},
}


def test_a_right_example_passes() -> None:
    rows = checked(RIGHT)
    assert len(rows) == 3
    assert all(row.ok for row in rows)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"loss": 0.126929}, "loss is 0.126928011, the example says 0.126929"),
        ({"terms": {"ce": 0.1268}}, "term ce is"),
        ({"grad": {"logits": [[-0.119203, 0.119204]]}}, "gradient of logits is"),
        ({"grad": {"logits": [-0.119203, 0.119203]}}, "gradient of logits has shape [1, 2], the example [2]"),
        ({"params": {"tau": 2.0}}, "loss is 0.253856022"),
        ({"given": {"logits": [[2.0, 0.0]]}}, "the loss was called without `labels`"),
    ],
)
def test_a_wrong_example_fails(change: dict[str, Any], said: str) -> None:
    bad = [row for row in checked({**RIGHT, **change}) if not row.ok]
    assert said in bad[0].note


def test_the_tolerance_is_half_of_the_last_digit_written() -> None:
    assert tolerance(0.126928011) == pytest.approx(1.27e-7, rel=1e-2)  # a millionth is more than its digits say
    assert tolerance(0.13) == pytest.approx(0.005, rel=1e-2)
    assert tolerance(1.5e-7) == pytest.approx(5e-9, rel=1e-2)
    assert tolerance(3.0) == pytest.approx(3e-6)
    assert tolerance(0.0) == 1e-12


def test_state_and_clocks_of_an_example() -> None:
    state = {"mu": {"start": 0, "is": "real[f]", "update": "mu"}}
    example = {"given": {"z": [[1.0, 2.0]], "step": 10}, "state": {"mu": [1.0, 0.0]}, "loss": 20.0}
    report = check(spec({"z": "real[batch, f]"}, "step * mean(square(z - mu))", state=state, examples=[example]))
    assert [row.ok for row in report.rows if row.what == "examples"] == [True]
