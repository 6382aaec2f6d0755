"""Every op of the table through its domain: value, gradient, masks, half precision, empty batches."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import pytest

from lossdsl.ops.op import Op
from lossdsl.ops.registry import FAMILIES, table
from tests.ops.cases import Lacking, cases
from tests.ops.harness import Case, agree, empty_batch, half_precision

OPS = sorted(table().values(), key=lambda op: op.name)
every_op = pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)


def made(op: Op, masked: bool) -> list[Case]:
    try:
        found = list(cases(op, masked))
    except Lacking as lack:
        pytest.fail(str(lack))
    assert found, f"`{op.name}` has no case: say in tests/ops/cases.py how it is called"
    return found


@every_op
def test_value_and_gradient(op: Op) -> None:
    for case in made(op, masked=False):
        agree(case)


@every_op
def test_invalid_elements_are_skipped_and_get_no_gradient(op: Op) -> None:
    for case in made(op, masked=True):
        agree(case)


@every_op
def test_half_precision_is_computed_in_float32(op: Op) -> None:
    for case in made(op, masked=False):
        half_precision(case)


@every_op
def test_empty_batch(op: Op) -> None:
    for case in made(op, masked=False):
        empty_batch(case)


def test_an_op_that_says_too_little_is_named_with_what_it_lacks() -> None:
    with pytest.raises(pytest.fail.Exception, match="`sqrt`: `domain` gives the interval of each of its 1 operands"):
        made(replace(table()["sqrt"], domain=()), masked=False)
    with pytest.raises(pytest.fail.Exception, match="`novel` has a calling form of its own: add its case"):
        made(replace(table()["sg"], name="novel"), masked=False)
    with pytest.raises(pytest.fail.Exception, match="`Op` is a new family of ops"):
        made(Op(name="novel", doc="", latex="", torch="", reference=abs), masked=False)


def test_a_file_is_named_after_its_op() -> None:
    for family in FAMILIES:
        package = import_module(f"lossdsl.ops.{family}")
        for module in iter_modules(package.__path__):
            op = import_module(f"{package.__name__}.{module.name}").OP
            assert module.name.rstrip("_") == op.name, f"{family}/{module.name}.py"


def test_no_two_ops_share_a_name() -> None:
    files = [m.name for f in FAMILIES for m in iter_modules(import_module(f"lossdsl.ops.{f}").__path__)]
    assert len(files) == len(table())
