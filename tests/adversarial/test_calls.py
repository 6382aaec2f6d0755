"""Calls with tensors of every odd sort, and with what is no tensor."""

import pytest
import torch

import lossdsl
from tests.adversarial.common import INPUTS, PLAIN, STATEFUL, by_hand, data, spec


@pytest.fixture
def loss():
    return lossdsl.load(PLAIN, compile=False)


def refused(action, code, words, help_=""):
    with pytest.raises(lossdsl.LossDSLError, match=words) as caught:
        action()
    assert caught.value.code == code and caught.value.help and help_ in caught.value.help


X, Y = data().values()
REFUSED = {
    "numpy": (lambda loss: loss(x=X.numpy(), y=Y), "LD022", "`x`.*ndarray", "torch.as_tensor"),
    "list": (lambda loss: loss(x=X.tolist(), y=Y), "LD022", "`x`.*list", "torch.as_tensor"),
    "none": (lambda loss: loss(x=None, y=Y), "LD022", "`x`.*NoneType", ""),
    "positional": (lambda loss: loss(X, Y), "LD020", "by name.*Tensor, Tensor", "loss(name=tensor"),
    "one positional": (lambda loss: loss(X), "LD020", "by name", "mapping"),
    "nothing": (lambda loss: loss(), "LD020", "without `x`.*`y`", ""),
    "extra": (lambda loss: loss({"x": X, "y": Y, "xs": X}), "LD020", "no input `xs`", "did you mean `x`"),
    "numbered": (lambda loss: loss({0: X, 1: Y}), "LD020", "name of an input is a string", ""),
    "count of positions": (lambda loss: loss.count("batch"), "LD020", "by name", ""),
    "two devices": (lambda loss: loss(x=X.to("meta"), y=Y), "LD022", "`x` is on meta and `y` on cpu", "one device"),
    "float labels": (lambda loss: loss(x=X, y=Y.double()), "LD022", "expected integers", ".long()"),
    "labels with gradient": (
        lambda loss: loss(x=X, y=Y.double().requires_grad_()),
        "LD022",
        "expected integers",
        ".long()",
    ),
    "bool labels": (lambda loss: loss(x=X, y=Y > 0), "LD022", "expected integers", ""),
    "complex": (lambda loss: loss(x=X.to(torch.complex64), y=Y), "LD022", "floating point", ""),
    "float8": (lambda loss: loss(x=X.to(torch.float8_e4m3fn), y=Y), "LD022", "floating point.*float8", ".float()"),
    "sparse": (lambda loss: loss(x=X.to_sparse(), y=Y), "LD022", "dense", "to_dense"),
    "jagged": (
        lambda loss: loss(x=torch.nested.nested_tensor([X[0], X[1]], layout=torch.jagged), y=Y),
        "LD022",
        "dense",
        "mask",
    ),
    "no axes": (lambda loss: loss(x=torch.tensor(1.0), y=Y), "LD021", "2 axes", ""),
    "one label": (lambda loss: loss(x=X, y=torch.tensor(0)), "LD021", "1 axes", ""),
    "no class": (lambda loss: loss(x=X[:, :0], y=torch.full((4,), -100)), "LD021", "size 0", ""),
    "num_items text": (lambda loss: loss(x=X, y=Y, num_items="4"), "LD022", "num_items", ""),
    "num_items negative": (lambda loss: loss(x=X, y=Y, num_items=-1), "LD022", "num_items", ""),
    "num_items nan": (lambda loss: loss(x=X, y=Y, num_items=float("nan")), "LD022", "num_items", ""),
    "num_items vector": (lambda loss: loss(x=X, y=Y, num_items=torch.ones(2)), "LD022", "num_items", ""),
    "num_items bool": (lambda loss: loss(x=X, y=Y, num_items=True), "LD022", "num_items", ""),
    "num_items of something else": (
        lambda loss: loss(x=X, y=Y, num_items={"time": 3}),
        "LD020",
        "count for `batch ",
        "count",
    ),
}


@pytest.mark.parametrize("call, code, words, help_", REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_named(call, code, words, help_, loss):
    refused(lambda: call(loss), code, words, help_)
    assert torch.isfinite(loss(x=X, y=Y).loss)


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int16, torch.int32, torch.uint16, torch.int64])
def test_any_integers_are_labels(loss, dtype):
    assert torch.equal(loss(x=X, y=Y.to(dtype)).loss, loss(x=X, y=Y).loss)


def gradient(loss, x, y, leaf):
    out = loss(x=x, y=y).loss
    return out.detach(), torch.autograd.grad(out, leaf)[0]


