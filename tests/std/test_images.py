import pytest
import torch
import torch.nn.functional as F

from tests.std.support import agree, random, value

IMAGE, OTHER = torch.sigmoid(random(2, 14, 13, seed=1)), torch.sigmoid(random(2, 14, 13, seed=2))
MASK = random(2, 14, 13, seed=3) > 0


def tv(x):
    return (x[:, 1:] - x[:, :-1]).abs().sum((1, 2)) + (x[:, :, 1:] - x[:, :, :-1]).abs().sum((1, 2))


def laplacian(x):
    stencil = torch.tensor([[0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=x.dtype)
    return F.conv2d(x[:, None], stencil[None, None]).pow(2).sum((1, 2, 3))


def dice(p, y, smooth=1.0):
    y = y.to(p.dtype)
    return 1 - (2 * (p * y).sum((-1, -2)) + smooth) / (p.sum((-1, -2)) + y.sum((-1, -2)) + smooth)


def iou(p, y, smooth=1.0):
    y = y.to(p.dtype)
    both = (p * y).sum((-1, -2))
    return 1 - (both + smooth) / (p.sum((-1, -2)) + y.sum((-1, -2)) - both + smooth)


def ssim(x, y, scale=1.0, window=11, sigma=1.5):
    """Wang et al.'s, by convolution without padding."""
    at = torch.arange(window, dtype=x.dtype) - window // 2
    g = torch.exp(-(at**2) / (2 * sigma**2))
    g = g / g.sum()

    def mean(v):
        return F.conv2d(v[:, None], torch.outer(g, g)[None, None])

    mx, my = mean(x), mean(y)
    c1, c2 = (0.01 * scale) ** 2, (0.03 * scale) ** 2
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    return 1 - ((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean((1, 2, 3))


def test_smoothness():
    for expression, reference in {"tv": tv, "laplacian": laplacian}.items():
        agree(f"{expression}[row, column](x)", {"x": ("real[batch, row, column]", IMAGE)}, reference, over="batch")
    agree("tv(x)", {"x": ("real[row, column]", IMAGE[0])}, lambda x: tv(x[None])[0])


@pytest.mark.parametrize("name", ["dice", "iou"])
def test_overlap(name):
    reference = {"dice": dice, "iou": iou}[name]
    y = {"y": ("mask[batch, row, column]", MASK)}
    agree(f"{name}[row, column](p, y)", {"p": ("prob[batch, row, column]", IMAGE)} | y, reference, over="batch")
    agree(
        f"{name}[row, column](p, y, smooth=0.1)",
        {"p": ("prob[batch, row, column]", IMAGE)} | y,
        lambda p, y: reference(p, y, 0.1),
        over="batch",
    )
    agree(
        f"{name}[row, column](x, y)",
        {"x": ("score[batch, row, column]", random(2, 14, 13))} | y,
        lambda x, y: reference(x.sigmoid(), y),
        over="batch",
    )
    agree(f"{name}(p, y)", {"p": ("prob[row, column]", IMAGE[0]), "y": ("mask[row, column]", MASK[0])}, reference)
    soft = {"p": ("prob[row, column]", IMAGE[0]), "y": ("prob[row, column] fixed", OTHER[0])}
    agree(f"{name}(p, y)", soft, reference)


@pytest.mark.parametrize("name", ["dice", "iou"])
def test_overlap_of_what_is_known(name):
    keep = random(14, 13, seed=4) > 0
    inputs = {
        "p": ("prob[row, column]", IMAGE[0].masked_fill(~keep, torch.nan)),
        "y": ("mask[row, column]", MASK[0]),
        "k": ("mask[row, column]", keep),
    }
    for expression in (f"{name}(p where k, y)", f"{name}(p where k, y where k)"):
        found, gradients = value(expression, inputs)
        right = {"dice": dice, "iou": iou}[name]((IMAGE[0] * keep), MASK[0] & keep)
        assert found == pytest.approx(right.item(), rel=1e-12)
        assert (gradients["p"][~keep] == 0).all() and torch.isfinite(gradients["p"]).all()


@pytest.mark.parametrize("name", ["dice", "iou"])
def test_overlap_of_saturated_scores(name):
    ends = torch.where(MASK[0], 50.0, -50.0).double()
    found, gradients = value(f"{name}(x, y)", {"x": ("score[row, column]", ends), "y": ("mask[row, column]", MASK[0])})
    assert found == pytest.approx(0, abs=1e-15) and torch.isfinite(gradients["x"]).all()


def test_ssim():
    inputs = {"x": ("real[batch, row, column]", IMAGE), "y": ("real[batch, row, column]", OTHER)}
    agree("ssim[row, column](x, y)", inputs, ssim, over="batch")
    agree(
        "ssim[row, column](x, y, range=255, window=5, sigma=1)",
        inputs,
        lambda x, y: ssim(x, y, 255, 5, 1),
        over="batch",
    )
    near = {"x": inputs["x"], "y": ("real[batch, row, column]", IMAGE + 0.01 * OTHER)}
    agree("ssim[row, column](x, y)", near, ssim, over="batch")
    assert value("ssim[row, column](x, x)", {"x": inputs["x"]})[0] == pytest.approx(0, abs=1e-12)
