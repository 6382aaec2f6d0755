"""A small transformer over the 2x2 patches of a digit that also returns where it looked."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PATCH = 2
SIDE = 8


class Block(nn.Module):
    """Attention and a two-layer network, each added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [batch, query, width] to tokens, and the attention [batch, head, query, key]."""
        batch, tokens, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attention = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
        x = x + self.out((attention @ v).transpose(1, 2).reshape(batch, tokens, width))
        return x + self.mlp(self.norm2(x)), attention


class DigitReader(nn.Module):
    """Images [batch, 8, 8] to logits [batch, class] and attention [batch, head, query, key] of all blocks."""

    def __init__(self, width: int = 64, heads: int = 2, depth: int = 2, classes: int = 10) -> None:
        super().__init__()
        self.embed = nn.Linear(PATCH * PATCH, width)
        # As large as the patches themselves: where a stroke is matters as much as what it looks like.
        self.place = nn.Parameter(0.5 * torch.randn((SIDE // PATCH) ** 2, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        centred = 2 * (images - 0.3)  # the pixels' mean is 0.3, their standard deviation not quite 0.4
        patches = centred.unfold(1, PATCH, PATCH).unfold(2, PATCH, PATCH)
        x = self.embed(patches.reshape(len(images), -1, PATCH * PATCH)) + self.place
        seen = []
        for block in self.blocks:
            x, attention = block(x)
            seen.append(attention)
        return self.head(self.norm(x.mean(1))), torch.cat(seen, dim=1)
