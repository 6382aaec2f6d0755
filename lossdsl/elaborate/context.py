"""What the elaboration of one spec knows: its graph, axes, inputs, parameters and definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lossdsl.elaborate import declare
from lossdsl.elaborate.names import report_convention
from lossdsl.elaborate.scope import Definition, Module, Scope
from lossdsl.elaborate.stdlib import conventions, imports_of
from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.elaborate.universes import universes
from lossdsl.source.diagnostic import Diagnostic, LossDSLError, error
from lossdsl.source.span import Span
from lossdsl.spec.model import Input, Spec
from lossdsl.syntax.ast import Declaration
from lossdsl.syntax.parse import parse_declaration
from lossdsl.types.axis import Axis
from lossdsl.types.length import Length
from lossdsl.types.value import ValueType


class Context:
    """One elaboration. `values` and `options` are the parameters as they are at load."""

    def __init__(
        self,
        spec: Spec,
        values: Mapping[str, Any],
        options: Mapping[str, str],
        missing: frozenset[str] = frozenset(),
        lint_all_branches: bool = False,
    ) -> None:
        self.spec = replace(spec, inputs=dict(spec.inputs))  # conventional inputs are added to it
        self.graph = Graph()
        self.values = dict(values)
        self.options = dict(options)
        self.missing = missing  # optional inputs that the caller leaves out
        self.lint_all_branches = lint_all_branches
        self.static: set[str] = set()  # params whose value shaped the graph
        self.diagnostics: list[Diagnostic] = []
        self.module = Module(spec.define, root=True, imports=lambda: imports_of(spec))
        self.module.imports  # noqa: B018 - a file that cannot be read is found even if nothing of it is used
        self.root = Scope(self.module)
        self.expanded: dict[Any, Typed] = {}
        self.notes: dict[tuple[int, int], Typed] = {}  # the value of each sub-expression, by its place in the file
        self.loops = 0
        self.sample_facts: set[str] = set()  # axes declared `sample`
        self.active: list[Definition] = []
        self.lengths: dict[str, Length] = {}
        self.declarations: dict[str, Declaration] = {}
        self.inputs: dict[str, declare.InputInfo] = {}
        self.roots: dict[str, Typed] = {}
        self.busy: set[str] = set()
        self._failed: dict[Definition, LossDSLError] = {}
        self.own_lengths: dict[tuple[str, str], Length] = {}  # by conventional input and axis
        self._universes: dict[str, str] | None = None
        self._owners: dict[str, str] = {}  # the input whose lengths an axis of a bare expression has

    def declare_all(self) -> list[Diagnostic]:
        """Parse every declaration and fix the length of every axis; the findings of those that fail."""
        found: list[Diagnostic] = []
        for fact in self.spec.axes.values():
            try:
                declare.axis_fact(self, fact)
            except LossDSLError as problem:
                found.extend(problem.diagnostics)
        for entry in self.spec.inputs.values():
            try:
                self.declare(entry)
            except LossDSLError as problem:
                found.extend(problem.diagnostics)
        for state in self.spec.state.values():
            if state.declaration is not None:
                try:
                    self.register_axes(parse_declaration(state.declaration))
                except LossDSLError as problem:
                    found.extend(problem.diagnostics)
        return found

    def declare(self, entry: Input) -> None:
        declaration = parse_declaration(entry.declaration)
        self.declarations[entry.name] = declaration
        self.register_axes(declaration)

    def register_axes(self, declaration: Declaration) -> None:
        refs = [*(declaration.axes or ()), *([declaration.of] if declaration.of else [])]
        for ref in refs:
            if not ref.rest:
                self.lengths.setdefault(ref.id, Length.symbol(ref.id))

    def axis(self, name: str, owner: str | None = None) -> Axis:
        if owner is not None and (owner, name) in self.own_lengths:
            return Axis(name, self.own_lengths[owner, name])
        return Axis(name, self.lengths.setdefault(name.rstrip("'"), Length.symbol(name.rstrip("'"))))

    def root_value(self, name: str) -> Typed | None:
        """The input, parameter, state entry or clock of that name."""
        if name in self.roots:
            return self.roots[name]
        build = None
        if name in self.declarations:
            build = declare.input_value
        elif name in self.spec.params:
            build = declare.param_value
        elif name in self.spec.state:
            build = declare.state_value
        elif name in declare.CLOCKS:
            build = declare.clock_value
        if build is None:
            return None
        if name in self.busy:
            raise error("LD007", "recursive-definition", f"the declaration of `{name}` refers to itself",
                        declare.place(self, name), help="break the circle")
        self.busy.add(name)
        try:
            self.roots[name] = build(self, name)
        finally:
            self.busy.discard(name)
        return self.roots[name]

    def named_value(self, definition: Definition, span: Span) -> Typed:
        """The value of a definition without parameters, elaborated once."""
        from lossdsl.elaborate.call import expand

        if definition in self._failed:
            raise self._failed[definition]
        try:
            if definition.module.root and definition.written.loop is None:
                return self._own_value(definition, span)
            return expand(self, definition, Scope(definition.module), span)
        except LossDSLError as problem:
            self._failed[definition] = problem
            raise

    def _own_value(self, definition: Definition, span: Span) -> Typed:
        # A finding in a value of the same document is placed where the value is written, not where it is used.
        from lossdsl.elaborate.expression import elaborate

        if definition in self.expanded:
            return self.expanded[definition]
        if definition in self.active:
            chain = " -> ".join(f"`{d.name}`" for d in [*self.active, definition])
            raise error("LD007", "recursive-definition", f"definitions may not recurse: {chain}", span,
                        help="use a `repeat` or a `scan` definition for a loop")
        self.active.append(definition)
        try:
            value = elaborate(self, definition.body, self.root)
        finally:
            self.active.pop()
        self.expanded[definition] = value
        return value

    def conventional_input(self, name: str, span: Span) -> Typed:
        """Declare an input from the table of conventions, and say so."""
        fragment = conventions()[0][name]
        self.spec.inputs[name] = Input(name, fragment, span)
        self.declare(self.spec.inputs[name])
        self.separate(name)
        fix = declare.declaration_fix(self.spec, name, fragment.text)
        self.diagnostics.append(report_convention(name, fragment.text, span, fix))
        value = self.root_value(name)
        assert value is not None
        return value

    def separate(self, name: str) -> None:
        """In a bare expression, conventional inputs that meet in no term have lengths of their own."""
        if self._universes is None:
            self._universes = universes(self.spec)
        first = self._universes.get(name)
        if first is None:
            return
        for ref in self.declarations[name].axes or ():
            owner = self._owners.setdefault(ref.id, first)
            if owner != first:
                self.own_lengths[name, ref.id] = Length.symbol(f"{ref.id}_{first}")

    def leaf(self, op: str, type_: ValueType, **attrs: Any) -> Typed:
        return self.graph.add(op, (), type_, attrs=attrs)
