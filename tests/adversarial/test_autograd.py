"""Modes and transforms of torch around a loss: autocast, no_grad, inference, torch.func, second derivatives."""

import pytest
import torch

import lossdsl
from tests.adversarial.common import PLAIN, STATEFUL, by_hand, data, spec

X, Y = data().values()


def leaf(x=X):
    return x.detach().clone().requires_grad_()


def plain():
    return lossdsl.load(PLAIN, compile=False)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("given", [torch.float32, torch.bfloat16, torch.float64])
def test_autocast_leaves_the_loss_in_full_precision(dtype, given):
    # info_nce contracts its inputs, which is what autocast computes in half precision.
    loss = lossdsl.load(
        spec("info_nce(a, b)", {"a": "real[batch, feature]", "b": "real[batch, feature]"}), compile=False
    )
    a, b = (torch.randn(6, 8, generator=torch.Generator().manual_seed(i)).to(given).requires_grad_() for i in range(2))
    wanted = loss(a=a, b=b).loss
    with torch.autocast("cpu", dtype=dtype):
        found = loss(a=a, b=b).loss
    assert found.dtype == wanted.dtype and torch.equal(found, wanted)
    (gradient,) = torch.autograd.grad(found, a)
    assert gradient.dtype == given


def test_no_grad_and_inference_mode():
    loss, x = plain(), leaf()
    for mode in (torch.no_grad(), torch.inference_mode()):
        with mode:
            out = loss(x=x, y=Y).loss
        assert not out.requires_grad
        torch.testing.assert_close(out.clone(), by_hand(X, Y))


@pytest.mark.parametrize("start", ["load", "first call", "later call"])
def test_training_goes_on_after_inference_mode(start):
    x = leaf()
    loss = lossdsl.load(STATEFUL, compile=False)
    with torch.inference_mode():
        if start == "load":
            loss = lossdsl.load(STATEFUL, compile=False)
        else:
            loss(x=X, y=Y)
    if start == "later call":
        loss(x=x, y=Y)
        with torch.inference_mode():
            loss(x=X, y=Y, step=4)
    loss(x=x, y=Y, step=5).loss.backward()
    loss.step()
    loss.params["tau"] = 0.3
    assert int(loss.step_count) == 6 and not any(t.is_inference() for t in loss.state_dict().values())
    assert torch.isfinite(x.grad).all()


def test_functional_transforms():
    loss = plain()
    value = lambda x: loss(x=x, y=Y).loss  # noqa: E731
    x = leaf()
    (wanted,) = torch.autograd.grad(by_hand(x, Y), x)
    torch.testing.assert_close(torch.func.grad(value)(X), wanted)
    torch.testing.assert_close(torch.func.jvp(value, (X,), (torch.ones_like(X),))[1], wanted.sum())
    hessian = torch.func.hessian(lambda x: by_hand(x, Y))(X)
    torch.testing.assert_close(torch.func.hessian(value)(X), hessian)
    changed = torch.func.functional_call(loss, {"params.tau": torch.tensor(2.0)}, (), {"x": X, "y": Y})
    torch.testing.assert_close(changed.loss, by_hand(X, Y, 2.0))


def test_vmap_over_logits_and_labels():
    loss = plain()
    xs, ys = torch.randn(5, 4, 3, dtype=torch.float64), torch.randint(0, 3, (5, 4))
    found = torch.func.vmap(lambda x, y: loss(x=x, y=y).loss)(xs, ys)
    torch.testing.assert_close(found, torch.stack([by_hand(x, y) for x, y in zip(xs, ys, strict=True)]))


def test_state_survives_transforms():
    loss, other = (lossdsl.load(STATEFUL, compile=False) for _ in range(2))
    torch.func.grad(lambda x: loss(x=x, y=Y).loss)(X)
    other(x=X, y=Y)
    kept = loss.state["prior"]
    assert torch.equal(kept, other.state["prior"]) and not torch._C._functorch.is_functorch_wrapped_tensor(kept)
    with pytest.raises(lossdsl.LossDSLError, match="`prior` cannot be updated inside `torch.func.vmap`") as caught:
        torch.func.vmap(lambda x: loss(x=x, y=Y).loss)(torch.stack([X, X]))
    assert "eval()" in caught.value.help and torch.equal(loss.state["prior"], kept)
    loss.eval()
    assert torch.func.vmap(lambda x: loss(x=x, y=Y).loss)(torch.stack([X, X])).shape == (2,)


SMOOTH = {
    "classification": "ce(x, y) + 0.1*entropy(x) + focal(x, y)",
    "divergence": "kl(x || x / 2) + js(x, -x)",
}


@pytest.mark.parametrize("expression", SMOOTH.values(), ids=SMOOTH)
def test_second_derivatives(expression):
    loss = lossdsl.load(spec(expression), compile=False)
    assert torch.autograd.gradgradcheck(lambda x: loss(x=x, y=Y).loss, (leaf(),))


def test_second_derivatives_where_a_mask_excludes():
    loss = lossdsl.load(
        spec("mean(log(x) where m) + logsumexp[batch](x where m)", {"x": "real[batch]", "m": "mask[batch]"}),
        compile=False,
    )
    x = torch.tensor([1.0, -1.0, 3.0], dtype=torch.float64, requires_grad=True)
    m = torch.tensor([True, False, True])
    (slope,) = torch.autograd.grad(loss(x=x, m=m).loss, x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x)
    torch.testing.assert_close(curvature, torch.tensor([-0.5, 0, -1 / 18], dtype=torch.float64))


def test_graphs_of_several_calls():
    loss = lossdsl.load(STATEFUL, compile=False)
    x = leaf()
    first, second = loss(x=x, y=Y).loss, loss(x=x, y=Y).loss
    first.backward()
    second.backward()  # the state was replaced in between, not changed in place
    x2 = leaf()
    out = plain()(x=x2, y=Y).loss
    out.backward(retain_graph=True)
    once = x2.grad.clone()
    out.backward()
    torch.testing.assert_close(x2.grad, 2 * once)


def test_gradients_add_up_over_micro_batches():
    loss, x = plain(), leaf()
    n = loss.count(x=x, y=Y)
    for rows in (slice(0, 3), slice(3, 4)):
        loss(x=x[rows], y=Y[rows], num_items=n).loss.backward()
    whole = leaf()
    by_hand(whole, Y).backward()
    torch.testing.assert_close(x.grad, whole.grad)


def test_fixed_inputs_get_no_gradient():
    loss = lossdsl.load(spec("mean(a * b)", {"a": "real[batch] fixed", "b": "real[batch]"}), compile=False)
    a, b = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    loss(a=a, b=b).loss.backward()
    assert a.grad is None and torch.equal(b.grad, a / 3)


def test_checkpointing():
    loss, x = plain(), leaf()
    torch.utils.checkpoint.checkpoint(lambda x: loss(x=x * 2, y=Y).loss, x, use_reentrant=False).backward()
    other = leaf()
    by_hand(other * 2, Y).backward()
    torch.testing.assert_close(x.grad, other.grad)
