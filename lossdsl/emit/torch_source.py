"""The generated function: one line per value, in the words of the spec where it has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lossdsl.emit import arrays, loops, selection
from lossdsl.emit.layout import aligned, dims, literal, permuted, written
from lossdsl.emit.names import Namer
from lossdsl.emit.sizes import Sizes
from lossdsl.ir.node import BOOL, FLOAT, INT, Node, reachable
from lossdsl.ops.op import Along, Batched, Elementwise, Op, Reduction
from lossdsl.ops.registry import table
from lossdsl.ops.shared import SHARED

LEAVES = ("input", "param", "state", "clock", "items")
INFIX = {"add", "sub", "mul", "div", "less", "less_equal", "equal", "not_equal", "greater", "greater_equal"}
TAKES_NUMBERS = INFIX | {"where", "pow", "clamp", "neg"}


@dataclass(frozen=True)
class Leaf:
    """An argument of the generated function."""

    kind: str  # input, param, state, clock or items
    name: str
    variable: str
    dtype: str


@dataclass(frozen=True)
class Emitted:
    source: str
    leaves: tuple[Leaf, ...]


class TorchEmitter:
    """Writes the function that computes `outputs`, in that order."""

    def __init__(
        self,
        function: str,
        outputs: Sequence[Node],
        doc: str,
        detached: Sequence[bool],
        available: Sequence[Node] = (),
    ) -> None:
        self.function = function
        self.outputs = outputs
        self.doc = doc
        self.detached = detached
        self.available = available  # inputs that may be asked for the length of an axis
        self.nodes = reachable(outputs)
        self.helpers: dict[str, str] = {}
        self.lines: list[str] = []
        self.uncast: list[str] = []  # inputs that are needed as they were passed, for their gradients
        self.text: dict[int, str] = {}
        self.loops: dict[int, list[str]] = {}  # the variables that hold the results of each loop
        self.leaves: dict[tuple[str, str], Leaf] = {}
        helpers = {name for op in table().values() for name in defined(op.helper)}
        self.namer = Namer(helpers | set(SHARED) | set(loops.NAMES))

    def emit(self) -> Emitted:
        for node in self.nodes:
            if node.op in LEAVES:
                self.text[node.id] = self._leaf(node)
            elif node.op == "as_passed":
                self._as_passed(node)
        held = [n for n in self.nodes if n.op in ("input", "state")]
        self.sizes = Sizes(held, self.available, self._leaf, self.namer)
        self.inside = loops.dependence(self.nodes)
        for node in self.nodes:
            if not self.inside[node.id]:
                self._statement(node)
        results = [self._output(n, d) for n, d in zip(self.outputs, self.detached, strict=True)]
        leaves = list(self.leaves.values())
        order = {kind: i for i, kind in enumerate(LEAVES)}
        leaves.sort(key=lambda leaf: order[leaf.kind])
        casts = [f"{leaf.variable} = {leaf.variable}.to(dtype)" for leaf in leaves if leaf.dtype == FLOAT]
        parameters = ", ".join([*(leaf.variable for leaf in leaves), "*", "dtype", "device"])
        body = [*self.doc_lines(), *self.sizes.lines(), *self.uncast, *casts, *self.lines]
        body.append("return (" + ", ".join(results) + ("," if len(results) == 1 else "") + ")")
        head = [*self.helpers.values(), f"def {self.function}({parameters}):"]
        return Emitted("\n\n\n".join(h.strip("\n") for h in head) + "\n" + indent(body), tuple(leaves))

    def _as_passed(self, node: Node) -> None:
        name = node.attr("name")
        leaf = self.leaves.setdefault(("input", name), Leaf("input", name, self.namer.fresh(name), FLOAT))
        variable = self.namer.fresh(f"{name}_as_passed")
        self.uncast.append(f"{variable} = {leaf.variable}")
        self.text[node.id] = variable

    def _leaf(self, node: Node) -> str:
        """The argument that holds an input, a param, a state entry or a clock."""
        key = (node.op, node.attr("name"))
        if key not in self.leaves:
            self.leaves[key] = Leaf(*key, self.namer.fresh(node.attr("name")), node.dtype)
        return self.leaves[key].variable

    def doc_lines(self) -> list[str]:
        text = self.doc.replace("\\", "\\\\").replace('"""', "'''").strip()
        return [f'"""{text}"""'] if text else []

    def _output(self, node: Node, detached: bool) -> str:
        text = self.tensor(node)
        return f"{text}.detach()" if detached and not node.is_const else text

    # --- operands -------------------------------------------------------------------------

    def tensor(self, node: Node) -> str:
        """A node as a tensor: constants and extents become scalars of the computation type."""
        if node.is_const:
            return self.scalar(literal(node, node.dtype), node.dtype)
        if node.op == "extent":
            return self.scalar(self.text[node.id])
        return self.text[node.id]

    def scalar(self, value: str, dtype: str = FLOAT) -> str:
        kind = {BOOL: "torch.bool", INT: "torch.long"}.get(dtype, "dtype")
        return f"torch.full((), {value}, dtype={kind}, device=device)"

    def operand(self, node: Node, want: Sequence[str], numbers: bool, dtype: str = FLOAT) -> str:
        """A node lined up with a result; a plain number where the operation takes one."""
        if node.is_const or node.op == "extent":
            if not numbers:
                return self.tensor(node)
            text = literal(node, dtype) if node.is_const else self.text[node.id]
            return text
        return aligned(self.text[node.id], node.names, want)

    # --- statements -----------------------------------------------------------------------

    def _statement(self, node: Node) -> None:
        if node.op in (*LEAVES, "as_passed") or node.is_const:
            return
        if node.op == "extent":
            product = self.sizes.render(node.attr("length"))
            self.text[node.id] = f"max({product}, {node.attr('least')})" if node.attr("least") else f"({product})"
            return
        if node.op == "loop":
            self._loop(node)
            return
        if node.op == "loop_out":
            self.text[node.id] = self.loops[node.args[0].id][node.attr("index")]
            return
        if node.op == "rename":
            self.text[node.id] = self.tensor(node.args[0])
            return
        op = table().get(node.op)
        text = self._expression(node, op)
        if op is not None and any(f"{name}(" in text for name in defined(op.helper)):
            self.helpers[op.name] = op.helper
            self.helpers.update((name, SHARED[name]) for name in op.uses)
        variable = self.namer.fresh(node.hint or node.op)
        self.lines.append(f"{variable} = {text}")
        self.text[node.id] = variable

    def _loop(self, node: Node) -> None:
        """The step as a function inside the function, and the call that repeats it."""
        number, half = node.attr("loop"), len(node.args) // 2
        starts, results = node.args[:half], node.args[half:]
        around = self.inside[node.id]
        body = [n for n in reachable(results) if number in self.inside[n.id]]
        variables = {n.attr("index"): n for n in body if n.op == "loop_var" and n.attr("loop") == number}
        parameters = []
        for i in range(half):
            name = self.namer.fresh("prev" if half == 1 else f"prev_{i + 1}")
            parameters.append(name)
            if i in variables:
                self.text[variables[i].id] = name
        outer, self.lines = self.lines, []
        for inner in body:
            if inner.op != "loop_var" and self.inside[inner.id] <= around | {number}:
                self._statement(inner)
        lines, self.lines = self.lines, outer
        given = [permuted(self.tensor(r), r.names, s.names) for r, s in zip(results, starts, strict=True)]
        lines.append(f"return ({', '.join(given)},)")
        step = self.namer.fresh("step")
        scan = node.attr("length") is not None
        head = ", ".join([f"t_{number}", *parameters] if scan else parameters)
        self.lines += [f"def {step}({head}):", *(f"    {line}" for line in lines)]
        names = [self.namer.fresh("last" if half == 1 else f"last_{i + 1}") for i in range(half)]
        for helper in loops.HELPERS[loops.driver(node)]:
            self.helpers[helper] = helper
        length = self.sizes.render(node.attr("length")) if scan else ""
        first = f"({', '.join(self.tensor(s) for s in starts)},)"
        self.lines.append(f"{', '.join(names)}{',' * (half == 1)} = {loops.call(node, step, first, length)}")
        self.loops[node.id] = names

    def _expression(self, node: Node, op: Op | None) -> str:
        if isinstance(op, Elementwise):
            return self._elementwise(op, node)
        if isinstance(op, Reduction):
            return self._reduction(op, node)
        if isinstance(op, Along):
            return arrays.along(op, node, [self.operand(a, a.names, numbers=True) for a in node.args])
        args = [self.tensor(a) for a in node.args]
        if isinstance(op, Batched):
            return arrays.batched(op, node, args)
        match node.op:
            case "to_float":
                return f"{args[0]}.to(dtype)"
            case "size":
                return self.scalar(self.sizes.render(node.attr("length")))
            case "position":
                return f"torch.arange({self.sizes.render(node.axes[0].length)}, device=device)"
            case "gather":
                return selection.gather(node, args[0], args[1])
            case "slice":
                return selection.slice_(node, args[0])
            case "pad":
                whole = next(a for a in node.axes if a.name == node.attr("axis"))
                return selection.pad(node, args[0], self.sizes.render(whole.length))
            case "pick":
                return selection.pick(node, args[0])
            case "dot":
                return selection.dot(node, args)
            case "expand":
                return selection.expand(node, args[0], [self.sizes.render(a.length) for a in node.axes])
            case "at_least":
                return f"torch.clamp({args[0]}, min={node.attr('bound')!r})"
            case "grad":
                return f"grad({self.tensor(node.args[0])}, {self.tensor(node.args[1])}).to(dtype)"
            case "at":
                return f"{args[0]}.select({node.args[0].names.index(node.attr('axis'))}, t_{node.attr('loop')})"
            case "sg":
                return f"{args[0]}.detach()"
        assert op is not None, node.op
        return op.torch.format(*(aligned(t, a.names, node.names) for t, a in zip(args, node.args, strict=True)))

    def _elementwise(self, op: Elementwise, node: Node) -> str:
        values = node.args[1:] if op.name == "where" else node.args
        meets = INT if any(a.dtype == INT for a in values) else FLOAT
        numbers = op.name in TAKES_NUMBERS and any(not (a.is_const or a.op == "extent") for a in values)
        operands = []
        for i, arg in enumerate(node.args):
            if op.name == "where" and i == 0 and arg.is_const:
                operands.append(self.tensor(arg))
                continue
            text = self.operand(arg, node.names, numbers or (op.name in INFIX and arg.op == "extent"), meets)
            operands.append(text)
        return op.torch.format(*operands)

    def _reduction(self, op: Reduction, node: Node) -> str:
        (x,) = node.args[:1]
        axes = node.attr("axis_names")
        kept = [n for n in x.names if n not in axes]
        text = op.torch.format(x=self.tensor(x), dim=written(dims(x, axes)))
        if op.name == "count":
            text += ".to(dtype)"
        return permuted(text, kept, node.names)


def defined(helper: str) -> list[str]:
    """The functions that a helper's source defines."""
    return [line.split("(")[0][4:] for line in helper.split("\n") if line.startswith("def ")]


def indent(lines: Sequence[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


def emit(
    function: str, outputs: Sequence[tuple[Node, bool]], doc: str, available: Sequence[Node] = ()
) -> Emitted:
    """The source of a function that returns the outputs in order; each is (node, whether it is detached)."""
    return TorchEmitter(function, [n for n, _ in outputs], doc, [d for _, d in outputs], available).emit()
