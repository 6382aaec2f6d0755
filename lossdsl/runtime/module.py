"""The module that a spec compiles to."""

from __future__ import annotations

import copy
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
from lossdsl.runtime.calling import CLOCKS, by_name, clock, items_for, without_autocast
from lossdsl.runtime.dynamic import DynamicAxes
from lossdsl.runtime.function import load_function
from lossdsl.runtime.inputs import check_state, checked_inputs
from lossdsl.runtime.noise import sample_missing
from lossdsl.runtime.output import LossOutput
from lossdsl.runtime.pipeline import Compiled, compile_counts, compile_loss, compile_start
from lossdsl.runtime.store import Params, State
from lossdsl.runtime.transforms import kept
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
        # A tensor made in inference mode could take part in no training step.
        with torch.inference_mode(False):
            self._build(spec, params, compile, debug)

    def _build(self, spec: Spec, params: Mapping[str, Any], compile: bool, debug: bool) -> None:  # noqa: A002
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
        if self.program.starts:
            self._start_function()  # now, so that a step the user compiles finds it made

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

    def forward(self, *given: Mapping[str, Any], **inputs: Any) -> LossOutput:
        inputs = by_name(given, inputs)
        num_items = inputs.pop("num_items", None) if "num_items" not in self.inputs else None
        generator = inputs.pop("generator", None) if "generator" not in self.inputs else None
        inputs.update(sample_missing(self.inputs, inputs, self.training, generator))
        # What the call changes, kept apart until it has succeeded.
        held: dict[tuple[str, str], torch.Tensor] = {}
        for name in CLOCKS:
            if name in inputs and name not in self.inputs:
                now = self.get_buffer(f"{name}_count")
                held["clock", name] = torch.full_like(now, clock(name, inputs.pop(name)))
        tensors = checked_inputs(self.inputs, self.program.lengths, self.program.least, inputs, self.debug)
        missing = frozenset(n for n, info in self.inputs.items() if info.optional and n not in tensors)
        check_state(self.program.states, self.state, self.inputs, tensors)
        dtype, device = computation(tensors)
        if any(self.state[n].numel() == 0 for n in self.program.starts):
            held |= self._first_state(tensors, held, dtype, device)
        variant = self._variant(missing, self.training, num_items is not None)
        check_differentiated(variant.differentiated, tensors)
        if self.compiles:
            self._dynamic.mark(self.inputs, tensors)
        arguments = self._arguments(variant.compiled.leaves, tensors, held, device, num_items)
        with without_autocast(device):
            results = variant.call(*arguments, dtype=dtype, device=device)
        by_key = dict(zip(variant.compiled.keys, results, strict=True))
        self._keep(held | {key: value for key, value in by_key.items() if key[0] == "state"})
        return self._output(by_key)

    def step(self) -> None:
        """Advance the schedules by one optimiser step."""
        self.get_buffer("step_count").add_(1)

    def count(self, *given: Mapping[str, Any], **inputs: Any) -> dict[str, torch.Tensor]:
        """How many elements each mean over a sample axis runs over in this micro-batch, by name.

        Sum the counts over micro-batches and ranks, and give the sums to each call as `num_items`: then the losses
        and gradients add up to those of the whole batch.
        """
        inputs = by_name(given, inputs)
        inputs.update(sample_missing(self.inputs, inputs, False, None))
        tensors = checked_inputs(self.inputs, self.program.lengths, self.program.least, inputs, self.debug)
        dtype, device = computation(tensors)
        compiled = compile_counts(self.program)
        if not compiled.keys:
            return {}
        with torch.no_grad():
            arguments = self._arguments(compiled.leaves, tensors, {}, device)
            values = load_function(compiled.source, "count")(*arguments, dtype=dtype, device=device)
        return {name: value for (_, name), value in zip(compiled.keys, values, strict=True)}

    def _keep(self, held: Mapping[tuple[str, str], torch.Tensor]) -> None:
        """Take over the clocks and the state of a call that has succeeded: all of them, or none."""
        values = {key: kept(key[1], value) for key, value in held.items()}
        for (kind, name), value in values.items():
            if kind == "clock":
                self.get_buffer(f"{name}_count").copy_(value)
            else:
                self.state._buffers[name] = value

    def _output(self, by_key: Mapping[tuple[str, str], torch.Tensor]) -> LossOutput:
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
        held: Mapping[tuple[str, str], torch.Tensor],
        device: torch.device,
        num_items: Any = None,
    ) -> list[torch.Tensor]:
        arguments = []
        for leaf in leaves:
            if leaf.kind == "input":
                arguments.append(tensors[leaf.name])
            elif leaf.kind == "items":
                arguments.append(items_for(leaf.name, num_items, device))
            else:
                if (leaf.kind, leaf.name) in held:
                    value = held[leaf.kind, leaf.name]
                elif leaf.kind == "clock":
                    value = self.get_buffer(f"{leaf.name}_count")
                else:
                    value = (self.params if leaf.kind == "param" else self.state)[leaf.name]
                arguments.append(value if value.device == device else value.to(device))
        return arguments

    def _first_state(
        self,
        tensors: Mapping[str, torch.Tensor],
        held: Mapping[tuple[str, str], torch.Tensor],
        dtype: torch.dtype,
        device: torch.device,
    ) -> dict[tuple[str, str], torch.Tensor]:
        """The first value of each state entry that has none."""
        starts = self._start_function()
        compiled = starts.compiled
        arguments = self._arguments(compiled.leaves, tensors, held, device)
        with torch.no_grad(), without_autocast(device):
            values = starts.call(*arguments, dtype=dtype, device=device)
        found = zip(compiled.keys, values, strict=True)
        return {key: value.clone() for key, value in found if self.state[key[1]].numel() == 0}

    def _start_function(self) -> Variant:
        if self._starts is None:
            compiled = compile_start(self.program)
            function = load_function(compiled.source, "start")
            self._starts = Variant(compiled, function, function)
        return self._starts

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
                self.params.hold_learned(name, torch.tensor(value, dtype=torch.get_default_dtype()))
            elif isinstance(value, bool):
                self.params.hold(name, torch.tensor(value))
            else:
                self.params.hold(name, torch.tensor(value, dtype=torch.float64))

    def _check_param(self, name: str, value: Any) -> Any:
        return checked(self.spec.params[name], value)

    def _param_changed(self, name: str) -> None:
        """A param that shaped the graph (the k of a top-k, a number of steps) makes a new function."""
        value = self.params[name].tolist()
        given = {**self._given, name: int(value) if isinstance(value, float) and value.is_integer() else value}
        if name in self.program.static and value != self.program.values[name]:
            self.program = elaborate(self.spec, given)
            self._variants.clear()
            self._starts = None
        self._given = given

    # --- copies -----------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> LossModule:
        # What was compiled is never changed, only replaced, so a copy shares it.
        new = self.__class__.__new__(self.__class__)
        memo[id(self)] = new
        for name, value in self.__dict__.items():
            new.__dict__[name] = value if name in ("spec", *COMPILED) else copy.deepcopy(value, memo)
        new._variants = dict(self._variants)
        return new

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in COMPILED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.program, self._variants, self._starts = elaborate(self.spec, self._given), {}, None

    def extra_repr(self) -> str:
        return "\n".join([f"spec {self.spec.name}", *map(str, self.inputs.values())])


COMPILED = ("program", "_variants", "_starts")  # attributes that are made anew from the spec and the params


def check_differentiated(names: frozenset[str], tensors: Mapping[str, torch.Tensor]) -> None:
    for name in sorted(names):
        if not (tensors[name].requires_grad and torch.is_grad_enabled()):
            raise error("LD022", "wrong-input-type", f"the loss takes a gradient with respect to `{name}`, "
                        "which does not require one", help=f"call `{name}.requires_grad_()` before the model runs, "
                        "outside `torch.no_grad()`")


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
