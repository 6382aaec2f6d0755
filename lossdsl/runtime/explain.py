"""What the compiler understood of a spec and what it made of it, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossdsl.elaborate.typed import Typed, reachable

if TYPE_CHECKING:
    from lossdsl.runtime.module import LossModule


def explain(module: LossModule, latex: bool = False) -> str:
    """Formula, inputs, types of every named value and sub-expression, rewrites, generated source."""
    program = module.program
    sections = [("loss", formulas(module))]
    if latex:
        from lossdsl.runtime.latex import latex_of

        sections.append(("latex", [latex_of(loss.total) for loss in program.losses.values()]))
    sections.append(("inputs", [f"{n}: {info.value.type}{validity(info.value)}" for n, info in program.inputs.items()]))
    if program.definitions:
        sections.append(("definitions", [f"{n}: {v.type}{validity(v)}" for n, v in program.definitions.items()]))
    sections.append(("values", values(module)))
    compiled = module._variant(frozenset(), training=True).compiled
    if compiled.rewrites:
        sections.append(("rewrites", list(compiled.rewrites)))
    sections.append(("source", compiled.source.rstrip().split("\n")))
    return "\n\n".join(f"{title}:\n" + "\n".join(f"  {line}".rstrip() for line in lines) for title, lines in sections)


def formulas(module: LossModule) -> list[str]:
    lines = []
    for name, loss in module.program.losses.items():
        prefix = "" if name is None else f"{name}."
        for t in loss.terms:
            text = " ".join(t.value.span.text.split()) if t.value.span else t.name
            lines.append(f"{prefix}{t.name} = {text}")
    return lines


def values(module: LossModule) -> list[str]:
    """Axes, kind, validity and role of every sub-expression that was written in the spec itself."""
    roots = [t.value for loss in module.program.losses.values() for t in loss.terms]
    lines = []
    seen = set()
    for node in reachable(roots):
        if node.span is None or node.span.source is not module.spec.source or node.op in ("input", "const"):
            continue
        text = " ".join(node.span.text.split())
        line = f"{text}: {node.type}{validity(node)}"
        if line not in seen:
            seen.add(line)
            lines.append(line)
    return lines


def validity(node: Typed) -> str:
    """How the elements that count are told from those that do not."""
    if not node.valid:
        return ""
    parts = []
    for mask in sorted(node.valid, key=lambda m: m.id):
        name = " ".join(mask.span.text.split()) if mask.span is not None else mask.op
        parts.append(f"{name}[{', '.join(mask.type.names)}]")
    return " where " + " and ".join(parts)
