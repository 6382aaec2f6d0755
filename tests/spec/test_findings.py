"""Specs that are refused: every finding with its place and its advice."""

import pytest

from lossdsl.source.diagnostic import LossDSLError
from lossdsl.source.text import Source
from lossdsl.spec.decode import decode, decode_mapping

HEAD = "lossdsl: 1\n"


def findings(text: str):
    with pytest.raises(LossDSLError) as caught:
        decode(Source("t.yaml", text))
    return caught.value.diagnostics


CASES = [
    # text after the head line, code, line, column, words of the message, words of the help
    ("los: a\nloss: b", "LD105", 2, 1, "`los`", None),
    ("los: a", "LD105", 2, 1, "`los`", "`loss`"),
    ("input: {}\nloss: a", "LD105", 2, 1, "`input` in the spec", "did you mean `inputs`?"),
    ("zzz: {}\nloss: a", "LD105", 2, 1, "`zzz`", "the keys are lossdsl, name"),
    ("params:\n  a: {value: 1, docs: x}\nloss: a", "LD105", 3, 17, "`docs` in `a`", "`doc`"),
    (
        "state: {s: {start: 0, update: ema(s, 0.9)}}\nloss: a",
        "LD105",
        2,
        38,
        "`0.9)`",
        "quote the expression",
    ),
    ("loss: {a: f(x, y)}", "LD012", 2, 16, "`y)`", "quote the expression"),
    ("loss: {a: [1]}", "LD011", 2, 11, "is an expression", "quote the expression"),
    ("loss:\n- a", "LD011", 3, 1, "an expression or a mapping, but this is a list", None),
    ("loss:", "LD011", 2, 6, "this is empty", None),
    ("loss: ''", "LD011", 2, 7, "this is empty", None),
    ("loss: null", "LD011", 2, 7, "this is empty", None),
    ("loss: >3\n", "LD011", 2, 7, "this is empty", "quote the expression"),
    ("loss: {}", "LD010", 2, 7, "no entries", None),
    ("losses: {}", "LD010", 2, 9, "no entries", None),
    ("losses: {g: {}}", "LD010", 2, 13, "no entries", None),
    ("name: x", "LD010", 1, 1, "no `loss`", "`loss:`"),
    ("inputs: {a: b}\ndefine: {f: a}", "LD010", 1, 1, "no `loss`", "`loss:`"),
    ("loss: a\nlosses: {g: b}", "LD013", 3, 1, "exclude each other", "keep one"),
    ("name: Foo\nloss: a", "LD012", 2, 7, "snake_case", None),
    ("name: 1\nloss: a", "LD011", 2, 7, "a name", None),
    ("doc: 5\nloss: a", "LD011", 2, 6, "text, but this is the number 5", "quote it"),
    ("inputs: {where: a}\nloss: a", "LD012", 2, 10, "word of the language", "another name"),
    ("loss: {1x: a}", "LD012", 2, 8, "not a name", "digits"),
    ("loss: {é: a}", "LD012", 2, 8, "not a name", None),
    ("define:\n  not(x): x\nloss: a", "LD012", 3, 3, "`not`", None),
    ("define:\n  (x): x\nloss: a", "LD012", 3, 3, "not a name", None),
    ("inputs: {a: {doc: x}}\nloss: a", "LD010", 2, 13, "no `is`", "`is:`"),
    ("inputs: {a: b}\nparams: {a: 1}\nloss: a", "LD104", 3, 10, "`a`", "rename"),
    ("params: {a: {}}\nloss: a", "LD010", 2, 10, "no value", "`value:`"),
    ("params: {a: {value: 1, learn: 2}}\nloss: a", "LD013", 2, 24, "`learn` and `value`", None),
    ("params: {a: {adapt: x, rate: 1}}\nloss: a", "LD010", 2, 10, "no `target`", None),
    ("params: {a: {value: 1, rate: 1}}\nloss: a", "LD013", 2, 24, "`adapt`", None),
    ("params: {a: [1, b]}\nloss: a", "LD011", 2, 17, "a number", None),
    ("params: {a: {value: 1, in: [1]}}\nloss: a", "LD011", 2, 28, "[low, high]", None),
    ("params: {a: {value: 1, in: [2, 1]}}\nloss: a", "LD011", 2, 28, "empty", "smaller"),
    ("params: {a: {required: integer}}\nloss: a", "LD011", 2, 24, "int, float, list", "`int`"),
    ("options: {d: {one_of: [kl, js], value: k}}\nloss: a", "LD011", 2, 40, "not a choice", "`kl`"),
    ("options: {d: {one_of: [kl, kl], value: kl}}\nloss: a", "LD104", 2, 28, "twice", None),
    ("options: {d: {one_of: [], value: kl}}\nloss: a", "LD011", 2, 11, "no choices", None),
    ("state: {s: {update: 0}}\nloss: a", "LD010", 2, 9, "no `start`", "`memory:`"),
    ("state: {s: {memory: 3, of: z}}\nloss: a", "LD010", 2, 9, "no `axis`", None),
    ("state: {s: {memory: 3, of: z, axis: k, start: 0}}\nloss: a", "LD013", 2, 40, "exclude", None),
    ("state: {s: {start: 3, of: z}}\nloss: a", "LD013", 2, 23, "`memory`", None),
    ("define: {f: {repeat: 3, give: x, start: {x: 0}}}", "LD010", 2, 14, "no `step`", None),
    ("define: {f: {give: x, until: 1}}", "LD010", 2, 23, "`until` belongs to a loop", "`repeat: 10`"),
    ("define: {f: {doc: x}}", "LD010", 2, 13, "no `give`", "`give:`"),
    (
        "define: {f: {scan: t, repeat: 2, give: x, start: {x: 0}, step: {x: 0}}}",
        "LD013",
        2,
        14,
        "exclude",
        None,
    ),
    ("dual: {method: lagrange}\nloss: a", "LD011", 2, 16, "one of", "`lagrangian`"),
    ("dual: {rate: x}\nloss: a", "LD011", 2, 14, "a number", None),
    ("subject_to: {c: {strict: a <= 0}}\nloss: a", "LD010", 2, 17, "no `violation`", None),
    ("gather: z1\nloss: a", "LD011", 2, 9, "a list", None),
    ("import: [3]\nloss: a", "LD011", 2, 10, "path of a spec", None),
    ("plan: [a]\nloss: a", "LD011", 2, 7, "a mapping", None),
    ("examples: [{loss: 1}]\nloss: a", "LD010", 2, 12, "no `given`", None),
    ("examples: [{given: {x: [a]}}]\nloss: a", "LD011", 2, 25, "nested lists of numbers", None),
]


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "message", "advice"), CASES, ids=[c[0] for c in CASES]
)
def test_finding(text, code, line, column, message, advice):
    found = findings(HEAD + text)
    first = next(each for each in found if each.code == code)
    assert (first.line, first.column) == (line, column)
    assert message in first.message
    assert first.severity == "error"
    if advice:
        assert advice in first.help


