import subprocess
import sys
import time

import lark
import pytest

from lossdsl.syntax import table
from lossdsl.syntax.build_forms import Builder
from lossdsl.syntax.grammar_file import grammar_file, table_file
from lossdsl.syntax.words import NOISES, RESERVED

GRAMMAR = grammar_file().read_text(encoding="utf-8")


def test_no_conflict_and_no_collision() -> None:
    pytest.importorskip("interegular")
    table.build_parser(GRAMMAR, strict=True)


def test_strictness_would_notice() -> None:
    pytest.importorskip("interegular")
    ambiguous = GRAMMAR.replace("bound: COMPARE constant", 'bound: COMPARE sum\n_word: "+" NAME')
    with pytest.raises(lark.exceptions.LarkError):
        table.build_parser(ambiguous, strict=True)


def test_the_stored_table_is_that_of_the_grammar() -> None:
    stored = table_file().read_text(encoding="utf-8")
    if f'"lark {lark.__version__} ' not in stored:
        pytest.skip("the table was computed by another lark; the parser is then built from the grammar")
    assert stored == table.table_text(GRAMMAR), "run python -m lossdsl.syntax.table"


@pytest.mark.parametrize("stored", ["", "{}", '{"of": "lark 0"}', "no json"])
def test_a_table_that_does_not_fit_is_not_read(stored: str, tmp_path, monkeypatch) -> None:
    other = tmp_path / "table.json"
    other.write_text(stored)
    monkeypatch.setattr(table, "table_file", lambda: other)
    assert table.load_parser(None).parse("2..", start="axis_size").data == "axis_size"
    monkeypatch.setattr(table, "table_file", lambda: tmp_path / "missing.json")
    assert table.load_parser(None).parse("2..", start="axis_size").data == "axis_size"


def test_every_rule_has_its_method() -> None:
    """A rule without one would leave a lark tree among the nodes."""
    rules = {rule.alias or rule.origin.name for rule in table.build_parser(GRAMMAR).rules}
    passed_on = {"expression", "disjunction", "conjunction", "negation", "comparison", "sum", "product"}
    passed_on |= {"signed", "power", "postfix", "atom"}
    missing = {rule for rule in rules - passed_on if not rule.startswith("_") and not hasattr(Builder, rule)}
    assert not missing


def test_the_words_are_those_of_the_grammar() -> None:
    assert f"NOISE.2: /({'|'.join(NOISES)})" in GRAMMAR
    name = next(line for line in GRAMMAR.splitlines() if line.startswith("NAME:"))
    assert set(name[name.index("(?!(") + 4 : name.index(")")].split("|")) == RESERVED


def test_nothing_is_loaded_before_the_first_parse() -> None:
    code = (
        "import sys, lossdsl.syntax.parse, lossdsl.syntax.unparse, lossdsl.syntax.equal\n"
        "assert not {'lark', 'torch', 'sympy', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_table_is_read_quickly() -> None:
    start = time.perf_counter()
    table.load_parser(Builder())
    assert time.perf_counter() - start < 0.15  # 5 ms as a rule; computing it takes 200
