"""The loss that is checked: its module, its reference, and both evaluated on a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lossdsl.check.array import spread
from lossdsl.check.draw import Case
from lossdsl.check.reference import Evaluation, Leaves, Reference
from lossdsl.check.rounding import ROUNDOFF, RUNS, SAFETY, SMALLEST, Rounding
from lossdsl.elaborate.program import Program, elaborate
from lossdsl.elaborate.typed import Typed
from lossdsl.runtime.module import LossModule
from lossdsl.runtime.output import LossOutput
from lossdsl.spec.model import Spec

Key = tuple[str, str]  # what a value is, and its name: ("term", "kl")
DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Truth:
    """Values of the reference; `plain` are those in float64, which are others if `extended` precision was needed."""

    values: list[Any]
    plain: list[Any]
    extended: bool


class Subject:
    def __init__(self, spec: Spec, params: Mapping[str, Any]) -> None:
        self.spec = spec
        self.given = dict(params)
        self.module = LossModule(spec, self.given, compile=False)
        self._programs: dict[frozenset[str], Program] = {frozenset(): self.module.program}
        self._references: dict[tuple[int, ...], Reference] = {}

    def program(self, case: Case) -> Program:
        if case.missing not in self._programs:
            self._programs[case.missing] = elaborate(self.spec, self.given, case.missing)
        return self._programs[case.missing]

    def totals(self, program: Program) -> dict[str, Typed]:
        return {name or "": loss.total for name, loss in program.losses.items()}

    def outputs(self, program: Program) -> dict[Key, Typed]:
        """Everything a call returns, as values of the graph."""
        found: dict[Key, Typed] = {}
        for name, loss in program.losses.items():
            prefix = "" if name is None else f"{name}."
            found["total", name or ""] = loss.total
            for t in loss.terms:
                found["term", prefix + t.name] = t.value
                found["unweighted", prefix + t.name] = t.unweighted
                if t.count is not None:
                    found["count", prefix + t.name] = t.count
        found.update({("metric", n): v for n, v in program.metrics.items()})
        return found

    # --- the reference --------------------------------------------------------------------

    def leaves(self, case: Case, inputs: Mapping[str, Any] | None = None) -> Leaves:
        held = {n: v.detach().double().numpy() if v.is_floating_point() else v.numpy()
                for n, v in self.module.params.items()}  # fmt: skip
        program = self.program(case)
        leaves = Leaves({**case.inputs, **(inputs or {})}, held, {}, case.sizes, case.clocks)
        if not program.starts:
            return leaves
        first = self.reference(list(program.starts.values())).evaluate(leaves)
        state = {n: spread(first[v].values, first[v].axes, v.type.names) for n, v in program.starts.items()}
        return Leaves(leaves.inputs, leaves.params, state, case.sizes, case.clocks)

    def reference(self, roots: list[Typed]) -> Reference:
        key = tuple(r.id for r in roots)
        if key not in self._references or self._references[key].roots != roots:
            self._references[key] = Reference(roots)
        return self._references[key]

    def evaluate(self, case: Case, roots: list[Typed], **options: Any) -> Evaluation:
        return self.reference(roots).evaluate(self.leaves(case), **options)

    def truth(self, case: Case, roots: list[Typed]) -> Truth:
        """The values, in extended precision if they leave the range of float64 on the way."""
        first = self.evaluate(case, roots)
        plain = [first.result(r) for r in roots]
        if not first.left_range:
            return Truth(plain, plain, False)
        exact = self.evaluate(case, roots, extended=True)
        return Truth([exact.result(r) for r in roots], plain, True)

    def bounds(self, case: Case, roots: list[Typed], truth: Truth, dtype: str) -> list[float]:
        """How far each value may be off when it is computed in a precision."""
        unit = ROUNDOFF[dtype]
        worst = [0.0] * len(roots)
        for seed in range(RUNS):
            run = self.evaluate(case, roots, rounding=Rounding(unit, seed), extended=truth.extended)
            for i, (root, value) in enumerate(zip(roots, truth.values, strict=True)):
                worst[i] = max(worst[i], distance(run.result(root), value))
        flushed = SMALLEST[dtype] * len(self.reference(roots).nodes)
        return [SAFETY * w + 2 * unit * size(v) + flushed for w, v in zip(worst, truth.values, strict=True)]

    # --- the module -----------------------------------------------------------------------

    def tensors(self, case: Case, dtype: str, inputs: Mapping[str, Any] | None = None) -> dict[str, torch.Tensor]:
        found = {}
        for name, value in {**case.inputs, **(inputs or {})}.items():
            tensor = torch.from_numpy(np.array(value))
            found[name] = tensor.to(DTYPES[dtype]) if tensor.is_floating_point() else tensor
        for node in self.program(case).graph.nodes:
            if node.op == "grad":
                found[node.attr("name")].requires_grad_()
        return found

    def call(
        self, case: Case, tensors: Mapping[str, torch.Tensor], module: LossModule | None = None, **more: Any
    ) -> LossOutput:
        """One call from the first state on, which it leaves as it was unless `training`."""
        module = module or self.module
        module.train(bool(more.pop("training", False)))
        for name in self.spec.state:
            module.state._buffers[name] = torch.empty(0)
        output: LossOutput = module(dict(tensors), **case.clocks, **more)
        return output

    def compiled(self) -> LossModule:
        return LossModule(self.spec, self.given, compile=True)


def values_of(output: LossOutput) -> dict[Key, float]:
    """The numbers of an output by key."""
    found: dict[Key, float] = {("metric", n): float(v.detach()) for n, v in output.metrics.items()}
    parts = dict(output.losses) or {"": output}
    for loss, part in parts.items():
        prefix = f"{loss}." if loss else ""
        found["total", loss] = float(part.loss.detach())
        for kind, group in (("term", part.terms), ("unweighted", part.unweighted), ("count", part.counts)):
            found.update({(kind, prefix + n): float(v.detach()) for n, v in group.items()})
    return found


def distance(found: Any, value: Any) -> float:
    """The largest difference at finite values, infinite where a rounding error leaves the domain of a function."""
    with np.errstate(invalid="ignore"):
        off = np.asarray(np.abs(found - value), dtype=float)
    finite = np.isfinite(np.asarray(value, dtype=float))
    return float(np.max(np.where(np.isnan(off), np.inf, off)[finite], initial=0.0))


def size(value: Any) -> float:
    plain = np.abs(np.asarray(value, dtype=float))
    return float(np.max(plain[np.isfinite(plain)], initial=0.0))


def as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
