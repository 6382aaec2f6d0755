"""What a rejected text says, and exactly where."""

import pytest

from lossdsl.syntax import parse
from tests.syntax.helpers import rejection

# text, first column, the one after the last, message, a part of the help (None: no help)
EXPRESSIONS = [
    # what was found and what was expected
    ("a b", 3, 4, "unexpected `b`: expected an operator or the end", None),
    ("f(a b)", 5, 6, "unexpected `b`: expected an operator, `)`, `,`, `=` or `||`", None),
    ("a and", 6, 6, "the expression ends too early: expected an expression", None),
    ("x where", 8, 8, "the expression ends too early: expected an expression", None),
    ("or b", 1, 3, "unexpected `or`: expected an expression", None),
    ("x fixed", 3, 8, "unexpected `fixed`: expected an operator or the end", None),
    ("x[a=]", 5, 6, "unexpected `]`: expected an expression or `..`", None),
    ("f(a;b)", 4, 5, "unexpected `;`: expected an operator, `)`, `,`, `=` or `||`", None),
    ("a\x00b", 2, 3, "unexpected character U+0000: expected an operator or the end", None),
    ("x" * 60 + " " + "y" * 60, 62, 122, f"unexpected `{'y' * 40}...`: expected an operator or the end",
     None),
    ("", 1, 1, "the expression is empty", "leave the entry out"),
    (" \n ", 1, 4, "the expression is empty", "leave the entry out"),
    ("1e999", 1, 6, "the number is too large", None),
    # brackets
    ("(a + b", 7, 7, "`(` is never closed: expected an operator or `)`", "add `)`"),
    ("f(a +", 6, 6, "the expression ends too early: expected an expression", None),
    ("f(a]", 4, 5, "`]` where `)` was expected", None),
    ("f(x[a)", 6, 7, "`)` where `]` was expected", None),
    ("a)", 2, 3, "`)` closes nothing: no bracket is open", "delete it"),
    ("f(a,)", 5, 6, "unexpected `)`: expected an expression", "leave out the last `,`"),
    ("{a}", 1, 2, "unexpected `{`: expected an expression", "parentheses are"),
    # operators of other languages
    ("p || q", 3, 5, "`||` stands only between two arguments of a call", "kl(p || q)"),
    ("f((p || q))", 6, 8, "`||` stands only between two arguments of a call", "`or`"),
    ("f(k=p || q)", 7, 9, "`||` stands only between two arguments of a call", "kl(p || q)"),
    ("f(p | q)", 5, 6, "`|` is not an operator", "`p || q`"),
    ("a && b", 3, 4, "`&` is not an operator", "write `and`"),
    ("!a", 1, 2, "`!` is not an operator", "write `not`"),
    ("~a", 1, 2, "`~` is not an operator", "write `not`"),
    ("a % b", 3, 4, "`%` is not an operator", "floor"),
    ("a @ b", 3, 4, "`@` is not an operator", "dot[axis](a, b)"),
    ("a // b", 4, 5, "`//` is not an operator", "floor(a / b)"),
    ("a <> b", 4, 5, "`<>` is not an operator", "write `!=`"),
    ("a =< b", 3, 4, "`=<` and `=>` are not operators", "write `<=`"),
    ("a AND b", 3, 6, "unexpected `AND`: expected an operator or the end", "written small"),
    ("NOT a", 5, 6, "unexpected `a`: expected an operator or the end", "written small"),
    ("a xor b", 3, 6, "unexpected `xor`: expected an operator or the end", "xor(a, b)"),
    ("x in y", 3, 5, "unexpected `in`: expected an operator or the end", "0 <= x and x <= 1"),
    ("a is b", 3, 5, "unexpected `is`: expected an operator or the end", "written `==`"),
    ("+x", 1, 2, "unexpected `+`: expected an expression", "leave out the `+` sign"),
    ("1 - not m", 5, 8, "unexpected `not`: expected an expression", "in parentheses"),
    # comparisons and equality
    ("a < b < c", 7, 8, "comparisons cannot be chained", "`a < b and b < c`"),
    ("a != b == c", 8, 10, "comparisons cannot be chained", "and"),
    ("a = b", 3, 4, "`=` is not a comparison", "written `==`"),
    ("f(a + b = c)", 9, 10, "`=` is not a comparison", "f(x, t=1)"),
    ("a === b", 5, 6, "unexpected `=`: expected an expression", "written `==`"),
    ("x[view==0]", 8, 9, "`==` in brackets that select", "x[view=0]"),
    ("x += 1", 4, 5, "there are no assignments", "`define`"),
    ("x := 1", 3, 4, "there are no assignments", "`define`"),
    # choices, loops, functions, methods, texts
    ("a ? b : c", 3, 4, "`?` is not an operator", "where(c, a, b)"),
    ("x if c else y", 3, 5, "unexpected `if`: expected an operator or the end", "where(c, a, b)"),
    ("where m", 7, 8, "unexpected `m`: expected `(`", "`x where m`"),
    ("f(x for x in y)", 5, 8, "unexpected `for`: expected an operator, `)`, `,`, `=` or `||`",
     "sum[axis](x)"),
    ("lambda x: x", 8, 9, "there are no anonymous functions", "`define`"),
    ("x.mean()", 1, 7, "`x.mean` is not a function", "write `mean(x)`"),
    ("x.mean(y)", 1, 7, "`x.mean` is not a function", "write `mean(x, ...)`"),
    ("f(x).mean()", 5, 6, "unexpected `.`: expected an operator or the end", "no methods"),
    ("f(\"a\")", 3, 6, "a text in quotes is not a value", "without quotes"),
    ("f('a')", 3, 6, "a text in quotes is not a value", "without quotes"),
    ("2x", 2, 3, "unexpected `x`: expected an operator or the end", "`2 * x`"),
    ("2(x)", 2, 3, "only a named function can be called", "write `*`"),
    ("f(x)(y)", 5, 6, "only a named function can be called", "write `*`"),
    ("(f)(x)", 4, 5, "only a named function can be called", "write `*`"),
    ("(f)[k](x)", 7, 8, "only a named function can be called", "write `*`"),
    ("x[a=1](y)", 1, 7, "a selection cannot be called", "sum[batch](x)"),
    ("f'(x)", 1, 3, "a function has no primes", "`f(...)'`"),
    ("f(a, b=1, c)", 11, 12, "an argument without a name comes after one with a name", "before `b=`"),
    ("f(a=1, a=2)", 8, 9, "the argument `a` is given twice", "remove one of the two"),
    ("f(a'=1)", 3, 5, "the name of an argument has no primes", None),
    # axes
    ("x[0]", 3, 4, "unexpected `0`: expected a name", "x[axis=0]"),
    ("x[-1]", 3, 4, "unexpected `-`: expected a name", "x[axis=0]"),
    ("x[1:]", 3, 4, "unexpected `1`: expected a name", "x[axis=1..]"),
    ("x[:, 0]", 3, 4, "unexpected `:`: expected a name", "x[axis=0]"),
    ("x[batch, 0]", 10, 11, "unexpected `0`: expected a name", "x[axis=0]"),
    ("x[...]", 3, 6, "unexpected `...`: expected a name", "x[axis=0]"),
    ("x[time=1:]", 9, 10, "unexpected `:`: expected an operator, `,`, `..` or `]`", "x[axis=1..]"),
    ("x[]", 3, 4, "unexpected `]`: expected a name", "leave out the brackets"),
    ("x[where]", 3, 8, "unexpected `where`: expected a name", "cannot be names"),
    ("sum(x, dim=1)", 8, 13, "axes are not numbered, so there is no `dim=`", "sum[axis](x)"),
    ("sum(x, axis=-1)", 8, 15, "axes are not numbered, so there is no `axis=`", "sum[axis](x)"),
    ("x[a', b=1]", 7, 10, "one pair of brackets cannot both rename and select", "x[view=0][batch']"),
    ("x[b=1, a]", 8, 9, "one pair of brackets cannot both rename and select", "x[view=0][batch']"),
    ("x[a=1, a=2]", 8, 9, "the axis `a` is selected twice", None),
    ("x[a...=1]", 3, 7, "`...` stands for several axes and cannot be selected from", None),
    ("prev'.x", 1, 6, "a prime belongs at the end", "`prev.x'`"),
    ("x[p'.event]", 3, 5, "a prime belongs at the end", "`p.event'`"),
    # look-alikes
    ("z’", 2, 3, "`’` (RIGHT SINGLE QUOTATION MARK) is not part of the language", "write `'`"),
    ("a − b", 3, 4, "`−` (MINUS SIGN) is not part of the language", "write `-`"),
    ("∑ x", 1, 2, "`∑` (N-ARY SUMMATION) is not part of the language", "sum[axis](x)"),
    ("x / τ", 5, 6, "`τ` (GREEK SMALL LETTER TAU) is not part of the language", "write `tau`"),
    ("kl(p ‖ q)", 6, 7, "`‖` (DOUBLE VERTICAL LINE) is not part of the language", "write `||`"),
    ("a\u00a0+ b", 2, 3, "the character NO-BREAK SPACE is not part of the language", "an ordinary blank"),
    ("a\u200b+ b", 2, 3, "the character ZERO WIDTH SPACE is not part of the language", "delete it"),
    (
        "é",
        1,
        2,
        "`é` (LATIN SMALL LETTER E WITH ACUTE) is not part of the language",
        "names have the letters a to z, digits and `_`",
    ),
]  # fmt: skip

