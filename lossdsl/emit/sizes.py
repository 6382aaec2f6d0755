"""Where the length of each axis is read off: the shape of an input or a state entry that has the axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lossdsl.emit.names import Namer
from lossdsl.ir.node import Node
from lossdsl.source.diagnostic import error
from lossdsl.types.length import Least, Length


class Sizes:
    """Variables that hold lengths; only those that are used are written out."""

    def __init__(
        self, leaves: Sequence[Node], available: Sequence[Node], use: Callable[[Node], str], namer: Namer
    ) -> None:
        self.namer = namer
        self.use = use  # makes an input an argument of the function
        self.places: dict[str, tuple[Node, int]] = {}
        self.used: dict[str, str] = {}
        for node in [*leaves, *available]:
            for position, axis in enumerate(node.axes):
                for symbol in axis.length.symbols:
                    if axis.length == Length.symbol(symbol):
                        self.places.setdefault(symbol, (node, position))

    def render(self, length: Length) -> str:
        """A length as Python arithmetic."""
        least: dict[str, str] = {}
        for symbol in sorted(length.symbols):
            if isinstance(symbol, Least):
                least[symbol] = f"min({', '.join(self.render(p) for p in symbol.parts)})"
            elif symbol not in self.used:
                if symbol not in self.places:
                    raise error(
                        "LD005",
                        "unknown-axis",
                        f"the length of axis `{symbol}` cannot be read off any input",
                        help="declare an input or a state that has the axis, or give its size under `axes`",
                    )
                self.use(self.places[symbol][0])
                self.used[symbol] = self.namer.fresh(f"n_{symbol}")
        return length.render({**self.used, **least})

    def lines(self) -> list[str]:
        found = []
        for symbol, variable in self.used.items():
            node, position = self.places[symbol]
            found.append(f"{variable} = {self.use(node)}.shape[{position}]")
        return found