def test_memory_layout_does_not_matter(loss):
    leaf = X.clone().requires_grad_()
    wanted = gradient(loss, leaf, Y, leaf)
    big = torch.zeros(8, 6, dtype=X.dtype)
    big[::2, ::2] = X
    strided = big[::2, ::2].detach().requires_grad_()
    transposed = X.t().contiguous().t().detach().requires_grad_()
    flipped = X.flip(0).contiguous().requires_grad_()
    for x, back in (
        (strided, strided),
        (transposed, transposed),
        (flipped.flip(0), flipped),
        (torch.nn.Parameter(X.clone()),) * 2,
    ):
        value, found = gradient(loss, x, Y, back)
        torch.testing.assert_close(value, wanted[0])
        torch.testing.assert_close(found if back is not flipped else found.flip(0), wanted[1])


def test_expanded_inputs_collect_their_gradients(loss):
    row = X[:1].clone().requires_grad_()
    value, found = gradient(loss, row.expand(5, 3), torch.tensor(1).expand(5), row)
    leaf = X[:1].clone().requires_grad_()
    wanted = by_hand(leaf, torch.tensor([1]))
    torch.testing.assert_close(value, wanted.detach())
    torch.testing.assert_close(found, torch.autograd.grad(wanted, leaf)[0])


def test_scalars_may_be_numbers():
    loss = lossdsl.load(spec("mean(x) * s", {"x": "real[batch]", "s": "real[]"}), compile=False)
    x = torch.ones(3)
    for s in (2, 2.0, torch.tensor(2.0), torch.nn.Parameter(torch.tensor(2.0))):
        assert loss(x=x, s=s).loss.item() == 2
    refused(lambda: loss(x=x, s="2"), "LD022", "`s`")
    refused(lambda: loss(x=x, s=torch.ones(1)), "LD021", "`s`")


def test_keywords_add_to_a_mapping(loss):
    assert torch.equal(loss({"x": X}, y=Y).loss, loss(x=X, y=Y).loss)
    given = {"x": X, "y": Y}
    loss(given, step=3)
    assert list(given) == ["x", "y"]


@pytest.mark.parametrize("which", [PLAIN, STATEFUL], ids=["plain", "stateful"])
def test_a_batch_of_one_and_of_none(which):
    loss = lossdsl.load(which, compile=False)
    one = X[:1].clone().requires_grad_()
    loss(x=one, y=Y[:1]).loss.backward()
    assert torch.isfinite(one.grad).all()
    none = X[:0].clone().requires_grad_()
    plain = lossdsl.load(PLAIN, compile=False)(x=none, y=Y[:0]).loss
    plain.backward()
    assert plain.item() == 0 and none.grad.shape == (0, 3)


def test_every_combination_of_optional_inputs():
    inputs = {
        **INPUTS,
        "a": "real[batch] = 1",
        "b": "real[batch] = a*2",
        "c": "real[batch] fixed = sg(b)",
        "m": "mask[batch] = true",
    }
    loss = lossdsl.load(spec("mean(a*ce(x, y)) + mean(b*c where m)", inputs), compile=False)
    g = torch.Generator().manual_seed(0)
    full = {n: torch.rand(4, generator=g, dtype=torch.float64) for n in "abc"} | {
        "m": torch.tensor([True, False, True, True])
    }
    for code in range(16):
        given = {n: t for i, (n, t) in enumerate(full.items()) if code >> i & 1}
        a = given.get("a", torch.ones(4, dtype=torch.float64))
        b = given.get("b", a * 2)
        m = given.get("m", torch.ones(4, dtype=torch.bool))
        ce = torch.nn.functional.cross_entropy(X, Y, reduction="none")
        torch.testing.assert_close(loss(x=X, y=Y, **given).loss, (a * ce).mean() + (b * given.get("c", b))[m].mean())


def test_defaults_in_a_circle_need_one_of_them():
    loss = lossdsl.load(spec("mean(a*b)", {"a": "real[batch] = b", "b": "real[batch] = a"}), compile=False)
    assert loss(a=torch.full((2,), 3.0)).loss.item() == 9
    refused(lambda: loss(), "LD007", "refers to itself")


def test_a_loss_of_nothing_but_numbers():
    assert lossdsl.load({"lossdsl": 1, "name": "t", "loss": "1 + 2"}, compile=False)().loss.item() == 3
    learned = lossdsl.load({"lossdsl": 1, "name": "t", "params": {"s": {"learn": 0.5}}, "loss": "s^2"}, compile=False)
    learned().loss.backward()
    assert learned.params["s"].grad.item() == 1
