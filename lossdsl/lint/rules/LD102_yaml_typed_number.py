"""A number that YAML 1.1 and YAML 1.2 read differently."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lossdsl.lint.context import Context
from lossdsl.lint.rule import Rule
from lossdsl.lint.scalars import Scalar
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix

_GROUPED = re.compile(r"[-+]?\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?")
_SEXAGESIMAL = re.compile(r"([-+]?)(\d+)((?::[0-5]?\d)+)")
_OCTAL = re.compile(r"0o[0-7]+")
_TEXT_KEYS = {"doc", "cite", "required"}


class YamlTypedNumber(Rule):
    code = "LD102"
    name = "yaml-typed-number"
    needs = "text"

    what = "Finds parameter values such as `1_000`, `12:30` and `0o7`, which YAML versions read differently."
    why = """
lossdsl reads YAML 1.2, many tools read YAML 1.1. There `1_000` is one thousand, `12:30` is 750 (base 60)
and `0o7` is text; in YAML 1.2 the first two are text and the last is seven. A configuration that passes
through both changes its numbers on the way.
"""
    example = """
lossdsl: 1
name: scaled
inputs: {x: "real[batch]"}
params: {scale: 0o17}
loss: scale * mean(x)
"""
    instead = """
lossdsl: 1
name: scaled
inputs: {x: "real[batch]"}
params: {scale: 15}
loss: scale * mean(x)
"""
    fix_safety = "Safe: the number is written in digits. `12:30` has no fix; it may be a time of day."
    references = (
        "YAML 1.1, https://yaml.org/type/int.html",
        "YAML 1.2.2, section 10.3.2, https://yaml.org/spec/1.2.2/#1032-tag-resolution",
    )

    def check(self, context: Context) -> Iterable[Diagnostic]:
        for scalar in context.layout.scalars:
            if scalar.plain and not scalar.is_key and _is_parameter_value(scalar):
                finding = self._judge(context, scalar)
                if finding:
                    yield finding

    def _judge(self, context: Context, scalar: Scalar) -> Diagnostic | None:
        value = scalar.value
        span = context.span(scalar.start, scalar.end)
        if sexagesimal := _SEXAGESIMAL.fullmatch(value):
            total = 0
            for part in (sexagesimal[2] + sexagesimal[3]).split(":"):
                total = total * 60 + int(part)
            return self.finding(
                f"YAML 1.1 reads `{value}` as the number {sexagesimal[1]}{total}, YAML 1.2 as text",
                span,
                help="write the number in digits",
            )
        if "_" in value and _GROUPED.fullmatch(value):
            digits = value.replace("_", "")
            message = f"YAML 1.1 reads `{value}` as the number {digits}, YAML 1.2 as text"
        elif _OCTAL.fullmatch(value):
            digits = str(int(value, 8))
            message = f"YAML 1.2 reads `{value}` as the number {digits}, YAML 1.1 as text"
        else:
            return None
        fix = Fix(f"write {digits}", (Edit(span, digits),), safe=True)
        return self.finding(message, span, help=f"write `{digits}`", fix=fix)


def _is_parameter_value(scalar: Scalar) -> bool:
    path = scalar.path
    if path[:1] == ("examples",):
        return "params" in path
    return len(path) > 1 and path[0] in ("params", "options") and path[-1] not in _TEXT_KEYS
