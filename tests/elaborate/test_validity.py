"""Which masks the typed graph attaches to a value."""

from __future__ import annotations

import pytest

from lossdsl.elaborate.typed import Typed
from tests.language.helpers import module

INPUTS = {
    "x": "real[b, f]",
    "y": "index[b] of f ignore -1",
    "m": "mask[b, f]",
    "n": "mask[b, f]",
    "rows": "mask[b]",
    "t": "real[b, f] where m",
}


def spelt(mask: Typed) -> str:
    if mask.op in ("input", "const", "position"):
        return str(dict(mask.attrs).get("name", dict(mask.attrs).get("value", mask.op)))
    return f"{mask.op}({', '.join(spelt(a) for a in mask.args)})"


def masks_of(expression: str) -> set[str]:
    value = module(INPUTS, "mean(x)", define={"it": expression}).program.definitions["it"]
    for mask in value.valid:
        assert set(mask.type.names) <= set(value.type.names), "a mask has no axis that its value lacks"
    return {spelt(m) for m in value.valid}


@pytest.mark.parametrize(
    ("expression", "masks"),
    [
        ("x", set()),
        ("x where m", {"m"}),
        ("x where m where n", {"m", "n"}),
        ("(x where m) + (x where n)", {"m", "n"}),
        ("t * 2", {"m"}),
        ("sum[f](x where m)", set()),
        ("mean[f](x where m where rows)", {"rows"}),
        ("max[f](x where m)", {"any(m)"}),
        ("max[f](x where m, empty=0)", set()),
        ("max[b](x where m where rows)", {"any(and(m, rows))"}),
        ("logsumexp[b, f](x where m)", {"any(m)"}),
        ("softmax[f](x where m)", {"m"}),
        ("dot[f](x where m, x where rows)", {"rows"}),
        ("(x where m)[f=0]", {"pick(m)"}),
        ("(x where m)[b=1..]", {"slice(m)"}),
        ("(x where m)[c, f]", {"rename(m)"}),
        ("(x where m)[c, f][b, f]", {"m"}),
        ("(x where m where rows)[f=0]", {"pick(m)", "rows"}),
        ("x[f=y]", {"not_equal(y, -1)"}),
        ("(x where m)[f=y]", {"gather(m, mask_by(y, not_equal(y, -1)))", "not_equal(y, -1)"}),
        ("y == f", {"not_equal(y, -1)"}),
        ("sg(x where m)", {"m"}),
        ("where(m, x where n, x)", {"or(not(m), n)"}),
        ("where(m, x, x where n)", {"or(m, n)"}),
        # The branch taken where m fails is valid only where m holds: nowhere.
        ("where(m, x where n, t where n)", {"n", "or(m, m)"}),
        ("where(m, t, x)", set()),
        ("where(m where rows, x, 0)", {"rows"}),
    ],
)
def test_masks(expression: str, masks: set[str]) -> None:
    assert masks_of(expression) == masks
