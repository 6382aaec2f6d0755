"""Which axes vary in length from call to call, so that each costs one recompilation at most."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch._dynamo import maybe_mark_dynamic

from lossdsl.elaborate.declare import InputInfo


class DynamicAxes:
    """Axes are compiled for the length first seen; one that changes is marked dynamic in every input at once.

    torch finds changing sizes too, but one tensor at a time: a loss of five inputs would be compiled five times.
    """

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.varying: set[str] = set()

    def mark(self, infos: Mapping[str, InputInfo], tensors: Mapping[str, torch.Tensor]) -> None:
        places = []
        for name, tensor in tensors.items():
            for dim, axis in enumerate(infos[name].leaf.type.axes):
                if axis.length.value is not None:
                    continue
                places.append((tensor, dim, str(axis.length)))
                size = tensor.shape[dim]
                # Sizes 0 and 1 get graphs of their own whatever is marked.
                if size > 1 and self.first.setdefault(str(axis.length), size) != size:
                    self.varying.add(str(axis.length))
        for tensor, dim, length in places:
            # A mark would tell this size 1 from one that came before the axis was known to vary.
            if length in self.varying and tensor.shape[dim] > 1:
                maybe_mark_dynamic(tensor, dim)
