"""The examples of the contrastive and self-supervised papers, worked out in plain NumPy."""

from math import erf

import numpy as np

from tests.papers.support import check, log_softmax, logsumexp, softmax, sqdist, unit, xlogx


def covariance_penalty(u):
    covariance = (u - u.mean(0)).T @ (u - u.mean(0)) / (len(u) - 1)
    return ((covariance**2).sum() - (np.diag(covariance) ** 2).sum()) / u.shape[1]


def spacing_entropy(u, epsilon=1e-7):
    n = len(u)
    m = round(np.sqrt(n))
    ordered = np.sort(u, 0)
    return np.mean(np.log((ordered[m:] - ordered[:-m]) * (n + 1) / m + epsilon))


def e2mc(x, y):
    def hinge(t):
        return np.mean(np.maximum(0, 1 - np.sqrt(t.var(0, ddof=1) + 1e-4)))

    u, v = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    vicreg = 25 * np.mean((x - y) ** 2) + 25 * (hinge(x) + hinge(y)) / 2 + covariance_penalty(x) + covariance_penalty(y)
    return vicreg + covariance_penalty(u) + covariance_penalty(v) - 10 * (spacing_entropy(u) + spacing_entropy(v)) / 2


def test_e2mc():
    check("e2mc", e2mc, ("x", "y"))


def e2mc_addon(z):
    cube = 0.5 * (1 + np.vectorize(erf)(z / np.sqrt(2)))
    return sum(map(covariance_penalty, cube)) - 10 * np.mean([spacing_entropy(u) for u in cube])


def test_e2mc_addon():
    check("e2mc__addon", e2mc_addon, ("z",))


def neighbours(scores):
    """Row-wise softmax over the other rows."""
    return softmax(np.where(np.eye(len(scores)) > 0, -np.inf, scores))


def divergence(p, q, kind):
    n = len(p)
    if kind == "kl":
        return -sum(p[i, j] * np.log(q[i, j]) for i in range(n) for j in range(n) if p[i, j] > 1e-10) / n
    above_p, above_q = np.maximum(p, 1e-10), np.maximum(q, 1e-10)
    if kind == "rkl":
        return (above_q * (np.log(above_q) - np.log(above_p)))[q > 1e-10].sum() / n
    middle = (above_p + above_q) / 2
    return 0.5 * (above_p * np.log(above_p / middle) + above_q * np.log(above_q / middle)).sum() / n


def icon(z, x, kernel_q="gaussian", divergence_="kl", metric_q="cosine"):
    p = neighbours(-sqdist(x, x) / 2)
    if kernel_q == "student_t":
        squared = sqdist(z, z)
        q = neighbours(-np.log1p(np.sqrt(squared**2 + 1e-8)))
    else:
        q = neighbours(-(1 - unit(z) @ unit(z).T if metric_q == "cosine" else sqdist(z, z)) / 0.5)
    return divergence(p, q, divergence_)


def test_icon():
    check("icon", lambda divergence="kl", **given: icon(**given, divergence_=divergence), ("z",))


def icon_cluster(x, cluster_logits, k=3):
    n, far = len(x), sqdist(x, x) + np.diag([np.inf] * len(x))
    near = np.zeros((n, n))
    for i in range(n):
        near[i, np.argsort(far[i])[:k]] = 1 / k
    s = softmax(cluster_logits)
    return divergence(0.7 * near + 0.3 / n, (s / s.sum(0)) @ s.T, "kl")


def test_icon_cluster():
    check("icon__cluster", icon_cluster, ("cluster_logits",))


def icon_supcon(z, labels):
    alike = (labels[:, None] == labels) & ~np.eye(len(z), dtype=bool)
    p = alike / np.maximum(alike.sum(1, keepdims=True), 1)
    return divergence(p, neighbours(-(1 - unit(z) @ unit(z).T) / 0.5), "kl")


def test_icon_supcon():
    check("icon__supcon", icon_supcon, ("z",))


def icon_simclr(z, sample_index):
    return icon_supcon(z, sample_index)


def test_icon_simclr():
    check("icon__simclr", icon_simclr, ("z",))


def icon_debiased(z1, z2, debiased=True):
    b = len(z1)
    u = unit(np.concatenate([z1, z2]))
    total = 0
    for i in range(2 * b):
        positive = np.exp(u[i] @ u[(i + b) % (2 * b)] / 0.5)
        negative = sum(np.exp(u[i] @ u[j] / 0.5) for j in range(2 * b) if j % b != i % b)
        n = 2 * b - 2
        if debiased:
            negative = max((-0.1 * n * positive + negative) / 0.9, n * np.exp(-1 / 0.5))
        total -= np.log(positive / (positive + negative)) / (2 * b)
    return total


def test_icon_debiased():
    check("icon__debiased", icon_debiased, ("z1", "z2"))


def nt_xent(z0, z1, temperature):
    b, u = len(z0), unit(np.concatenate([z0, z1]))
    s = u @ u.T / temperature
    return np.array([logsumexp(np.delete(s[i], i)) - s[i, (i + b) % (2 * b)] for i in range(2 * b)])