DECLARATIONS = [
    ("", 1, 1, "the declaration is empty", "leave the entry out"),
    ("real", 5, 5, "the declaration ends too early: expected `[`", "`real[]`"),
    ("real batch", 6, 11, "unexpected `batch`: expected `[`", None),
    ("real(batch)", 5, 6, "unexpected `(`: expected `[`", "square brackets"),
    ("real[3]", 6, 7, "unexpected `3`: expected `]` or a name", "`axes:`"),
    ("real[a, a]", 9, 10, "the axis `a` is given twice", None),
    ("real[p.event]", 6, 13, "an axis is introduced by its name, not by `p.event`", None),
    ("real[a..., b...]", 12, 16, "a list of axes has at most one `...`", None),
    ("real'[b]", 1, 6, "`real'` cannot have a prime here", None),
    ("real[b] fixed fixed", 15, 20, "`fixed` is given twice", None),
    ("real[b] = 1 = 2", 15, 16, "a default is given twice", None),
    ("real[b] optional", 9, 17, "unexpected `optional`: expected a qualifier such as `fixed` or the end",
     None),
    ("real[b], fixed", 8, 9, "unexpected `,`: expected a qualifier such as `fixed` or the end", "blanks"),
    ("real[b] of class", 9, 17, "only an index is `of` an axis", "`index[...] of axis`"),
    ("real[b] of \"x\"", 9, 15, "a pattern of parameter names needs `each`", "each real[...] of \"x\""),
    ("real[b] ignore 1", 9, 17, "only an index has an ignored value", None),
    ("index[b] of class ignore 1.5", 26, 29, "the ignored value is an integer", None),
    ("index[b] of class ignore", 25, 25, "the declaration ends too early: expected `-` or a number", None),
    ("real[b] == 1", 9, 11, "`==` is not a bound", "`= 1`"),
    ("real[b] >= x", 12, 13, "unexpected `x`: expected `-` or a number", None),
    ("real[b] >= 1 > 0", 14, 17, "a second bound on the same side", None),
    ("real[b] in [0 1]", 15, 16, "unexpected `1`: expected `,`", None),
    ("real[b] in [0, 1", 17, 17, "`[` is never closed: expected `)` or `]`", "add `]`"),
    ("noise[b]", 1, 9, "a noise input needs its distribution", "`rademacher`"),
    ("noise[b] gaussian", 10, 18, "unexpected `gaussian`: expected a qualifier such as `fixed` or the end",
     "`normal`"),
    ("real[b] normal", 9, 15, "only a noise input is `normal`", "noise[...] normal"),
    ("real[b] where a && b", 17, 18, "`&` is not an operator", "write `and`"),
    ("each like", 10, 10, "the declaration ends too early: expected a name", None),
]  # fmt: skip

