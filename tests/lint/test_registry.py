"""The folder of rules and their pages."""

import pytest

from lossdsl.lint.registry import all_rules, find, module_names, suggest
from lossdsl.lint.rule import STAGES

HEADINGS = ["What it does", "Why is this bad?", "Example", "Use instead", "Fix safety"]


def test_each_file_is_named_by_the_code_and_name_of_its_one_rule():
    assert module_names() == [f"{rule.code}_{rule.name.replace('-', '_')}" for rule in all_rules()]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_each_page_is_complete(rule):
    page = rule.page()
    assert page.startswith(f"# {rule.code} {rule.name}\n")
    assert [line[3:] for line in page.splitlines() if line.startswith("## ")][:5] == HEADINGS
    assert rule.severity in ("error", "warning", "info") and rule.needs in STAGES


def test_codes_and_names_find_rules():
    assert find("ld101") is find("expression-cut-by-comment") is find("LD101")
    assert find("LD999") is None
    assert suggest("LD11")[0] == "LD101"
    assert suggest("unused-supression") == ["unused-suppression"]
