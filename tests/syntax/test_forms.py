"""Every form that the language description shows, and what it becomes."""

import pytest

from lossdsl.syntax.ast import (
    Binary,
    Call,
    Member,
    Name,
    Number,
    Pair,
    Prime,
    Rename,
    Select,
    Slice,
    Where,
)
from lossdsl.syntax.parse import (
    parse_axis_size,
    parse_constraint,
    parse_declaration,
    parse_expression,
    parse_numbers,
    parse_signature,
)
from lossdsl.syntax.unparse import unparse
from tests.syntax.helpers import expression, verbatim

EXPRESSIONS = """
ce + 0.1*entropy(attn) + kl(view1||view2)
0.1 * entropy(attn)
x[batch', feature]
dot[feature](z, z')
x[view=0]
x[class=labels]
x[time=1..]
x[time=..-1]
x[time=2..5]
batch != batch'
labels == class
size[class]
count[class](m)
sum[batch, time](x)
x where m
f(x, y, tau=0.1)
f(p || q)
logsumexp[k](x where m, empty=0)
min[k](x where m, empty=1)
mix(p, q, t)
as_logits[c](x)
where(c,a,b)
diag[i,i'](m)
eigvals[i,i'](m)
spectral_sum[i,i'](f, m)
with_gradient(value, of)
sort(x, by=y)
assignment[i,j](cost)
dot[feature](normalise[feature](z1), normalise[feature](z2)[batch', feature]) / tau
softmax(log(p) / t)
-sum[k](xlogy(probs(p), p))
sum[k](probs(p) * (logprobs(p) - logprobs(q)))
-eps * logsumexp[j]((g - cost) / eps - log(size[j]))
mean(f) + mean(g)
prev.name
sum[p.event](p)
cosine(1.0, 0.1, steps=10000)
entropy(policy)
1/size[class]
0.999*prior + 0.001*mean[view, batch](softmax(sg(logits)))
ema(avg, sg(mean(exp(score))), 0.99)
choose(divergence, kl=kl(p || q), js=js(p || q), tv=tv_distance(p, q))
mean(z > 0) - 0.3
sum[each](l2(w_each))
normalise[feature](proj)
dot[feature](u, u[view', batch', feature]) / tau
labeled and labeled[batch'] and not (view == view' and batch == batch')
s - logsumexp[view', batch'](s where other)
-mean(mean[view', batch'](logp where other and labels == labels[batch']) where labeled)
log_softmax[vocab](linear(hidden, head))[vocab=tokens]
exp(logp - old_logp)
-min(ratio * adv, clamp(ratio, 1 - eps, 1 + eps) * adv)
beta * kl_k3(logp, ref_logp)
mean[batch](feat where labels == class)
""".strip().splitlines()

SIGNATURES = """
sim
sharpen(p, t)
entropy[k](p ~ dist[k])
kl[k](p ~ dist[k] || q ~ dist[k])
sinkhorn[i, j](cost, eps, steps=50)
var[axes...](x, correction=0)
f()
trace[i, i'](m ~ real[i, i'])
""".strip().splitlines()

CONSTRAINTS = """
dcov(pred, group) <= 0.05
ce(logits, labels) <= 0.1 each id over dataset
mean(sigmoid(z)) - 0.3 <= 0
mean(z > 0) - 0.3 <= 0
a == b
a >= -b
""".strip().splitlines()


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions(text: str) -> None:
    parse_expression(verbatim(text))


@pytest.mark.parametrize("text", SIGNATURES)
def test_signatures_are_in_the_one_style(text: str) -> None:
    assert unparse(parse_signature(verbatim(text))) == text


@pytest.mark.parametrize("text", CONSTRAINTS)
def test_constraints_are_in_the_one_style(text: str) -> None:
    assert unparse(parse_constraint(verbatim(text))) == text


def test_a_call_with_everything() -> None:
    call = expression("f[k, p.event, axes...](p || q, x where m, t=1, u=-y)")
    assert isinstance(call, Call) and call.func == "f"
    assert call.func_span.text == "f"
    assert [(a.id, a.owner, a.rest) for a in call.axes] == [
        ("k", None, False), ("event", "p", False), ("axes", None, True)
    ]  # fmt: skip
    assert isinstance(call.args[0], Pair) and isinstance(call.args[1], Where)
    assert [key for key, _ in call.kwargs] == ["t", "u"]
    assert expression("f(x)").axes is None
    assert expression("f()").args == ()


