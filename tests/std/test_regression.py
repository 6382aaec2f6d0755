import pytest
import torch
import torch.nn.functional as F

from tests.std.support import agree, masked, random, value

X = torch.cat([random(6, seed=1), torch.tensor([0.0, 1.0, -1.0, 300.0, -300.0, 1e-9, 0.25], dtype=torch.float64)])
Y = torch.cat([random(6, seed=2), torch.zeros(7, dtype=torch.float64)])

ELEMENTS = {
    "mse(x, y)": lambda x, y: F.mse_loss(x, y, reduction="none"),
    "mae(x, y)": lambda x, y: F.l1_loss(x, y, reduction="none"),
    "huber(x, y)": lambda x, y: F.huber_loss(x, y, reduction="none"),
    "huber(x, y, delta=0.25)": lambda x, y: F.huber_loss(x, y, delta=0.25, reduction="none"),
    "smooth_l1(x, y)": lambda x, y: F.smooth_l1_loss(x, y, reduction="none"),
    "smooth_l1(x, y, beta=0.25)": lambda x, y: F.smooth_l1_loss(x, y, beta=0.25, reduction="none"),
    "log_cosh(x, y)": lambda x, y: torch.logaddexp(x - y, y - x) - torch.log(torch.tensor(2.0, dtype=torch.float64)),
    "quantile_loss(x, y, q=0.9)": lambda x, y: torch.where(y > x, 0.9 * (y - x), 0.1 * (x - y)),
    "quantile_loss(x, y)": lambda x, y: (y - x).abs() / 2,
}


@pytest.mark.parametrize("expression", ELEMENTS)
def test_errors_element_by_element(expression):
    tie = ELEMENTS[expression](X, Y) == 0  # at a tie every slope between the two sides is right
    x, y = (X[~tie], Y[~tie]) if "quantile" in expression else (X, Y)
    agree(expression, {"x": ("real[batch]", x), "y": ("real[batch]", y)}, ELEMENTS[expression], over="batch")


@pytest.mark.parametrize("expression", ELEMENTS)
def test_arithmetic_stays_element_by_element(expression):
    agree(
        f"square({expression} + 1)",
        {"x": ("real[batch]", X + 0.125), "y": ("real[batch]", Y)},
        lambda x, y: (ELEMENTS[expression](x, y) + 1) ** 2,
    )


@pytest.mark.parametrize("expression", ELEMENTS)
def test_other_axes_broadcast_by_name(expression):
    agree(
        expression,
        {"x": ("real[batch, time]", random(3, 4)), "y": ("real[time]", random(4, seed=5))},
        lambda x, y: ELEMENTS[expression](x, y.expand(x.shape)),
        over="batch, time",
    )


@pytest.mark.parametrize("expression", ELEMENTS)
def test_masked_elements(expression):
    keep = torch.arange(len(X)) % 3 > 0
    inputs = {
        "x": masked("real[batch]", X, keep),
        "y": ("real[batch]", Y.masked_fill(~keep, torch.inf)),
        "keep": ("mask[batch]", keep),
    }
    found, gradients = value(expression, inputs)
    assert found == pytest.approx(ELEMENTS[expression](X[keep], Y[keep]).mean().item(), rel=1e-12)
    for gradient in (gradients["x"], gradients["y"]):
        assert (gradient[~keep] == 0).all() and torch.isfinite(gradient).all()


def test_log_cosh_keeps_small_errors():
    small = {"x": ("real[batch]", torch.tensor([1e-6], dtype=torch.float64)), "y": ("real[batch]", torch.zeros(1))}
    found, _ = value("log_cosh(x, y)", small)
    assert found == pytest.approx(5e-13, rel=1e-9)  # where log cosh by logaddexp has no digit left: eps / 5e-13
