"""What a loss returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

Scalars = dict[str, torch.Tensor]


@dataclass
class LossOutput:
    """The total and what it is made of. Everything but the totals is detached.

    `terms` are contributions and add up to the total; `unweighted` are the same before a leading number or
    parameter; `counts` say over how many valid elements each mean ran. In a game `losses` holds one output a loss
    and `loss` is the first.
    """

    loss: torch.Tensor
    terms: Scalars = field(default_factory=dict)
    unweighted: Scalars = field(default_factory=dict)
    counts: Scalars = field(default_factory=dict)
    metrics: Scalars = field(default_factory=dict)
    violations: Scalars = field(default_factory=dict)
    losses: dict[str, LossOutput] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        if key not in self.keys():
            raise KeyError(key)
        return getattr(self, key)

    def keys(self) -> tuple[str, ...]:
        return ("loss", "terms", "unweighted", "counts", "metrics", "violations", "losses")

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def floats(self) -> dict[str, float]:
        """The total and each term as plain numbers, for a log."""
        return {"loss": float(self.loss.detach()), **{name: float(value) for name, value in self.terms.items()}}
