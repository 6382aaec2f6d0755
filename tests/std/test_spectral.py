import math

import pytest
import torch

from tests.std.support import agree, masked, random, value

TALL, WIDE = random(6, 3, seed=1), random(3, 5, seed=2)


def von_neumann(z):
    z = z / z.norm(dim=1, keepdim=True)
    values = torch.linalg.eigvalsh(z.T @ z / len(z))
    values = values[values > 1e-12]
    return -(values * values.log()).sum()


def effective_rank(m):
    p = torch.linalg.svdvals(m)
    p = p / p.sum()
    return torch.exp(-(p * p.log()).sum())


def coding_rate(z, eps=0.5):
    n, k = z.shape
    return torch.logdet(torch.eye(k, dtype=z.dtype) + k / (n * eps**2) * z.T @ z) / 2


SPECTRA = {
    "von_neumann_entropy(z)": von_neumann,
    "effective_rank(z)": effective_rank,
    "nuclear_norm(z)": lambda z: torch.linalg.matrix_norm(z, "nuc"),
    "coding_rate(z)": coding_rate,
    "coding_rate(z, eps=0.1)": lambda z: coding_rate(z, 0.1),
}


@pytest.mark.parametrize("z", [TALL, WIDE], ids=["tall", "wide"])
@pytest.mark.parametrize("expression", SPECTRA)
def test_functions_of_a_spectrum(expression, z):
    for axes in ({}, {"axes": {"batch": z.shape[0], "feature": z.shape[1]}}):
        agree(expression, {"z": ("real[batch, feature]", z)}, SPECTRA[expression], **axes)


@pytest.mark.parametrize("expression", SPECTRA)
def test_other_axes_stay(expression):
    name, _, rest = expression.partition("(")
    agree(
        f"{name}[batch, feature]({rest}",
        {"z": ("real[view, batch, feature]", random(2, 6, 3))},
        lambda z: torch.stack([SPECTRA[expression](v) for v in z]),
        over="view",
    )


@pytest.mark.parametrize("expression", SPECTRA)
def test_masked_rows(expression):
    keep = torch.tensor([True, False, True, True, True, False])
    held = {"z": masked("real[batch, feature]", TALL, keep), "keep": ("mask[batch]", keep)}
    found, gradients = value(expression, held)
    right, expected = value(expression, {"z": ("real[batch, feature]", TALL[keep])})
    assert found == pytest.approx(right, rel=1e-12)
    assert torch.allclose(gradients["z"][keep], expected["z"], rtol=0, atol=1e-11)
    assert (gradients["z"][~keep] == 0).all()


ORTHONORMAL = {
    "von_neumann_entropy(z)": math.log(4),
    "effective_rank(z)": 4.0,
    "nuclear_norm(z)": 4.0,
    "coding_rate(z)": 2 * math.log(5),
}


@pytest.mark.parametrize("expression", ORTHONORMAL)
def test_equal_and_vanishing_values_have_finite_gradients(expression):
    found, gradients = value(expression, {"z": ("real[batch, feature]", torch.eye(4, dtype=torch.float64))})
    assert found == pytest.approx(ORTHONORMAL[expression], rel=1e-12) and torch.isfinite(gradients["z"]).all()
    for z in (torch.ones(4, 3, dtype=torch.float64), torch.zeros(4, 3, dtype=torch.float64)):
        found, gradients = value(expression, {"z": ("real[batch, feature]", z)})
        assert found == found and torch.isfinite(gradients["z"]).all()
