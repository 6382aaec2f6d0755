"""Names of variables in generated source: those of the spec where possible, never one that means something else."""

from __future__ import annotations

import builtins
import keyword
import re

TAKEN = {"torch", "dtype", "device", "loss", "math", *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}


class Namer:
    """Gives every variable a name of its own."""

    def __init__(self, reserved: set[str]) -> None:
        self.used = set(TAKEN) | reserved
        self._next: dict[str, int] = {}  # the number to try first, by wish

    def fresh(self, wish: str) -> str:
        """`wish` if it is free, else with a number behind it; what is no letter becomes `_`."""
        wish = re.sub(r"\W+", "_", wish).strip("_")
        name, number = wish, self._next.get(wish, 1)
        if name in TAKEN:
            name = f"{wish}_"
        while name in self.used:
            number += 1
            name = f"{wish}_{number}"
        self._next[wish] = number
        self.used.add(name)
        return name