def test_infix_where_and_the_function() -> None:
    call = expression("where(c, a, b)")
    assert isinstance(call, Call) and call.func == "where" and len(call.args) == 3
    both = expression("x where where(c, a, b)")
    assert isinstance(both, Where) and isinstance(both.mask, Call)
    masked = expression("x where (m)")
    assert isinstance(masked, Where) and isinstance(masked.mask, Name)


def test_primes() -> None:
    name = expression("z''")
    assert isinstance(name, Name) and (name.id, name.primes) == ("z", 2)
    prime = expression("(a + b)'")
    assert isinstance(prime, Prime) and prime.primes == 1 and isinstance(prime.value, Binary)
    assert isinstance(expression("x[batch]''"), Prime)
    member = expression("prev.f'")
    assert isinstance(member, Prime) and isinstance(member.value, Member)
    renamed = expression("x[batch'']")
    assert isinstance(renamed, Rename) and (renamed.axes[0].name, renamed.axes[0].primes) == ("batch''", 2)


def test_brackets() -> None:
    assert isinstance(expression("size[class]"), Rename)
    select = expression("x[class=labels, p.event=1, time=1..n - 1]")
    assert isinstance(select, Select)
    assert [axis.name for axis, _ in select.items] == ["class", "p.event", "time"]
    piece = select.items[2][1]
    assert isinstance(piece, Slice) and isinstance(piece.start, Number) and isinstance(piece.stop, Binary)
    rest = expression("x[time=..-1]").items[0][1]
    assert rest.start is None and unparse(rest.stop) == "-1"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("1.5", 1.5), (".5", 0.5), ("1e-3", 1e-3), ("1.", 1.0), ("1.e2", 100.0), ("007", 7)]
    + [("true", True), ("false", False), ("2E+3", 2000.0)],
)
def test_numbers(text: str, value: float) -> None:
    number = expression(text)
    assert isinstance(number, Number)
    assert (number.value, type(number.value), number.text) == (value, type(value), text)


@pytest.mark.parametrize("text", ["1..", "1 ..", "1. .."])
def test_a_range_after_a_number(text: str) -> None:
    piece = expression(f"x[time={text}]").items[0][1]
    assert piece.start.value == 1 and piece.stop is None


@pytest.mark.parametrize(
    "word",
    "fixed over of ignore each like in normal uniform sample wherever android order nothing trueish".split(),
)
def test_words_of_declarations_are_names_in_expressions(word: str) -> None:
    name = expression(word)
    assert isinstance(name, Name) and name.id == word
    call = expression(f"{word}[{word}]({word}, {word}={word} where {word}) + x[{word}=0]")
    assert unparse(call) == f"{word}[{word}]({word}, {word}={word} where {word}) + x[{word}=0]"
    declared = parse_declaration(verbatim(f"real[{word}] fixed where {word} = {word}"))
    assert declared.fixed and declared.where.id == declared.default.id == word


def test_signatures() -> None:
    value = parse_signature(verbatim("sim"))
    assert value.name == "sim" and value.params is None
    kl = parse_signature(verbatim("kl[k](p ~ dist[k] || q ~ dist[k], t=1)"))
    assert [axis.id for axis in kl.axes] == ["k"] and kl.pairs == {0}
    p, q, t = kl.params
    assert (p.name, p.kind, p.axes[0].id, p.default) == ("p", "dist", "k", None)
    assert q.span.text == "q ~ dist[k]"
    assert t.kind is None and t.default.value == 1
    assert parse_signature(verbatim("var[axes...](x)")).axes[0].rest
    assert parse_signature(verbatim("f()")).params == ()


def test_constraints() -> None:
    found = parse_constraint(verbatim("ce(logits, labels) <= 0.1 each id over dataset"))
    assert (found.op, found.each, found.over) == ("<=", "id", "dataset")
    assert parse_constraint(verbatim("a == b")).each is None


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("2", {"exact": 2}),
        ("2*3", {"exact": 6}),
        ("2..", {"minimum": 2}),
        ("k*batch", {"factors": ("k", "batch")}),
        ("2*k*batch*3", {"factors": ("k", "batch"), "scale": 6}),
        ("batch", {"factors": ("batch",)}),
        ("sample", {"sample": True}),
        ("2*sample", {"factors": ("sample",), "scale": 2}),
    ],
)
def test_axis_sizes(text: str, facts: dict) -> None:
    size = parse_axis_size(verbatim(text))
    default = {"exact": None, "minimum": None, "factors": (), "scale": 1, "sample": False}
    assert {key: getattr(size, key) for key in default} == default | facts


def test_lists_of_numbers() -> None:
    assert parse_numbers(verbatim("[1, 2.5, -3e-2]")) == (1, 2.5, -0.03)
    assert parse_numbers(verbatim("[ ]")) == ()
