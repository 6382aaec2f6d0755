"""The digits of scikit-learn: 1,797 real scans of 8x8 pixels, and their augmented views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor


class Digits(NamedTuple):
    train_x: Tensor  # [image, 8, 8] in [0, 1]
    train_y: Tensor  # [image], 0..9
    test_x: Tensor
    test_y: Tensor


def load_digits(seed: int, test_share: float = 0.25) -> Digits:
    """The scans split at random into training and test images, each digit in the same proportion."""
    from sklearn.datasets import load_digits as fetch
    from sklearn.model_selection import train_test_split

    scans = fetch()
    parts = train_test_split(
        scans.images / 16.0, scans.target, test_size=test_share, stratify=scans.target, random_state=seed
    )
    train_x, test_x = (torch.as_tensor(x, dtype=torch.float32) for x in parts[:2])
    train_y, test_y = (torch.as_tensor(y, dtype=torch.long) for y in parts[2:])
    return Digits(train_x, train_y, test_x, test_y)


def augment(images: Tensor, generator: torch.Generator, noise: float = 0.05) -> Tensor:
    """Each image shifted by up to one pixel in both directions, with normal noise on its pixels."""
    count, height, width = images.shape
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
    down, right = torch.randint(0, 3, (2, count, 1), generator=generator)
    rows = (torch.arange(height) + down).unsqueeze(2)
    columns = (torch.arange(width) + right).unsqueeze(1)
    shifted = padded[torch.arange(count).view(-1, 1, 1), rows, columns]
    return (shifted + noise * torch.randn(images.shape, generator=generator)).clamp(0, 1)


def batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Indices of one epoch in random order, in batches of one size; a short rest is left out."""
    order = torch.randperm(count, generator=generator)
    for start in range(0, count - size + 1, size):
        yield order[start : start + size]
