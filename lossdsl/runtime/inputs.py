"""Checks of what a loss is called with: names, axes, sizes, types, devices."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import torch

from lossdsl.elaborate.declare import InputInfo
from lossdsl.runtime.store import State
from lossdsl.runtime.transforms import is_batched
from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.types.kind import INDEX, LOGPROBS, MASK, PROBS
from lossdsl.types.length import Length
from lossdsl.types.value import ValueType

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)  # torch computes with no narrower type


def checked_inputs(
    infos: Mapping[str, InputInfo],
    lengths: Mapping[str, Length],
    least: Mapping[Length, int],
    given: Mapping[str, Any],
    debug: bool,
) -> dict[str, torch.Tensor]:
    """The inputs as tensors, or the error that names the input, the axis and both sizes."""
    unknown = [n for n in given if n not in infos]
    if unknown:
        close = get_close_matches(unknown[0], list(infos), n=1)
        raise error(
            "LD020",
            "wrong-inputs",
            f"the loss has no input `{unknown[0]}`",
            help=f"did you mean `{close[0]}`?" if close else "its inputs are " + ", ".join(infos),
        )
    missing = [n for n, info in infos.items() if n not in given and not info.optional]
    if missing:
        wanted = ", ".join(f"`{n}`: {describe(infos[n])}" for n in missing)
        raise error(
            "LD020",
            "wrong-inputs",
            f"the loss was called without {wanted}",
            help="pass every input by its name, or as a mapping",
        )
    tensors = {n: as_tensor(infos[n], given[n]) for n in infos if n in given}
    sizes: dict[str, tuple[int, str]] = {}
    for name, tensor in tensors.items():
        check_axes(infos[name], tensor, sizes)
    check_devices(tensors)
    check_lengths(least, sizes)
    for name, tensor in tensors.items():
        if tensor.device.type == "cpu" or debug:
            check_index(infos[name], lengths, tensor, sizes)
        if debug:
            check_promises(infos[name], tensor)
    return tensors


def describe(info: InputInfo) -> str:
    return f"{info.kind}[{', '.join(info.axes)}]"


def as_tensor(info: InputInfo, value: Any) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        if isinstance(value, (int, float)) and not info.axes:
            value = torch.as_tensor(float(value) if info.kind not in (INDEX, MASK) else value)
        else:
            raise wrong_type(info, f"expected a tensor, found {type(value).__name__}", "convert with torch.as_tensor")
    if value.is_nested or value.layout != torch.strided:
        found = "a nested tensor" if value.is_nested else f"the layout {value.layout}"
        raise wrong_type(info, f"expected a dense tensor, found {found}", "pass `x.to_dense()`, or pad and give a mask")
    if info.kind == MASK:
        if value.dtype != torch.bool:
            raise wrong_type(
                info, f"expected a boolean tensor, found {value.dtype}", "write `mask.bool()` or `mask != 0`"
            )
    elif info.kind == INDEX:
        if value.is_floating_point() or value.is_complex() or value.dtype == torch.bool:
            raise wrong_type(info, f"expected integers, found {value.dtype}", "write `labels.long()`")
        value = value.long()
    elif value.dtype not in FLOATS:
        raise wrong_type(info, f"expected floating point numbers, found {value.dtype}", "write `x.float()`")
    return value


def wrong_type(info: InputInfo, message: str, hint: str) -> LossDSLError:
    return error("LD022", "wrong-input-type", f"input `{info.name}` is {describe(info)}: {message}", help=hint)


def check_axes(info: InputInfo, tensor: torch.Tensor, sizes: dict[str, tuple[int, str]]) -> None:
    shape = tuple(tensor.shape)
    if len(shape) != len(info.axes):
        raise error(
            "LD021",
            "shape-mismatch",
            f"input `{info.name}` is {describe(info)} with {len(info.axes)} axes, found shape {list(shape)}",
            help="bring it to the declared axes, for example with `reshape` or `unflatten`",
        )
    for axis, size in zip(info.leaf.type.axes, shape, strict=True):
        known = axis.length.value
        if known is not None and size != known:
            raise error(
                "LD021",
                "shape-mismatch",
                f"axis `{axis.name}` of input `{info.name}` has size {size}; the spec says {known}",
                help="correct the data, or the size under `axes`",
            )
        symbols = axis.length.symbols
        if known is None and axis.length == Length.symbol(next(iter(symbols))):
            symbol = next(iter(symbols))
            first, owner = sizes.setdefault(symbol, (size, info.name))
            if first != size:
                raise error(
                    "LD021",
                    "shape-mismatch",
                    f"axis `{symbol}` has size {first} in input `{owner}` and size {size} in `{info.name}`",
                    help="inputs that share an axis must agree on its length",
                )
    for axis, size in zip(info.leaf.type.axes, shape, strict=True):
        if axis.length.symbols and axis.length.symbols <= sizes.keys():
            wanted = axis.length.evaluate({s: n for s, (n, _) in sizes.items()})
            if wanted != size:
                raise error(
                    "LD021",
                    "shape-mismatch",
                    f"axis `{axis.name}` of input `{info.name}` has size {size}; {axis.length} is {wanted}",
                    help="correct the data, or the size under `axes`",
                )


def check_lengths(least: Mapping[Length, int], sizes: Mapping[str, tuple[int, str]]) -> None:
    """Axes long enough for every slice and selection."""
    for length, wanted in least.items():
        if not length.symbols <= sizes.keys():
            continue
        size = length.evaluate({s: n for s, (n, _) in sizes.items()})
        if size < wanted:
            raise error(
                "LD021",
                "shape-mismatch",
                f"a slice or selection reaches position {wanted - 1} of an axis of length {length}, "
                f"which is {size} here",
                help="pass longer data, or slice less",
            )


def check_devices(tensors: Mapping[str, torch.Tensor]) -> None:
    first: tuple[str, torch.device] | None = None
    for name, tensor in tensors.items():
        if tensor.ndim == 0:
            continue
        if first is None:
            first = (name, tensor.device)
        elif tensor.device != first[1]:
            raise error(
                "LD022",
                "wrong-input-type",
                f"input `{first[0]}` is on {first[1]} and `{name}` on {tensor.device}",
                help="move all inputs to one device",
            )


def check_index(
    info: InputInfo, lengths: Mapping[str, Length], tensor: torch.Tensor, sizes: Mapping[str, tuple[int, str]]
) -> None:
    """Indices within their axis. Off the CPU this would wait for the device, so it is left to `debug`."""
    # Inside a compiled step, and for the batched tensors of `vmap`, nothing can branch on values.
    if info.kind != INDEX or info.of is None or not tensor.numel() or torch.compiler.is_compiling():
        return
    if tensor.is_meta or is_batched(tensor):
        return
    length = lengths.get(info.of, Length.symbol(info.of))
    if not length.symbols <= sizes.keys():
        return
    n = length.evaluate({s: size for s, (size, _) in sizes.items()})
    if n < 1:
        raise error(
            "LD021",
            "shape-mismatch",
            f"input `{info.name}` indexes the axis `{info.of}`, which has size {n}",
            help="correct the data: there is nothing to select",
        )
    wrong = (tensor < 0) | (tensor >= n)
    if info.ignore is not None:
        wrong &= tensor != info.ignore
    if bool(wrong.any()):
        value = int(tensor[wrong][0])
        raise error(
            "LD022",
            "wrong-input-type",
            f"input `{info.name}` holds {value}, which is no position of axis `{info.of}` (size {n})",
            help=f"use 0 to {n - 1}"
            + (
                ""
                if info.ignore is not None
                else f", or declare the value to skip: `index[...] of {info.of} ignore {value}`"
            ),
        )


def check_state(
    types: Mapping[str, ValueType],
    state: State,
    infos: Mapping[str, InputInfo],
    tensors: Mapping[str, torch.Tensor],
) -> None:
    """State that has a value has the axes it was declared with, of the lengths that the inputs have."""
    if not types:
        return
    sizes = {}
    for name, tensor in tensors.items():
        for axis, size in zip(infos[name].leaf.type.axes, tensor.shape, strict=True):
            sizes[axis.length] = (size, f"input `{name}`")
    for name, type_ in types.items():
        shape = tuple(state[name].shape)
        if not state[name].numel():
            continue
        if len(shape) != len(type_.axes):
            raise error(
                "LD021",
                "shape-mismatch",
                f"state `{name}` has the axes [{', '.join(type_.names)}], found shape {list(shape)}",
                help="assign a tensor with these axes, or load the spec anew",
            )
        for axis, size in zip(type_.axes, shape, strict=True):
            known = axis.length.value
            wanted, owner = (known, "the spec") if known is not None else sizes.get(axis.length, (size, ""))
            if wanted != size:
                raise error(
                    "LD021",
                    "shape-mismatch",
                    f"axis `{axis.name}` has size {size} in state `{name}` and size {wanted} in {owner}",
                    help="state keeps the sizes of the first call; load the spec anew for others",
                )


def check_promises(info: InputInfo, tensor: torch.Tensor) -> None:
    """What the declaration promises of the values; only with debug=True, because it reads the data."""
    if not tensor.is_floating_point() or not tensor.numel():
        return
    low = (tensor <= info.low) if info.low_open else (tensor < info.low)
    high = (tensor >= info.high) if info.high_open else (tensor > info.high)
    if bool((low | high).any()):
        value = float(tensor[low | high][0])
        raise error(
            "LD022",
            "wrong-input-type",
            f"input `{info.name}` holds {value:g}, outside its declared range [{info.low:g}, {info.high:g}]",
            help="correct the data or the declaration",
        )
    if info.kind in (PROBS, LOGPROBS):
        dims = [info.axes.index(n) for n in info.event]
        total = (tensor if info.kind == PROBS else tensor.exp()).double().sum(dims)
        slack = 8 * torch.finfo(tensor.dtype).eps * max(tensor.shape[d] for d in dims)
        if bool(((total - 1).abs() > max(slack, 1e-6)).any()):
            raise error(
                "LD022",
                "wrong-input-type",
                f"input `{info.name}` is {describe(info)} but does not sum to 1 over {', '.join(info.event)}",
                help="pass a softmax, or declare it as `real`",
            )
