"""The examples of the spectral papers, worked out in plain NumPy."""

import numpy as np

from tests.papers.support import check, sqdist, unit, xlogx


def von_neumann(h):
    z = unit(h)
    return -xlogx(np.maximum(np.linalg.eigvalsh(z.T @ z / len(z)), 0)).sum()


def vne(embeddings, task_loss, vne_coef):
    return task_loss - vne_coef * von_neumann(embeddings)


def test_vne():
    check("vne", vne, ("embeddings", "task_loss"))


def vne_ivne(projections):
    p = unit(projections)
    pairs = [(p[i] * p[j]).sum(1).mean() for i in range(2) for j in range(i + 1, len(p))]
    return -4.16 * np.mean(pairs) - np.mean([von_neumann(h) for h in projections])


def test_vne_ivne():
    check("vne__ivne", vne_ivne, ("projections",))


def dse(x, sigma, t=1):
    g = np.exp(-sqdist(x, x) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    degree = g.sum(1)
    e = abs(np.linalg.eigvalsh(g / np.sqrt(np.outer(degree, degree)))) ** t
    p = e / e.sum() + np.finfo(float).eps
    return -(p * np.log2(p)).sum()


def diffusion_spectral_entropy(embedding, sigma, t=1):
    return -dse(embedding, sigma, t)


def test_diffusion_spectral_entropy():
    check("diffusion_spectral_entropy", diffusion_spectral_entropy, ("embedding",))


def dsmi(embedding, labels, subsample_idx, sigma):
    total = 0
    for k, subsets in enumerate(subsample_idx.astype(int)):
        own = embedding[labels == k]
        drawn = np.mean([dse(embedding[rows[rows >= 0]], sigma) for rows in subsets])
        total -= len(own) / len(labels) * (drawn - dse(own, sigma))
    return total


def test_dsmi():
    check("diffusion_spectral_entropy__dsmi", dsmi, ("embedding",))