def lid(query, reference, k, est_type):
    d = np.sort(np.sqrt(sqdist(query, reference)), 1)
    if est_type == "mle":
        return -k / np.log(d[:, 1:k] / d[:, [k]] + 1e-4).sum(1)
    m = d[:, 1:k].mean(1)
    return m / (d[:, k] - m)


def ldreg(f0, f1, z0, z1, k, est_type="mom", epoch=0.0):
    f = np.concatenate([f0, f1])
    weight = 0 if epoch < 10 else 0.01
    return np.mean(nt_xent(z0, z1, 0.1) - weight * abs(np.log(lid(f, f, min(k, len(f) - 2), est_type))))


def test_ldreg():
    check("ldreg_local_dimensionality", ldreg, ("z0", "z1"))


def ldreg_byol(f0, f1, p0, p1, f0_m, f1_m, z0_m, z1_m, k):
    reference, k = np.concatenate([f0, f1, f0_m, f1_m]), min(k, len(f0) - 2)
    main = 4 - 2 * (unit(p0) * unit(z1_m)).sum(1) - 2 * (unit(p1) * unit(z0_m)).sum(1)
    spread = abs(np.log(lid(f0, reference, k, "mom"))) + abs(np.log(lid(f1, reference, k, "mom")))
    return np.mean(main - 0.01 * spread)


def test_ldreg_byol():
    check("ldreg_local_dimensionality__byol", ldreg_byol, ("p0", "p1"))


def uneven(x, eps):
    return (x.std() / (x.mean() + eps)) ** 2


def load(logits, noise, sigma, k):
    chosen = np.sort(logits + noise, 1)[:, [-k]]
    cdf = np.vectorize(lambda t: 0.5 * (1 + erf(t / np.sqrt(2))))
    return (1 - cdf((chosen - logits) / sigma)).mean(0)


def aux(router_logits, unit_noise, modality, noise_std, k):
    p = softmax(router_logits)
    total = uneven(p.sum(0), 0) + uneven(load(router_logits, noise_std * unit_noise, noise_std, k), 0)
    total += np.mean(logsumexp(router_logits) ** 2)
    for kind, floor in ((0, np.log(20)), (1, np.log(9))):
        own = p[modality == kind]
        if len(own):
            total += -xlogx(own).sum(1).mean() + max(0, floor + xlogx(own.mean(0)).sum())
    return total / 7


def limoe_aux(router_logits, unit_noise, modality, noise_std, k=1):
    return aux(router_logits, unit_noise, modality, noise_std, k)


def test_limoe_aux():
    check("limoe__aux", limoe_aux, ("router_logits",))


def limoe_vmoe(router_logits, router_noise, noise_std, k=1):
    return uneven(softmax(router_logits).sum(0), 0) + uneven(load(router_logits, router_noise, noise_std, k), 0)


def test_limoe_vmoe():
    check("limoe__vmoe", limoe_vmoe, ("router_logits",))


def limoe(image_emb, text_emb, logit_scale, router_logits, unit_noise, modality, noise_std, k=1):
    s = logit_scale * image_emb @ text_emb.T
    contrast = -(np.diag(log_softmax(s)).mean() + np.diag(log_softmax(s.T)).mean()) / 2
    return contrast + 0.04 * aux(router_logits, unit_noise, modality, noise_std, k)


def test_limoe():
    check("limoe", limoe, ("image_emb", "text_emb", "logit_scale", "router_logits"))


def dual_networks(z1, z2, loss_type="default", beta=0.0, add_one_in_neg=False, alpha_type="exp"):
    z = unit(np.concatenate([z2, z1]))
    rows, tau = len(z), 0.5
    s = z @ z.T
    total = 0
    for i in range(rows):
        positive = s[i, (i + rows // 2) % rows]
        negative = np.array([s[i, j] for j in range(rows) if (j - i) % (rows // 2)])
        if loss_type == "default":
            extra = np.exp(1 / tau) * add_one_in_neg
            among = np.exp(positive / tau) + np.exp(negative / tau).sum() + extra
            total += (np.log(among) - (1 + beta) * positive / tau) / ((1 + beta) * rows)
            continue
        if loss_type == "quadratic":
            total += (negative.mean() - positive) / rows
            continue
        w = np.exp(-(1 - negative) / tau) if alpha_type == "exp" else 1 / (1 - negative + tau)
        if loss_type == "dual2":
            w = w / (w.sum() + 0.1 * (rows - 2))
        total += ((w * (negative - positive)).sum() + beta * w.sum() * (1 - positive)) / rows
    return total


def test_dual_networks():
    check("dual_networks_ssl_contrastive", dual_networks)


def dual_networks_hltm(f, f_pos, f_neg, temp=0.01, contrast="nce"):
    p, q = np.mean((f - f_pos) ** 2), np.mean((f - f_neg) ** 2)
    return p - q if contrast == "subtract" else -np.exp(-p / temp) / (np.exp(-p / temp) + np.exp(-q / temp))


def test_dual_networks_hltm():
    check("dual_networks_ssl_contrastive__hltm", dual_networks_hltm, ("f", "f_pos", "f_neg"))
