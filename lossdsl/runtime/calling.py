"""What a call of a loss may look like: inputs by name, whole numbers for clocks, counts for `num_items`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from lossdsl.source.diagnostic import LossDSLError, error

CLOCKS = ("step", "epoch")
LARGEST_CLOCK = 2**53  # the clocks enter expressions as float64, which counts up to here


def by_name(given: tuple[Any, ...], inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a call: keywords, after one mapping if there is one."""
    if len(given) > 1 or given and not isinstance(given[0], Mapping):
        found = ", ".join(type(v).__name__ for v in given)
        raise error("LD020", "wrong-inputs", f"a loss takes its inputs by name, found positional arguments: {found}",
                    help="write `loss(name=tensor, ...)`, or pass one mapping from names to tensors")
    whole = {**given[0], **inputs} if given else dict(inputs)
    for name in whole:
        if not isinstance(name, str):
            raise error("LD020", "wrong-inputs", f"the name of an input is a string, found {name!r}",
                        help="pass a mapping from the names of the inputs to tensors")
    return whole


def clock(name: str, value: Any) -> int:
    """The value of `step` or `epoch` that a call gives."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    elif hasattr(value, "tolist") and not isinstance(value, torch.Tensor):
        value = value.tolist()  # one of NumPy's numbers
    whole = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not whole or not 0 <= value <= LARGEST_CLOCK or value != int(value):
        raise error("LD022", "wrong-input-type", f"`{name}` is a whole number from 0, found {value!r}",
                    help="pass the number of optimiser steps or epochs done so far")
    return int(value)


def items_for(name: str, num_items: Any, device: torch.device) -> torch.Tensor:
    """The global count of one mean over a sample axis."""
    if isinstance(num_items, Mapping):
        axis = name.split(" where ")[0]
        found = [num_items[key] for key in (name, axis) if key in num_items]
        if not found:
            raise error("LD020", "wrong-inputs", f"`num_items` has no count for `{name}`",
                        help="pass the sum of `loss.count(...)` over the micro-batches, or one number")
        num_items = found[0]
    if not isinstance(num_items, torch.Tensor):
        if hasattr(num_items, "tolist"):
            num_items = num_items.tolist()
        if isinstance(num_items, bool) or not isinstance(num_items, (int, float)) or not 0 <= num_items < float("inf"):
            raise wrong_count(num_items)
    elif num_items.ndim or num_items.device.type == "cpu" and not bool(num_items >= 0):
        raise wrong_count(num_items)
    return torch.as_tensor(num_items, dtype=torch.float64, device=device)


def wrong_count(value: Any) -> LossDSLError:
    return error("LD022", "wrong-input-type", f"`num_items` is a number of elements, found {value!r}",
                 help="pass the sum of `loss.count(...)` over the micro-batches, or one number")


def without_autocast(device: torch.device) -> AbstractContextManager[Any]:
    """The loss chooses its own types; autocast would compute its contractions in half precision."""
    if torch.amp.is_autocast_available(device.type) and torch.is_autocast_enabled(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()
