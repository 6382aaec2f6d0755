"""The examples of the fairness paper, worked out in plain NumPy."""

import numpy as np

from tests.papers.support import check, sqdist


def centred(a):
    n = len(a)
    out = np.zeros_like(a)
    for i in range(n):
        for j in range(n):
            if i != j:
                out[i, j] = (a[:, j].sum() + a[i].sum()) / (n - 2) - a[i, j] - a.sum() / ((n - 1) * (n - 2))
    return out


def distances(*columns):
    x = np.column_stack(columns)
    return np.sqrt(sqdist(x, x))


def dcov_fairness(pred, y, z_onehot, z_scalar, lambda_reg, task=0, dependence="jdcov"):
    n = len(pred)
    if task:
        main = -np.mean(np.where(y > 0, np.log(pred), np.log(1 - pred)))
    else:
        main = np.mean(pred - y * np.log(pred + 1e-8))
    if dependence == "jdcov":
        product = (
            (centred(distances(pred)) + 1) * (centred(distances(z_onehot)) + 1) * (centred(distances(z_scalar)) + 1)
        )
        found = product.sum() / (n * (n - 3)) - n / (n - 3)
    else:
        found = (centred(distances(pred)) * centred(distances(z_onehot, z_scalar))).sum() / (n * (n - 3))
    return main + lambda_reg * found


def test_dcov_fairness():
    check("dcov_fairness", dcov_fairness, ("pred",))
