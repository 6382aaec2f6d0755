"""All rules, found by importing the folder `rules`."""

from __future__ import annotations

import difflib
import pkgutil
from functools import cache
from importlib import import_module

from lossdsl.lint import rules as folder
from lossdsl.lint.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """One instance of each rule, by code."""
    found = [rule() for module in module_names() for rule in _defined_in(module)]
    return tuple(sorted(found, key=lambda rule: rule.code))


def module_names() -> list[str]:
    """The files of the folder `rules`, without their ending."""
    return sorted(entry.name for entry in pkgutil.iter_modules(folder.__path__))


def find(code_or_name: str) -> Rule | None:
    """The rule with this code (`LD101`, in either case) or name."""
    for rule in all_rules():
        if code_or_name.upper() == rule.code or code_or_name.lower() == rule.name:
            return rule
    return None


def suggest(code_or_name: str) -> list[str]:
    """Codes and names that look like `code_or_name`, the nearest first."""
    names = [name for rule in all_rules() for name in (rule.code, rule.name)]
    by_case = difflib.get_close_matches(code_or_name.upper(), names, cutoff=0.6)
    return list(dict.fromkeys(by_case + difflib.get_close_matches(code_or_name.lower(), names, cutoff=0.6)))


def _defined_in(module: str) -> list[type[Rule]]:
    members = vars(import_module(f"{folder.__name__}.{module}")).values()
    return [
        member
        for member in members
        if isinstance(member, type) and issubclass(member, Rule) and member.__module__.endswith(f".{module}")
    ]
