"""Room for definitions that call each other some hundred levels deep."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# 200 nested definitions, each a tree of at most 200 levels, need about ten frames a level in the worst case;
# real specs stay far below.
FRAMES = 20_000


@contextmanager
def deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
