"""The LALR parser from its stored table; `python -m lossdsl.syntax.table` writes the table anew."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from lossdsl.syntax.grammar_file import grammar_file, table_file

STARTS = ("expression", "declaration", "signature", "constraint", "axis_size", "numbers")
_SHIFT = 0  # how lark stores an action; 1 is a reduction


def load_parser(builder: object) -> lark.Lark:
    """A parser that hands every rule to the method of `builder` with the rule's name.

    Computing the table takes some 200 ms and reading it 5 ms. A table of another grammar or of another lark
    is not read, so that an edited grammar or an unusual lark costs time but never gives a wrong parse.
    """
    grammar = grammar_file().read_text(encoding="utf-8")
    try:
        stored = json.loads(table_file().read_text(encoding="utf-8"), object_pairs_hook=_with_numbers)
    except (OSError, ValueError):
        stored = {}
    if stored.get("of") != identity(grammar):
        return build_parser(grammar, builder)
    return lark.Lark._load_from_dict(stored["data"], stored["memo"], transformer=builder)


def build_parser(grammar: str, builder: object = None, *, strict: bool = False) -> lark.Lark:
    """The parser computed from the text of the grammar; `strict` refuses every conflict and collision."""
    options: dict[str, Any] = {"parser": "lalr", "lexer": "contextual", "maybe_placeholders": False}
    return lark.Lark(grammar, start=list(STARTS), transformer=builder, strict=strict, **options)


def identity(grammar: str) -> str:
    """What a stored table must say it was computed from."""
    return f"lark {lark.__version__} sha256 {hashlib.sha256(grammar.encode()).hexdigest()}"


def table_text(grammar: str) -> str:
    """The table as it is stored."""
    data, memo = build_parser(grammar).memo_serialize([TerminalDef, Rule])
    data["parser"]["parser"] = _renumbered(data["parser"]["parser"])
    return json.dumps({"of": identity(grammar), "data": data, "memo": memo}, separators=(",", ":")) + "\n"


def _renumbered(table: dict[str, Any]) -> dict[str, Any]:
    """The same table, its tokens in alphabetical order and its states as the starts reach them.

    lark numbers both by the order of sets, which changes from run to run; the stored table should not.
    """
    states = {
        state: sorted((table["tokens"][token], action) for token, action in actions.items())
        for state, actions in table["states"].items()
    }
    order = [table["start_states"][start] for start in STARTS]
    number = {state: i for i, state in enumerate(order)}
    for state in order:  # grows while it is walked
        for _, (action, target) in states[state]:
            if action == _SHIFT and target not in number:
                number[target] = len(order)
                order.append(target)
    names = sorted(table["tokens"].values())
    tokens = {name: i for i, name in enumerate(names)}
    return {
        "tokens": dict(enumerate(names)),
        "states": {
            number[state]: {
                tokens[name]: (action, number[arg] if action == _SHIFT else arg)
                for name, (action, arg) in states[state]
            }
            for state in order
        },
        "start_states": {start: number[table["start_states"][start]] for start in STARTS},
        "end_states": {start: number[table["end_states"][start]] for start in STARTS},
    }


def _with_numbers(pairs: list[tuple[str, Any]]) -> dict[Any, Any]:
    """JSON turns the integer keys of the table into text; this turns them back."""
    return {int(key) if key.isdigit() else key: value for key, value in pairs}


if __name__ == "__main__":
    table_file().write_text(table_text(grammar_file().read_text(encoding="utf-8")), encoding="utf-8")
