"""Source to a callable, with its lines known to tracebacks and to the compiler."""

from __future__ import annotations

import hashlib
import linecache
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

USERS: Counter[str] = Counter()  # how many functions there are of each source
LOCK = threading.RLock()  # a garbage collection while it is held may end another function


def load_function(source: str, name: str) -> Callable[..., tuple[torch.Tensor, ...]]:
    """The function `name` that the source defines."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    filename = f"<lossdsl {name} {digest}>"
    namespace: dict[str, Any] = {"torch": torch}
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102 - source built from the closed table of ops
    function = namespace[name]
    keep_lines(function, filename, source)
    return function


def keep_lines(function: Callable[..., Any], filename: str, source: str) -> None:
    """Show the source to tracebacks for as long as a function made of it is alive."""
    with LOCK:
        USERS[filename] += 1
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    weakref.finalize(function, drop_lines, filename).atexit = False


def drop_lines(filename: str) -> None:
    with LOCK:
        USERS[filename] -= 1
        if not USERS[filename]:
            del USERS[filename]
            linecache.cache.pop(filename, None)
