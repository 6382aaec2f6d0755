"""Every primitive is interpreted, and means what its file says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import lossdsl
from lossdsl.check.reference import SPECIAL
from lossdsl.ops.op import Along, Batched, Elementwise, Op, Reduction
from lossdsl.ops.registry import table
from tests.check.support import interpret
from tests.ops.cases import cases

OPS = sorted(table().values(), key=lambda op: op.name)
FLOWING = {"sg", "with_gradient", "grad"}  # tested in test_reference.py
ELABORATE = Path(lossdsl.__file__).parent / "elaborate"


@pytest.mark.parametrize("masked", [False, True], ids=["all valid", "masked"])
@pytest.mark.parametrize("op", [op for op in OPS if op.name not in FLOWING], ids=lambda op: op.name)
def test_primitive(op: Op, masked: bool) -> None:
    for case in cases(op, masked):
        inputs = {n: (d, case.arrays[n]) for n, d in case.declarations.items()}
        value = interpret(case.expression, inputs, case.axes, axes=dict(case.sizes))
        np.testing.assert_allclose(value, case.reference(case.arrays), rtol=1e-12, atol=1e-12)


def test_every_node_of_the_typed_graph_has_a_meaning() -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted(ELABORATE.glob("*.py")))
    made = set(re.findall(r'(?:graph|g)\.add\(\s*"(\w+)"', text)) | set(re.findall(r'\.leaf\("(\w+)"', text))
    assert {"input", "mask_by", "loop", "count_valid"} <= made
    families = {n for n, op in table().items() if isinstance(op, (Elementwise, Reduction, Along, Batched))}
    assert made - families - set(SPECIAL) - {"loop"} == set()
