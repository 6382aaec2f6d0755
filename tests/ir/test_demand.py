"""Which elements of each value are needed, and what is put where nobody needs them."""

from __future__ import annotations

from typing import Any

import pytest

from lossdsl.elaborate.typed import Typed, reachable
from lossdsl.ir.demand import MOST_ALTERNATIVES, Demands, joined
from tests.language.helpers import module

INPUTS = {
    "x": "real[b, f]",
    "y": "real[b, f]",
    "m": "mask[b, f]",
    "n": "mask[b, f]",
    "rows": "mask[b]",
    "t": "real[a, b]",
}


def demand(loss: Any, name: str, metrics: dict[str, str] | None = None) -> tuple[Any, Any, Demands]:
    """The demand of an input by uses that differentiate and by uses that only read."""
    program = module(INPUTS, loss, metrics=metrics or {}).program
    main = program.losses[None]
    demands = Demands(program.graph, [main.total], [], list(program.metrics.values()))
    leaf = next(n for n in reachable(program.roots()) if n.op == "input" and n.attr("name") == name)
    needed = demands.needed[leaf.id]
    return needed.gradient, needed.value, demands


def words(masks: Any) -> Any:
    """A demand as sets of the names of its masks."""
    if masks is None:
        return None
    return {frozenset(spelt(m) for m in together) for together in masks}


def spelt(m: Typed) -> str:
    if m.op == "input":
        return str(m.attr("name"))
    return f"{m.op}({', '.join(spelt(a) for a in m.args)})"


@pytest.mark.parametrize(("loss", "gradient"), [
    ("mean(x)", None),
    ("mean(x where m)", {frozenset({"m"})}),
    ("mean(x where m) + mean(x)", None),
    ("mean(x where m) + mean(x^2 where n)", {frozenset({"m"}), frozenset({"n"})}),
    ("mean(x where m) + mean(x where not m)", None),
    ("mean(x where m and n)", {frozenset({"m", "n"})}),
    ("mean((x where m) where rows)", {frozenset({"m", "rows"})}),
    ("mean(mean[f](x) where rows)", {frozenset({"rows"})}),
    ("mean(softmax[f](x where m))", {frozenset({"m"})}),
    ("mean(where(m, x, y))", {frozenset({"m"})}),
    ("mean(x[b=1..] where m[b=1..])", {frozenset({"m"})}),
    ("mean((x where m)[b=1..])", {frozenset({"m"})}),
    ("mean((x where m)[b=0])", {frozenset({"m"})}),
    ("mean(x[c, f] where m[c, f])", {frozenset({"m"})}),
    ("mean(x[b=1..] where y[b=1..] > 0)", {frozenset({"pad(greater(slice(input), const))"})}),
    ("mean(dot[f](x, x') where rows and rows')", {frozenset({"rows"})}),
    ("mean(sg(x) where m)", set()),
])  # fmt: skip
def test_demand_of_an_input(loss: str, gradient: Any) -> None:
    found = words(demand(loss, "x")[0])
    if found and any("pad" in w for masks in found for w in masks):
        assert all(w.startswith("pad(greater(slice(") for masks in found for w in masks)
    else:
        assert found == gradient


def test_reading_is_no_gradient() -> None:
    gradient, value, _ = demand("mean(sg(x) * y where m)", "x")
    assert words(gradient) == set() and words(value) == {frozenset({"m"})}


def test_masks_make_no_demand_unless_they_repeat_a_contraction() -> None:
    gradient, value, _ = demand("mean(x where x > 0)", "x")
    assert words(gradient) == {frozenset({"greater(x, const())"})} and words(value) == set()
    gradient, value, _ = demand("mean(x where dot[f](x, x[b, f]) > 0)", "x")
    assert value is None


def test_metrics_make_no_demand_unless_they_repeat_a_softmax() -> None:
    assert words(demand("mean(x where m)", "x", {"all": "mean(x)"})[1]) == set()
    assert demand("mean(softmax[f](x) where rows)", "x", {"all": "mean(softmax[f](x))"})[1] is None


def test_alternatives_absorb_each_other_and_are_bounded() -> None:
    program = module(INPUTS, "mean(x where m) + mean(x where m and n)").program
    m, n = (next(v for v in reachable(program.roots()) if v.op == "input" and v.attr("name") == k) for k in "mn")
    assert joined(joined(frozenset(), frozenset({m, n})), frozenset({m})) == frozenset({frozenset({m})})
    assert joined(frozenset({frozenset({m})}), frozenset({m, n})) == frozenset({frozenset({m})})
    assert joined(frozenset({frozenset({m})}), frozenset()) is None
    many = module(INPUTS, " + ".join(f"mean(x where y > {i})" for i in range(MOST_ALTERNATIVES + 1)))
    assert many.source.count(" | ") == 0