@pytest.mark.parametrize(
    ("text", "code", "message", "advice"),
    [
        ("loss: a", "LD010", "no `lossdsl`", "`lossdsl: 1`"),
        ("lossdsl: 2\nloss: a", "LD011", "version 2", "version 1"),
        ("lossdsl: '1'\nloss: a", "LD011", "the text `1`", "`lossdsl: 1`"),
        ("lossdsl: 1.0\nloss: a", "LD011", "the number 1.0", "`lossdsl: 1`"),
        ("lossdsl: true\nloss: a", "LD011", "this is true", "`lossdsl: 1`"),
        ("ce + entropy(attn)", "LD011", "a spec is a mapping", "lossdsl.compile"),
        ("[1]", "LD011", "a spec is a mapping", "lossdsl.compile"),
    ],
)
def test_version_and_root(text, code, message, advice):
    (found,) = findings(text)
    assert (found.code, found.line) == (code, 1)
    assert message in found.message and advice in found.help


def test_all_findings_come_at_once_in_order():
    text = HEAD + "loss: {a: [1], 2b: c}\nparams:\n  t: {vale: 1}\n  u:\nnme: x\n"
    assert [(d.code, d.line) for d in findings(text)] == [
        ("LD011", 2), ("LD012", 2), ("LD010", 4), ("LD105", 4), ("LD011", 5), ("LD105", 6),
    ]  # fmt: skip


def apply(text: str, fix) -> str:
    for edit in sorted(fix.edits, key=lambda each: -each.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def test_a_slip_has_a_rename_as_fix():
    text = HEAD + "inptus: {a: b}\nloss: a\n"
    (found,) = findings(text)
    assert not found.fix.safe
    assert list(decode(Source("t.yaml", apply(text, found.fix))).inputs) == ["a"]


def test_no_rename_to_a_key_that_is_there():
    (found,) = findings(HEAD + "inputs: {a: b}\ninputss: {c: d}\nloss: a\n")
    assert found.fix is None


def test_a_missing_version_has_a_fix():
    text = "# a loss\nloss: a\n"
    (found,) = findings(text)
    assert found.fix.safe
    assert apply(text, found.fix) == "# a loss\nlossdsl: 1\nloss: a\n"


def test_a_second_use_of_a_name_points_at_the_first():
    (found,) = findings(HEAD + "inputs: {a: b}\nstate: {a: {start: 0}}\nloss: a\n")
    ((place, _),) = found.labels
    assert (place.line, place.column) == (2, 10)


def test_thousands_of_slips_end_early():
    assert len(findings(HEAD + "".join(f"inputs{i}: 1\n" for i in range(20_000)))) == 100


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"lossdsl": 1, "loss": object()}, "LD011"),
        ({"lossdsl": 1, "loss": {1: "a"}}, "LD011"),
        ({"lossdsl": 1, "inptus": {}, "loss": "a"}, "LD105"),
    ],
)
def test_mappings_are_refused_too(data, code):
    with pytest.raises(LossDSLError) as caught:
        decode_mapping(data)
    assert caught.value.code == code


def test_a_mapping_that_contains_itself():
    data = {"lossdsl": 1, "loss": "a"}
    data["plan"] = data
    with pytest.raises(LossDSLError) as caught:
        decode_mapping(data)
    assert caught.value.code == "LD008"
