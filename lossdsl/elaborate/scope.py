"""Where names are looked up: modules of definitions, and the scope inside one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from lossdsl.elaborate.typed import Typed
from lossdsl.spec.model import Definition as Written
from lossdsl.syntax.ast import Node, Signature
from lossdsl.syntax.parse import parse_expression, parse_signature
from lossdsl.types.axis import Axis


class Definition:
    """One entry of `define`, parsed when first used."""

    def __init__(self, written: Written, module: Module) -> None:
        self.written = written
        self.module = module

    @cached_property
    def signature(self) -> Signature:
        return parse_signature(self.written.signature)

    @cached_property
    def body(self) -> Node:
        return parse_expression(self.written.body)

    @property
    def name(self) -> str:
        return self.signature.name


class Module:
    """The definitions of one document, by name; several of one name are overloads."""

    def __init__(
        self, written: list[Written], root: bool = False, imports: Callable[[], list[Module]] | None = None
    ) -> None:
        self.root = root
        self._imports = imports
        self.table: dict[str, list[Definition]] = {}
        for entry in written:
            definition = Definition(entry, self)
            self.table.setdefault(definition.name, []).append(definition)

    @cached_property
    def imports(self) -> list[Module]:
        """The modules it imports, read when a name is looked up, so that two files may import each other."""
        return self._imports() if self._imports is not None else []


@dataclass
class Scope:
    """Names bound inside a definition: its parameters and its axis parameters."""

    module: Module
    values: dict[str, Typed] = field(default_factory=dict)
    axes: dict[str, tuple[Axis, ...]] = field(default_factory=dict)
    previous: dict[str, Typed] | None = None  # `prev.name` inside a scan
    scan: tuple[str, int] | None = None  # the axis of the scan around, and the number of its loop
