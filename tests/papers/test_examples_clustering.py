"""The examples of the clustering papers, worked out in plain NumPy."""

import numpy as np

from tests.papers.support import check, log_softmax, softmax, sqdist, xlogx


def chamfer(points, reference):
    d = sqdist(points, reference)
    return d.min(1).mean() + d.min(0).mean()


def range_partition(points, reference, anchors, alpha, gamma, k):
    assert len(anchors) == k
    shares = softmax(-alpha * sqdist(points, anchors)).mean(0)
    return chamfer(points, reference) - gamma * xlogx(shares).sum()


def test_range_partition():
    check("differentiable_range_partition_entropy", range_partition, ("points", "reference", "anchors"))


def range_partition_attention(points, reference, attention, gamma):
    return chamfer(points, reference) - gamma * xlogx(attention).sum(1).mean()


def test_range_partition_attention():
    check("differentiable_range_partition_entropy__attention", range_partition_attention, ("points", "reference"))


def depict(logits_noisy, probs_clean, recon0, recon1, recon2, target0, target1, target2, balance="code"):
    size = probs_clean.sum(0)
    u = probs_clean**2 / size if balance == "code" else probs_clean / np.sqrt(size)
    q = u / u.sum(1, keepdims=True)
    levels = [np.mean((r - t) ** 2) for r, t in ((recon0, target0), (recon1, target1), (recon2, target2))]
    return -(q * log_softmax(logits_noisy)).sum(1).mean() + levels[0] + 0.1 * levels[1] + 0.1 * levels[2]


def test_depict():
    check("depict", depict, ("logits_noisy", "recon0", "recon1", "target1", "target2"))
