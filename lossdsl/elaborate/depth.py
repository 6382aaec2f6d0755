"""Room for definitions that call each other some hundred levels deep."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# 200 nested definitions, each a tree of at most 200 levels, need about ten frames a level in the worst case;
# real specs stay far below.
FRAMES = 20_000


class Depth:
    """The limit belongs to the whole process: the first thread to need room raises it, the last puts it back."""

    lock = threading.Lock()
    users = 0
    before = 0


@contextmanager
def deep_recursion() -> Iterator[None]:
    with Depth.lock:
        if not Depth.users:
            Depth.before = sys.getrecursionlimit()
            sys.setrecursionlimit(max(Depth.before, FRAMES))
        Depth.users += 1
    try:
        yield
    finally:
        with Depth.lock:
            Depth.users -= 1
            if not Depth.users:
                sys.setrecursionlimit(Depth.before)
