"""Noise inputs that the caller does not pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from lossdsl.elaborate.declare import InputInfo
from lossdsl.source.diagnostic import error
from lossdsl.types.length import Length

EVALUATION_SEED = 0


def sample_missing(
    infos: Mapping[str, InputInfo],
    given: Mapping[str, object],
    training: bool,
    generator: torch.Generator | None,
) -> dict[str, torch.Tensor]:
    """A draw for each noise input that was not passed.

    In evaluation the draws are the same at every call and leave the state of the generators alone.
    """
    wanted = [info for name, info in infos.items() if info.noise is not None and name not in given]
    if not wanted:
        return {}
    sizes, dtype, device = surroundings(infos, given)
    if not training:
        generator = torch.Generator(device=device)
        generator.manual_seed(EVALUATION_SEED)
    return {info.name: draw(info, sizes, dtype, device, generator) for info in wanted}


def surroundings(
    infos: Mapping[str, InputInfo], given: Mapping[str, object]
) -> tuple[dict[str, int], torch.dtype, torch.device]:
    """The lengths of axes, the computation type and the device, from the inputs that were passed."""
    sizes: dict[str, int] = {}
    dtype, device = torch.float32, torch.device("cpu")
    for name, value in given.items():
        if name not in infos or not isinstance(value, torch.Tensor):
            continue
        axes = infos[name].leaf.type.axes
        if value.is_floating_point():
            dtype = torch.promote_types(dtype, value.dtype)
        if value.ndim:
            device = value.device
        if len(axes) == value.ndim:
            for axis, size in zip(axes, value.shape, strict=True):
                for symbol in axis.length.symbols:
                    if axis.length == Length.symbol(symbol):
                        sizes[symbol] = size
    return sizes, dtype, device


def draw(
    info: InputInfo,
    sizes: Mapping[str, int],
    dtype: torch.dtype,
    device: torch.device,
    generator: torch.Generator | None,
) -> torch.Tensor:
    shape = []
    for axis in info.leaf.type.axes:
        unknown = axis.length.symbols - sizes.keys()
        if unknown:
            raise error("LD020", "wrong-inputs", f"the noise `{info.name}` cannot be drawn: no input has the axis "
                        f"`{next(iter(unknown))}`", help=f"pass `{info.name}`, or give the size under `axes`")
        shape.append(axis.length.evaluate(sizes))
    where: dict[str, Any] = {"device": device, "generator": generator}
    if info.noise == "normal":
        return torch.randn(shape, dtype=dtype, **where)
    if info.noise == "uniform":
        return torch.rand(shape, dtype=dtype, **where)
    if info.noise == "rademacher":
        return torch.randint(0, 2, shape, **where).to(dtype) * 2 - 1
    # A permutation of the last axis, one for each position of the others.
    return torch.argsort(torch.rand(shape, **where), dim=-1)
