"""Gradients through the model that made an input."""

import pytest
import torch

import lossdsl

SPEC = {
    "lossdsl": 1,
    "name": "t",
    "inputs": {"score": "real[batch]", "image": "real[batch, feature]"},
    "loss": {"critic": "mean(score)", "penalty": "10 * mean((norm[feature](grad(score, image)) - 1)^2)"},
}


def test_gradient_penalty():
    g = torch.Generator().manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)).double()
    image = torch.randn(4, 3, generator=g, dtype=torch.float64, requires_grad=True)
    score = model(image)[:, 0]
    found = torch.autograd.grad(lossdsl.load(SPEC)(score=score, image=image).loss, list(model.parameters()))
    image2 = image.detach().requires_grad_()
    score2 = model(image2)[:, 0]
    (slope,) = torch.autograd.grad(score2.sum(), image2, create_graph=True)
    wanted = torch.autograd.grad(
        score2.mean() + 10 * ((slope.norm(dim=1) - 1) ** 2).mean(), list(model.parameters()), allow_unused=True
    )
    for a, b in zip(found[:-1], wanted[:-1], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_an_input_that_requires_no_gradient_is_named():
    x = torch.randn(4, 3)
    with pytest.raises(lossdsl.LossDSLError, match="gradient with respect to `image`"):
        lossdsl.load(SPEC)(score=x.sum(1), image=x)


def test_only_inputs_can_be_differentiated_by():
    with pytest.raises(lossdsl.LossDSLError, match="with respect to an input"):
        lossdsl.load({**SPEC, "loss": "mean(grad(score, image * 2))"})


def test_grad_of_a_value_formed_inside():
    x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    loss = lossdsl.load({**SPEC, "inputs": {"image": "real[batch, feature]"}, "loss": "sum(grad(image^3, image))"})
    out = loss(image=x)
    out.loss.backward()
    torch.testing.assert_close(out.loss, torch.tensor(15.0))
    torch.testing.assert_close(x.grad, 6 * x.detach())
