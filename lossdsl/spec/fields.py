"""The field table: which keys each mapping of a spec has, what they hold and what they are for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping from names that the author chooses."""

    item: Type
    keys: str = "name"  # or "signature"
    filled: bool = False  # at least one entry is due


@dataclass(frozen=True, slots=True)
class List:
    """A list; its items are all of one type."""

    item: Type


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]


# A string is a key of SCALARS or of RECORDS; a tuple says alternatives that differ in their YAML form.
Type = str | Table | List | Choice | tuple["Type", ...]


@dataclass(frozen=True, slots=True)
class Field:
    type: Type
    doc: str
    required: bool = False


SCALARS = {
    "version": "the language version 1",
    "text": "text",
    "path": "the name or the path of a spec",
    "snake": "a name in snake_case",
    "name": "a name",
    "expression": "an expression",
    "number": "a number",
    "numbers": "a list of numbers",
    "range": "a list of two numbers [low, high]",
    "data": "a number or nested lists of numbers",
    "setting": "a number, a word or nested lists of numbers",
    "plain": "a mapping",
}

_EXPRESSIONS = Table("expression")
_TERMS = Table("expression", filled=True)

RECORDS: dict[str, dict[str, Field]] = {
    "spec": {
        "lossdsl": Field("version", "Version of the language.", required=True),
        "name": Field("snake", "Name of the loss."),
        "doc": Field("text", "What the loss is for, in one or more sentences."),
        "cite": Field("text", "Where the loss comes from."),
        "import": Field(List("path"), "Definitions to take from other specs."),
        "axes": Field(_EXPRESSIONS, 'Facts about axis sizes: 2, "2..", "k*batch", sample.'),
        "inputs": Field(Table(("expression", "input")), "Declarations of the tensors passed at each call."),
        "params": Field(Table(("expression", "numbers", "param")), "Scalars that control the loss."),
        "options": Field(Table("option"), "Choices made when the spec is loaded."),
        "state": Field(Table("state"), "Tensors kept and updated from call to call."),
        "define": Field(Table(("expression", "definition"), "signature"), "Named values and functions."),
        "loss": Field(("expression", _TERMS), "The loss: one expression, or named terms to be added."),
        "losses": Field(Table(("expression", _TERMS), filled=True), "Several losses over the same inputs."),
        "subject_to": Field(Table(("expression", "constraint")), "Constraints on the minimum."),
        "dual": Field("dual", "How the constraints are enforced."),
        "metrics": Field(_EXPRESSIONS, "Values to report, never differentiated."),
        "examples": Field(List("example"), "Inputs with the values and gradients they give."),
        "gather": Field(List("name"), "Inputs to gather over the process group, with gradient."),
        "plan": Field("plain", "What the planner must or must not do."),
    },
    "input": {
        "is": Field("expression", "The declaration: kind[axes] and promises.", required=True),
        "doc": Field("text", "What the input holds."),
    },
    "param": {
        "value": Field(("expression", "numbers"), "A number, a list of numbers, or a schedule of `step`."),
        "required": Field(Choice(("int", "float", "list")), "Must be given when the spec is loaded."),
        "learn": Field("expression", "Trained with the model from this value."),
        "adapt": Field("expression", "Moved until this observed value meets the target."),
        "target": Field("expression", "The value that `adapt` aims at."),
        "rate": Field("expression", "The step size of `adapt`."),
        "start": Field("expression", "The first value of an adapted parameter."),
        "in": Field("range", "The range it must stay in."),
        "doc": Field("text", "What the parameter does."),
    },
    "option": {
        "one_of": Field(List("name"), "The choices.", required=True),
        "value": Field("name", "The choice taken unless another is given.", required=True),
        "doc": Field("text", "What is chosen."),
    },
    "state": {
        "start": Field("expression", "The first value."),
        "is": Field("expression", "The declaration: kind[axes]."),
        "update": Field("expression", "The value after each training step."),
        "memory": Field("expression", "The number of slots of a ring buffer."),
        "of": Field("expression", "What is put into the ring buffer."),
        "axis": Field("name", "The axis of the slots."),
        "doc": Field("text", "What is remembered."),
    },
    "definition": {
        "doc": Field("text", "What it computes."),
        "formula": Field("text", "The mathematical formula."),
        "cite": Field("text", "Where it comes from."),
        "repeat": Field("expression", "The number of times the step is taken."),
        "scan": Field("name", "The axis along which the step runs."),
        "start": Field(_TERMS, "The loop variables before the first step."),
        "step": Field(_TERMS, "The loop variables after a step; later ones see earlier ones."),
        "until": Field("expression", "Stop when the largest change is below this."),
        "give": Field("expression", "The value of the definition.", required=True),
        "gradient": Field(Choice(("unrolled", "envelope", "implicit")), "How the loop is differentiated."),
    },
    "constraint": {
        "violation": Field("expression", "The differentiable comparison that must hold.", required=True),
        "strict": Field("expression", "The exact comparison, for the dual step."),
    },
    "dual": {
        "method": Field(Choice(("lagrangian", "augmented", "penalty")), "How multipliers act."),
        "rate": Field("number", "The step size of the dual ascent."),
        "penalty": Field("number", "The weight of the squared violation."),
        "start": Field("number", "The first value of the multipliers."),
        "max": Field("number", "The largest value of a multiplier."),
    },
    "example": {
        "given": Field(Table("data"), "The inputs.", required=True),
        "loss": Field("number", "The loss they give."),
        "terms": Field(Table("number"), "The contribution of each term."),
        "grad": Field(Table("data"), "The gradient with respect to each input."),
        "params": Field(Table("setting"), "Parameters and options to set first."),
        "state": Field(Table("data"), "State to set first."),
    },
}

RESERVED = frozenset({"where", "or", "and", "not", "each", "over", "of", "fixed", "in", "prev"})


def describe(kind: Type) -> str:
    """A type in words, for messages."""
    if isinstance(kind, Table):
        return "a mapping"
    if isinstance(kind, List):
        return "a list"
    if isinstance(kind, Choice):
        return "one of " + ", ".join(kind.words)
    if isinstance(kind, tuple):
        return " or ".join(dict.fromkeys(describe(each) for each in kind))
    return SCALARS.get(kind, "a mapping")
