"""The examples of the segmentation and domain adaptation papers, worked out in plain NumPy."""

import numpy as np

from tests.papers.support import check, log_softmax, softmax, sqdist


def sfda_adami(logits, prior_size, power=1):
    p = softmax(logits, 1)
    weights = np.array([0.1, 0.9])[:, None, None]
    entropy = -(weights * p * np.log(p + 1e-10)).sum() / (p.sum() + 1e-10)
    kl = 0
    for image, prior in zip(p, prior_size, strict=True):
        s = ((image / (image.max(0) + 1e-10)) ** power).sum((1, 2))
        q, tau = s / (s.sum() + 1e-10), prior / image[0].size
        kl += (q * (np.log(q + 1e-10) - np.log(tau + 1e-10))).sum() / len(p)
    return entropy + kl


def test_sfda_adami():
    check("sfda_adami", sfda_adami, ("logits",))


def distances(f):
    return np.sqrt(np.maximum(sqdist(f, f), 1e-12))


def triplets(f, labels, teacher=None, margin=0.0):
    d, total = distances(f), 0
    for i, row in enumerate(d):
        far = row - 9999999 * (labels != labels[i])
        near = row + 9999999 * (labels == labels[i])
        a, b = far.argmax(), near.argmin()
        share = margin if teacher is None else softmax(distances(teacher)[i, [a, b]])[0]
        log_p = log_softmax(np.array([far[a], near[b]]))
        total -= (share * log_p[0] + (1 - share) * log_p[1]) / len(d)
    return total


def awb(
    logits_1,
    logits_2,
    ema_logits_1,
    ema_logits_2,
    feat_1,
    feat_2,
    ema_feat_1,
    ema_feat_2,
    labels,
    hard_triplet_margin=0.0,
):
    classes = logits_1.shape[1]
    smooth = 0.9 * np.eye(classes)[labels.astype(int)] + 0.1 / classes

    def soft_ce(logits, target):
        return -(target * log_softmax(logits)).sum(1).mean()

    hard = soft_ce(logits_1, smooth) + soft_ce(logits_2, smooth)
    soft = soft_ce(logits_1, softmax(ema_logits_2)) + soft_ce(logits_2, softmax(ema_logits_1))
    tri = triplets(feat_1, labels, margin=hard_triplet_margin) + triplets(feat_2, labels, margin=hard_triplet_margin)
    tri_soft = triplets(feat_1, labels, ema_feat_2) + triplets(feat_2, labels, ema_feat_1)
    return 0.5 * hard + 0.5 * soft + 0.2 * tri + 0.8 * tri_soft


def test_awb():
    check("awb_mutual_mean_teaching", awb, ("logits_1", "logits_2", "feat_1", "feat_2"))


def retasa(pred, y, x, eta, hx=1.0, hy=1.0):
    over_x, over_y = np.exp(-sqdist(x, x) / hx**2 / 2), np.exp(-((y[:, None] - y) ** 2) / hy**2 / 2)
    over_x, over_y = over_x / over_x.sum(1, keepdims=True), over_y / over_y.sum(1, keepdims=True)
    rho = np.linalg.inv(0.01 * np.eye(len(y)) + over_y @ over_x) @ over_y @ eta
    return np.mean(np.maximum(0, 1 + rho) * (pred - y) ** 2)


def test_retasa():
    check("retasa_target_shift_weights", retasa, ("pred",))
