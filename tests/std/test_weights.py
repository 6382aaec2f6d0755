import pytest
import torch

from tests.std.support import agree, masked, random, value

W = random(4, 3, seed=1)


def energy(w, s=1.0):
    w = w / w.norm(dim=1, keepdim=True)
    return torch.pdist(w).pow(-s).mean()


PENALTIES = {
    "l1(w)": lambda w: w.abs().sum(),
    "l2(w)": lambda w: w.pow(2).sum(),
    "orthogonality(w)": lambda w: (w @ w.T - torch.eye(len(w), dtype=w.dtype)).pow(2).sum(),
    "orthogonality[inner, out](w)": lambda w: (w.T @ w - torch.eye(w.shape[1], dtype=w.dtype)).pow(2).sum(),
    "spectral_norm(w)": lambda w: torch.linalg.matrix_norm(w, 2),
    "hyperspherical_energy(w)": energy,
    "hyperspherical_energy(w, s=2)": lambda w: energy(w, 2),
}


@pytest.mark.parametrize("axes", [{}, {"out": 4, "inner": 3}])
@pytest.mark.parametrize("expression", PENALTIES)
def test_penalties_on_a_matrix(expression, axes):
    spec = {"axes": axes} if axes else {}
    agree(expression, {"w": ("real[out, inner]", W)}, PENALTIES[expression], **spec)


@pytest.mark.parametrize("expression", PENALTIES)
def test_layers_of_equal_shape_stay_apart(expression):
    name = expression.partition("(")[0].partition("[")[0]
    axes = "inner, out" if "[" in expression else "out, inner"
    agree(
        f"{name}[{axes}]({expression.partition('(')[2]}",
        {"w": ("real[layer, out, inner]", random(2, 4, 3, seed=2))},
        lambda w: torch.stack([PENALTIES[expression](v) for v in w]),
        over="layer",
    )


@pytest.mark.parametrize("expression", PENALTIES)
def test_equal_rows_and_0_have_finite_gradients(expression):
    for w in (torch.ones(3, 3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64)):
        found, gradients = value(expression, {"w": ("real[out, inner]", w)})
        assert found == found and torch.isfinite(gradients["w"]).all()


def test_masked_weights():
    keep = torch.tensor([True, False, True, True])
    held = {"w": masked("real[out, inner]", W, keep), "keep": ("mask[out]", keep)}
    for expression in ("l1(w)", "l2(w)", "orthogonality(w)", "spectral_norm(w)", "hyperspherical_energy(w)"):
        found, gradients = value(expression, held)
        assert found == pytest.approx(PENALTIES[expression](W[keep]).item(), rel=1e-12)
        assert (gradients["w"][~keep] == 0).all() and torch.isfinite(gradients["w"]).all()
