"""The module that a spec compiles to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lossdsl.elaborate.declare import InputInfo
from lossdsl.elaborate.options import checked
from lossdsl.elaborate.program import Program, elaborate
from lossdsl.emit.loops import needs_eager
from lossdsl.emit.torch_source import Leaf
from lossdsl.ir.node import reachable
from lossdsl.runtime.dynamic import DynamicAxes
from lossdsl.runtime.function import load_function
from lossdsl.runtime.inputs import checked_inputs
from lossdsl.runtime.noise import sample_missing
from lossdsl.runtime.output import LossOutput
from lossdsl.runtime.pipeline import Compiled, compile_counts, compile_loss, compile_start
from lossdsl.runtime.store import Params, State
from lossdsl.source.diagnostic import error
from lossdsl.spec.model import Spec


@dataclass
class Variant:
    """The function for one set of passed inputs, in training or not."""

    compiled: Compiled
    eager: Callable[..., tuple[torch.Tensor, ...]]
    call: Callable[..., tuple[torch.Tensor, ...]]
    differentiated: frozenset[str] = frozenset()  # inputs that `grad(y, x)` differentiates with respect to


class LossModule(nn.Module):
    """A compiled loss.

    Call it with its inputs by name, or as one mapping; `step` and `epoch` may be given along. It returns a
    `LossOutput` whose `loss` is a scalar in float32 or wider. Raises LossDSLError for inputs that do not fit.

    >>> import torch, lossdsl
    >>> loss = lossdsl.compile("ce", compile=False)
    >>> round(loss(logits=torch.tensor([[2.0, 0.0]]), labels=torch.tensor([0])).loss.item(), 4)
    0.1269
    """

    def __init__(self, spec: Spec, params: Mapping[str, Any], compile: bool = True, debug: bool = False) -> None:  # noqa: A002
        super().__init__()
        self.spec = spec
        self.debug = debug
        self.compiles = compile
        self._given = dict(params)
        self._variants: dict[tuple[frozenset[str], bool, bool], Variant] = {}
        self._starts: Variant | None = None
        self._dynamic = DynamicAxes()
        self.program: Program = elaborate(spec, params)
        self.params = Params(self._check_param, self._param_changed)
        self.state = State()
        self._hold_params()
        for name in spec.state:
            self.state.hold(name, torch.empty(0))
        self.register_buffer("step_count", torch.zeros((), dtype=torch.long))
        self.register_buffer("epoch_count", torch.zeros((), dtype=torch.long))
        self._variant(frozenset(), training=True)

    # --- what it is -----------------------------------------------------------------------

    @property
    def inputs(self) -> dict[str, InputInfo]:
        """The inputs by name, in the order of the spec."""
        return self.program.inputs

    @property
    def options(self) -> dict[str, str]:
        """The choice made for each option."""
        return self.program.options

    @property
    def source(self) -> str:
        """The generated torch source."""
        return self._variant(frozenset(), training=True).compiled.source

    def explain(self, latex: bool = False) -> str:
        """What the compiler understood and made of it, as text."""
        from lossdsl.runtime.explain import explain

        return explain(self, latex)

    def export(self, path: str | Path) -> None:
        """Write a standalone torch module that needs nothing from this package."""
        from lossdsl.runtime.export import export

        export(self, Path(path))

    # --- what it does ---------------------------------------------------------------------

    def forward(self, given: Mapping[str, Any] | None = None, /, **inputs: Any) -> LossOutput:
        if given is not None:
            inputs = {**given, **inputs}
        num_items = inputs.pop("num_items", None) if "num_items" not in self.inputs else None
        generator = inputs.pop("generator", None) if "generator" not in self.inputs else None
        inputs.update(sample_missing(self.inputs, inputs, self.training, generator))
        clocks: dict[str, Any] = {
            name: inputs.pop(name) for name in ("step", "epoch") if name in inputs and name not in self.inputs
        }
        tensors = checked_inputs(self.inputs, self.program.lengths, inputs, self.debug)
        missing = frozenset(n for n, info in self.inputs.items() if info.optional and n not in tensors)
        self._set_clocks(clocks)
        dtype, device = computation(tensors)
        if self.program.starts and any(self.state[n].numel() == 0 for n in self.program.starts):
            self._start(tensors, dtype, device)
        training = self.training and bool(self.program.updates)
        variant = self._variant(missing, training, num_items is not None)
        check_differentiated(variant.differentiated, tensors)
        if self.compiles:
            self._dynamic.mark(self.inputs, tensors)
        results = variant.call(
            *self._arguments(variant.compiled.leaves, tensors, device, num_items), dtype=dtype, device=device
        )
        return self._output(variant.compiled, results)

    def step(self) -> None:
        """Advance the schedules by one optimiser step."""
        self.get_buffer("step_count").add_(1)

    def count(self, given: Mapping[str, Any] | None = None, /, **inputs: Any) -> dict[str, torch.Tensor]:
        """How many elements each mean over a sample axis runs over in this micro-batch, by name.

        Sum the counts over micro-batches and ranks, and give the sums to each call as `num_items`: then the losses
        and gradients add up to those of the whole batch.
        """
        inputs = {**(given or {}), **inputs}
        inputs.update(sample_missing(self.inputs, inputs, False, None))
        tensors = checked_inputs(self.inputs, self.program.lengths, inputs, self.debug)
        dtype, device = computation(tensors)
        compiled = compile_counts(self.program)
        if not compiled.keys:
            return {}
        with torch.no_grad():
            arguments = self._arguments(compiled.leaves, tensors, device)
            values = load_function(compiled.source, "count")(*arguments, dtype=dtype, device=device)
        return {name: value for (_, name), value in zip(compiled.keys, values, strict=True)}

    def _output(self, compiled: Compiled, results: tuple[torch.Tensor, ...]) -> LossOutput:
        by_key = dict(zip(compiled.keys, results, strict=True))
        for (kind, name), value in by_key.items():
            if kind == "state":
                self.state._buffers[name] = value.detach()
        metrics = {n: v for (k, n), v in by_key.items() if k == "metric"}
        if None in self.program.losses:
            return part(by_key, "", metrics)
        losses = {str(n): part(by_key, str(n), metrics) for n in self.program.losses}
        first = next(iter(losses.values()))
        return LossOutput(first.loss, first.terms, first.unweighted, first.counts, metrics, losses=losses)

    def _arguments(
        self,
        leaves: tuple[Leaf, ...],
        tensors: Mapping[str, torch.Tensor],
        device: torch.device,
        num_items: Any = None,
    ) -> list[torch.Tensor]:
        arguments = []
        for leaf in leaves:
            if leaf.kind == "input":
                arguments.append(tensors[leaf.name])
            elif leaf.kind == "items":
                arguments.append(torch.as_tensor(items_for(leaf.name, num_items), dtype=torch.float64, device=device))
            else:
                held = {"param": self.params, "state": self.state}.get(leaf.kind)
                value = held[leaf.name] if held is not None else getattr(self, f"{leaf.name}_count")
                arguments.append(value if value.device == device else value.to(device))
        return arguments

    def _start(self, tensors: Mapping[str, torch.Tensor], dtype: torch.dtype, device: torch.device) -> None:
        if self._starts is None:
            compiled = compile_start(self.program)
            function = load_function(compiled.source, "start")
            self._starts = Variant(compiled, function, function)
        compiled = self._starts.compiled
        with torch.no_grad():
            values = self._starts.call(*self._arguments(compiled.leaves, tensors, device), dtype=dtype, device=device)
        for (_, name), value in zip(compiled.keys, values, strict=True):
            if self.state[name].numel() == 0:
                self.state._buffers[name] = value.detach().clone()

    def _variant(self, missing: frozenset[str], training: bool, global_counts: bool = False) -> Variant:
        training = training and bool(self.program.updates)  # without state both are one function
        key = (missing, training, global_counts)
        if key not in self._variants:
            program = self.program
            if missing:
                program = elaborate(self.spec, self._given, missing)
            compiled = compile_loss(program, training, global_counts)
            function = load_function(compiled.source, "loss")
            compiles = self.compiles and not needs_eager(reachable(compiled.outputs))
            call = torch.compile(function, fullgraph=True) if compiles else function
            passed = {n.attr("name") for n in reachable(compiled.outputs) if n.op == "as_passed"}
            self._variants[key] = Variant(compiled, function, call, frozenset(passed))
        return self._variants[key]

    # --- params and clocks ----------------------------------------------------------------

    def _hold_params(self) -> None:
        for name, value in self.program.values.items():
            if self.spec.params[name].learn is not None:
                self.params.hold_learned(name, torch.tensor(float(value)))
            elif isinstance(value, bool):
                self.params.hold(name, torch.tensor(value))
            else:
                self.params.hold(name, torch.tensor(value, dtype=torch.float64))

    def _check_param(self, name: str, value: Any) -> Any:
        return checked(self.spec.params[name], value)

    def _param_changed(self, name: str) -> None:
        """A param that shaped the graph (the k of a top-k, a number of steps) makes a new function."""
        value = self.params[name].tolist()
        self._given[name] = int(value) if isinstance(value, float) and value.is_integer() else value
        if name in self.program.static:
            self.program = elaborate(self.spec, self._given)
            self._variants.clear()
            self._starts = None

    def _set_clocks(self, clocks: Mapping[str, Any]) -> None:
        for name, value in clocks.items():
            number = value.item() if isinstance(value, torch.Tensor) else value
            if not isinstance(number, (int, float)) or number < 0 or number != int(number):
                raise error("LD022", "wrong-input-type", f"`{name}` is a whole number from 0, found {value!r}",
                            help="pass the number of optimiser steps or epochs done so far")
            self.get_buffer(f"{name}_count").fill_(int(number))


def check_differentiated(names: frozenset[str], tensors: Mapping[str, torch.Tensor]) -> None:
    for name in sorted(names):
        if not (tensors[name].requires_grad and torch.is_grad_enabled()):
            raise error("LD022", "wrong-input-type", f"the loss takes a gradient with respect to `{name}`, "
                        "which does not require one", help=f"call `{name}.requires_grad_()` before the model runs, "
                        "outside `torch.no_grad()`")


def items_for(name: str, num_items: Any) -> Any:
    """The global count of one mean: the number itself, or the entry of its name or of its axis."""
    if not isinstance(num_items, Mapping):
        return num_items
    axis = name.split(" where ")[0]
    for key in (name, axis):
        if key in num_items:
            return num_items[key]
    raise error("LD020", "wrong-inputs", f"`num_items` has no count for `{name}`",
                help="pass the sum of `loss.count(...)` over the micro-batches, or one number")


def computation(tensors: Mapping[str, torch.Tensor]) -> tuple[torch.dtype, torch.device]:
    """The type everything is computed in, float32 or wider, and the device."""
    dtype = torch.float32
    device = None
    for tensor in tensors.values():
        if tensor.is_floating_point():
            dtype = torch.promote_types(dtype, tensor.dtype)
        if device is None or tensor.ndim:
            device = tensor.device
    return dtype, device or torch.device("cpu")


def part(by_key: Mapping[tuple[str, str], torch.Tensor], loss: str, metrics: dict[str, torch.Tensor]) -> LossOutput:
    """The output of one loss, whose keys carry its name as a prefix."""
    prefix = f"{loss}." if loss else ""

    def group(kind: str) -> dict[str, torch.Tensor]:
        return {n[len(prefix):]: v for (k, n), v in by_key.items() if k == kind and n.startswith(prefix)}

    total = by_key["total", loss]
    terms = group("term")
    counts = {**{n: torch.ones_like(v) for n, v in terms.items()}, **group("count")}
    return LossOutput(total, terms, group("unweighted"), counts, metrics)
