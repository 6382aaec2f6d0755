import pytest
import torch
import torch.nn.functional as F

from tests.std.support import agree, random, value

X, Y, W = random(5, 3, seed=1), random(5, 3, seed=2), random(4, 3, seed=3)
ROWS = {
    "sqdist[feature](x, y)": lambda x, y: (x - y).pow(2).sum(-1),
    "cosine[feature](x, y)": lambda x, y: F.cosine_similarity(x, y, dim=-1),
}


@pytest.mark.parametrize("expression", ROWS)
def test_distances_of_rows(expression):
    inputs = {"x": ("real[batch, feature]", X), "y": ("real[batch, feature]", Y)}
    agree(expression, inputs, ROWS[expression], over="batch")


@pytest.mark.parametrize("expression", ROWS)
def test_axes_that_only_one_side_has(expression):
    inputs = {"x": ("real[batch, feature]", X), "y": ("real[class, feature]", W)}
    agree(expression, inputs, lambda x, y: ROWS[expression](x[:, None], y[None]), over="batch, class")


def test_all_pairs():
    def pairs(x, y):
        return (x[..., :, None, :] - y[..., None, :, :]).pow(2).sum(-1)

    x, y, w = ("real[batch, feature]", X), ("real[batch, feature]", Y), ("real[class, feature]", W)
    agree("pairwise_sqdist(x)", {"x": x}, lambda x: pairs(x, x), over="batch, batch'")
    agree("pairwise_sqdist(x, y)", {"x": x, "y": y}, pairs, over="batch, batch'")
    agree("pairwise_sqdist(x, w)", {"x": x, "w": w}, lambda x, w: pairs(x, w), over="batch, class'")
    views = {"z": ("real[view, batch, feature]", random(2, 5, 3))}
    agree("pairwise_sqdist[batch, feature](z)", views, lambda z: pairs(z, z), over="view, batch, batch'")
    agree("pairwise_sqdist[batch, feature, batch](z, z)", views, lambda z: pairs(z, z), over="view, batch, batch'")


def test_close_rows_keep_their_distance():
    near = torch.tensor([[1e4, 0.0], [1e4 + 0.5, 0.0]], dtype=torch.float32)
    assert value("pairwise_sqdist(x)", {"x": ("real[batch, feature]", near)})[0] == 0.125  # 0.25 for 2 of 4 pairs


def test_a_vector_of_0_is_similar_to_nothing():
    inputs = {
        "x": ("real[batch, feature]", torch.zeros(2, 3, dtype=torch.float64)),
        "y": ("real[batch, feature]", Y[:2]),
    }
    found, gradients = value("cosine[feature](x, y)", inputs)
    assert found == 0 and torch.isfinite(gradients["x"]).all() and (gradients["y"] == 0).all()


@pytest.mark.parametrize("over", ["batch", "feature"])
def test_masked_rows_or_features(over):
    keep = torch.tensor([True, False, True, True, False][: X.shape[over == "feature"]])
    at = (keep,) if over == "batch" else (slice(None), keep)
    held = torch.full_like(X, torch.nan)
    held[at] = X[at]
    inputs = {"x": ("real[batch, feature] where keep", held), "keep": (f"mask[{over}]", keep)}
    found, gradients = value("pairwise_sqdist(x)", inputs)
    right, expected = value("pairwise_sqdist(x)", {"x": ("real[batch, feature]", X[at])})
    assert found == pytest.approx(right, rel=1e-12)
    assert torch.allclose(gradients["x"][at], expected["x"], rtol=0, atol=1e-12)
    assert gradients["x"].count_nonzero() == X[at].numel()
