"""The training of the demo: an ordinary torch loop around a compiled loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lossdsl.integrations.demo_data import Digits, augment, batches
from lossdsl.integrations.demo_model import DigitReader

if TYPE_CHECKING:
    from lossdsl.runtime.module import LossModule

BATCH = 32
RATE = 2e-3


@dataclass
class Epoch:
    """What one epoch came to: the mean of each term, and the share of test images read right after it."""

    number: int
    loss: float
    terms: dict[str, float]
    accuracy: float


@dataclass
class Tally:
    """Means over the steps of an epoch."""

    steps: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)

    def add(self, values: dict[str, Tensor]) -> None:
        self.steps += 1
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, torch.zeros(())) + value.detach()

    def means(self) -> dict[str, float]:
        return {name: float(total) / self.steps for name, total in self.sums.items()}


def train(
    loss: LossModule,
    digits: Digits,
    epochs: int,
    seed: int,
    progress: Callable[[int, float], None],
    finished: Callable[[Epoch], None],
) -> list[Epoch]:
    """Train a new model; `progress(epoch, share)` is called after each step, `finished` after each epoch."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = DigitReader()
    steps = len(digits.train_x) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * steps)
    history = []
    for number in range(1, epochs + 1):
        tally = Tally()
        for step, rows in enumerate(batches(len(digits.train_x), BATCH, generator), start=1):
            out = loss(labels=digits.train_y[rows], **read(model, digits.train_x[rows], generator))
            optimizer.zero_grad()
            out.loss.backward()
            optimizer.step()
            schedule.step()
            loss.step()
            tally.add({"": out.loss, **out.terms})
            progress(number, step / steps)
        means = tally.means()
        history.append(Epoch(number, means.pop(""), means, accuracy(model, digits.test_x, digits.test_y)))
        finished(history[-1])
    return history


def read(model: DigitReader, images: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
    """The inputs of the loss that come from the model: one pass over the images and two views of each."""
    logits, attn = model(torch.cat([images, augment(images, generator), augment(images, generator)]))
    plain, view1, view2 = logits.chunk(3)
    return {"logits": plain, "attn": attn[: len(images)], "view1": view1, "view2": view2}


@torch.no_grad()
def accuracy(model: DigitReader, images: Tensor, labels: Tensor) -> float:
    """The share of images whose digit is read right."""
    return float((model(images)[0].argmax(-1) == labels).float().mean())
