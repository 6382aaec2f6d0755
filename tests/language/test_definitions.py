"""Definitions: values, functions, axis parameters, overloads, pairs, defaults, imports, errors."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch

import lossdsl
from lossdsl.source.diagnostic import LossDSLError
from tests.language.helpers import check, finding, marked, module, randn

X, Y = randn(4, 3, seed=1), randn(4, 3, seed=2)
XY = {"x": "real[batch, feature]", "y": "real[batch, feature]"}
GIVEN = {"x": X, "y": Y}


def test_values_and_functions() -> None:
    check(
        XY,
        "mean(twice(d)) + offset",
        GIVEN,
        lambda x, y: (2 * (x - y) ** 2).mean() + 3,
        define={"d": "(x - y)^2", "twice(a)": "2 * a", "offset": "3"},
    )


def test_order_of_definitions_does_not_matter() -> None:
    check(XY, "mean(a)", GIVEN, lambda x, y: ((x + y) * 2).mean(), define={"a": "2 * b", "b": "c + y", "c": "x"})


def test_axis_parameters() -> None:
    define = {"center[k](v)": "v - mean[k](v)", "pair[i, j](v)": "sum[i](v)^2 + sum[j](v * v[i, j])"}
    check(
        XY,
        "mean(center[feature](x) * center[batch](y))",
        GIVEN,
        lambda x, y: ((x - x.mean(1, keepdim=True)) * (y - y.mean(0))).mean(),
        define=define,
    )
    check(XY, "sum(center[batch, feature](x)^2)", GIVEN, lambda x, y: ((x - x.mean()) ** 2).sum(), define=define)
    check(
        XY,
        "sum(pair[batch, feature](x))",
        GIVEN,
        lambda x, y: (x.sum(0) ** 2).sum() * 4 + (x**2).sum() * 3,
        define=define,
    )


def test_primes_and_positions_of_an_axis_parameter() -> None:
    define = {"spread[i](v)": "sum[i, i']((v - v')^2 where i < i')", "ramp[k](v)": "sum[k](v * (k + 1)) / size[k]"}
    check(
        {"x": "real[batch]"},
        "spread[batch](x)",
        {"x": X[:, 0]},
        lambda x: sum((x[i] - x[j]) ** 2 for i in range(4) for j in range(i + 1, 4)),
        define=define,
    )
    check(
        XY,
        "mean(ramp[feature](x)) + mean(ramp[batch](y))",
        GIVEN,
        lambda x, y: (
            ((x * torch.arange(1, 4)).sum(1) / 3).mean() + ((y * torch.arange(1, 5)[:, None]).sum(0) / 4).mean()
        ),
        define=define,
    )


def test_kind_overloads() -> None:
    define = {"size_of(p ~ dist[k])": "entropy(p)", "size_of(p ~ mask)": "mean(p)", "size_of(p ~ real)": "mean(p^2)"}
    inputs = {"z": "logits[batch, feature]", "m": "mask[batch, feature]", "x": "real[batch, feature]"}
    check(
        inputs,
        "size_of(z) + 2*size_of(m) + 3*size_of(x)",
        {"z": X, "m": Y > 0, "x": Y},
        lambda z, m, x: -(z.softmax(1) * z.log_softmax(1)).sum(1).mean() + 2 * m.double().mean() + 3 * (x**2).mean(),
        define=define,
    )


def test_pairs_defaults_and_keywords() -> None:
    define = {"gap(p || q, t=2, shift=t/4)": "mean((p - q)^2) / t + shift"}
    ref = lambda t, s: lambda x, y: ((x - y) ** 2).mean() / t + s  # noqa: E731
    for call, t, s in [
        ("gap(x || y)", 2, 0.5),
        ("gap(x || y, 4)", 4, 1),
        ("gap(x || y, t=4)", 4, 1),
        ("gap(x, y)", 2, 0.5),
        ("gap(x || y, shift=0)", 2, 0),
        ("gap(x || y, shift=1, t=3)", 3, 1),
        ("gap(p=x, q=y, t=1)", 1, 0.25),
    ]:
        check(XY, call, GIVEN, ref(t, s), define=define)


def test_a_parameter_hides_a_name_of_the_spec() -> None:
    check(XY, "mean(f(y, 2))", GIVEN, lambda x, y: (y * 2).mean(), define={"f(x, batch)": "x * batch"})


def test_definitions_see_inputs_and_params() -> None:
    check(
        XY, "mean(f(y))", GIVEN, lambda x, y: (y * x / 0.5).mean(), define={"f(v)": "v * x / tau"}, params={"tau": 0.5}
    )


def test_masks_go_through_definitions() -> None:
    m = Y > 0
    check(
        {"x": "real[batch, feature]", "m": "mask[batch, feature]"},
        "mean(f[feature](x where m))",
        {"x": X, "m": m},
        lambda x, m: sum(x[i][m[i]].exp().sum() for i in range(4)) / 4,
        poison={"x": ~m},
        define={"f[k](v)": "sum[k](exp(v))"},
    )


def test_import_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text(
        "lossdsl: 1\nname: shared\ndefine:\n  base: 2\n  pull(v): mean(v^2) * base\n", encoding="utf-8"
    )
    path = tmp_path / "spec.yaml"
    path.write_text(
        "lossdsl: 1\nname: spec\nimport: [./shared.yaml]\ninputs: {x: 'real[batch]'}\nloss: pull(x)\n", encoding="utf-8"
    )
    loss = lossdsl.load(path, compile=False)
    assert loss(x=X[:, 0]).loss == pytest.approx(float(2 * (X[:, 0] ** 2).mean()))


def test_imported_definition_does_not_see_the_names_of_the_importer(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text(
        "lossdsl: 1\nname: shared\ndefine:\n  pull(v): mean(v^2) * tau\n", encoding="utf-8"
    )
    path = tmp_path / "spec.yaml"
    path.write_text(
        "lossdsl: 1\nname: spec\nimport: [./shared.yaml]\ninputs: {x: 'real[batch]'}\nparams: {tau: 2}\n"
        "loss: pull(x)\n",
        encoding="utf-8",
    )
    with pytest.raises(LossDSLError) as caught:
        lossdsl.load(path, compile=False)
    assert caught.value.code == "LD002"


def test_import_of_a_missing_file() -> None:
    assert finding(XY, "mean(x)", **{"import": ["./nowhere.yaml"]}).code == "LD024"
    assert finding(XY, "mean(x)", **{"import": ["std/nowhere"]}).code == "LD024"


def test_a_spec_may_redefine_a_standard_name() -> None:
    check(XY, "mse(x, y)", GIVEN, lambda x, y: ((x - y) ** 2).sum() * 7, define={"mse(a, b)": "7 * sum((a - b)^2)"})
    loss = module(XY, "mse(x, y)", define={"mse(a, b)": "7 * sum((a - b)^2)"})
    (found,) = loss.program.diagnostics
    assert found.severity == "info" and found.name == "redefines-standard-name" and "`mse`" in found.message


def test_recursion_is_an_error() -> None:
    d = finding(XY, "mean(f(x))", define={"f(v)": "g(v)", "g(v)": "f(v) + 1"})
    assert d.code == "LD007" and "f" in d.message and "g" in d.message
    assert finding(XY, "mean(a)", define={"a": "b + 1", "b": "a + 1"}).code == "LD007"
    assert finding(XY, "mean(a)", define={"a": "a + 1"}).code == "LD007"


SPEC = """lossdsl: 1
name: spec
inputs:
  x: real[batch, feature]
