"""Spec files as editors and operating systems leave them, and things that are no spec at all."""

import pytest
import torch

import lossdsl
from tests.adversarial.common import data

TEXT = """lossdsl: 1
name: t
inputs:
  x: logits[batch, class]
  y: index[batch] of class
params: {tau: 0.5}
loss:
  ce: ce(x / tau, y)
"""
BOM = b"\xef\xbb\xbf"
ENCODED = {
    "plain": TEXT.encode(),
    "windows": TEXT.replace("\n", "\r\n").encode(),
    "old mac": TEXT.replace("\n", "\r").encode(),
    "byte order mark": BOM + TEXT.encode(),
    "both": BOM + TEXT.replace("\n", "\r\n").encode(),
    "no last line break": TEXT.rstrip().encode(),
    "tabs in expressions": TEXT.replace("ce(x / tau, y)", "ce(x\t/ tau,\ty)\t").encode(),
    "unicode documentation": (TEXT + "doc: ünï ∑ 😀\n").encode(),
    "trailing blanks": TEXT.replace("\n", "  \n").encode(),
}


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_readable_files(content, tmp_path):
    path = tmp_path / "größe 1.yaml"
    path.write_bytes(content)
    x, y = data().values()
    for name in (path, str(path)):
        out = lossdsl.load(name, compile=False)(x=x, y=y)
        torch.testing.assert_close(out.loss, torch.nn.functional.cross_entropy(x / 0.5, y))


@pytest.mark.parametrize("encode", [lambda t: t, lambda t: t.replace("\n", "\r\n")], ids=["unix", "windows"])
def test_places_do_not_depend_on_line_breaks(encode, tmp_path):
    path = tmp_path / "t.yaml"
    path.write_bytes(encode(TEXT.replace("x / tau", "x / tua").replace("loss:", "# 😀\nloss:")).encode())
    with pytest.raises(lossdsl.LossDSLError) as caught:
        lossdsl.load(path)
    span = caught.value.span
    assert (span.line, span.column, caught.value.code) == (9, 14, "LD002") and "`tau`" in caught.value.help


BROKEN = {
    "utf-16": (TEXT.encode("utf-16"), "LD024"),
    "latin-1": (TEXT.encode() + b"doc: \xe9\n", "LD024"),
    "null": (TEXT.encode() + b"doc: a\0b\n", "LD009"),
    "tab": (TEXT.replace("  ce:", "\tce:").encode(), "LD009"),
    "greek param": (TEXT.replace("tau", "τ").encode(), "LD012"),
    "no-break space": (TEXT.replace("x / tau", "x\u00a0/ tau").encode(), "LD001"),
    "right to left": (TEXT.replace("x / tau", "x\u202e / tau").encode(), "LD001"),
    "empty": (b"", "LD009"),
    "only a comment": (b"# nothing\n", "LD009"),
    "a list": (b"- 1\n", "LD011"),
    "a word": (b"hello", "LD011"),
    "two documents": (TEXT.encode() + b"---\n" + TEXT.encode(), "LD009"),
    "python tag": (TEXT.replace("0.5", "!!python/object/apply:os.system ['true']").encode(), "LD009"),
    "twice": (TEXT.encode() + b"name: u\n", "LD104"),
    "version 2": (TEXT.replace("lossdsl: 1", "lossdsl: 2").encode(), "LD011"),
}


@pytest.mark.parametrize("content, code", BROKEN.values(), ids=BROKEN)
def test_unreadable_files(content, code, tmp_path):
    path = tmp_path / "t.yaml"
    path.write_bytes(content)
    with pytest.raises(lossdsl.LossDSLError) as caught:
        lossdsl.load(path)
    assert caught.value.code == code and caught.value.help and caught.value.message


@pytest.mark.parametrize(
    "spec", [3, None, b"a.yaml", [1], "a" * 5000, "a\0b", "", ".", "..", "../x", "/nope/a.yaml", "nope.yaml", TEXT,
             "ce + kl(view1||view2)", "std/conventions"],
    ids=lambda v: repr(v)[:20],
)  # fmt: skip
def test_what_is_no_spec(spec):
    with pytest.raises(lossdsl.LossDSLError) as caught:
        lossdsl.load(spec)
    assert caught.value.code == "LD024" and caught.value.help


def test_one_bad_declaration_is_one_finding(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(TEXT.replace("batch, class]", "batch, kl@sse]", 1))
    with pytest.raises(lossdsl.LossDSLError) as caught:
        lossdsl.load(path)
    assert [d.code for d in caught.value.diagnostics] == ["LD001"], str(caught.value)


def test_a_library_has_no_loss():
    with pytest.raises(lossdsl.LossDSLError, match="definitions but no loss"):
        lossdsl.load("std/contrastive")


def test_examples_are_ignored_at_load(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(TEXT + "examples:\n  - given: {x: [[2, 0]], y: [0]}\n    loss: 99.0\n")
    assert lossdsl.load(path, compile=False)(**data()).loss < 99
