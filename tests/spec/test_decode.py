"""What a whole spec says, field by field."""

import math

import pytest

from lossdsl.source.text import Source
from lossdsl.spec.decode import decode, decode_mapping

FULL = """\
lossdsl: 1
name: everything
doc: One or more sentences.
cite: "Cao et al., 2024"
import: [./shared.yaml, std/contrastive]
axes: {view: 2, n: "2..", m: k*batch, batch: sample}
inputs:
  logits: logits[view, batch, class]
  labels: {is: "index[batch] of class ignore -100", doc: Class numbers.}
params:
  tau: 0.1
  dkl: true
  ks: [1, 2e-3]
  kb:
    - 1
    - .5
  k: {required: int}
  alpha: {value: 0.5, in: [0, .inf], doc: A weight.}
  w: cosine(1.0, 0.1, steps=10000)
  s: {learn: 0.0}
  beta: {adapt: entropy(policy), target: 0.4, rate: 1e-3, in: [0, 1], start: 0.2}
options:
  divergence: {one_of: [kl, js, tv], value: kl}
state:
  prior:
    start: 1/size[class]
    is: probs[class]
    update: 0.999*prior + 0.001*mean[batch](softmax(sg(logits)))
  hist: {memory: 1024, of: sg(z), axis: slot}
define:
  sim: dot[feature](z1, z2) / tau
  kl[k](p ~ dist[k] || q ~ dist[k]): sum[k](probs(p) * (logprobs(p) - logprobs(q)))
  sinkhorn[i, j](cost, eps, steps=50):
    doc: Entropic transport cost.
    formula: \\min_P <P, C>
    cite: Cuturi 2013
    repeat: steps
    start: {f: 0, g: 0}
    step:
      f: -eps * logsumexp[j]((g - cost) / eps)
      g: -eps * logsumexp[i]((f - cost) / eps)
    until: 1e-9
    give: mean(f) + mean(g)
    gradient: envelope
  ema_of(x): {scan: time, start: {m: 0}, step: {m: 0.9*prev.m + 0.1*x}, give: m}
loss:
  ce: ce(logits, labels)
  none: 0
subject_to:
  fair: dcov(pred, group) <= 0.05
  rate: {violation: mean(sigmoid(z)) - 0.3 <= 0, strict: mean(z > 0) - 0.3 <= 0}
dual: {method: augmented, rate: 1e-2, penalty: 1}
metrics: {confidence: mean(confidence(logits))}
gather: [logits]
plan: {chunk: {batch: 1024}, compile: false}
examples:
  - given: {logits: [[2.0, 0.0]], labels: [0], m: [true, false], x: 3}
    params: {tau: 0.5, divergence: js}
    loss: 0.126928011
    terms: {ce: 1}
    grad: {logits: [[-0.119203, .inf, .nan]]}
    state: {prior: [0.5, 0.5]}
"""


@pytest.fixture(scope="module")
def spec():
    return decode(Source("full.yaml", FULL))


def texts(fragments):
    return [fragment.text for fragment in fragments]


def test_head(spec):
    assert (spec.name, spec.doc, spec.cite) == ("everything", "One or more sentences.", "Cao et al., 2024")
    assert texts(spec.imports) == ["./shared.yaml", "std/contrastive"]
    assert {name: fact.size.text for name, fact in spec.axes.items()} == {
        "view": "2", "n": "2..", "m": "k*batch", "batch": "sample",
    }  # fmt: skip
    assert texts(spec.gather) == ["logits"]
    assert spec.plan == {"chunk": {"batch": 1024}, "compile": False}


def test_inputs(spec):
    assert spec.inputs["logits"].declaration.text == "logits[view, batch, class]"
    assert spec.inputs["labels"].declaration.text == "index[batch] of class ignore -100"
    assert spec.inputs["labels"].doc == "Class numbers."
    assert spec.inputs["labels"].span.line == 9


def test_params(spec):
    values = {name: param.value.text for name, param in spec.params.items() if param.value}
    assert values == {
        "tau": "0.1", "dkl": "true", "ks": "[1, 2e-3]", "kb": "[1, .5]", "alpha": "0.5",
        "w": "cosine(1.0, 0.1, steps=10000)",
    }  # fmt: skip
    assert spec.params["k"].required == "int"
    assert spec.params["s"].learn.text == "0.0"
    alpha, beta = spec.params["alpha"], spec.params["beta"]
    assert (alpha.low, alpha.high, alpha.doc) == (0.0, math.inf, "A weight.")
    assert texts([beta.adapt, beta.target, beta.rate, beta.start]) == [
        "entropy(policy)",
        "0.4",
        "1e-3",
        "0.2",
    ]
    assert (beta.low, beta.high) == (0.0, 1.0)


def test_a_list_knows_the_places_of_its_numbers(spec):
    for name, text in (("ks", "2e-3"), ("kb", ".5")):
        value = spec.params[name].value
        at = value.text.index(text)
        assert value.span(at, at + len(text)).text == text


