import pytest
import torch

from tests.std.support import agree, masked, random, value

X = random(2, 5, 3, seed=1)
ROWS, OTHER = random(6, 3, seed=2), random(6, seed=3)

ALONG = {
    "var[batch](x)": (lambda x: x.var(1, correction=0), "view, feature"),
    "var[batch](x, correction=1)": (lambda x: x.var(1), "view, feature"),
    "var[view, feature](x)": (lambda x: x.var((0, 2), correction=0), "batch"),
    "var(x)": (lambda x: x.var(correction=0), None),
    "std[batch](x)": (lambda x: x.std(1, correction=0), "view, feature"),
    "std(x, correction=1)": (lambda x: x.std(), None),
    "standardise[batch](x)": (
        lambda x: (x - x.mean(1, keepdim=True)) / x.std(1, correction=0, keepdim=True),
        "view, batch, feature",
    ),
    "normalise[feature](x)": (lambda x: torch.nn.functional.normalize(x, dim=2), "view, batch, feature"),
    "normalise(x)": (lambda x: x / x.norm(), "view, batch, feature"),
    "cov[batch, feature](x)": (
        lambda x: torch.stack([torch.cov(v.T, correction=0) for v in x]),
        "view, feature, feature'",
    ),
    "corr[batch, feature](x)": (lambda x: torch.stack([torch.corrcoef(v.T) for v in x]), "view, feature, feature'"),
}
OF_TWO = {
    "cov[batch](x, y)": lambda x, y: ((x - x.mean(0)) * (y - y.mean())[:, None]).mean(0),
    "cov[batch](x, y, correction=1)": lambda x, y: ((x - x.mean(0)) * (y - y.mean())[:, None]).sum(0) / (len(y) - 1),
    "corr[batch](x, y)": lambda x, y: torch.corrcoef(torch.cat([x, y[:, None]], 1).T)[-1, :-1],
}


@pytest.mark.parametrize("expression", ALONG)
def test_statistics_along_axes(expression):
    reference, over = ALONG[expression]
    agree(expression, {"x": ("real[view, batch, feature]", X)}, reference, over=over)


@pytest.mark.parametrize("expression", OF_TWO)
def test_statistics_of_two_values(expression):
    inputs = {"x": ("real[batch, feature]", ROWS), "y": ("real[batch]", OTHER)}
    agree(expression, inputs, OF_TWO[expression], over="feature")


def test_a_matrix_needs_no_brackets():
    agree(
        "cov(x)",
        {"x": ("real[batch, feature]", ROWS)},
        lambda x: torch.cov(x.T, correction=0),
        over="feature, feature'",
    )
    agree(
        "cov(x, y)",
        {"x": ("real[batch]", ROWS[:, 0]), "y": ("real[batch]", OTHER)},
        lambda x, y: ((x - x.mean()) * (y - y.mean())).mean(),
    )


@pytest.mark.parametrize("expression", [*ALONG, *OF_TWO])
def test_equal_elements_have_finite_gradients(expression):
    even = torch.full((6, 3), 2.0, dtype=torch.float64)
    inputs = {"x": ("real[batch, feature]", even)}
    if expression in OF_TWO:
        inputs["y"] = ("real[batch]", OTHER)
    found, gradients = value(expression.replace("view, ", ""), inputs)
    assert all(torch.isfinite(g).all() for g in gradients.values()) and found == found
    if "normalise" not in expression:
        assert found == 0


@pytest.mark.parametrize("expression", [*(e for e in ALONG if "view" not in e), *OF_TWO])
def test_masked_rows(expression):
    keep = torch.tensor([True, False, True, True, True, False])
    inputs = {"x": masked("real[batch, feature]", ROWS, keep), "keep": ("mask[batch]", keep)}
    plain = {"x": ("real[batch, feature]", ROWS[keep])}
    if expression in OF_TWO:  # only x is masked: a pair counts where both are valid
        inputs["y"], plain["y"] = ("real[batch]", OTHER), ("real[batch]", OTHER[keep])
    found, gradients = value(f"square({expression})", inputs)
    right, expected = value(f"square({expression})", plain)
    assert found == pytest.approx(right, rel=1e-12)
    assert torch.allclose(gradients["x"][keep], expected["x"], rtol=0, atol=1e-12)
    assert (gradients["x"][~keep] == 0).all()
    if expression in OF_TWO:
        assert torch.allclose(gradients["y"][keep], expected["y"], rtol=0, atol=1e-12)


def test_one_element_has_no_spread():
    one = {"x": ("real[batch]", torch.tensor([3.0], dtype=torch.float64))}
    for expression in ("var(x)", "std(x)", "var(x, correction=1)", "std(x, correction=1)"):
        found, gradients = value(expression, one)
        assert found == 0 and gradients["x"].item() == 0


def test_root_has_slope_0_at_0():
    ends = torch.tensor([0.0, 4.0, -1e-18], dtype=torch.float64)
    found, gradients = value("sum(root(x))", {"x": ("real[batch]", ends)})
    assert found == 2 and gradients["x"].tolist() == [0.0, 0.25, 0.0]
