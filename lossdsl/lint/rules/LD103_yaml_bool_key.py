"""A name that YAML 1.1 reads as true or false."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lossdsl.lint.context import Context
from lossdsl.lint.rule import Rule
from lossdsl.lint.scalars import Scalar
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix

# Not `y` and `n`: YAML 1.1 lists them, but PyYAML and ruamel.yaml read them as text, and `y` is the usual
# name of a target.
_BOOL = re.compile(r"on|On|ON|off|Off|OFF|yes|Yes|YES|no|No|NO")
_NAME_FIELDS = {"name", "axis", "one_of", "value", "gather"}


class YamlBoolKey(Rule):
    code = "LD103"
    name = "yaml-bool-key"
    needs = "text"

    what = "Finds the unquoted keys and names `on`, `off`, `yes` and `no`."
    why = """
lossdsl reads YAML 1.2, in which these are text. YAML 1.1, and with it PyYAML and most editors, reads them
as true and false: the key `off` becomes `False`, and the name is gone.
"""
    example = """
lossdsl: 1
name: switched
inputs: {x: "real[batch]"}
params: {off: 0.5}
loss: off * mean(x)
"""
    instead = """
lossdsl: 1
name: switched
inputs: {x: "real[batch]"}
params: {"off": 0.5}
loss: off * mean(x)
"""
    fix_safety = "Safe: a quoted name means the same in every version of YAML."
    references = ("YAML 1.1, https://yaml.org/type/bool.html",)

    def check(self, context: Context) -> Iterable[Diagnostic]:
        for scalar in context.layout.scalars:
            if scalar.plain and _BOOL.fullmatch(scalar.value) and (scalar.is_key or _holds_name(scalar)):
                truth = "true" if scalar.value.lower() in ("on", "yes") else "false"
                span = context.span(scalar.start, scalar.end)
                quoted = f'"{scalar.value}"'
                yield self.finding(
                    f"YAML 1.1 tools read the name `{scalar.value}` as {truth}",
                    span,
                    help=f"write `{quoted}`",
                    fix=Fix("quote the name", (Edit(span, quoted),), safe=True),
                )


def _holds_name(scalar: Scalar) -> bool:
    return any(part in _NAME_FIELDS for part in scalar.path[-2:])
