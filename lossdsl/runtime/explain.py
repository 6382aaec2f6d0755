"""What the compiler understood of a spec and what it made of it, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossdsl.elaborate.describe import describe
from lossdsl.elaborate.typed import Typed

if TYPE_CHECKING:
    from lossdsl.runtime.module import LossModule


def explain(module: LossModule, latex: bool = False) -> str:
    """Formula, inputs, types of every named value and sub-expression, rewrites, generated source."""
    program = module.program
    sections = [("loss", formulas(module))]
    if latex:
        from lossdsl.runtime.latex import formulas as latex_formulas

        sections.append(("latex", [f"{key} = {text}" for key, text in latex_formulas(program).items()]))
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
    text = module.spec.source.text
    lines = []
    for (start, end), node in sorted(module.program.notes.items(), key=lambda n: (n[0][0], -n[0][1])):
        if node.op == "const":
            continue
        line = f"{' '.join(text[start:end].split())}: {node.type}{validity(node)}"
        if line not in lines:
            lines.append(line)
    return lines


def validity(node: Typed) -> str:
    """How the elements that count are told from those that do not."""
    if not node.valid:
        return ""
    return " where " + " and ".join(describe(m) for m in sorted(node.valid, key=lambda m: m.id))