define:
  inner(v): softmax(v)
  outer(v): >-
    2 *
    inner(v)
loss:
  first: "mean(outer(x))"
"""


def test_an_error_inside_a_definition_shows_both_places() -> None:
    with pytest.raises(LossDSLError) as caught:
        lossdsl.load(decoded(SPEC), compile=False)
    d = caught.value.diagnostics[0]
    assert d.code == "LD203" and marked(d) == "outer(x)"
    places = {span.source.text[span.start : span.end] for span, _ in d.labels}
    assert "softmax(v)" in places


def decoded(text: str) -> Any:
    import tempfile

    path = Path(tempfile.mkdtemp()) / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("scalar", "line", "column"),
    [
        ("loss: mean(xx)", 4, 12),
        ("loss: 'mean(xx)'", 4, 13),
        ('loss: "mean(xx)"', 4, 13),
        ("loss: >-\n  mean(\n    xx)", 6, 5),
        ("loss: |\n  mean(\n    xx)", 6, 5),
        ('loss: "mean(\\x78x)"', 4, 13),
        ("loss:\n  a: mean(x)\n  b: mean(xx)", 6, 11),
    ],
)
def test_places_in_every_style_of_scalar(scalar: str, line: int, column: int) -> None:
    with pytest.raises(LossDSLError) as caught:
        lossdsl.load(decoded(f"lossdsl: 1\nname: spec\ninputs: {{x: 'real[batch]'}}\n{scalar}\n"), compile=False)
    d = caught.value.diagnostics[0]
    assert d.code == "LD002" and d.span is not None
    before = d.span.source.text[: d.span.start]
    assert (before.count("\n") + 1, d.span.start - before.rfind("\n")) == (line, column)


# Generous bounds: a compiler that expands what is shared would take 2^39 steps.


def seconds(build) -> float:  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    build()
    return time.perf_counter() - start


def test_200_definitions_calling_each_other() -> None:
    define = {"f0(v)": "v"} | {f"f{i}(v)": f"f{i - 1}(v) + {i} * v" for i in range(1, 200)}
    took = seconds(
        lambda: check(
            {"x": "real[batch]"},
            "mean(f199(x))",
            {"x": X[:, 0]},
            lambda x: (x * (1 + 199 * 200 / 2)).mean(),
            define=define,
        )
    )
    assert took < 10


@pytest.mark.parametrize("form", ["values", "functions"])
def test_39_doubling_definitions(form: str) -> None:
    if form == "values":
        define = {"d0": "x * 1.5"} | {f"d{i}": f"d{i - 1} + d{i - 1}" for i in range(1, 40)}
        loss = "mean(d39) / 1e9"
    else:
        define = {"d0(v)": "v * 1.5"} | {f"d{i}(v)": f"d{i - 1}(v) + d{i - 1}(v)" for i in range(1, 40)}
        loss = "mean(d39(x)) / 1e9"
    took = seconds(
        lambda: check(
            {"x": "real[batch]"}, loss, {"x": X[:, 0]}, lambda x: (x * 1.5 * 2.0**39).mean() / 1e9, define=define
        )
    )
    assert took < 10


def test_39_doublings_of_masked_and_nonlinear_values() -> None:
    define = {"d0(v)": "v where m"} | {
        f"d{i}(v)": f"log(exp(d{i - 1}(v)) + 1) + d{i - 1}(v) - d{i - 1}(v)" for i in range(1, 40)
    }
    m = X[:, 0] > 0
    took = seconds(
        lambda: check(
            {"x": "real[batch]", "m": "mask[batch]"},
            "mean(d39(x))",
            {"x": X[:, 0], "m": m},
            lambda x, m: (x[m].exp() + 39).log().mean(),
            define=define,
            poison={"x": ~m},
        )
    )
    assert took < 20


def test_expression_of_10000_nodes() -> None:
    def long(terms: int) -> str:
        return "mean(" + " + ".join(f"{i}*x" for i in range(1, terms + 1)) + ")"

    small = seconds(lambda: module({"x": "real[batch]"}, long(833)))
    large = seconds(
        lambda: check({"x": "real[batch]"}, long(3333), {"x": X[:, 0]}, lambda x: x.mean() * 3333 * 3334 / 2)
    )
    assert large < 8 * small + 2, "four times the nodes, about four times the time"