def test_options_and_state(spec):
    assert (spec.options["divergence"].one_of, spec.options["divergence"].value) == (("kl", "js", "tv"), "kl")
    prior, hist = spec.state["prior"], spec.state["hist"]
    assert texts([prior.start, prior.declaration]) == ["1/size[class]", "probs[class]"]
    assert prior.update.text.startswith("0.999*prior")
    assert texts([hist.memory, hist.of]) == ["1024", "sg(z)"] and hist.axis == "slot"


def test_definitions(spec):
    sim, kl, sinkhorn, ema = spec.define
    assert (sim.signature.text, sim.body.text) == ("sim", "dot[feature](z1, z2) / tau")
    assert kl.signature.text == "kl[k](p ~ dist[k] || q ~ dist[k])"
    at = kl.signature.text.index("q ~")
    assert (kl.signature.span(at, at + 1).line, kl.signature.span(at, at + 1).column) == (32, 24)
    assert (sinkhorn.doc, sinkhorn.cite) == ("Entropic transport cost.", "Cuturi 2013")
    assert sinkhorn.formula == "\\min_P <P, C>"
    loop = sinkhorn.loop
    assert (loop.kind, loop.over.text, loop.until.text, loop.gradient) == (
        "repeat",
        "steps",
        "1e-9",
        "envelope",
    )
    assert [(name, value.text) for name, value in loop.start] == [("f", "0"), ("g", "0")]
    assert [name for name, _ in loop.step] == ["f", "g"]
    assert sinkhorn.body.text == "mean(f) + mean(g)"
    assert (ema.loop.kind, ema.loop.over.text, ema.loop.gradient) == ("scan", "time", "unrolled")


def test_loss_and_constraints(spec):
    assert list(spec.losses) == [None]
    assert [(t.name, t.expression.text) for t in spec.losses[None]] == [
        ("ce", "ce(logits, labels)"),
        ("none", "0"),
    ]
    assert spec.subject_to["fair"].violation.text == "dcov(pred, group) <= 0.05"
    assert spec.subject_to["fair"].strict is None
    assert spec.subject_to["rate"].strict.text == "mean(z > 0) - 0.3 <= 0"
    assert spec.dual == {"method": "augmented", "rate": 0.01, "penalty": 1.0}
    assert spec.metrics["confidence"].expression.text == "mean(confidence(logits))"


def test_examples(spec):
    (example,) = spec.examples
    assert example.given == {"logits": [[2.0, 0.0]], "labels": [0], "m": [True, False], "x": 3}
    assert (example.loss, example.terms) == (0.126928011, {"ce": 1.0})
    assert example.params == {"tau": 0.5, "divergence": "js"}
    assert example.grad["logits"][0][1] == math.inf and math.isnan(example.grad["logits"][0][2])
    assert example.state == {"prior": [0.5, 0.5]}
    assert example.span.line == 57


def test_forms_of_a_loss():
    one = decode(Source("t.yaml", "lossdsl: 1\nloss: a + b\n")).losses
    assert [(t.name, t.expression.text) for t in one[None]] == [(None, "a + b")]
    game = decode(Source("t.yaml", "lossdsl: 1\nlosses:\n  g: a\n  d: {real: b, fake: c}\n")).losses
    assert {name: [t.name for t in terms] for name, terms in game.items()} == {
        "g": [None],
        "d": ["real", "fake"],
    }


def test_a_library_has_no_loss():
    text = "lossdsl: 1\nname: shared\nimport: [std/basic]\ndefine: {f(x): x}\n"
    assert decode(Source("t.yaml", text)).losses == {}


def test_every_expression_stands_where_it_says(spec):
    """Plain one-line text is itself in the file, at its span."""
    fragments = [term.expression for term in spec.losses[None]]
    fragments += [each.declaration for each in spec.inputs.values()]
    fragments += [part for each in spec.define for part in (each.signature, each.body)]
    for fragment in fragments:
        assert fragment.span(0, len(fragment.text)).text == fragment.text


def test_a_mapping_says_the_same_as_its_file(spec):
    again = decode_mapping(
        {
            "lossdsl": 1,
            "doc": "true",
            "inputs": {"x": "real[batch]", "off": {"is": "mask[batch]", "doc": "yes: really"}},
            "params": {"tau": 1e-05, "ks": (1, 2.5), "flag": True, "big": math.inf},
            "define": {f"f{'o' * 200}(x)": "x"},
            "loss": {"a": "mean(x where off)", "b": "tau *\n  sum(x)"},
            "examples": [{"given": {"x": [1.0, float("nan")]}}],
        }
    )
    assert again.source.name == "<mapping>"
    assert again.doc == "true" and again.inputs["off"].doc == "yes: really"
    assert float(again.params["tau"].value.text) == 1e-05
    assert again.params["ks"].value.text == "[1, 2.5]"
    assert [t.expression.text for t in again.losses[None]] == ["mean(x where off)", "tau *\n  sum(x)"]
    assert math.isnan(again.examples[0].given["x"][1])