OTHERS = [
    ("signature", "f(", 3, 3, "`(` is never closed: expected `)` or a name", "add `)`"),
    ("signature", "f[k]", 5, 5, "the signature ends too early: expected `(`", None),
    ("signature", "f(p ~ dist[)", 12, 13, "`)` where `]` was expected", None),
    ("signature", "f(p | q)", 5, 6, "`|` is not an operator", "`p || q`"),
    ("signature", "f(a, a)", 6, 7, "the parameter `a` is given twice", None),
    ("signature", "f[k, k](x)", 6, 7, "the axis `k` is given twice", None),
    ("signature", "f(x) = 2", 6, 7, "unexpected `=`: expected the end", None),
    ("signature", "f'", 1, 3, "`f'` cannot have a prime here", None),
    ("constraint", "a", 2, 2, "the constraint ends too early: expected an operator", "compares two values"),
    ("constraint", "a < b", 3, 4, "a constraint is written with `<=`, `>=` or `==`", "write `<=`"),
    ("constraint", "a <= b <= c", 8, 10, "a constraint has a single comparison", "each side"),
    ("constraint", "a = b", 3, 4, "`=` is not a comparison", "`==`"),
    ("constraint", "x where m <= 1", 3, 8, "`where` cannot stand outside of the two sides of a constraint",
     "mean(x where m)"),
    ("constraint", "a <= b each id", 15, 15, "the constraint ends too early: expected `over`", None),
    ("axis_size", "2.5", 1, 4, "the length of an axis is an integer", None),
    ("axis_size", "k+1", 2, 3, "unexpected `+`: expected `*` or the end", None),
    ("axis_size", "", 1, 1, "the axis size is empty", "leave the entry out"),
    ("numbers", "[1 2]", 4, 5, "unexpected `2`: expected `,` or `]`", None),
    ("numbers", "[1,]", 4, 5, "unexpected `]`: expected `-` or a number", "leave out the last `,`"),
    ("numbers", "[1", 3, 3, "`[` is never closed: expected `,` or `]`", "add `]`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "text", "start", "end", "message", "help"),
    [("expression", *row) for row in EXPRESSIONS] + [("declaration", *row) for row in DECLARATIONS] + OTHERS,
)
def test_rejections(form: str, text: str, start: int, end: int, message: str, help: str | None) -> None:
    found = rejection(getattr(parse, f"parse_{form}"), text)
    assert (found.code, found.name, found.severity) == ("LD001", "syntax-error", "error")
    assert found.message == message
    assert found.span is not None and (found.span.start + 1, found.span.end + 1) == (start, end)
    assert found.help is None if help is None else help in (found.help or "")


@pytest.mark.parametrize(
    ("text", "column"), [("(a + b", 1), ("f(a, (b)", 2), ("f(x[a)", 4), ("f(a]", 2), ("(a) + f(x[b=1] +", 8)]
)
def test_the_bracket_that_is_open_is_shown(text: str, column: int) -> None:
    ((span, word),) = rejection(parse.parse_expression, text).labels
    assert span.column == column
    assert word == f"`{text[column - 1]}` is opened here"
